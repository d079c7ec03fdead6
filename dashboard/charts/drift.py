"""What a run was asked about, week by week, beside what it was tested on."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.data.spec import ClassSpec
from core.runs.answers.drift import Drift
from dashboard.charts.palette import ACCENT, class_colours
from dashboard.charts.style import style

TRAINING = "training"


def refused_chart(drift: Drift) -> go.Figure:
    """Share of the pictures that the gate refused, week by week, beside that of pictures of the right kind."""
    table, expected = drift.by_week, drift.expected
    share = expected.refused / expected.looked_at if expected.looked_at else None
    figure = _line(table, "refused_share", "refused_low", "refused_high", "looked_at", share)
    figure.update_yaxes(title="refused by the gate", range=[0, 1.02], tickformat=".0%")
    return style(figure, title="Refused by the gate", images=int(table["looked_at"].sum()), height=300, noun="picture")


def confidence_chart(drift: Drift) -> go.Figure:
    """Mean probability of the most likely class, week by week, beside that on test pictures."""
    answered = drift.by_week["pictures"] - drift.by_week["refused"]
    table = drift.by_week.assign(answered=answered)
    sure = drift.expected.confidences
    figure = _line(
        table, "confidence", "confidence_low", "confidence_high", "answered", sum(sure) / len(sure) if sure else None
    )
    figure.update_yaxes(title="mean confidence", range=[0, 1.02], tickformat=".0%")
    return style(figure, title="How sure the model was", images=int(answered.sum()), height=300, noun="picture")


def class_mix_chart(drift: Drift, classes: Sequence[ClassSpec]) -> go.Figure:
    """Share of each class among the most likely ones, week by week, beside the training part."""
    colours, counts = class_colours(classes), drift.by_week[[f"n {each.key}" for each in classes]]
    totals = counts.sum(axis=1)
    before = sum(drift.expected.classes.values())
    figure = go.Figure()
    for each in classes:
        of_class = counts[f"n {each.key}"]
        shares = [drift.expected.classes[each.key] / before if before else 0.0, *(of_class / totals.clip(lower=1))]
        figure.add_bar(
            name=each.name,
            x=[TRAINING, *drift.by_week["week"]],
            y=shares,
            marker_color=colours[each.key],
            customdata=[drift.expected.classes[each.key], *of_class],
            hovertemplate=f"%{{x}}<br>{each.name}: %{{y:.1%}}, %{{customdata}} pictures<extra></extra>",
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title="week", type="category")
    figure.update_yaxes(title="share", range=[0, 1], tickformat=".0%")
    title = "Answers, beside the training pictures"
    return style(figure, title=title, images=int(totals.sum()), height=420, noun="picture")


def _line(table: pd.DataFrame, value: str, low: str, high: str, count: str, expected: float | None) -> go.Figure:
    figure = go.Figure(
        go.Scatter(
            x=table["week"],
            y=table[value],
            mode="lines+markers",
            cliponaxis=False,
            name="asked about",
            marker_color=ACCENT,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (table[high] - table[value]).fillna(0),
                "arrayminus": (table[value] - table[low]).fillna(0),
            },
            customdata=table[count],
            hovertemplate="week %{x}<br>%{y:.1%} of %{customdata} pictures<extra></extra>",
        )
    )
    if expected is not None:
        figure.add_scatter(
            x=table["week"],
            y=[expected] * len(table),
            mode="lines",
            name="expected",
            line={"dash": "dot"},
            hovertemplate="expected: %{y:.1%}<extra></extra>",
        )
    figure.update_xaxes(title="week", type="category")
    return figure
