"""Charts of the leakage lesson: what a split leaks, how three trainings go, and what their figures are worth."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.base.percents import percent
from core.data.spec import ClassSpec
from core.data.splits.leakage import LeakageReport
from core.data.splits.splits import SplitKind
from dashboard.charts.style import style, wrapped

SPLIT_COLOURS = {
    SplitKind.GROUPED: "#2B8197",
    SplitKind.RANDOM: "#B07D00",
    SplitKind.OVERSAMPLE_FIRST: "#A8326B",
}
"""The honest split has the app's own colour; the two that leak look like nothing else."""
SPLIT_NAMES = {
    SplitKind.GROUPED: "Grouped",
    SplitKind.RANDOM: "Random",
    SplitKind.OVERSAMPLE_FIRST: "Oversample first",
}
GUESSING = "#87919A"
VALUE_FONT = {"size": 14}
"""Figures at bars; in the colour that the page gives to texts, so that they can be read in light and dark."""
BAR = 0.36
"""Width of a bar beside another, as a share of what a split has on the axis."""
WHISKER = (("white", 4), ("black", 2))
"""A black line on a broader white one is seen on every bar, on a light page and on a dark one: colour and width."""


def leak_table(reports: Sequence[LeakageReport], names: dict[str, str]) -> pd.DataFrame:
    """One row per split and class, with all classes together first: held-out pictures and how many leak.

    Columns `split`, `class`, `held-out pictures`, `with another picture in training` (of the same group, or the
    same picture), `of these identical`, `share` (0…1).
    """
    rows = []
    for report in reports:
        whole = (report.held_out, report.with_group_in_train, report.with_copy_in_train)
        of = [("all classes", *whole)] + [
            (names[c.label], c.held_out, c.with_group_in_train, c.with_copy_in_train) for c in report.by_class
        ]
        for name, held_out, related, copied in of:
            leaked = max(related, copied)
            rows.append((report.kind, name, held_out, leaked, copied, leaked / max(held_out, 1)))
    columns = ["split", "class", "held-out pictures", "with another picture in training", "of these identical", "share"]
    return pd.DataFrame(rows, columns=columns)


def leak_chart(report: LeakageReport, classes: Sequence[ClassSpec], group: str) -> go.Figure:
    """Share of each class's held-out pictures that training has seen in some form.

    Dark: the very same picture is in training. Light: another picture of the same `group` is.
    """
    kind = SplitKind(report.kind)
    by_key = {c.label: c for c in report.by_class}
    present = [c for c in classes if c.key in by_key][::-1]
    counted = [by_key[c.key] for c in present]
    held_out = [max(c.held_out, 1) for c in counted]
    copies = [c.with_copy_in_train for c in counted]
    photos = [max(c.with_group_in_train - c.with_copy_in_train, 0) for c in counted]
    figure = go.Figure()
    for name, numbers, opacity in (
        ("the same picture", copies, 1.0),
        (f"another picture of the {group}", photos, 0.55),
    ):
        figure.add_bar(
            y=[wrapped(c.name) for c in present],
            x=[n / of for n, of in zip(numbers, held_out, strict=True)],
            orientation="h",
            name=name,
            marker_color=SPLIT_COLOURS[kind],
            opacity=opacity,
            customdata=[(c.name, n, of) for c, n, of in zip(present, numbers, held_out, strict=True)],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]:,} of %{customdata[2]:,} held-out pictures "
            f"(%{{x:.1%}}): {name} is in training<extra></extra>",
        )
    for c, n, m, of in zip(present, copies, photos, held_out, strict=True):
        figure.add_annotation(
            x=(n + m) / of,
            y=wrapped(c.name),
            text=percent((n + m) / of, 0),
            xanchor="left",
            showarrow=False,
            xshift=4,
            font=VALUE_FONT,
        )
    figure.update_layout(barmode="stack", bargap=0.25, legend_traceorder="normal")
    ticks = [0, 0.25, 0.5, 0.75, 1]
    figure.update_xaxes(title="share of the held-out pictures", range=[0, 1.18], tickvals=ticks, tickformat=".0%")
    title = f"{SPLIT_NAMES[kind]}: seen in training"
    return style(figure, title=title, images=report.held_out, height=200 + 35 * len(present))


