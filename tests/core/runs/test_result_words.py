"""What was found out about a run, in sentences that claim no more than its figures allow."""

from typing import Any

import pytest

from core.evaluation.metrics import Metrics
from core.runs.result_words import not_above_floor


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
