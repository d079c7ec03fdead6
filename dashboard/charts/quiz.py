"""Charts of "You against the model": the race, both confusion matrices, and how a class did."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.base.percents import percent
from core.data.spec import ClassSpec
from core.evaluation.metrics import Metrics
from core.teaching.quiz.class_results import ClassResults
from dashboard.charts.palette import ACCENT, NOT_RECORDED, class_colours
from dashboard.charts.style import style, wrapped

YOU, MODEL = "#D07A12", ACCENT
"""Orange for people and the app's own colour for the model: neither is the colour of a class."""
DOT = 15
CELL = 34
"""Pixels that one row of a confusion matrix takes."""
DOT_HEIGHT = 26
"""Pixels that one dot of the dot plot takes, in width and in height."""


def race_chart(pictures: pd.DataFrame, classes: Sequence[ClassSpec]) -> go.Figure:
    """Correct answers so far, picture by picture: a full mark is a correct answer, an open one a wrong one.

    Args:
        pictures: `core.teaching.quiz.quiz.Comparison.pictures`.
        classes: the model's classes.
    """
    names = {c.key: c.name for c in classes}
    figure = go.Figure()
    sides = (("the model", "model", MODEL, "square", "dot"), ("you", "you", YOU, "circle", "solid"))
    for side, column, colour, symbol, dash in sides:
        right = pictures[f"{column}_right"]
        figure.add_scatter(
            x=pictures["position"],
            y=right.cumsum(),
            mode="lines+markers",
            name=side,
            line={"color": colour, "width": 3, "shape": "hv", "dash": dash},
            marker={
                "symbol": [symbol if each else f"{symbol}-open" for each in right],
                "size": 12 if column == "you" else 9,
                "color": colour,
                "line": {"width": 2, "color": colour},
            },
            customdata=[
                (names[answer], "right" if hit else f"wrong, it is {names[true]}")
                for answer, hit, true in zip(pictures[column], right, pictures["true"], strict=True)
            ],
            hovertemplate=f"<b>{side}</b>, picture %{{x}}: %{{customdata[0]}}<br>%{{customdata[1]}}<br>"
            "%{y} correct so far<extra></extra>",
        )
    last = int(pictures["position"].max())
    figure.update_xaxes(title="picture", range=[0.5, last + 0.5], dtick=1 if last <= 10 else 5)
    figure.update_yaxes(title="correct answers so far", range=[-0.5, last + 0.5], nticks=7)
    note = "full mark: correct, open mark: wrong"
    return style(figure, title="The race, picture by picture", images=len(pictures), height=400, note=note)


def comparison_matrix(metrics: Metrics, classes: Sequence[ClassSpec], *, of_you: bool) -> go.Figure:
    """Confusion counts: a row per true class, a full square for right answers, an open for wrong.

    Squares have the colour of the side, as in the race; classes stand under the first of their names.
    """
    colour, on_colour = (YOU, "#000000") if of_you else (MODEL, "#FFFFFF")
    names = [c.name for c in classes]
    cells = [(true, given, n) for true, row in enumerate(metrics.confusion) for given, n in enumerate(row) if n]
    figure = go.Figure()
    for right, symbol in ((True, "square"), (False, "square-open")):
        of = [cell for cell in cells if (cell[0] == cell[1]) is right]
        figure.add_scatter(
            x=[given for _, given, _ in of],
            y=[true for true, _, _ in of],
            text=[f"{n:,}" for _, _, n in of],
            mode="markers+text",
            name="right" if right else "wrong",
            marker={"symbol": symbol, "size": CELL - 6, "color": colour, "line": {"width": 2, "color": colour}},
            textfont={"size": 14, "color": on_colour} if right else {"size": 14},
            customdata=[(names[true], names[given], sum(metrics.confusion[true])) for true, given, _ in of],
            hovertemplate="%{text} of %{customdata[2]} pictures of<br><b>%{customdata[0]}</b><br>were taken for<br>"
            "<b>%{customdata[1]}</b><extra></extra>",
        )
    ticks = {"tickvals": list(range(len(names))), "showgrid": True, "zeroline": False}
    ends, short = (-0.5, len(names) - 0.5), [name.partition(" / ")[0] for name in names]
    given = "your answer" if of_you else "the model's answer"
    figure.update_xaxes(title=given, range=ends, ticktext=[wrapped(n, 24) for n in short], tickangle=-90, **ticks)
    figure.update_yaxes(title="true class", range=ends[::-1], ticktext=[wrapped(n, 16) for n in short], **ticks)
    title = "Your confusion matrix" if of_you else "The model's confusion matrix"
    note = "full square: right, open square: wrong"
    height = 270 + CELL * len(names)
    return style(figure, title=title, images=metrics.images, height=height, note=note).update_layout(showlegend=False)


