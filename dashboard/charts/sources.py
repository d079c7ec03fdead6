"""Charts of where pictures come from: classes by source, what tells the source, accuracy within each."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.data.spec import ClassSpec
from core.evaluation.source_probe import SourceProbe
from dashboard.charts.palette import ACCENT, NOT_RECORDED, class_colours
from dashboard.charts.style import CLICKED, style, wrapped

_SHARE = {"range": [0, 1.02], "tickformat": ".0%"}


def source_chart(counts: pd.DataFrame, classes: Sequence[ClassSpec]) -> go.Figure:
    """Share of each class within each source, a bar a source.

    Args:
        counts: pictures by source (rows) and class key (columns).
        classes: of the data set.
    """
    colours, totals = class_colours(classes), counts.sum(axis=1)
    labels = [f"{wrapped(str(source))}<br>n = {total:,}" for source, total in totals.items()]
    figure = go.Figure()
    for each in classes:
        if each.key in counts:
            figure.add_bar(
                y=labels, x=counts[each.key] / totals, name=each.name, orientation="h",
                marker={"color": colours[each.key]}, customdata=counts[each.key],
                hovertemplate=f"{each.name}: %{{x:.1%}}, %{{customdata:,}} images<extra></extra>",
            )  # fmt: skip
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title="share of the images of the source", **_SHARE)
    figure.update_yaxes(autorange="reversed")
    height = 220 + 62 * len(counts)
    return style(figure, title="Diagnoses of each source", images=int(totals.sum()), height=height)


def probe_chart(probe: SourceProbe) -> go.Figure:
    """Balanced accuracy of telling the source: by guessing, from the label alone, from the pictures."""
    rows = (
        ("guessing", probe.chance, None, NOT_RECORDED),
        ("the diagnosis alone", probe.by_label, probe.by_label_limits, "#BE8C32"),
        ("what is seen in the pictures", probe.told, probe.told_limits, ACCENT),
    )
    figure = go.Figure()
    for name, value, limits, colour in rows:
        low, high = limits or (value, value)
        figure.add_bar(
            y=[wrapped(name)], x=[value], orientation="h", marker={"color": colour}, showlegend=False,
            error_x={"array": [max(high - value, 0)], "arrayminus": [max(value - low, 0)], "color": CLICKED},
            hovertemplate=f"{name}: %{{x:.1%}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="balanced accuracy of telling the source", **_SHARE)
    figure.update_yaxes(autorange="reversed")
    return style(figure, title="What tells the source", images=sum(probe.pictures), height=300)


def accuracy_chart(found: pd.DataFrame, images: int) -> go.Figure:
    """Accuracy within each source with its interval, beside the floor there.

    Args:
        found: as `core.evaluation.source_probe.within_sources` gives it.
        images: of all sources.
    """
    labels = [wrapped(str(source)) for source in found["source"]]
    up = (found["high"] - found["accuracy"]).clip(lower=0).fillna(0)
    down = (found["accuracy"] - found["low"]).clip(lower=0).fillna(0)
    figure = go.Figure()
    figure.add_bar(
        y=labels, x=found["floor"], name="floor: its most frequent class", orientation="h",
        marker={"color": NOT_RECORDED}, hovertemplate="%{y}<br>floor %{x:.1%}<extra></extra>",
    )  # fmt: skip
    figure.add_bar(
        y=labels, x=found["accuracy"], name="accuracy", orientation="h", marker={"color": ACCENT},
        error_x={"type": "data", "array": up, "arrayminus": down, "thickness": 1.2, "width": 3, "color": CLICKED},
        hovertemplate="%{y}<br>accuracy %{x:.1%}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="share that is right", **_SHARE)
    figure.update_yaxes(autorange="reversed")
    return style(figure, title="Accuracy within each source", images=images, height=190 + 58 * len(found))
