"""Charts of a hyperparameter search: best so far, parallel coordinates, importance, every trial's curve."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.base.percents import percent
from core.models.parameters import Parameter
from core.searches.importance import Importance, coded
from core.searches.journal import Trial
from core.searches.search_config import SearchConfig
from dashboard.charts.palette import ACCENT, NOT_RECORDED
from dashboard.charts.style import style

BEST = "#E08A1E"
"""The colour of the best trials; no class has it."""
MOST_NUMBERED = 12
"""Trials up to which each has its number below the axis."""
OBJECTIVES = {
    "val_loss": "validation loss (cross-entropy, nats)",
    "val_accuracy": "validation accuracy",
    "val_balanced_accuracy": "validation balanced accuracy",
}


def objective_text(config: SearchConfig, score: float) -> str:
    """A score as people read it: a share in percent, a loss as a number."""
    return f"{score:.4f}" if config.direction == "min" else percent(score)


def best_so_far_chart(
    config: SearchConfig, trials: Sequence[Trial], *, began: float, against_time: bool, majority_baseline: float | None
) -> go.Figure:
    """The score of every trial as a dot, and the best until then as a line.

    Args:
        config: what was asked.
        trials: in any order; those without a score are left out.
        began: when the search began, in seconds since the epoch.
        against_time: dots stand at the minutes when trials ended instead of at their numbers.
        majority_baseline: the score of always giving the most frequent class, None if not known.
    """
    scored = [trial for trial in trials if trial.score is not None]

    def place(trial: Trial) -> float:
        return ((trial.ended or began) - began) / 60 if against_time else trial.number

    scored.sort(key=place)
    at = [place(trial) for trial in scored]
    scores = np.array([trial.score for trial in scored])
    best = np.minimum.accumulate(scores) if config.direction == "min" else np.maximum.accumulate(scores)
    form = ".4f" if config.direction == "min" else ".1%"
    figure = go.Figure()
    figure.add_scatter(
        x=at, y=best, mode="lines", name="best so far", line={"color": ACCENT, "shape": "hv", "width": 2},
        hovertemplate=f"best so far %{{y:{form}}}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=at, y=scores, mode="markers", name="a trial", marker={"color": NOT_RECORDED, "size": 9},
        customdata=[[trial.number, _values(config, trial)] for trial in scored],
        hovertemplate=f"trial %{{customdata[0]}}: %{{y:{form}}}<br>%{{customdata[1]}}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="minutes since the search began" if against_time else "trial", rangemode="tozero")
    if not against_time and max(at, default=0) <= MOST_NUMBERED:
        figure.update_xaxes(dtick=1)  # there is no trial 1.5
    _score_axis(figure, config, majority_baseline)
    return style(figure, title="Best so far", images=len(scored), noun="trial", height=400)


def parallel_chart(config: SearchConfig, trials: Sequence[Trial], axes: Collection[str]) -> go.Figure:
    """Parallel coordinates: a line for each trial with a score, through what was chosen to what came out.

    Args:
        config: what was asked.
        trials: those without a score are left out.
        axes: names of the parameters that get an axis, in the order of the search space.
    """
    scored = [trial for trial in trials if trial.score is not None]
    scores = [trial.score for trial in scored]
    figure = go.Figure(
        go.Parcoords(
            line={
                "color": scores,
                "colorscale": [[0, NOT_RECORDED], [0.5, ACCENT], [1, BEST]],
                "reversescale": config.direction == "min",
                "showscale": False,
            },
            dimensions=[
                *(_dimension(p, [trial.values[p.name] for trial in scored]) for p in config.space if p.name in axes),
                {"label": words(config.objective.removeprefix("val_")), "values": scores},
            ],
            labelangle=-60,  # on a phone axes stand 30 pixels apart
            labelside="bottom",
            rangefont={"color": "rgba(0,0,0,0)"},  # the ticks say it
        )
    )
    title = "Parameters and score of every trial"
    figure = style(figure, title=title, images=len(scored), noun="trial", height=480)
    return figure.update_layout(margin={"l": 40, "r": 40, "b": 130, "t": 110})


def importance_chart(found: Sequence[Importance], scored: int) -> go.Figure:
    """Share of each parameter in what the scores hang on, with the spread over shuffles."""
    ordered = list(reversed(found))
    figure = go.Figure(
        go.Bar(
            y=[words(each.name) for each in ordered],
            x=[each.fraction for each in ordered],
            error_x={"array": [each.spread for each in ordered], "color": NOT_RECORDED},
            orientation="h",
            marker_color=ACCENT,
            hovertemplate="%{y}<br>%{x:.0%} of all importance<extra></extra>",
        )
    )
    end = min(1.0, 1.05 * max(each.fraction + each.spread for each in found))  # a spread may reach beyond 100 %
    figure.update_xaxes(title="share of permutation importance", tickformat=".0%", range=[0, end])
    title = "What the objective depends on"
    return style(figure, title=title, images=scored, noun="trial", height=160 + 34 * len(found))


def trial_curves_chart(
    config: SearchConfig, curves: Mapping[int, pd.DataFrame], *, best: int | None, majority_baseline: float | None
) -> go.Figure:
    """The objective of every trial against the epoch, the best trial in colour.

    Args:
        config: what was asked.
        curves: by the number of the trial, one row per epoch as in `metrics.jsonl`.
        best: number of the best trial, drawn on top.
        majority_baseline: the score of always giving the most frequent class, None if not known.
    """
    form = ".4f" if config.direction == "min" else ".1%"
    figure = go.Figure()
    for number in sorted(curves, key=lambda number: number == best):
        table = curves[number]
        first = number == best
        figure.add_scatter(
            x=table["epoch"] + 1,
            y=table[config.objective],
            mode="lines+markers" if len(table) < 40 else "lines",
            marker_size=5,
            name=f"trial {number}, the best" if first else f"trial {number}",
            showlegend=first,
            line={"color": ACCENT if first else NOT_RECORDED, "width": 3 if first else 1.2},
            opacity=1 if first else 0.6,
            hovertemplate=f"trial {number}, epoch %{{x}}: %{{y:{form}}}<extra></extra>",
        )
    figure.update_xaxes(title="epoch", rangemode="tozero")
    _score_axis(figure, config, majority_baseline)
    return style(figure, title="Every trial, epoch by epoch", images=len(curves), noun="trial", height=420)


def words(name: str) -> str:
    """The name of a parameter or an objective as people write it."""
    return name.replace("val_", "validation ").replace("_", " ")


def _score_axis(figure: go.Figure, config: SearchConfig, majority_baseline: float | None) -> None:
    """The axis of the objective, with what guessing would reach."""
    figure.update_yaxes(title=OBJECTIVES[config.objective], tickformat="" if config.direction == "min" else ".0%")
    if majority_baseline is not None:
        text = f"always the most frequent class: {percent(majority_baseline)}"
        look = {"line_dash": "dash", "line_color": "#888888", "annotation_position": "bottom right"}
        figure.add_hline(y=majority_baseline, annotation_text=text, **look)


def _values(config: SearchConfig, trial: Trial) -> str:
    lines = []
    for parameter in config.space:
        value = parameter.checked(trial.values[parameter.name])
        shown = f"{value:.3g}" if isinstance(value, float) else str(value)
        lines.append(f"{words(parameter.name)}: {shown}")
    return "<br>".join(lines)


def _dimension(parameter: Parameter, values: Sequence[object]) -> dict:
    """One axis: numbers as they are or by magnitude, choices at their places with their names as ticks."""
    axis = {"label": words(parameter.name), "values": [coded(parameter, value) for value in values]}
    if parameter.kind in ("choice", "bool"):
        named = [str(value) for value in parameter.values or ()]
        return {**axis, "tickvals": list(range(len(named))), "ticktext": named, "range": [-0.2, len(named) - 0.8]}
    low, high = (coded(parameter, end) for end in parameter.ends)
    if not parameter.log:
        return {**axis, "range": [low, high]} if high > low else axis
    decades = [low, *range(int(np.floor(low)) + 1, int(np.ceil(high))), high]
    return {**axis, "range": [low, high], "tickvals": decades, "ticktext": [f"{10.0**each:.2g}" for each in decades]}
