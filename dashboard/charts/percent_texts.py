"""Percentages of figures as everywhere else, "6.4 %": Plotly itself can only write "6.4%".

Charts say `%{x:.1%}` in their templates and `tickformat=".0%"` of their axes, and keep shares (0…1) for their values.
On its way to a page a figure gets texts instead: behind the custom data of its points, and as ticks at round numbers.
"""

import base64
import math
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np

from core.base.percents import percent

_PERCENT = re.compile(r"%\{([xyz]|customdata)(?:\[(\d+)\])?:\.(\d)%\}")
_FORMAT = re.compile(r"\.(\d)%")
_AXIS = re.compile(r"([xy])axis(\d*)")
_MOST = {"x": 5, "y": 6}
"""Ticks that have room on a phone, between which there are so many steps."""


def write_percents(figure: dict[str, Any]) -> None:
    """Put percentages into the `data` and the `layout` of a figure, which are changed."""
    for trace in figure["data"]:
        _write_templates(trace)
    for name, axis in figure["layout"].items():
        if isinstance(axis, dict):
            _write_ticks(name, axis, figure)


def round_ticks(low: float, high: float, digits: int, most: int) -> list[float]:
    """Shares at round percentages with so many decimals, in `most` steps from one end to the other at most."""
    round_numbers = (step * 10**power for power in count() for step in ((1, 2, 2.5, 5) if power == 1 else (1, 2, 5)))
    steps = (number / 10 ** (digits + 2) for number in round_numbers)
    step = next(step for step in steps if (high - low) / step <= most + 1e-9)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, digits + 4) for number in range(first, last + 1)]


def _write_templates(trace: dict[str, Any]) -> None:
    templates = {name: trace[name] for name in ("hovertemplate", "texttemplate") if isinstance(trace.get(name), str)}
    wanted = list(dict.fromkeys(found for text in templates.values() for found in _PERCENT.findall(text)))
    if not wanted:
        return
    data = _listed(trace["customdata"]) if trace.get("customdata") is not None else None
    alone = data is not None and not any(isinstance(each, list) for each in data)  # one value for each point
    rows = [[each] if alone else each for each in data] if data is not None else None
    texts = [_written(trace, rows, alone, *each) for each in wanted]
    width = len(rows[0]) if rows else 0
    trace["customdata"] = [
        [*(rows[number] if rows else ()), *said] for number, said in enumerate(zip(*texts, strict=True))
    ]

    def place(found: re.Match) -> str:
        return f"%{{customdata[{width + wanted.index(found.groups(default=''))}]}}"

    for name, text in templates.items():
        said = re.sub(r"%\{customdata(?=[:}])(?!:\.\d%)", "%{customdata[0]", text) if alone else text
        trace[name] = _PERCENT.sub(place, said)


def _written(trace: Mapping, rows: list[list] | None, alone: bool, of: str, number: str, digits: str) -> list[str]:
    """What one part of a template says of each point."""
    behind = [row[0 if alone else int(number)] for row in rows or []] if of == "customdata" else _listed(trace[of])
    return [percent(share, int(digits)) for share in behind]


def _write_ticks(name: str, axis: dict[str, Any], figure: Mapping) -> None:
    letter, form = _AXIS.fullmatch(name), _FORMAT.fullmatch(str(axis.get("tickformat", "")))
    if letter is None or form is None:
        return
    digits = int(form[1])
    if axis.get("tickvals") is None:
        low, high = _listed(axis["range"]) if axis.get("range") is not None else _span(letter[1], letter[2], figure)
        if axis.get("rangemode") == "tozero":
            low, high = min(low, 0), max(high, 0)
        low, high = (low, min(high, 1)) if low < 1 else (low, high)
        if not high > low:
            return
        axis["tickvals"] = round_ticks(low, high, digits, axis.get("nticks") or _MOST[letter[1]])
    axis["ticktext"] = [percent(tick, digits) for tick in _listed(axis["tickvals"])]


def _span(letter: str, number: str, figure: Mapping) -> tuple[float, float]:
    """From the least to the largest value along an axis that has no range of its own."""
    own = letter + number
    values = [
        value
        for trace in figure["data"]
        if trace.get(f"{letter}axis", letter) == own and trace.get(letter) is not None
        for value in _listed(trace[letter])
    ]
    values += [
        shape[f"{letter}{end}"]
        for shape in figure["layout"].get("shapes", ())
        if shape.get(f"{letter}ref", letter) == own
        for end in (0, 1)
    ]
    known = [value for value in _numbers(values) if math.isfinite(value)]
    return (min(known), max(known)) if known else (0, 0)


def _numbers(values: list) -> Iterator[float]:
    for value in values:
        if isinstance(value, list):
            yield from _numbers(value)
        elif value is not None and not isinstance(value, str):
            yield float(value)


def _listed(values: Any) -> list:
    """An array of a figure as a list, also where Plotly has written its numbers as Base64."""
    if isinstance(values, dict):
        numbers = np.frombuffer(base64.b64decode(values["bdata"]), np.dtype(values["dtype"]))
        return numbers.reshape([int(length) for length in str(values.get("shape", -1)).split(",")]).tolist()
    if hasattr(values, "tolist"):
        return values.tolist()
    return [each.tolist() if isinstance(each, np.ndarray) else list(each) if isinstance(each, tuple) else each
            for each in values]  # fmt: skip
