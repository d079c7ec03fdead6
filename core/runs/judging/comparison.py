"""Two runs on the same held-out pictures; and the run without metadata that one with metadata is judged against."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from core.data.splits.splits import TEST
from core.evaluation.paired import Difference, Paired, common_pictures, compare, compare_macro_auc, with_predicted
from core.evaluation.predictions import OUT_OF_FOLD, probabilities
from core.runs.judging.results import Results, evaluated, load_results
from core.runs.run_folder import RunFolder, RunSummary
from core.runs.run_states import State


@dataclass(frozen=True)
class Comparison:
    """What the first of two runs is ahead by on the test pictures that both have.

    `common` are these pictures, as `core.evaluation.paired.common_pictures` gives them; `held_out` is how many the test
    part of each has; `results` are those of both. `macro_auc` is None where their classes differ, or no class of the
    common pictures has an AUC.
    """

    paired: Paired
    macro_auc: Difference | None
    common: pd.DataFrame
    held_out: tuple[int, int]
    results: tuple[Results, Results]


def compare_runs(first: RunFolder, second: RunFolder) -> Comparison | None:
    """The first against the second; None where their test parts have no picture in common.

    Raises:
        RunError, DataError: the results of one are missing or damaged.
    """
    ours, theirs = load_results(first), load_results(second)
    keys = ours.info.class_keys
    one, other = (with_predicted(_tested(each), each.info.class_keys) for each in (ours, theirs))
    common = common_pictures(one, other)
    if common.empty:
        return None
    macro_auc = None
    if keys == theirs.info.class_keys:
        first_said, second_said = (probabilities(rows_of(each, common), keys) for each in (ours, theirs))
        macro_auc = compare_macro_auc(common, first_said, second_said, keys)
    held_out = (one["image_id"].nunique(), other["image_id"].nunique())
    return Comparison(compare(common), macro_auc, common, held_out, (ours, theirs))


def rows_of(results: Results, common: pd.DataFrame) -> pd.DataFrame:
    """What a run said of the common pictures, in their order."""
    return _tested(results).drop_duplicates("image_id").set_index("image_id").loc[common["image_id"]]


def _tested(results: Results) -> pd.DataFrame:
    """What a run said of its test part. Out of fold, each picture is one that its model was tested on."""
    table = results.predictions
    return table[table["part"].isin((TEST, OUT_OF_FOLD))].assign(part=TEST)


def ablation_partner(run: RunSummary, runs: Iterable[RunSummary]) -> RunSummary | None:
    """The run that shows what metadata add: the same recipe without them, or with them if this one has none.

    Of several the first that is evaluated, else the first that may still be; None where there is none.

    Args:
        run: which has or lacks metadata.
        runs: in the order in which they are preferred, such as newest first.
    """
    partners = [
        each
        for each in runs
        if bool(each.recipe.metadata) != bool(run.recipe.metadata)
        and each.recipe.picture_alone == run.recipe.picture_alone
    ]
    good = [each for each in partners if evaluated(each.run)]
    to_come = [each for each in partners if not each.status.state.over or each.status.state is State.STOPPED]
    return next(iter([*good, *to_come]), None)
