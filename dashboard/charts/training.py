"""What a training is to learn from: its split."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.data.spec import ClassSpec
from core.data.splits.splits import PARTS
from dashboard.charts.style import style, wrapped

PART_COLOURS = {"train": "#3B6FB6", "validation": "#E08A1E", "test": "#7A5195"}
"""Training, validation and test look the same in every chart."""


def split_chart(counts: pd.DataFrame, classes: Sequence[ClassSpec]) -> go.Figure:
    """Pictures of each class by part, as bars with their numbers, for those of rare classes are short.

    `counts` has class keys as rows and parts as columns (`Split.counts`).
    """
    names = {c.key: c.name for c in classes}
    ordered = counts.loc[counts.sum(axis=1).sort_values().index]
    figure = go.Figure()
    for part in [p for p in reversed(PARTS) if counts[p].any()]:  # the last is drawn on top
        figure.add_bar(
            y=[wrapped(names[key]) for key in ordered.index],
            customdata=[names[key] for key in ordered.index],
            x=ordered[part],
            orientation="h",
            name=part,
            text=[f"{number:,}" for number in ordered[part]],
            textposition="outside",
            textangle=0,
            textfont_size=11,
            constraintext="none",  # in its place between the bars it would be too small to read
            cliponaxis=False,
            marker_color=PART_COLOURS[part],
            hovertemplate="%{customdata}<br>%{x:,} pictures in " + part + "<extra></extra>",
        )
    top = 1.2 * max(counts.to_numpy().max(), 1)
    figure.update_xaxes(title="pictures", range=[0, top], nticks=5, tickformat=",")
    figure.update_layout(barmode="group", bargap=0.2)
    style(figure, title="Pictures by class and part", images=int(counts.to_numpy().sum()), height=520)
    return figure.update_layout(legend_traceorder="reversed")  # as the bars stand, from the top
