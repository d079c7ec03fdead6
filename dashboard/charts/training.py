"""What a training is to learn from: its split."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.data.spec import ClassSpec
from core.data.splits.splits import PARTS
from dashboard.charts.style import style, wrapped

PART_COLOURS = {"train": "#3B6FB6", "validation": "#E08A1E", "test": "#7A5195"}
"""Training, validation and test look the same in every chart."""


def split_chart(counts: pd.DataFrame, classes: Sequence[ClassSpec]) -> go.Figure:
    """Pictures of each class by part, as bars on a logarithmic axis, for rare classes must be seen too.

    `counts` has class keys as rows and parts as columns (`Split.counts`).
    """
    names = {c.key: c.name for c in classes}
    ordered = counts.loc[counts.sum(axis=1).sort_values().index]
    figure = go.Figure()
    for part in [p for p in PARTS if counts[p].any()]:
        figure.add_bar(
            y=[wrapped(names[key]) for key in ordered.index],
            customdata=[names[key] for key in ordered.index],
            x=ordered[part],
            orientation="h",
            name=part,
            marker_color=PART_COLOURS[part],
            hovertemplate="%{customdata}<br>%{x:,} pictures in " + part + "<extra></extra>",
        )
    top = np.log10(max(counts.to_numpy().max(), 10)) + 0.1
    figure.update_xaxes(title="pictures (logarithmic)", type="log", dtick=1, range=[0, top])
    figure.update_layout(barmode="group", bargap=0.25, legend_traceorder="reversed")
    return style(figure, title="Pictures by class and part", images=int(counts.to_numpy().sum()), height=460)
