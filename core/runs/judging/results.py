"""Reading what an evaluated run found out about itself."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.errors import DataError, RunError
from core.base.files import folders_in, read_json, unreadable_named
from core.base.typed_json import Time, read_as
from core.data.splits.leakage import LeakageReport
from core.evaluation.metrics import Metrics
from core.evaluation.predictions import check_predictions, load_predictions
from core.runs.judging.shared_pictures import SharedPictures
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo

OTHERS = "on-"
"""With this begins the folder of what a run was judged on besides its own parts."""


@dataclass(frozen=True)
class Results:
    """The metrics and predictions of one run; `headline` is the part that speaks for it."""

    info: PredictorInfo
    headline: str
    metrics: dict[str, Metrics]
    leakage: LeakageReport
    predictions: pd.DataFrame

    def part(self, name: str) -> pd.DataFrame:
        """The predictions of one part."""
        return self.predictions[self.predictions["part"] == name].reset_index(drop=True)


@dataclass(frozen=True)
class HowJudged:
    """How a run was judged on other data; earlier versions have written nothing of it down."""

    title: str = ""
    at: Time | None = None
    """In seconds since the epoch."""
    classes: dict[str, str] = field(default_factory=dict)
    """Class of the run by class of the other data; empty where it is not known."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Pictures by class that are left out because the run has no class for them."""
    shared: SharedPictures | None = None
    """What the run's own data have, too, and was therefore cut; None where nothing was to be cut."""
    near_duplicates_of_training: int | None = None
    """Changed copies of pictures that the run has learnt from; None where that is not known."""


@dataclass(frozen=True)
class OtherResults:
    """What a run was judged on besides its own parts: another data set, a folder, a table."""

    name: str
    on: str
    """What was asked for: the name of a data set, or a path."""
    metrics: Metrics
    predictions: pd.DataFrame
    seen: int | None
    """Pictures that the run has learnt from; None where that is not known."""
    how: HowJudged = HowJudged()

    @property
    def title(self) -> str:
        """What the other data are called in sentences."""
        return self.how.title or self.name


@dataclass(frozen=True)
class Fold:
    """One fold of a cross-validation: its number from 1, the id of its run, and how it did on its test part."""

    fold: int
    run: str
    metrics: Metrics

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {"fold": self.fold, "run": self.run, "metrics": self.metrics.to_json()}


def evaluated(run: RunFolder) -> bool:
    """True once the run has metrics and a model, or the predictions of the models of several folds."""
    answers = run.model_file.is_file() or run.folds_file.is_file()
    return answers and (run.evaluation / "metrics.json").is_file()


def load_folds(run: RunFolder) -> tuple[Fold, ...]:
    """How each fold did whose predictions have come together in a run; nothing for any other run.

    Raises:
        RunError: the file is damaged.
    """
    if not run.folds_file.is_file():
        return ()
    with _unreadable_named(run, run.folds_file):
        value = read_json(run.folds_file)["folds"]
        return tuple(Fold(int(of["fold"]), str(of["run"]), Metrics.from_json(of["metrics"])) for of in value)


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
    info, predictions = load_own_predictions(run)
    return Results(info, headline, metrics, load_leakage_of(run), predictions)


def load_own_predictions(run: RunFolder) -> tuple[PredictorInfo, pd.DataFrame]:
    """What is known of a run's model, and its predictions, refused where they are not the run's.

    Raises:
        RunError: the run is not evaluated yet, or one of its files is missing or damaged.
        DataError: its predictions are damaged, or are those of another run.
    """
    info = PredictorInfo.load(run.predictor_file)
    predictions = load_predictions(run.predictions_file)
    check_predictions(predictions, info.class_keys, f"The predictions of the run {run.run_id}")
    _check_parts(run, predictions, _metrics(run)[1], info)
    return info, predictions


def others_of(run: RunFolder) -> list[str]:
    """Names of what a run was judged on besides its own parts, in alphabetical order."""
    folders = [each for each in folders_in(run.evaluation) if each.name.startswith(OTHERS)]
    return sorted(each.name.removeprefix(OTHERS) for each in folders if (each / "metrics.json").is_file())


def load_other(run: RunFolder, name: str) -> OtherResults:
    """What came of judging a run on something else.

    Raises:
        RunError, DataError: one of the files is missing or damaged.
    """
    folder = run.evaluation / f"{OTHERS}{name}"
    info = PredictorInfo.load(run.predictor_file)
    with _unreadable_named(run, folder / "metrics.json"):
        value = dict(read_json(folder / "metrics.json"))
        metrics, on = Metrics.from_json(value), read_as(str, value["on"])
        seen = value.get(f"{info.things}_seen_in_training")
        seen = None if seen is None else read_as(int, seen)
        how = read_as(HowJudged, value)
    predictions = load_predictions(folder / "predictions.parquet")
    check_predictions(predictions, info.class_keys, f"The predictions of the run {run.run_id} for {name}")
    _check_counts(run, predictions, metrics, info, name)
    return OtherResults(name, on, metrics, predictions, seen, how)


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


def _check_parts(run: RunFolder, predictions: pd.DataFrame, metrics: dict[str, Metrics], info: PredictorInfo) -> None:
    for part, of_part in metrics.items():
        _check_counts(run, predictions[predictions["part"] == part], of_part, info, part)


def _check_counts(run: RunFolder, table: pd.DataFrame, metrics: Metrics, info: PredictorInfo, part: str) -> None:
    """Refuse predictions for other pictures than those from which the metrics were computed.

    Raises:
        DataError: the classes occur another number of times.
    """
    counted = table["true"].value_counts()
    if any(counted.get(of_class.key, 0) != of_class.support for of_class in metrics.per_class):
        raise DataError(
            f"The predictions and the figures of the run {run.run_id} do not belong together: they count the "
            f"{info.things} of “{part}” differently. One of the two files is of another run. Evaluate the run again."
        )


def _unreadable_named(run: RunFolder, file: Path) -> AbstractContextManager[None]:
    message = (
        f"The results of the run {run.run_id} cannot be shown: its {file.name} is missing or cannot be read. "
        "Choose another run, or train this one again."
    )
    return unreadable_named(RunError(message))
