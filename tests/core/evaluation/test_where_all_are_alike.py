"""Where all groups are alike, all right or all wrong, resampling shows no spread: that is no certainty."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.evaluation.abstention import abstention_curve
from core.evaluation.brier import with_bin_intervals
from core.evaluation.curves import areas
from core.evaluation.drop import drops
from core.evaluation.metrics import evaluate
from core.evaluation.operating import operating_curve
from core.evaluation.paired import common_pictures, compare, compare_auc, with_predicted
from core.evaluation.predictions import prediction_table
from core.evaluation.readings import Reading
from core.evaluation.retest import retest, retest_intervals
from core.evaluation.small_samples import difference_limits, mean_interval, wilson_interval
from core.evaluation.source_probe import FEWEST, probe_source, within_sources
from core.evaluation.subgroups import judge_subgroups
from core.runs.judging.result_words import change_in_words, no_gap_in_words

KEYS = ("mel", "nv", "bcc")
MELANOMA = Reading("melanoma", ("mel",))


def answered(*kinds: tuple[str, str, int]) -> pd.DataFrame:
    """Predictions from true class, answer and number of pictures, each of a lesion of its own."""
    true, said = np.repeat([[true, said] for true, said, _ in kinds], [number for *_, number in kinds], axis=0).T
    rows = pd.DataFrame({"image_id": [f"i{n}" for n in range(len(true))], "part": "test", "true": true})
    rows["group_id"] = rows["image_id"].str.replace("i", "g")
    return prediction_table(rows, 0.1 + 0.7 * (said[:, None] == np.asarray(KEYS)), KEYS)


RIGHT = answered(("mel", "mel", 8), ("nv", "nv", 40))


def test_a_run_that_is_always_right_has_the_intervals_of_its_number_of_lesions() -> None:
    metrics = evaluate(RIGHT, KEYS, "nv")
    assert metrics.intervals["accuracy"] == wilson_interval(48, 48)
    assert metrics.intervals["balanced_accuracy"] == mean_interval([8, 40], [8, 40])
    assert "macro_auc" not in metrics.intervals
    three = evaluate(answered(("mel", "mel", 1), ("nv", "nv", 1), ("bcc", "bcc", 1)), KEYS, "nv")
    assert three.intervals["accuracy"][0] < 0.5
    wrong = evaluate(answered(("mel", "nv", 3)), KEYS, "nv")
    assert wrong.intervals["accuracy"] == wrong.intervals["balanced_accuracy"] == wilson_interval(0, 3)


def test_a_threshold_that_finds_every_melanoma_of_eight_may_miss_some_of_a_thousand() -> None:
    curve = operating_curve(MELANOMA.scores(RIGHT), MELANOMA.is_positive(RIGHT), RIGHT["group_id"])
    point = curve.at(0.5)
    low, high = wilson_interval(8, 8)
    assert (point.sensitivity, point.sensitivity_interval) == (1, (low, high))
    assert point.missed_per_1000_interval(0.02) == pytest.approx((0, 20 * (1 - low)))
    assert point.specificity_interval == wilson_interval(40, 40)
    assert point.needless_per_1000_interval(0.02) == pytest.approx((0, 980 * (1 - wilson_interval(40, 40)[0])))
    benefit = difference_limits(0.02, (0.02 * low, 0.02), 0, (0, 0.98 * (1 - wilson_interval(40, 40)[0])))
    assert point.net_benefit_interval(0.02) == pytest.approx(benefit)
    assert benefit[0] < point.net_benefit(0.02) == benefit[1]
    all_called = curve.at(0.0)
    assert all_called.specificity_interval == wilson_interval(0, 40)


def test_only_one_kind_being_alike_leaves_the_spread_of_the_other_in_the_net_benefit() -> None:
    table = answered(("mel", "mel", 8), ("nv", "nv", 30), ("nv", "mel", 10))
    point = operating_curve(MELANOMA.scores(table), MELANOMA.is_positive(table), table["group_id"]).at(0.5)
    low, high = point.net_benefit_interval(0.02)
    alarms = point.needless_per_1000_interval(0.02)
    assert low < point.net_benefit(0.02) - 0.001 * (alarms[1] - point.needless_per_1000(0.02))
    assert point.net_benefit(0.02) < high
    assert point.specificity_interval[0] > 0.5


def test_a_net_benefit_that_is_not_defined_has_no_interval() -> None:
    table = RIGHT.assign(p_mel=np.where(RIGHT["true"] == "mel", 1, np.arange(48) % 2).astype(np.float32))
    point = operating_curve(table["p_mel"].to_numpy(float), MELANOMA.is_positive(table), table["group_id"]).at(1.0)
    assert point.net_benefit(0.02) == -np.inf
    assert point.net_benefit_interval(0.02) is None


def test_areas_of_classes_that_are_told_apart_perfectly_have_no_interval() -> None:
    [area] = areas(RIGHT, [MELANOMA])
    assert (area.roc, area.precision_recall) == (1, 1)
    assert (area.roc_interval, area.precision_recall_interval) == (None, None)


def test_one_melanoma_found_here_and_one_missed_there_is_no_change_beyond_chance() -> None:
    own = answered(("mel", "mel", 1), ("nv", "nv", 6), ("nv", "mel", 1))
    there = answered(("mel", "nv", 1), ("nv", "nv", 6), ("nv", "mel", 1))
    found = {(each.metric, each.key): each for each in drops(own, there, KEYS)}
    melanoma = found["sensitivity", "mel"]
    assert (melanoma.own_limits, melanoma.elsewhere_limits) == (wilson_interval(1, 1), wilson_interval(0, 1))
    assert melanoma.difference == -1
    assert melanoma.limits[1] > 0
    assert not melanoma.beyond_chance
    many = {
        (each.metric, each.key): each
        for each in drops(answered(("mel", "mel", 40), ("nv", "nv", 40)), answered(("mel", "nv", 40)), KEYS)
    }
    assert many["sensitivity", "mel"].beyond_chance
    balanced = many["balanced accuracy", ""]
    assert balanced.own_limits == pytest.approx(wilson_interval(40, 40))
    assert balanced.beyond_chance
    assert "more than chance explains" in change_in_words(balanced, "the test part", "Other")[1]


def test_a_figure_that_stays_is_not_said_to_rise() -> None:
    same = next(each for each in drops(RIGHT, RIGHT, KEYS) if each.metric == "balanced accuracy")
    assert change_in_words(same, "the test part", "Other")[0] == (
        "Balanced accuracy is 100.0\u00a0% on the test part and on Other"
    )
    unknown = replace(same, elsewhere=0.5, limits=None)
    assert change_in_words(unknown, "the test part", "Other")[1] == (
        "(−50.0 points), and too few groups tell whether that is chance."
    )


def test_the_better_of_two_runs_on_three_pictures_is_not_better_for_certain() -> None:
    first = answered(("mel", "mel", 1), ("nv", "nv", 2))
    second = answered(("mel", "nv", 1), ("nv", "mel", 2))
    common = common_pictures(with_predicted(first, KEYS), with_predicted(second, KEYS))
    found = compare(common)
    assert (found.accuracy.value, found.accuracy.lower, found.accuracy.upper) == (1, None, None)
    assert found.balanced_accuracy.lower is None
    positive = MELANOMA.is_positive(common)
    assert compare_auc(common, MELANOMA.scores(first), MELANOMA.scores(second), positive).lower is None


def test_a_gap_between_always_right_and_always_wrong_is_the_largest_of_all() -> None:
    table = answered(("mel", "mel", 30), ("nv", "nv", 30), ("mel", "nv", 30), ("nv", "mel", 30))
    columns = pd.DataFrame({"sex": np.repeat(["female", "male"], 60)})
    found = judge_subgroups(table, KEYS, columns, MELANOMA, (table["p_mel"] > 0.5).to_numpy(), areas=False)
    gaps = {(gap.metric, gap.value): gap for gap in found.gaps}
    gap = gaps["sensitivity", "female"]
    assert (gap.here, gap.elsewhere) == (1, 0)
    assert 0.8 < gap.lower < gap.upper == 1
    rows = found.table.set_index("value")
    assert (rows.loc["male", "specificity low"], rows.loc["male", "specificity high"]) == wilson_interval(0, 30)
    alike = judge_subgroups(RIGHT, KEYS, pd.DataFrame({"sex": ["female", "male"] * 24}), MELANOMA, np.zeros(48, bool))
    assert (alike.gaps, alike.compared) == ((), 6)
    assert alike.table["AUC low"].isna().all()


@pytest.mark.parametrize(
    ("compared", "said"),
    [
        (0, "No subgroup could be compared with all others: both sides have to rest on 20 groups or more."),
        (1, "No gap between a subgroup and all others is more than chance explains, in the one comparison that was "
            "made."),
        (1200, "No gap between a subgroup and all others is more than chance explains, over 1,200 comparisons taken "
               "together."),
    ],
)  # fmt: skip
def test_no_gap_is_said_with_what_was_compared(compared: int, said: str) -> None:
    assert no_gap_in_words(compared) == said


def test_shares_of_sources_bins_and_the_surest_answers_have_the_interval_of_their_number_of_groups() -> None:
    sources = pd.Series(["a"] * 30 + ["b"] * 18)
    within = within_sources(RIGHT, KEYS, sources).set_index("source")
    assert (within.loc["b", "low"], within.loc["b", "high"]) == wilson_interval(18, 18)
    stated = RIGHT[["p_mel", "p_nv"]].max(axis=1).to_numpy(float)
    filled = with_bin_intervals(stated, np.ones(48, bool), RIGHT["group_id"]).dropna()
    assert [tuple(each) for each in filled[["low", "high"]].to_numpy()] == [wilson_interval(48, 48)]
    last = abstention_curve(RIGHT, KEYS).iloc[-1]
    assert (last["low"], last["high"]) == wilson_interval(48, 48)


def test_a_source_that_is_always_told_is_not_told_for_certain() -> None:
    sources = ["a"] * FEWEST + ["b"] * FEWEST
    apart = np.where(np.asarray(sources) == "a", 0.0, 9.0)[:, None] + np.arange(2 * FEWEST)[:, None] / 100
    probe = probe_source(apart, ["nv", "mel"] * FEWEST, sources, [f"g{n}" for n in range(2 * FEWEST)])
    assert probe.told == 1
    assert probe.told_limits == mean_interval([FEWEST] * 2, [FEWEST] * 2)
    assert probe.verdict.startswith("The source is told better than by guessing")


def test_photos_that_always_get_one_answer_in_groups_of_several_lesions_have_the_interval_of_the_groups() -> None:
    lesion = pd.Series([f"l{n // 2}" for n in range(48)])
    table = RIGHT.assign(group_id=[f"p{n // 4}" for n in range(48)])
    found = retest(table, KEYS, lesion, MELANOMA, (table["p_mel"] > 0.5).to_numpy())
    assert found.same_answer == 1
    assert retest_intervals(found).same_answer == wilson_interval(12, 12)
