"""Looking at every picture of a data set once as a background job, after which the gate of the data set is made."""

from collections.abc import Callable
from typing import Any

from core.base.progress import Progress, until_cancelled
from core.data.catalog import open_dataset
from core.data.statistics.measuring import measure_dataset
from core.serving.gate_making import start_gate_job


def run_measuring_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`measure_dataset` as a background job; `arguments` names the data set as `dataset`."""
    report = until_cancelled(progress, cancelled)
    dataset = open_dataset(arguments["dataset"], report)
    measured = measure_dataset(dataset, report)
    start_gate_job(dataset)
    return measured
