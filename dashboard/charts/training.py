"""Charts of a training: its split, its curves."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.data.spec import ClassSpec
from core.data.splits import PARTS
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


def curves_chart(
    epochs: pd.DataFrame, batches: pd.DataFrame, floor: float | None, images: int, run_id: str
) -> go.Figure:
    """Loss above, accuracy below, for training and validation, growing with every epoch.

    Args:
        epochs: one row per epoch, as in `metrics.jsonl`.
        batches: one row per few batches: the running mean of the epoch so far, drawn faintly.
        floor: validation accuracy of always giving the most frequent class, None if not known yet.
        images: training pictures.
        run_id: keeps the zoom while the chart grows, and drops it for another run.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07, subplot_titles=("Loss", "Accuracy")
    )
    lines = [
        (1, "loss", "training loss", PART_COLOURS["train"], "solid"),
        (1, "val_loss", "validation loss", PART_COLOURS["validation"], "solid"),
        (2, "accuracy", "training accuracy", PART_COLOURS["train"], "solid"),
        (2, "val_accuracy", "validation accuracy", PART_COLOURS["validation"], "solid"),
        (2, "val_balanced_accuracy", "validation balanced accuracy", PART_COLOURS["validation"], "dot"),
    ]
    for row, column in ((1, "loss"), (2, "accuracy")):
        if column in batches:
            at = batches["epoch"] + batches["step"] / batches["steps"]
            faint = {"color": PART_COLOURS["train"], "width": 1}
            figure.add_scatter(
                x=at, y=batches[column], line=faint, opacity=0.4, mode="lines+markers", marker_size=3,
                showlegend=False, row=row, col=1,
                hovertemplate=f"epoch so far<br>{column} %{{y:.4f}}<extra></extra>",
            )  # fmt: skip
    for row, column, name, colour, dash in lines:
        if column in epochs:
            form = ".4f" if row == 1 else ".1%"
            figure.add_scatter(
                x=epochs["epoch"] + 1, y=epochs[column], name=name, mode="lines+markers",
                line={"color": colour, "dash": dash}, row=row, col=1,
                hovertemplate=f"epoch %{{x}}<br>{name} %{{y:{form}}}<extra></extra>",
            )  # fmt: skip
    if floor is not None:
        figure.add_hline(
            y=floor, line_dash="dash", line_color="#888888", row=2, col=1,
            annotation_text=f"always the most frequent class: {floor:.1%}", annotation_position="bottom right",
        )  # fmt: skip
    figure.update_yaxes(title="cross-entropy (nats)", row=1, col=1)
    figure.update_yaxes(title="share right", tickformat=".0%", row=2, col=1)
    figure.update_xaxes(title="epoch", row=2, col=1, rangemode="tozero")
    figure = style(figure, title="Learning curves", images=images, height=620)
    return figure.update_layout(uirevision=run_id, dragmode="zoom")
