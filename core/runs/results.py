"""Reading what an evaluated run found out about itself."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.base.errors import RunError
from core.base.files import read_json, unreadable_named
from core.data.splits.leakage import LeakageReport
from core.evaluation.metrics import Metrics
from core.evaluation.predictions import load_predictions
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo


@dataclass(frozen=True)
class Results:
    """The metrics and predictions of one run; `headline` is the part that speaks for it."""

    info: PredictorInfo
    headline: str
    metrics: dict[str, Metrics]
    leakage: LeakageReport
    predictions: pd.DataFrame


def evaluated(run: RunFolder) -> bool:
    """True once the run has metrics and a model."""
    return run.model_file.is_file() and (run.evaluation / "metrics.json").is_file()


def headline_metrics(run: RunFolder) -> tuple[str, Metrics]:
    """The part that speaks for a run ("test" if it has one), and its metrics.

    Raises:
        RunError: the run is not evaluated yet, or its metrics cannot be read.
    """
    headline, metrics = _metrics(run)
    return headline, metrics[headline]


def load_results(run: RunFolder) -> Results:
    """Everything that was found out about a run.

    Raises:
        RunError: the run is not evaluated yet, or one of its files is missing or damaged.
        DataError: its predictions are damaged.
    """
    headline, metrics = _metrics(run)
    info = PredictorInfo.load(run.predictor_file)
    return Results(
        info, headline, metrics, load_leakage_of(run), load_predictions(run.evaluation / "predictions.parquet")
    )


def load_leakage_of(run: RunFolder) -> LeakageReport:
    """What a run's split lets through.

    Raises:
        RunError: the report is missing or damaged.
    """
    with _unreadable_named(run, run.leakage_file):
        return LeakageReport.from_json(read_json(run.leakage_file))


def _metrics(run: RunFolder) -> tuple[str, dict[str, Metrics]]:
    """The part that speaks for a run, and the metrics of each part."""
    file = run.evaluation / "metrics.json"
    if not file.is_file():
        raise RunError(f"The run {run.run_id} has not been evaluated yet.")
    with _unreadable_named(run, file):
        value = dict(read_json(file))
        headline = value.pop("headline")
        metrics = {part: Metrics.from_json(of) for part, of in value.items()}
        if headline not in metrics:
            raise KeyError(headline)
        return headline, metrics


def _unreadable_named(run: RunFolder, file: Path) -> AbstractContextManager[None]:
    message = (
        f"The results of the run {run.run_id} cannot be shown: its {file.name} is missing or cannot be read. "
        "Choose another run, or train this one again."
    )
    return unreadable_named(RunError(message))
