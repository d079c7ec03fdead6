"""How fast earlier runs learnt: by that the time of the next is guessed before it starts."""

from collections.abc import Callable

from core.base.errors import LesionLabError
from core.runs.run_folder import list_runs
from core.runs.trained import Trained, read_trained
from core.training.recipe import Recipe

_LOOKED_AT = 200
"""Newest runs among which one like it is looked for."""


def newest_trained(is_alike: Callable[[Recipe], bool]) -> Trained | None:
    """What the newest run noted that learnt to its end and whose recipe is alike; None without one."""
    for run in list_runs()[:_LOOKED_AT]:
        try:
            alike = is_alike(run.recipe())
        except LesionLabError:
            continue
        trained = read_trained(run) if alike else None
        if trained is not None and trained.epochs and trained.seconds is not None:
            return trained
    return None


def images_per_second(recipe: Recipe) -> float | None:
    """Pictures a second at which the newest run learnt whose network, picture size and stages cost as much a picture.

    None without such a run. A rough guide: augmentation and batch size change it, and other hardware does.
    """
    wanted = _cost(recipe)
    trained = newest_trained(lambda before: _cost(before) == wanted)
    return trained.images_per_second if trained else None


def _cost(recipe: Recipe) -> tuple[object, ...]:
    """What decides how long a picture takes to be learnt from."""
    stages = [(stage.learns, stage.learning_size) for stage in recipe.as_stages]
    return recipe.model, recipe.image_size, recipe.architecture, stages
