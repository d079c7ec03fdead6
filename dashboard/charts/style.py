"""What every chart has: a title that says what is seen, on how many images, and one look."""

import textwrap
from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import BasePlotlyType

from dashboard.charts.plotly_text import unchecked_figure

TITLE_WIDTH = 40
"""Characters that fit beside each other on a phone of 390 pixels."""


CLICKED = "#87919A"
"""Texts at bars from a click until the page has followed, and whiskers on bars; readable on light and dark."""


def style(
    figure: go.Figure, *, title: str, images: int, height: int = 380, note: str = "", noun: str = "image"
) -> go.Figure:
    """Give a figure its title, the number of images it rests on, and the look of the app.

    The figure is changed and returned. A legend lies in rows under the plot, where a phone has room for it.

    Args:
        figure: with traces and axis titles; what it has set for its legend's order is kept.
        title: what is seen, in sentence case.
        images: number of images, shown under the title.
        height: in pixels, of the whole figure.
        note: what else must be known of the number, such as how many images are left out.
        noun: what is counted, where it is not images.
    """
    for name, look in _look(title, images, height, note, noun).items():
        figure.layout[name] = _over(figure.layout[name], look)  # `update_layout` would take ten times as long
    return figure


def _over(before: Any, look: Any) -> Any:
    """The look of a part of a layout, with what it says nothing of as it was before."""
    if not isinstance(look, dict):
        return look
    kept = before.to_plotly_json() if isinstance(before, BasePlotlyType) else before or {}
    return {**kept, **{name: _over(kept.get(name), value) for name, value in look.items()}}


def styled(
    traces: list[dict], layout: dict, *, title: str, images: int, height: int = 380, note: str = ""
) -> go.Figure:
    """A figure in the look of the app from plain traces and axes; for pages that draw many with every click.

    Plotly takes eight times as long to change a figure as to make it at once.

    Args:
        traces: one dictionary each, with its `type`.
        layout: axes and whatever else goes beyond the look; stands over it.
        title, images, height, note: as for `style`.
    """
    for trace in traces:
        if trace["type"] == "bar":  # Plotly stumbles over a click on a bar that has texts but says nothing of these
            trace.setdefault("selected", {"textfont": {"color": CLICKED}})
            trace.setdefault("unselected", {"textfont": {"color": CLICKED}})
    axes = {name: _axis(axis) if name in ("xaxis", "yaxis") else axis for name, axis in layout.items()}
    # A test has every chart checked instead.
    return unchecked_figure(traces, {**_look(title, images, height, note, "image"), **axes})


def _axis(axis: dict) -> dict:
    """An axis whose title is written as the browser reads it; only a check would turn a plain text into that."""
    title = axis.get("title")
    return {**axis, "title": {"text": title}} if isinstance(title, str) else axis


def _look(title: str, images: int, height: int, note: str, noun: str) -> dict:
    lines = textwrap.wrap(title, TITLE_WIDTH)
    number = f"n = {images:,} {noun}{'s' * (images != 1)}" + (f", {note}" if note else "")
    return {
        "title": {
            "text": "<br>".join(lines),
            "subtitle": {"text": number, "font": {"size": 13}},
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 8 + 11 * (len(lines) - 1)},  # Plotly sets several lines around their middle
        },
        "autotypenumbers": "strict",  # a class or a site may be called "0"
        "height": height,
        "margin": {"t": 52 + 20 * len(lines), "r": 20, "b": 8, "l": 4},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"align": "left", "namelength": -1},
        "modebar": {"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": CLICKED},  # leaves the title free
        "hovermode": "closest",
        "dragmode": False,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "xref": "container",
            "y": 0,
            "yanchor": "bottom",
            "yref": "container",
            "itemsizing": "constant",
            "traceorder": "normal",
            "title": {"text": ""},
        },
    }


def wrapped(name: str, width: int = 20) -> str:
    """A long name in several lines, for tick labels beside which a phone still has room for the plot."""
    return "<br>".join(textwrap.wrap(name.replace(" / ", "\u00a0/ "), width, break_long_words=False))
