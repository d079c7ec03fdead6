"""Which runs can make an ensemble, what they can be judged on together, and how large it will be. Without Keras."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from core.base.errors import ConfigurationError
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split
from core.models.registry import ENSEMBLE, OUTSIDE
from core.runs.judging.results import Results, load_results
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo

MOST_MEMBERS = 20


@dataclass(frozen=True)
class Plan:
    """An ensemble that can be made.

    `split` has the pictures from which nobody has learnt as test and validation; `same_split` tells whether that is the
    split of every member as it is. `bytes` is about how large its file will be. `said` must be known, in sentences.
    """

    members: tuple[RunFolder, ...]
    results: tuple[Results, ...]
    split: Split
    same_split: bool
    bytes: int
    said: tuple[str, ...]

    @property
    def infos(self) -> tuple[PredictorInfo, ...]:
        """What is known of each member's model."""
        return tuple(each.info for each in self.results)


def plan_ensemble(runs: Sequence[RunFolder]) -> Plan:
    """Check that runs can make an ensemble, and on what it is calibrated and judged.

    Judged is on pictures that are in the test part of one member and in no training or validation part of any;
    calibrated on those that no member has learnt from and that are in the validation part of one.

    Args:
        runs: two or more different finished runs.

    Raises:
        ConfigurationError: too few, of different data sets, classes or kinds, leaking, or with no picture that all of
            them can be judged on; names the run.
        RunError, DataError: one has no model, or its files cannot be read.
    """
    members = tuple(dict.fromkeys(runs))
    if len(members) < 2:
        raise ConfigurationError("An ensemble needs at least two different runs. Choose another one as well.")
    if len(members) > MOST_MEMBERS:
        raise ConfigurationError(f"An ensemble has at most {MOST_MEMBERS} members; {len(members)} are chosen.")
    for run in members:
        info = PredictorInfo.load(run.predictor_file)
        info.refuse_without_model()
    results = tuple(load_results(run) for run in members)
    for run, each in zip(members, results, strict=True):
        _refuse(run, each, members[0], results[0])
    splits = [Split.load(run.split_file) for run in members]
    split, same = common_split(splits)
    if not (split.rows["part"] == TEST).any():
        raise ConfigurationError(
            "No picture is left to judge this ensemble on: one of the runs has used each of them for "
            "training or validation. Choose runs with the same split, such as runs with one seed, not "
            "the folds of a cross-validation."
        )
    size = sum(run.model_file.stat().st_size for run in members)
    return Plan(members, results, split, same, size, _said(split, same, splits, results[0].info.things))


def common_split(splits: Sequence[Split]) -> tuple[Split, bool]:
    """What several splits of one data set have in common, and whether they are the same.

    Training is what one of them trains on; test is what is in the test part of one and in no other part of any; the
    rest is validation. A picture that one of them does not have at all was not learnt from by it.
    """
    parts = pd.concat(
        [split.rows.drop_duplicates("image_id").set_index("image_id")["part"] for split in splits], axis=1
    ).set_axis(range(len(splits)), axis=1)
    same = bool(parts.notna().all(axis=None)) and bool(parts.eq(parts[0], axis=0).all(axis=None))
    if same:
        return splits[0], True
    part = pd.Series(VALIDATION, index=parts.index, dtype=object)
    part[(parts.eq(TEST) | parts.isna()).all(axis=1)] = TEST
    part[parts.eq(TRAIN).any(axis=1)] = TRAIN
    rows = pd.concat([split.rows for split in splits]).drop_duplicates("image_id").reset_index(drop=True)
    return replace(splits[0], rows=rows.assign(part=rows["image_id"].map(part))), False


def _refuse(run: RunFolder, results: Results, first: RunFolder, of_first: Results) -> None:
    info, other = results.info, of_first.info
    if info.model == ENSEMBLE:
        raise ConfigurationError(f"{run.run_id} is an ensemble itself. Choose its members instead.")
    if info.model == OUTSIDE:
        raise ConfigurationError(
            f"{run.run_id} was brought from outside. Its training data are not known, so an ensemble with "
            "it cannot be judged honestly. Leave it out."
        )
    if info.takes != "pictures":
        raise ConfigurationError(
            f"{run.run_id} was trained on {info.takes}. An ensemble can only be made of runs on pictures."
        )
    if results.leakage.leaking:
        raise ConfigurationError(
            f"The split of {run.run_id} leaks: some groups are in its training part and in its test part, "
            "so an ensemble with it cannot be judged honestly. Leave it out."
        )
    if info.dataset != other.dataset:
        raise ConfigurationError(
            f"{run.run_id} was trained on {info.dataset}, and {first.run_id} on {other.dataset}. All "
            "members of an ensemble must be trained on the same data set."
        )
    if info.class_keys != other.class_keys:
        raise ConfigurationError(
            f"{run.run_id} knows the classes {', '.join(info.class_keys)}, and {first.run_id} knows "
            f"{', '.join(other.class_keys)}. All members of an ensemble must have the same classes."
        )


def _said(split: Split, same: bool, splits: Sequence[Split], things: str) -> tuple[str, ...]:
    if same:
        return ()
    test = int((split.rows["part"] == TEST).sum())
    own = ", ".join(f"{int((each.rows['part'] == TEST).sum()):,}" for each in splits)
    said = (
        f"These runs do not have the same split. The ensemble is judged on the {test:,} {things} that none of them has "
        f"learnt from or chosen an epoch by, of {own} in their own test parts."
    )
    if not (split.rows["part"] == VALIDATION).any():
        return said, "No pictures are left to calibrate it on: its temperature stays 1."
    return (said,)
