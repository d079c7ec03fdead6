"""The chart of the reference systems: what was published beside what it gives here."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.data.splits.splits import SplitKind
from core.reproduction.outcomes import Figure, Standing
from dashboard.charts.lessons import GUESSING, SPLIT_COLOURS
from dashboard.charts.style import style, wrapped

PUBLISHED = "#A8326B"
THEIRS = SPLIT_COLOURS[SplitKind.RANDOM]
HONEST = SPLIT_COLOURS[SplitKind.GROUPED]


def references_chart(standings: Sequence[Standing]) -> go.Figure:
    """Accuracy of each system as published, as its report did it, and honestly held out with interval and floor.

    Claims about two systems have no accuracy and no row here.
    """
    rows = [each for each in standings if not each.system.against][::-1]
    names = [wrapped(each.system.title, 24) for each in rows]
    figure = go.Figure()
    figure.add_scatter(
        x=[each.system.published for each in rows],
        y=names,
        mode="markers",
        name="published",
        marker={"symbol": "diamond", "size": 12, "color": PUBLISHED},
        hovertemplate="<b>%{y}</b><br>published %{x:.1%}<extra></extra>",
    )
    for half, name, symbol, colour in (
        ("theirs", "as they did it", "circle-open", THEIRS),
        ("honest", "honestly held out, 95 % interval", "circle", HONEST),
    ):
        found = [(label, figure_) for label, each in zip(names, rows, strict=True) if (figure_ := _figure(each, half))]
        figure.add_scatter(
            x=[each.accuracy for _, each in found],
            y=[label for label, _ in found],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 11, "color": colour, "line": {"width": 3, "color": colour}},
            error_x=_whiskers([each for _, each in found], colour) if half == "honest" else None,
            customdata=[(each.pictures, each.majority_class, each.floor) for _, each in found],
            hovertemplate=f"<b>%{{y}}</b><br>{name}: %{{x:.1%}}<br>on %{{customdata[0]:,}} pictures; always "
            "%{customdata[1]} gives %{customdata[2]:.1%}<extra></extra>",
        )
    floors = [(label, each.floor) for label, row in zip(names, rows, strict=True) if (each := _figure(row, "honest"))]
    figure.add_scatter(
        x=[floor for _, floor in floors],
        y=[label for label, _ in floors],
        mode="markers",
        name="floor: always the most frequent class",
        marker={"symbol": "line-ns", "size": 22, "line": {"width": 3, "color": GUESSING}},
        hovertemplate="<b>%{y}</b><br>always the most frequent class: %{x:.1%}<extra></extra>",
    )
    figure.update_xaxes(title="accuracy", range=[0, 1.02], tickformat=".0%", nticks=6)
    figure.update_yaxes(categoryorder="array", categoryarray=names)
    title = "Accuracy as published, and trained here"
    style(figure, title=title, images=len(rows), noun="system", height=190 + 46 * len(rows))
    return figure.update_layout(showlegend=True)  # before anything is trained, nothing else says what is drawn


def _figure(standing: Standing, half: str) -> Figure | None:
    figure: Figure | None = getattr(standing, half).figure
    return figure if figure is not None and figure.accuracy is not None else None


def _whiskers(figures: Sequence[Figure], colour: str) -> dict:
    middles = [each.accuracy or 0.0 for each in figures]
    spans = [each.interval or (middle, middle) for each, middle in zip(figures, middles, strict=True)]
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - middle for (_, high), middle in zip(spans, middles, strict=True)],
        "arrayminus": [middle - low for (low, _), middle in zip(spans, middles, strict=True)],
        "color": colour,
        "thickness": 2,
    }
