"""Charts of explanations: what methods gain over chance, and how an answer moves with the picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.data.spec import ClassSpec
from core.explain.variations import VARIATIONS
from core.runs.explanations.explanation_summary import Estimate, MethodCheck
from core.serving.explaining import VariedAnswers
from dashboard.charts.palette import ACCENT, NOT_RECORDED, class_colours
from dashboard.charts.style import style, wrapped

FAULTY = "#C2221D"
ACROSS = 2


def gain_chart(checks: Sequence[MethodCheck]) -> go.Figure:
    """What deleting the hottest tenth takes more than deleting it elsewhere, a bar a method with its 95 % interval.

    Methods with a fault are red; maps that know nothing of the model are grey.
    """
    drawn = checks[::-1]
    colours = [
        NOT_RECORDED if not check.method.knows_the_model else FAULTY if check.faults and check.judged else ACCENT
        for check in drawn
    ]
    figure = go.Figure(
        go.Bar(
            y=[wrapped(check.method.called, 24) for check in drawn],
            x=[100 * check.gain.mean for check in drawn],
            orientation="h",
            marker_color=colours,
            error_x=_error_bars([check.gain for check in drawn], times=100),
            customdata=[(check.method.called, 100 * check.lost, 100 * check.shifted) for check in drawn],
            hovertemplate="%{customdata[0]}<br>hottest tenth deleted: %{customdata[1]:.1f} points lost<br>"
            "shifted copies deleted: %{customdata[2]:.1f} points lost<br>gain %{x:.1f} points<extra></extra>",
        )
    )
    figure.update_xaxes(title="probability lost beyond chance, in points", zeroline=True)
    return style(
        figure,
        title="What the hottest tenth is worth",
        images=checks[0].pictures,
        height=120 + 50 * len(drawn),
        note="95 % intervals over groups",
    )


def lesion_chart(checks: Sequence[MethodCheck]) -> go.Figure:
    """How many times chance each method's heat lies in the lesion, a bar a method with its 95 % interval; 1 is chance.

    Maps that know nothing of the model are grey.

    Args:
        checks: of which pictures had masks.
    """
    drawn = [check for check in checks[::-1] if check.times_chance is not None]
    times_chance = [check.times_chance for check in drawn if check.times_chance is not None]
    figure = go.Figure(
        go.Bar(
            y=[wrapped(check.method.called, 24) for check in drawn],
            x=[each.mean for each in times_chance],
            orientation="h",
            marker_color=[ACCENT if check.method.knows_the_model else NOT_RECORDED for check in drawn],
            error_x=_error_bars(times_chance),
            customdata=[(check.method.called, check.inside or 0, check.area or 0, check.masked) for check in drawn],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]:.0%} of the heat in the lesion,<br>which has "
            "%{customdata[2]:.0%} of the area<br>%{x:.2f} times chance, n = %{customdata[3]}<extra></extra>",
        )
    )
    figure.add_vline(x=1, line_dash="dash", line_color=NOT_RECORDED)
    figure.update_xaxes(title="heat in the lesion, times its share of the area (1 is chance)", rangemode="tozero")
    return style(
        figure,
        title="Heat in the lesion, against chance",
        images=max((check.masked for check in drawn), default=0),
        height=120 + 50 * len(drawn),
        note="95 % intervals over groups",
    )


def _error_bars(estimates: Sequence[Estimate], times: float = 1) -> dict[str, Any]:
    """Plotly's error bars for intervals of bars that are `times` as long as the estimates; none where there is none."""
    limits = [(each.mean, each.limits or (each.mean, each.mean)) for each in estimates]
    return {
        "array": [times * (upper - mean) for mean, (_, upper) in limits],
        "arrayminus": [times * (mean - lower) for mean, (lower, _) in limits],
        "thickness": 1.5,
    }


def variation_chart(varied: Sequence[VariedAnswers], classes: Sequence[ClassSpec], explained: str) -> go.Figure:
    """The probability of one class, a small chart for each variation of a picture; colours name the likeliest class."""
    colours, names = class_colours(classes), {c.key: c.name for c in classes}
    keys = [c.key for c in classes]
    number = keys.index(explained)
    figure = make_subplots(
        rows=-(-len(varied) // ACROSS),
        cols=ACROSS,
        subplot_titles=[each.name for each in varied],
        shared_yaxes=True,
        vertical_spacing=0.16,
    )
    for place, (each, variation) in enumerate(zip(varied, VARIATIONS, strict=True)):
        row, column = place // ACROSS + 1, place % ACROSS + 1
        likeliest = [keys[n] for n in each.probabilities.argmax(axis=1)]
        order = np.argsort(variation.amounts)
        figure.add_scatter(
            x=[variation.amounts[n] for n in order],
            y=[float(each.probabilities[n, number]) for n in order],
            mode="lines+markers",
            line={"color": NOT_RECORDED, "width": 1.5},
            marker={"color": [colours[likeliest[n]] for n in order], "size": 9},
            customdata=[(names[likeliest[n]],) for n in order],
            hovertemplate=f"%{{x}} {variation.unit}<br>probability of {names[explained]} %{{y:.1%}}<br>"
            "most likely: %{customdata[0]}<extra></extra>",
            showlegend=False,
            row=row,
            col=column,
        )
        figure.update_xaxes(title={"text": variation.unit, "font": {"size": 11}}, row=row, col=column)
    figure.update_yaxes(range=[-0.05, 1.05], tickformat=".0%")
    style(figure, title=f"Probability of {names[explained]} when the picture is changed", images=1, height=720)
    figure.update_layout(margin_t=110)
    return figure
