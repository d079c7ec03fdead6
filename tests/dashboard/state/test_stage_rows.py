"""Stages of a training in an address: short, the same when they are read again, and never what could not be started."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.training.stages import ALL, HEAD, Stage
from dashboard.state.stage_rows import MOST, stages_from_text, stages_to_text

STAGES = st.builds(
    Stage,
    learns=st.sampled_from([ALL, HEAD, "1", "12"]),
    epochs=st.integers(1, 1000),
    learning_size=st.integers(0, 64),
    learning_rate=st.floats(0, 1, exclude_min=True),
    schedule=st.sampled_from(["constant", "cosine", "one-cycle"]),
    warm_up=st.floats(0, 1, exclude_max=True),
    early_stopping_patience=st.integers(0, 1000),
    layer_decay=st.floats(0, 1, exclude_min=True),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STAGES, max_size=4).map(lambda stages: [stage.model_dump() for stage in stages]))
def test_stages_are_the_same_after_they_stood_in_an_address(rows: list[dict]) -> None:
    assert stages_from_text(stages_to_text(rows)) == rows


def test_what_is_usual_is_left_out_of_the_address() -> None:
    rows = [{"learns": HEAD}, {"learns": ALL, "epochs": 3, "learning_rate": 1e-4}]
    assert stages_to_text(rows) == "head_all~3~0~0.0001"


def test_a_row_that_is_no_stage_is_not_sent() -> None:
    assert stages_to_text([{"learns": "the end"}]) == ""
    assert stages_to_text([{"learns": ALL, "epochs": 0}]) == ""


@pytest.mark.parametrize(
    "text", ["", "all~many", "all~3~0~0.1~cosine~0.1~0~0~1~9", "<b>", "~", "_".join(["all"] * (MOST + 1))]
)
def test_an_address_of_anything_else_has_no_stages(text: str) -> None:
    assert stages_from_text(text) == []