def dots_chart(results: ClassResults, size: int, *, own: int | None = None) -> go.Figure:
    """One dot per participant at the number of correct answers, with the model's as a line.

    Args:
        results: of the class.
        size: pictures in the series.
        own: correct answers of the person who looks, whose dot is then a star.
    """
    stacked: Counter[int] = Counter()
    points = []
    for score in sorted(results.scores):
        stacked[score] += 1
        points.append((score, stacked[score], own == score and stacked[score] == 1))
    highest = max(stacked.values(), default=1)
    lines = [(float(results.model_correct), "the model", MODEL, "solid")]
    if results.scores:
        lines.append((sum(results.scores) / len(results.scores), "mean of the class", NOT_RECORDED, "dash"))
    figure = go.Figure()
    for value, name, colour, dash in lines:
        figure.add_scatter(
            x=[value, value],
            y=[0, highest + 1],
            mode="lines",
            name=f"{name}: {value:.0f}" if value.is_integer() else f"{name}: {value:.1f}",
            line={"color": colour, "width": 6, "dash": dash},
            hovertemplate=f"{name}: %{{x:.1f}} of {size} correct<extra></extra>",
        )
    for name, mine, symbol, dot in (("participants", False, "circle", DOT), ("you", True, "star", DOT + 9)):
        of = [(x, y) for x, y, is_own in points if is_own is mine]
        if of:
            figure.add_scatter(
                x=[x for x, _ in of],
                y=[y for _, y in of],
                mode="markers",
                marker={"size": dot, "symbol": symbol, "color": YOU},
                customdata=[stacked[x] for x, _ in of],
                hovertemplate=f"<b>{name}</b><br>%{{x}} of {size} correct, as %{{customdata}} in all<extra></extra>",
                name=name,
            )
    figure.update_xaxes(title=f"correct answers of {size}", range=[-0.6, size + 0.6], dtick=1 if size <= 10 else 5)
    figure.update_yaxes(title="participants", range=[0, max(highest, 4) + 1], dtick=max(1, highest // 5))
    noun = "participant" if len(results.scores) == 1 else "participants"
    figure = style(
        figure,
        title="Correct answers of each participant",
        images=size,
        height=210 + DOT_HEIGHT * max(highest, 4),
        note=f"{len(results.scores):,} {noun}",
    )
    return figure.update_layout(showlegend=True)


def class_sensitivity_chart(table: pd.DataFrame, classes: Sequence[ClassSpec], pictures: int) -> go.Figure:
    """Sensitivity of the whole class as bars in the colours of the classes, the model's as a mark on each.

    Args:
        table: `core.teaching.quiz.class_results.ClassResults.sensitivities`.
        classes: the model's classes.
        pictures: pictures in the series.
    """
    colours, names = class_colours(classes), {c.key: c.name for c in classes}
    table = table.sort_values("class_fraction", kind="stable")
    labels = [wrapped(names[key]) for key in table["key"]]
    figure = go.Figure(
        go.Bar(
            y=labels,
            x=table["class_fraction"],
            orientation="h",
            marker_color=[colours[key] for key in table["key"]],
            customdata=[(names[r.key], r.right, r.answered, r.pictures) for r in table.itertuples()],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]:,} of %{customdata[2]:,} answers of the class were "
            "right,<br>on %{customdata[3]} pictures<extra></extra>",
            name="the class",
            showlegend=False,
        )
    )
    figure.add_scatter(
        y=labels,
        x=table["model_fraction"],
        mode="markers",
        marker={"symbol": "diamond", "size": 14, "color": MODEL, "line": {"width": 2, "color": "#FFFFFF"}},
        name="the model",
        customdata=[(names[r.key], r.pictures) for r in table.itertuples()],
        hovertemplate="%{customdata[0]}<br>the model found %{x:.0%} of %{customdata[1]} pictures<extra></extra>",
    )
    figure.add_scatter(  # beside the bars, where no mark can lie on them
        y=labels,
        x=[1.06] * len(table),
        mode="text",
        text=[percent(r.class_fraction, 0) for r in table.itertuples()],
        textposition="middle right",
        hoverinfo="skip",
        name="numbers",
        showlegend=False,
    )
    figure.update_xaxes(title="sensitivity", range=[-0.04, 1.2], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%")
    height = 170 + 46 * len(table)
    figure = style(figure, title="What the class found of each diagnosis", images=pictures, height=height)
    return figure.update_layout(showlegend=True)
