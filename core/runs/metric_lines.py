"""Lines of `metrics.jsonl`, checked: what was damaged or written by another version spoils no chart and no answer."""

import contextlib
import math
from typing import Any

from core.base.files import UNREADABLE, parse_json

MOST_EPOCHS = 10**6
MOST_STEPS = 10**9
NUMBERS = ("time", "seconds", "images_per_second", "learning_rate")
"""What is left out where it is no number; every other metric is then None, as one is that is not finite."""


def json_line(text: bytes) -> dict[str, Any] | None:
    """The JSON object in a line, with None for what is no finite number; None if there is none."""
    with contextlib.suppress(*UNREADABLE):
        value = parse_json(text, no_number_is_none=True)
        return value if isinstance(value, dict) else None
    return None


def metric_line(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a line tells of an epoch or of a few batches; None if it is neither.

    It has `kind` and `epoch` (from 0), and where it tells of batches `step` of `steps`. What else is there is a metric,
    None where it is not defined, or one of `complete`, `confusion` (counts, classes × classes, rows true),
    `train_sensitivity` (by class) and `pictures` (probabilities, pictures × classes). Others are left out.
    """
    if value is None or value.get("kind") not in ("epoch", "batch") or not _whole(value.get("epoch"), MOST_EPOCHS):
        return None
    if value["kind"] == "batch":
        value = {"step": 0, "steps": 1, **value}
        steps = value["steps"]
        if not (_whole(steps, MOST_STEPS) and steps and _whole(value["step"], steps)):
            return None
    return {name: each for name, each in value.items() if _fits(name, each)}


def _fits(name: str, value: Any) -> bool:
    if name == "kind":
        return True
    if name == "complete":
        return isinstance(value, bool)
    if name == "confusion":
        return _table(value, lambda each: _whole(each, MOST_STEPS)) and all(len(row) == len(value) for row in value)
    if name == "train_sensitivity":
        return _table([value], _metric)
    if name == "pictures":
        return _table(value, _metric)
    if name == "input_wait":
        return _number(value) and 0 <= value <= 1
    return _number(value) if name in NUMBERS else _metric(value)


def _table(value: Any, fits: Any) -> bool:
    """True for a list of lists of which every entry fits."""
    return isinstance(value, list) and all(isinstance(row, list) and all(map(fits, row)) for row in value)


def _whole(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300 and math.isfinite(value)


def _metric(value: Any) -> bool:
    return value is None or _number(value)
