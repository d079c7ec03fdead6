"""How far a run's answers can be trusted: sets that hold the true class, how sure is sure enough, what came of it.

All of it comes from the run's predictions of held-out pictures. The validation part is divided in two by group: one
half fits the temperature that sets are made at, the other gives their limits and how sure the model has to be. (The
probabilities that people see have the temperature of the whole part, which half of it would give less exactly.) What is
said of how well that works comes from the test part.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandas as pd

from core.base.errors import LesionLabError
from core.base.files import written_at
from core.data.splits.splits import TEST, VALIDATION
from core.evaluation.abstention import Abstained, abstained, least_confidence
from core.evaluation.conformal import ConformalSets, conformal_sets, coverage, for_temperature
from core.evaluation.such_answers import AnsweredBefore, SuchAnswers, answered_before, such_answers
from core.runs.judging.results import load_own_predictions
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo

FEWEST_CALIBRATION = 20
"""With fewer lesions to calibrate on, no sets are made."""
_KEPT = 8


@dataclass(frozen=True)
class Trust:
    """What a run's predictions say of its answers.

    `sets` is None where the validation part is too small. `held_out` are the predictions of the test part, or None
    where the run has none.
    """

    info: PredictorInfo
    sets: ConformalSets | None
    calibration: pd.DataFrame
    held_out: pd.DataFrame | None

    @property
    def approximate(self) -> bool:
        """Whether the temperature of sets was fitted on the very pictures of the limits, as in the oldest runs."""
        return self.info.temperature_of_sets is None and not self.info.temperature_of_half

    @property
    def why_no_sets(self) -> str:
        """Why there are no sets of classes, in sentences that say what to do; "" where there are."""
        if self.sets is not None:
            return ""
        if self.info.folds:
            return "Joined folds are not one model that could answer, so they have no sets of classes."
        if self.calibration.empty:
            return (
                "This run has no validation part: its probabilities are not calibrated, it has no sets of classes, and "
                "no rule could choose its threshold. Train it with a validation part."
            )
        return (
            f"This run has no sets of classes: they need at least {FEWEST_CALIBRATION} groups in one half of the "
            "validation part. Train it with a larger one."
        )

    @property
    def lacking(self) -> tuple[str, ...]:
        """What could not be made for this run, for want of a part, in sentences that say what to do."""
        found = [self.why_no_sets] if self.why_no_sets else []
        if self.held_out is None:
            found.append("This run has no test part: nobody knows how often such answers are right.")
        return tuple(found)

    def least_confidence(self, risk: float) -> float | None:
        """How sure the model has to be so that at most this share of its answers is wrong; None if nothing keeps it."""
        return least_confidence(self.calibration, self.info.class_keys, risk)

    def abstained(self, least: float, table: pd.DataFrame | None = None) -> Abstained | None:
        """What comes of answering only from a confidence on: in `table`, else on the test part; None without either."""
        counted_on = self.held_out if table is None else table
        return None if counted_on is None else abstained(counted_on, self.info.class_keys, least)

    def such_answers(self, confidence: float) -> SuchAnswers | None:
        """What answers of such confidence came to on the test part; None where that has too few lesions."""
        return None if self._before is None else such_answers(self._before, confidence)

    @cached_property
    def _before(self) -> AnsweredBefore | None:
        return None if self.held_out is None else answered_before(self.held_out, self.info.class_keys)

    def coverage(
        self, level: float, by: pd.Series | None = None, elsewhere: pd.DataFrame | None = None
    ) -> pd.DataFrame | None:
        """How often sets hold the true class on the test part, as `core.evaluation.conformal.coverage` says.

        Args:
            level: what is promised.
            by: a value by image id, such as the sex; None takes all together.
            elsewhere: predictions for another data set to count on instead of the test part.
        """
        table = self.held_out if elsewhere is None else elsewhere
        if table is None:
            return None
        return self.coverage_of(table, level, None if by is None else table["image_id"].map(by))

    def coverage_of(self, table: pd.DataFrame, level: float, by: pd.Series | None = None) -> pd.DataFrame | None:
        """How often sets hold the true class in a table of predictions; None where there are no sets.

        Args:
            table: of the same model.
            level: what is promised.
            by: a value for each row of `table`; None takes all together.
        """
        return None if self.sets is None else coverage(table, self.info.class_keys, self.sets, level, by)


def load_trust(run: RunFolder) -> Trust:
    """What a run's predictions say of its answers; kept for as long as its files stay as they are.

    Raises:
        RunError, DataError: as `core.runs.judging.results.load_own_predictions`.
    """
    files = (run.predictor_file, run.predictions_file, run.evaluation / "metrics.json")
    return _trust(run, *map(written_at, files))


def lacking_of(run: RunFolder) -> tuple[str, ...]:
    """`Trust.lacking` of a run; nothing where its predictions are damaged, which is said where they are needed."""
    try:
        return load_trust(run).lacking
    except LesionLabError:
        return ()


@lru_cache(maxsize=_KEPT)
def _trust(run: RunFolder, *written: int) -> Trust:  # noqa: ARG001 - other files are another entry
    info, table = load_own_predictions(run)
    validation = table[table["part"] == VALIDATION]
    calibration = validation[~for_temperature(validation["group_id"], validation["true"])]
    enough = calibration["group_id"].nunique() >= FEWEST_CALIBRATION
    test = table[table["part"] == TEST]
    temperature = 1.0 if info.temperature_of_sets is None else info.temperature_of_sets / info.temperature
    sets = conformal_sets(calibration, info.class_keys, temperature=temperature) if enough else None
    return Trust(info, sets, calibration, None if test.empty else test)
