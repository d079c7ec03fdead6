"""Texts in figures: Plotly reads them as HTML, with links and all; here nothing but our own marks is left of that.

The one place, too, that leaves out what Plotly does for those who change figures: checks (`unchecked_figure`, by an
argument that Plotly keeps to itself) and copies (`sent_once`).
"""

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.percent_texts import write_percents
from dashboard.markdown import one_line

LONGEST_LABEL, LONGEST_WORD = 100, 28
"""Letters of a category, a tick or an entry of a legend, and of a word in it. Hover texts keep all of longer ones."""

SHORTENED = 44
"""Letters that are left of a longer label, which loses its middle."""

HOVER_WIDTH = 60
"""Letters in a line of a long hover text."""

_OURS = re.compile(r"(<br>|</?[bi]>|</?extra>)")
_ODD = re.compile("[<>&\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_LABELS = {"x", "y", "name", "ticktext", "categoryarray", "labels"}
"""Attributes whose texts stand on axes and in legends."""

_NO_TEXTS = {"template", "path", "source", "bdata"}
"""Attributes that nobody reads: the style, outlines of shapes, pictures as data addresses, and numbers as Base64."""


def unchecked_figure(data: list[dict], layout: dict) -> go.Figure:
    """A figure of plain traces and layout as they stand; checking takes Plotly longer than all else about a chart."""
    return go.Figure(data=data, layout=layout, _validate=False)


class _Sent(go.Figure):
    """What is sent of a figure, once and for all; nothing else can be asked of it."""

    sent: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return self.sent


def sent_once(figure: go.Figure) -> go.Figure:
    """The figure as Streamlit is to send it, with safe texts (see `safe_dictionary`).

    Streamlit asks a figure for its dictionary, of which Plotly makes a copy each time; here there is one copy in all.
    """
    made = object.__new__(_Sent)
    object.__setattr__(made, "sent", safe_dictionary(figure))
    return made


def safe_dictionary(figure: go.Figure) -> dict[str, Any]:
    """A figure's dictionary in which `<br>`, `<b>`, `<i>` and `<extra>` are the only HTML, and with our percentages.

    Custom data that no template shows stay as they are, for by them a click is understood.
    """
    given = figure.to_dict()
    write_percents(given)
    if not any(_is_odd(text, attribute) for text, attribute in _texts_of(given)):
        return given
    labels: dict[str, str] = {}
    return {**given, "data": _safe(given["data"], labels), "layout": _safe(given["layout"], labels)}


def safe_text(text: str) -> str:
    """A text of any length as Plotly shows it literally, apart from our own marks; long ones in several lines."""
    return "".join(part if _OURS.fullmatch(part) else _literal(part) for part in _OURS.split(text))


def safe_label(text: str) -> str:
    """The same for what stands on an axis or in a legend: short."""
    whole = one_line(text.replace("<br>", " "))
    if len(whole) <= LONGEST_LABEL and max(map(len, whole.split()), default=0) <= LONGEST_WORD:
        return safe_text(text)
    if len(whole) > SHORTENED:
        whole = f"{whole[: SHORTENED * 2 // 3]}…{whole[-SHORTENED // 3 :]}"
    return "<br>".join(map(_escaped, textwrap.wrap(whole, 22)))


def _literal(text: str) -> str:
    line = one_line(text)
    if len(line) <= HOVER_WIDTH or "%{" in line:
        return _escaped(line)
    return "<br>".join(map(_escaped, textwrap.wrap(line, HOVER_WIDTH)))


def _escaped(line: str) -> str:
    return _ENTITY.sub("&amp;", line).replace("<", "&lt;").replace(">", "&gt;")


def _is_odd(text: str, attribute: str) -> bool:
    if len(text) <= LONGEST_WORD and not _ODD.search(text):
        return False
    return (safe_label(text) if attribute in _LABELS else safe_text(text)) != text


def _texts_of(value: Any, attribute: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a part of a figure, each with the attribute that it is of."""
    if isinstance(value, str):
        yield value, attribute
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in _NO_TEXTS:
                yield from _texts_of(each, key)
    else:
        for each in _entries(value):
            yield from _texts_of(each, attribute)


def _safe(value: Any, labels: dict[str, str], attribute: str = "") -> Any:
    """A part of a figure with safe texts; `labels` keeps what labels became, for two must not become one."""
    if isinstance(value, str):
        return _unique_label(value, labels) if attribute in _LABELS else safe_text(value)
    if isinstance(value, dict):
        made = {key: each if key in _NO_TEXTS else _safe(each, labels, key) for key, each in value.items()}
        if "customdata" in value:
            templates = f"{value.get('hovertemplate')} {value.get('texttemplate')}"
            made["customdata"] = [_shown_data(each, templates, labels) for each in _entries(value["customdata"])] or (
                value["customdata"]
            )
        return made
    entries = _entries(value)
    return [_safe(each, labels, attribute) for each in entries] if entries else value


def _shown_data(data: Any, templates: str, labels: dict[str, str]) -> Any:
    """The custom data of one point, safe where a template shows them."""
    if not (parts := _entries(data)):
        return _safe(data, labels) if "%{customdata" in templates else data
    if any(_entries(each) for each in parts):  # a heat map has rows of points
        return [_shown_data(each, templates, labels) for each in parts]
    return [
        _safe(each, labels) if f"%{{customdata[{number}]" in templates else each for number, each in enumerate(parts)
    ]


def _entries(value: Any) -> list:
    """Parts of a list or an array that may hold texts."""
    if isinstance(value, pd.Series | pd.Index):
        value = value.to_numpy()
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype.kind in "OUS" else []
    return list(value) if isinstance(value, list | tuple) else []


def _unique_label(text: str, labels: dict[str, str]) -> str:
    if text not in labels:
        label = safe_label(text)
        while label in labels.values():
            label += "\u2060"  # word joiners are not seen
        labels[text] = label
    return labels[text]
