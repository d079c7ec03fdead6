"""Reading what an evaluated run found out about itself."""

from dataclasses import dataclass

import pandas as pd

from core.data.leakage import LeakageReport
from core.errors import RunError
from core.evaluation.metrics import Metrics
from core.evaluation.predictions import load_predictions
from core.files import read_json
from core.runs.folder import RunFolder
from core.serving.predictor import PredictorInfo


@dataclass(frozen=True)
class Results:
    """The figures and predictions of one run; `headline` is the part that speaks for it."""

    info: PredictorInfo
    headline: str
    metrics: dict[str, Metrics]
    leakage: LeakageReport
    predictions: pd.DataFrame


def evaluated(run: RunFolder) -> bool:
    """True once the run has figures and a model."""
    return run.model_file.is_file() and (run.evaluation / "metrics.json").is_file()


def headline_metrics(run: RunFolder) -> tuple[str, Metrics]:
    """The part that speaks for a run ("test" if it has one), and its figures.

    Raises:
        RunError: the run is not evaluated yet.
    """
    value = _metrics(run)
    return value["headline"], Metrics.from_json(value[value["headline"]])


def load_results(run: RunFolder) -> Results:
    """Everything that was found out about a run.

    Raises:
        RunError: the run is not evaluated yet.
    """
    value = _metrics(run)
    return Results(
        info=PredictorInfo.load(run.predictor_file),
        headline=value["headline"],
        metrics={part: Metrics.from_json(of) for part, of in value.items() if part != "headline"},
        leakage=LeakageReport.from_json(read_json(run.leakage_file)),
        predictions=load_predictions(run.evaluation / "predictions.parquet"),
    )


def _metrics(run: RunFolder) -> dict:
    path = run.evaluation / "metrics.json"
    if not path.is_file():
        raise RunError(f"The run {run.run_id} has not been evaluated yet.")
    return read_json(path)