def lesson_curves_chart(
    kind: SplitKind,
    epochs: pd.DataFrame,
    batches: pd.DataFrame,
    planned: int,
    majority_baseline: float | None,
    images: int,
) -> go.Figure:
    """Accuracy of one of the three trainings by epoch, on axes that are the same for all three.

    Args:
        kind: the split.
        epochs: one row per epoch, as in `metrics.jsonl`.
        batches: one row per few batches; the first points of the chart.
        planned: epochs in all.
        majority_baseline: validation accuracy of always giving the most frequent class, None if not known yet.
        images: training pictures.
    """
    colour = SPLIT_COLOURS[kind]
    figure = go.Figure()
    if "accuracy" in batches:
        figure.add_scatter(
            x=batches["epoch"] + batches["step"] / batches["steps"],
            y=batches["accuracy"],
            mode="lines+markers",
            marker_size=3,
            line={"color": colour, "width": 1},
            opacity=0.35,
            showlegend=False,
            hovertemplate="epoch so far<br>training accuracy %{y:.1%}<extra></extra>",
        )
    for column, name, dash in (("accuracy", "training", "dot"), ("val_accuracy", "validation", "solid")):
        if column in epochs:
            figure.add_scatter(
                x=epochs["epoch"] + 1,
                y=epochs[column],
                name=name,
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 2 if dash == "solid" else 1.5},
                hovertemplate=f"epoch %{{x}}<br>{name} accuracy %{{y:.1%}}<extra></extra>",
            )
    if majority_baseline is not None:
        figure.add_hline(
            y=majority_baseline,
            line_dash="dash",
            line_color=GUESSING,
            annotation_text=f"always the most frequent class: {percent(majority_baseline)}",
            annotation_position="bottom right" if majority_baseline > 0.2 else "top right",
        )
    figure.update_xaxes(title="epoch", range=[0, planned + 0.5], nticks=7)
    figure.update_yaxes(title="accuracy", range=[0, 1.02], tickformat=".0%", nticks=6)
    return style(figure, title=f"{SPLIT_NAMES[kind]}: accuracy by epoch", images=images, height=360)


def outcome_chart(outcomes: pd.DataFrame, learner: str = "network") -> go.Figure:
    """The figures that the splits give the same network: accuracy with interval and floor, balanced accuracy.

    `outcomes` has one row per split and the columns `split`, `accuracy`, `accuracy low`, `accuracy high`,
    `floor`, `balanced accuracy`, `balanced low`, `balanced high`, all 0…1, and `pictures` of its test part.
    `learner` is what they are the figures of.
    """
    kinds = [SplitKind(kind) for kind in outcomes["split"]]
    names = [SPLIT_NAMES[kind] for kind in kinds]
    places = pd.Series(range(len(kinds)), index=outcomes.index)
    figure = go.Figure()
    for column, short, side, opacity in (("accuracy", "accuracy", -1, 1.0), ("balanced accuracy", "balanced", 1, 0.5)):
        value, low, high = outcomes[column], outcomes[f"{short} low"], outcomes[f"{short} high"]
        middle = places + side * BAR / 2
        figure.add_bar(
            x=middle,
            y=value,
            width=BAR,
            name=column,
            marker_color=[SPLIT_COLOURS[kind] for kind in kinds],
            opacity=opacity,
            customdata=list(zip(names, low, high, outcomes["pictures"], strict=True)),
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>{column} %{{y:.1%}}, 95 % interval %{{customdata[1]:.1%}} to "
            "%{customdata[2]:.1%}<br>on %{customdata[3]:,} test pictures<extra></extra>",
        )
        for colour, thickness in WHISKER:
            error = {"array": high - value, "arrayminus": value - low, "color": colour, "thickness": thickness}
            figure.add_scatter(
                x=middle, y=value, mode="markers", marker_opacity=0, error_y=error, hoverinfo="skip", showlegend=False
            )
        for x, y, text in zip(middle, high, value, strict=True):
            figure.add_annotation(x=x, y=y, text=percent(text, 0), yshift=12, showarrow=False, font=VALUE_FONT)
    figure.add_scatter(
        x=places,
        y=outcomes["floor"],
        name="floor: always the most frequent class",
        mode="markers",
        marker={"symbol": "line-ew", "size": 60, "line": {"width": 3, "color": GUESSING}},
        customdata=names,
        hovertemplate="<b>%{customdata}</b><br>always the most frequent class: %{y:.1%}<extra></extra>",
    )
    ticks = [f"{name}<br>n = {n:,}" for name, n in zip(names, outcomes["pictures"], strict=True)]
    figure.update_xaxes(tickvals=places, ticktext=ticks, tickangle=0, range=[-0.5, len(kinds) - 0.5])
    figure.update_yaxes(title="share of the test pictures that is right", range=[0, 1.08], tickformat=".0%", nticks=6)
    return style(
        figure,
        title=f"One {learner} under several splits",
        images=int(outcomes["pictures"].sum()),
        height=480,
        noun="test picture",
        note="whiskers: 95 % intervals",
    )
