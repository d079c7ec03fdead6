"""Lines of `metrics.jsonl` of which anything may be damaged."""

import json

import pytest

from core.runs.metric_lines import json_line, metric_line

EPOCH = {
    "kind": "epoch", "epoch": 2, "time": 1.8e9, "complete": True, "loss": 0.5, "val_loss": None,
    "images_per_second": 90.5, "input_wait": 0.25, "confusion": [[3, 0], [1, 2]],
    "train_sensitivity": [0.5, None], "pictures": [[0.2, 0.8]],
}  # fmt: skip
BATCH = {"kind": "batch", "epoch": 0, "step": 3, "steps": 8, "loss": 0.7}
WRONG = ["x", [], {}, [[]], {"a": 1}, True, -1, 1.5, 10**400, None]


@pytest.mark.parametrize("line", [EPOCH, BATCH])
def test_whole_lines_stay_as_they_are(line: dict) -> None:
    assert metric_line(json_line(json.dumps(line).encode())) == line


@pytest.mark.parametrize(
    ("line", "field"),
    [(EPOCH, "kind"), (EPOCH, "epoch"), (BATCH, "kind"), (BATCH, "epoch"), (BATCH, "step"), (BATCH, "steps")],
)
def test_a_line_that_has_no_place_on_the_axis_is_passed_over(line: dict, field: str) -> None:
    assert [each for each in WRONG if metric_line(line | {field: each}) is not None] == []


@pytest.mark.parametrize(
    "field", ["time", "complete", "images_per_second", "input_wait", "confusion", "train_sensitivity", "pictures"]
)
def test_of_a_whole_line_only_what_is_damaged_is_left_out(field: str) -> None:
    rest = {name: each for name, each in EPOCH.items() if name != field}
    kept = [metric_line(EPOCH | {field: each}) for each in ("x", {}, {"a": 1}, [["x"]], [{}], float("inf"), 10**400)]
    assert kept == [rest] * len(kept)


@pytest.mark.parametrize("counts", [[[1, 2]], [[1], [2]], [[1, 2], [3]], [[1.5]], [[True]], [[-1]], [["x"]], [[None]]])
def test_counts_that_are_no_square_of_counts_are_no_confusion(counts: list) -> None:
    assert "confusion" not in metric_line(EPOCH | {"confusion": counts})


def test_a_share_of_the_time_lies_between_none_and_all_of_it() -> None:
    assert [metric_line(EPOCH | {"input_wait": share}).get("input_wait") for share in (0, 1.0, -0.1, 1.1)] == [
        0,
        1.0,
        None,
        None,
    ]


def test_a_figure_that_is_no_number_is_none_or_left_out() -> None:
    text = (
        b'{"kind": "epoch", "epoch": 0, "loss": NaN, "val_loss": -Infinity, "accuracy": 1e999, "f1": "x", "auc": true}'
    )
    assert metric_line(json_line(text)) == {"kind": "epoch", "epoch": 0, "loss": None, "val_loss": None}


@pytest.mark.parametrize("text", [b"", b"[1]", b"\xff", b'{"a": ', b"[" * 10**5, b'{"a": ' * 500 + b"1" + b"}" * 500])
def test_what_is_no_object_is_none(text: bytes) -> None:
    assert json_line(text) is None
