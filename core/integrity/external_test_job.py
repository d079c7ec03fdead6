"""Judging a run on another data set, as a background job: whole and changed copies of its own pictures are found."""

from collections.abc import Callable
from typing import Any

from core.base.progress import Progress, until_cancelled
from core.integrity.shown_in_training import shown_in_training
from core.runs.evaluate import evaluate_on
from core.runs.judging.shared_pictures import Shared
from core.runs.run_folder import open_run


def run_external_test_job(
    arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]
) -> dict[str, Any]:
    """`evaluate_on` as a background job.

    `arguments` names the `run`, the data set as `on`, what its `classes` count as, and what becomes of `shared`
    pictures.
    """
    dataset, metrics, _ = evaluate_on(
        open_run(arguments["run"]),
        arguments["on"],
        until_cancelled(progress, cancelled),
        shown_in_training,
        classes=arguments["classes"],
        shared=Shared(arguments["shared"]),
    )
    return {"run": arguments["run"], "name": dataset.spec.name, "pictures": metrics.images}
