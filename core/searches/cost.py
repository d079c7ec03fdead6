"""What a trial costs, as far as earlier runs tell."""

from core.errors import LesionLabError
from core.files import read_json
from core.runs.folder import list_runs
from core.training.recipe import Recipe

_LOOKED_AT = 200
"""Newest runs among which one like it is looked for."""


def epoch_seconds(recipe: Recipe) -> float | None:
    """Seconds an epoch of the newest trained run with the same model, data set and picture size; None without one.

    A rough guide: the structure and the batch size change it.
    """
    for run in list_runs()[:_LOOKED_AT]:
        try:
            before, trained = run.recipe(), read_json(run.path / "training.json")
        except (LesionLabError, OSError, ValueError):
            continue
        alike = all(getattr(before, name) == getattr(recipe, name) for name in ("model", "dataset", "image_size"))
        if alike and trained.get("epochs"):
            return float(trained["seconds"]) / trained["epochs"]
    return None
