"""Answering only where the model is sure enough, and what answers of such confidence came to."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.abstention import abstained, abstention_curve, least_confidence
from core.evaluation.such_answers import answered_before, such_answers

KEYS = ("a", "b")


def calibrated(lesions: int, seed: int = 0, photos: int = 1) -> pd.DataFrame:
    """Predictions that are right as often as their probability says."""
    rng = np.random.default_rng(seed)
    sure = np.repeat(rng.uniform(0.5, 1, lesions), photos)
    right = np.repeat(rng.random(lesions) < sure[::photos], photos)
    return pd.DataFrame(
        {
            "group_id": np.repeat([f"g{n}" for n in range(lesions)], photos),
            "true": np.where(right, "a", "b"),
            "p_a": sure,
            "p_b": 1 - sure,
        }
    )


@pytest.mark.parametrize("risk", [0.02, 0.1, 0.2])
def test_the_share_of_wrong_answers_is_kept_on_new_pictures(risk: float) -> None:
    least = least_confidence(calibrated(4000, 1), KEYS, risk)
    assert least is not None
    found = abstained(calibrated(20_000, 2), KEYS, least)
    assert found.wrong == pytest.approx(risk, abs=0.035)
    assert found.low <= found.wrong <= found.high
    assert 0 < found.answered < 1


def test_less_risk_means_fewer_answers_and_none_may_be_left() -> None:
    table = calibrated(3000, 3)
    least = [least_confidence(table, KEYS, risk) for risk in (0.2, 0.1, 0.05)]
    assert least == sorted(least)
    wrong = table.assign(true="b")
    assert least_confidence(wrong, KEYS, 0.2) is None
    assert least_confidence(table.head(10), KEYS, 0.2) is None, "ten lesions are too few to believe a share"
    nothing = abstained(table, KEYS, 2.0)
    assert (nothing.answered, nothing.wrong) == (0.0, None)


def test_photos_of_a_lesion_weigh_as_one() -> None:
    table = calibrated(500, 4)
    assert least_confidence(pd.concat([table] * 3), KEYS, 0.1) == least_confidence(table, KEYS, 0.1)


def test_such_answers_are_right_as_often_as_was_counted() -> None:
    table = calibrated(5000, 5)
    for confidence in (0.6, 0.8, 0.95):
        found = such_answers(answered_before(table, KEYS), confidence)
        assert found is not None
        assert found.low <= 100 * confidence <= found.high
        assert found.high - found.low < 16
        assert found.least <= confidence <= found.most
        assert f"{found.low} to {found.high}" in found.sentence


def test_with_few_lesions_nothing_or_little_is_said() -> None:
    assert such_answers(answered_before(calibrated(19, 6), KEYS), 0.8) is None
    assert such_answers(answered_before(calibrated(10, 6, photos=30), KEYS), 0.8) is None, (
        "three hundred photos of ten lesions are ten"
    )
    few = such_answers(answered_before(calibrated(40, 6), KEYS), 0.8)
    assert few is not None
    assert few.high - few.low > 25


def test_the_curve_ends_at_the_accuracy_of_all_and_is_worked_out_by_hand() -> None:
    table = calibrated(300, 7, photos=2)
    curve = abstention_curve(table, KEYS, resamples=200)
    last = curve.iloc[-1]
    right = (table["true"] == np.where(table["p_a"] >= 0.5, "a", "b")).mean()
    assert (last["answered"], last["right"]) == pytest.approx((1, right), abs=1e-9)
    assert curve["least"].is_monotonic_decreasing
    assert curve["answered"].is_monotonic_increasing
    assert round(curve["answered"].iloc[0] * 300) == 20, "it begins with so many lesions, not pictures"
    for row in (curve.iloc[0], curve.iloc[len(curve) // 2]):
        found = abstained(table, KEYS, row["least"])
        assert (found.answered, 1 - found.wrong) == pytest.approx((row["answered"], row["right"]), abs=1e-9)
    assert ((curve["low"] <= curve["right"]) & (curve["right"] <= curve["high"])).all()


def test_the_curve_of_few_of_one_group_and_of_nothing() -> None:
    assert abstention_curve(calibrated(0), KEYS).empty
    assert len(abstention_curve(calibrated(5), KEYS)) == 1, "fewer than 20 lesions: all of them alone"
    one = abstention_curve(calibrated(40).assign(group_id="one"), KEYS)
    assert one[["low", "high"]].isna().all(axis=None)
    assert one["answered"].iloc[-1] == 1
