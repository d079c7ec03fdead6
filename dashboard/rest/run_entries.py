"""Runs and models as the API tells of them, as JSON."""

import math
from collections.abc import Mapping
from typing import Any

from core.base.errors import ConfigurationError, RunError
from core.data.spec import ClassSpec
from core.data.splits.splits import VALIDATION
from core.engine.launch import launch as launch_recipe
from core.models.registry import list_models
from core.runs.index import all_runs
from core.runs.run_folder import LONGEST_ID, RUN_ID, RunFolder, RunSummary, is_run, runs_folder, summarise
from core.runs.run_states import State
from core.serving.explaining import methods_of
from core.serving.predictor import PredictorInfo
from core.serving.who_answers import who_answers
from core.training.presets import preset_fields
from core.training.recipe import make_recipe
from dashboard.addresses import address, quoted
from dashboard.rest.live import LIST_SECONDS
from dashboard.rest.refusals import Refusal

MOST_LISTED = 1000
_METRICS = ("accuracy", "balanced_accuracy", "majority_accuracy")


def summary_of(run_id: str) -> RunSummary:
    """A run by its whole id.

    Raises:
        Refusal: 404, there is no such run.
    """
    run = RunFolder(runs_folder() / run_id)
    known = RUN_ID.fullmatch(run_id) and len(run_id) <= LONGEST_ID and is_run(run.path)
    if not known or (summary := summarise(run)) is None:
        raise Refusal(404, "There is no such run. GET /api/models lists those that can answer.")
    return summary


def models() -> dict[str, Any]:
    """Runs with a trained model, newest first, and the networks that a run can be launched with."""
    answering = []
    for each in all_runs(LIST_SECONDS).runs:
        run = each.summary.run
        if not (each.summary.metrics and run.model_file.is_file()):
            continue
        try:
            answering.append(_model_entry(each.summary, PredictorInfo.load(run.predictor_file)))
        except RunError:  # damaged, or deleted meanwhile
            continue
    networks = [
        {"name": m.name, "title": m.title, "takes": m.takes, "image_size": m.image_size or None, "source": m.source}
        for m in (*list_models(), *list_models("genes"))
    ]
    return {"models": answering, "networks": networks}


def listed(limit: int, offset: int, state: str | None) -> dict[str, Any]:
    """Runs, newest first, those in a state if one is given; `total` counts all of them.

    Raises:
        Refusal: 400, the state is not known, or the limit is too high.
    """
    if state is not None and state not in {str(each) for each in State}:
        raise Refusal(400, f"There is no such state. States are: {', '.join(State)}.")
    if not 1 <= limit <= MOST_LISTED:
        raise Refusal(400, f"limit is from 1 to {MOST_LISTED:,}.")
    found = [each.summary for each in all_runs(LIST_SECONDS).runs]
    if state is not None:
        found = [summary for summary in found if str(summary.status.state) == state]
    return {"total": len(found), "runs": [run_entry(each) for each in found[offset : offset + limit]]}


def one(run_id: str) -> dict[str, Any]:
    """How a run stands.

    Raises:
        Refusal: 404, there is no such run.
    """
    return run_entry(summary_of(run_id))


def launch(fields: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Launch a run with these fields of a recipe; with `preset`, over those of a whole recipe by name.

    Raises:
        Refusal: 400, the preset is no text, or what goes over it is no object.
        LesionLabError: as `make_recipe` and `core.engine.launch.launch`.
    """
    values = dict(fields)
    named = values.pop("preset", None)
    if named is not None:
        if not isinstance(named, str):
            raise Refusal(400, "preset is a name.")
        if not isinstance(values.get("architecture", {}), dict):
            raise Refusal(400, "architecture is an object.")
        values = preset_fields(named, values)
    if missing := [name for name in ("dataset", "model") if name not in values]:
        raise ConfigurationError(f"The recipe lacks {' and '.join(missing)}.")
    run = launch_recipe(make_recipe(**values), owner=owner)
    return one(run.run_id)


def run_entry(summary: RunSummary) -> dict[str, Any]:
    """One run; metrics are those of the part that speaks for it, and stand beside what guessing would reach."""
    status, recipe = summary.status, summary.recipe
    part = summary.metrics.get("headline")
    metrics = {name: _finite(summary.metrics[part].get(name)) for name in _METRICS} if part else {}
    return {
        "run": summary.run.run_id,
        "address": address(f"api/runs/{quoted(summary.run.run_id)}"),
        "state": str(status.state),
        "message": status.message,
        "model": recipe.model,
        "dataset": recipe.dataset,
        "created": status.created,
        "ended": status.ended,
        "progress": _finite(min(status.done / status.total, 1.0)) if status.total else None,
        "seconds_left": _finite(status.eta_seconds),
        "leaking": summary.leaking,
        "metrics": {"part": part, **metrics} if part else None,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def class_entry(each: ClassSpec) -> dict[str, Any]:
    """A class: its key, its name, and whether it is malignant (null where nobody has said so)."""
    return {"key": each.key, "name": each.name, "malignant": each.malignant}


def _model_entry(summary: RunSummary, info: PredictorInfo) -> dict[str, Any]:
    pictures = info.takes == "pictures"
    fast, note = who_answers(summary.run.path, info)
    return {
        "run": summary.run.run_id,
        "model": info.model,
        "takes": info.takes,
        "image_size": info.image_size if pictures else None,
        "dataset": info.dataset,
        "dataset_title": info.dataset_title,
        "synthetic": info.synthetic,
        "leaking": info.leaking,
        "calibrated": VALIDATION in (summary.metrics or {}),
        "heat_map": pictures and bool(methods_of(info)),
        "answered_by": "ONNX Runtime" if fast or summary.run.model_file.suffix == ".onnx" else "Keras",
        "answered_by_note": note,
        "classes": [class_entry(each) for each in info.classes],
        "metrics": run_entry(summary)["metrics"],
    }
