"""What a model card is written from: a run, its figures, and its data set where that is here."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from core.base.errors import RunError
from core.data.spec import Dataset
from core.data.splits.leakage import LeakageReport
from core.evaluation.metrics import Metrics
from core.evaluation.readings import Reading
from core.runs.judging.readings import readings_of
from core.runs.judging.results import load_leakage_of
from core.runs.judging.threshold import load_threshold
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo


@dataclass(frozen=True)
class Facts:
    """A run as its card tells of it.

    `part` is the one that speaks for the run, with its `metrics`; `table` are its predictions, and `validation` those
    of the validation part, which may be empty. `dataset` is None where the data set is not here, or cannot be read.
    `tones` are angles of skin tone by image id, where they were estimated.
    """

    run: RunFolder
    info: PredictorInfo
    part: str
    metrics: Metrics
    leakage: LeakageReport
    table: pd.DataFrame | None = None
    validation: pd.DataFrame | None = None
    dataset: Dataset | None = None
    tones: pd.Series | None = None

    @property
    def things(self) -> str:
        """What it is judged on, “pictures” or “samples”."""
        return self.info.things

    @property
    def names(self) -> dict[str, str]:
        """Names of the classes by their key."""
        return {each.key: each.name for each in self.info.classes}

    @property
    def part_title(self) -> str:
        """The part in sentences."""
        return f"the {self.part} part"

    @cached_property
    def reading(self) -> Reading:
        """How answers are read as yes or no: as the saved threshold has it, else malignant, else the first class."""
        try:
            saved = load_threshold(self.run)
        except RunError:
            saved = None
        return saved.reading if saved is not None else readings_of(self.info.classes)[0]


def facts_at_evaluation(run: RunFolder, info: PredictorInfo, metrics: Metrics) -> Facts:
    """What is known when a run has just been judged."""
    leakage = load_leakage_of(run)
    return Facts(run, info, leakage.held_out_part, metrics, leakage)
