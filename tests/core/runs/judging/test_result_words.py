"""What was found out about a run, in sentences that claim no more than its figures allow."""

from typing import Any

import pytest

from core.evaluation.metrics import Metrics
from core.evaluation.readings import Reading
from core.evaluation.subgroups import ACCURACY, OVERCONFIDENCE, SENSITIVITY, Gap
from core.runs.judging.result_words import gap_in_words, not_above_floor


def metrics(**changes: Any) -> Metrics:
    """Of 60 % accuracy where always answering "nv" has 46 %."""
    return Metrics(
        images=100,
        groups=80,
        accuracy=0.6,
        balanced_accuracy=0.5,
        macro_auc=None,
        log_loss=None,
        ece=None,
        majority_class="nv",
        majority_accuracy=changes.get("floor", 0.46),
        per_class=(),
        confusion=(),
        intervals=changes.get("intervals", {"accuracy": (0.5, 0.7)}),
    )


@pytest.mark.parametrize("limits", [(0.46, 0.6), (0.39, 0.54), (0.2, 0.3)])
def test_an_accuracy_whose_interval_holds_the_floor_is_not_said_to_be_above_it(limits: tuple[float, float]) -> None:
    said = not_above_floor(metrics(intervals={"accuracy": limits}), {"nv": "melanocytic nevus"})
    assert said == "Its accuracy is not shown to be above that of always answering “melanocytic nevus” (46.0\u00a0%)."


def test_above_the_floor_and_where_nothing_is_known_nothing_is_said() -> None:
    for told in (metrics(), metrics(floor=None), metrics(intervals={})):
        assert not_above_floor(told, {"nv": "melanocytic nevus"}) == ""


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (
            Gap("age", "60 to 74", SENSITIVITY, 0.6, 0.85, -0.37, -0.13),
            "Age “60 to 74”: sensitivity for melanoma is 60.0\u00a0%, against 85.0\u00a0% for all others (−25.0 "
            "points, 95 % interval −37.0 to −13.0).",
        ),
        (
            Gap("sex", "female", ACCURACY, 0.9, 0.8, 0.02, 0.18),
            "Sex “female”: accuracy is 90.0\u00a0%, against 80.0\u00a0% for all others (+10.0 points, 95 % interval "
            "+2.0 to +18.0).",
        ),
        (
            Gap("source", "molemax", OVERCONFIDENCE, 0.2, 0.05, 0.08, 0.22),
            "Source “molemax”: mean confidence is 20.0 points above accuracy, for all others 5.0 points above it "
            "(+15.0 points, 95 % interval +8.0 to +22.0).",
        ),
        (
            Gap("site", "back", OVERCONFIDENCE, -0.273, 0.049, -0.629, -0.015),
            "Site “back”: mean confidence is 27.3 points below accuracy, for all others 4.9 points above it "
            "(−32.2 points, 95 % interval −62.9 to −1.5).",
        ),
    ],
)
def test_a_gap_is_named_with_its_subgroup_both_figures_and_its_interval(gap: Gap, said: str) -> None:
    assert gap_in_words(gap, Reading("melanoma", ("mel",))) == said
