"""What a flattering figure consists of: pictures that training has in copy, others of a known group, and new ones."""

from dataclasses import dataclass

import numpy as np

from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split
from core.evaluation.metrics import Metrics, evaluate
from core.evaluation.predictions import load_predictions
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo


@dataclass(frozen=True)
class TakenApart:
    """The metrics of a run's held-out rows, all of them and what is left of them.

    `without_copies` leaves out every row whose picture is also in training, `without_relatives` also those of a group
    that is; None where no row is left.
    """

    part: str
    whole: Metrics
    without_copies: Metrics | None
    without_relatives: Metrics | None

    @property
    def copied(self) -> float:
        """Share of the held-out rows whose picture is also in training, 0…1."""
        left = 0 if self.without_copies is None else rows_of(self.without_copies)
        return 1 - left / rows_of(self.whole)


def take_apart(run: RunFolder, *, resamples: int = 1000) -> TakenApart:
    """Judge a run again on what is left of its held-out part without copies, and without known groups.

    A copy is the same picture by its id, as oversampling before the split makes them.

    Raises:
        RunError: the run has not been evaluated yet.
        DataError: its split or its predictions are damaged.
    """
    keys = PredictorInfo.load(run.predictor_file).class_keys
    table = load_predictions(run.evaluation / "predictions.parquet")
    split = Split.load(run.split_file)
    train = split.part(TRAIN)
    part = TEST if (table["part"] == TEST).any() else VALIDATION
    held_out = table[table["part"] == part]
    ids = held_out[["image_id", "group_id"]].astype(object)  # strings take ten times as long to look for many in
    majority = train["label"].value_counts().idxmax()
    copied = ids["image_id"].isin(train["image_id"].unique()).to_numpy()
    related = ids["group_id"].isin(train["group_id"].astype(str).unique()).to_numpy()

    def judged(left: np.ndarray) -> Metrics | None:
        return evaluate(held_out[left], keys, majority, resamples=resamples) if left.any() else None

    whole = evaluate(held_out, keys, majority, resamples=resamples)
    return TakenApart(part, whole, judged(~copied), judged(~copied & ~related))


def rows_of(metrics: Metrics) -> int:
    """How many rows were judged; a copied picture counts as often as it stands there."""
    return sum(map(sum, metrics.confusion))
