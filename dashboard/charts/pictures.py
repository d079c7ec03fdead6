"""Charts of what was measured of pictures: how a measure spreads within each class, and which colours classes have."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.data.spec import ClassSpec
from core.data.statistics.class_statistics import COLOUR_STEP, by_class, colour_squares, distribution
from core.data.statistics.picture_statistics import Measure
from dashboard.charts.exploration import Chart
from dashboard.charts.palette import class_colours
from dashboard.charts.style import style, wrapped

ROW_HEIGHT = 62
COLOUR_HEIGHT = 390
_PEAK = 0.85
_SQUARE_PIXELS = 11.0


def measure_by_class(
    table: pd.DataFrame, statistics: pd.DataFrame, classes: Sequence[ClassSpec], measure: Measure
) -> Chart:
    """How a measure is spread within each class: one hill a class over a common axis, its median marked.

    Args:
        table: rows of tidy metadata.
        statistics: as `core.data.statistics.picture_statistics`; pictures without a figure are left out and counted.
        classes: in the order of the rows, from above.
        measure: which one.
    """
    names, colours = {c.key: c.name for c in classes}, class_colours(classes)
    spread = distribution(table, statistics, [c.key for c in classes], measure.key)
    summary = by_class(table, statistics, [c.key for c in classes], measure.key)
    middles = np.sqrt(spread.edges[1:] * spread.edges[:-1]) if spread.logarithmic else _middles(spread.edges)
    present = list(summary.index)
    figure = go.Figure()
    for row, key in enumerate(reversed(present)):
        counts = spread.counts[key]
        heights = counts / counts.max() * _PEAK
        spans = [
            (names[key], f"{low:,.0f}–{high:,.0f}", count, count / counts.sum())
            for low, high, count in zip(spread.edges, spread.edges[1:], counts, strict=False)
        ]
        figure.add_scatter(
            x=middles, y=np.full(len(middles), row), mode="lines", line_width=0, hoverinfo="skip", showlegend=False
        )
        figure.add_scatter(
            x=middles,
            y=row + heights,
            mode="lines",
            line={"color": colours[key], "width": 2, "shape": "spline", "smoothing": 0.5},
            fill="tonexty",
            fillcolor=_faded(colours[key], 0.35),
            customdata=spans,
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>{measure.name} %{{customdata[1]}}<br>%{{customdata[2]:,}} "
            "images, %{customdata[3]:.1%} of the class<extra></extra>",
            showlegend=False,
        )
        median = summary.at[key, "median"]
        figure.add_scatter(
            x=[median, median],
            y=[row, row + _PEAK * 0.5],
            mode="lines",
            line={"color": colours[key], "width": 4},
            hovertemplate=f"<b>{names[key]}</b><br>median {measure.name} {median:,.1f}<extra></extra>",
            showlegend=False,
        )
    labels = [wrapped(f"{names[key]} (n\u00a0=\u00a0{summary.at[key, 'images']:,})") for key in reversed(present)]
    figure.update_yaxes(
        tickvals=list(range(len(present))), ticktext=labels, range=[-0.15, len(present)], zeroline=False
    )
    figure.update_xaxes(title=f"{measure.name} ({measure.unit})<br>bar: median; each row has its own height", nticks=8)
    if spread.logarithmic:
        figure.update_xaxes(type="log", nticks=6)
    images = int(summary["images"].sum())
    missing = len(table) - images
    note = f"{missing:,} not measured" if missing else ""
    title = f"{measure.name[0].upper()}{measure.name[1:]} of the pictures by class"
    behind = summary.drop(columns="median").reset_index()
    behind["class"] = behind["class"].map(names)
    alt = "No picture has been measured."
    if present:
        low, high = summary["median"].idxmin(), summary["median"].idxmax()
        alt = (
            f"Median {measure.name} is lowest for {names[low]} ({summary.at[low, 'median']:,.0f}) and highest for "
            f"{names[high]} ({summary.at[high, 'median']:,.0f})."
        )
    height = 170 + ROW_HEIGHT * max(len(present), 1)
    return Chart(style(figure, title=title, images=images, height=height, note=note), behind, alt)


def class_colours_seen(
    table: pd.DataFrame, statistics: pd.DataFrame, each: ClassSpec, span: tuple[float, float, float, float]
) -> Chart:
    """Mean colours of the pictures of one class in the a*b* plane, as squares in their own colour.

    Args:
        table: rows of tidy metadata.
        statistics: as `core.data.statistics.picture_statistics`.
        each: the class.
        span: lowest and highest a*, lowest and highest b* of the axes, so that classes can be compared.
    """
    squares = colour_squares(table, statistics, each.key)
    images = int(squares["images"].sum())
    fractions = squares["images"] / max(images, 1)
    figure = go.Figure(
        go.Scatter(
            x=squares["a"],
            y=squares["b"],
            mode="markers",
            marker={
                "symbol": "square",
                "size": np.maximum(3, _SQUARE_PIXELS * np.sqrt(fractions / fractions.max())) if images else [],
                "color": [f"rgb({r:.0f},{g:.0f},{b:.0f})" for r, g, b in squares[["red", "green", "blue"]].to_numpy()],
                "line": {"width": 0.5, "color": "#87919A"},
                "opacity": 1,
            },
            customdata=list(zip(squares["images"], fractions, strict=True)),
            hovertemplate=f"<b>{each.name}</b><br>a* about %{{x:.0f}}, b* about %{{y:.0f}}<br>%{{customdata[0]:,}} "
            "images, %{customdata[1]:.1%}<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_xaxes(title="a*: green to red", range=span[:2], nticks=6, zeroline=True)
    figure.update_yaxes(title="b*: blue to yellow", range=span[2:], nticks=6, zeroline=True)
    alt = f"{each.name}: no picture was measured."
    if images:
        top = squares.iloc[0]
        alt = (
            f"{each.name}: the most frequent mean colour lies at a* {top['a']:.0f}, b* {top['b']:.0f}, "
            f"with {top['images']:,.0f} of {images:,} images."
        )
    figure = style(figure, title=each.name, images=images, height=COLOUR_HEIGHT)
    return Chart(figure, squares, alt)


def colour_span(table: pd.DataFrame, statistics: pd.DataFrame) -> tuple[float, float, float, float]:
    """Lowest and highest mean a* and b* of the pictures, widened to whole squares."""
    rows = statistics[["a", "b"]].reindex(table["image_id"]).dropna()
    if rows.empty:
        return -COLOUR_STEP, COLOUR_STEP, -COLOUR_STEP, COLOUR_STEP
    low, high = rows.min(), rows.max()
    return (
        float((np.floor(low["a"] / COLOUR_STEP) - 1) * COLOUR_STEP),
        float((np.ceil(high["a"] / COLOUR_STEP) + 1) * COLOUR_STEP),
        float((np.floor(low["b"] / COLOUR_STEP) - 1) * COLOUR_STEP),
        float((np.ceil(high["b"] / COLOUR_STEP) + 1) * COLOUR_STEP),
    )


def _middles(edges: np.ndarray) -> np.ndarray:
    return (edges[1:] + edges[:-1]) / 2


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
