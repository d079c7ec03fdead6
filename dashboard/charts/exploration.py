"""Charts of what images show: diagnoses, sexes, and any other kind of image, counted and by diagnosis.

Each function takes tidy metadata (`core.data.spec.Dataset.table`, `core.data.statistics.counts.encode` of it, or any
rows of these) and gives a chart with the figures behind it. What is not recorded is a category of its own, in grey, and
never left out. `others` are the rows that pass every filter but that of the chart's own column: what the filter takes
away then stays on the chart, pale, so that it can be clicked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.base.percents import percent
from core.data.spec import ClassSpec
from core.data.statistics.counts import UNKNOWN, cross_counts, value_counts
from dashboard.charts.palette import ACCENT, NOT_RECORDED, SEXES, class_colours
from dashboard.charts.style import styled, wrapped

Pick = tuple[str, str | tuple[float, float]]
"""What a click asks for: a column, and a value of it or a range of ages."""

PALE = 0.3
"""Opacity of what a filter takes away."""

SHADES = ("#0E6F86", "#479CB3", "#86BFCE", "#5D7C87", "#A5B8BE")
"""Colours of kinds that are no classes, so that none looks like one."""


@dataclass(frozen=True)
class Chart:
    """A figure, the numbers behind it, and what it shows in one sentence for those who cannot see it.

    `picks[trace][point]` is what a click on a point asks for. `words` is a sentence under the chart, computed
    from its rows.
    """

    figure: go.Figure
    table: pd.DataFrame
    alt: str
    picks: tuple[tuple[tuple[Pick, ...], ...], ...] = ()
    words: str = ""


def class_counts(table: pd.DataFrame, classes: Sequence[ClassSpec], others: pd.DataFrame | None = None) -> Chart:
    """Images of each class, the most frequent on top, with how many times the largest class is the smallest."""
    names, colours = class_names(classes), class_colours(classes)
    malignant = {c.key: c.kind for c in classes}
    counted = value_counts(table["label"]).reindex([c.key for c in classes], fill_value=0)
    whole = counted if others is None else value_counts(others["label"]).reindex(counted.index, fill_value=0)
    whole = whole.astype(int).sort_values(kind="stable")
    counted = counted[whole.index]
    shown = counted.where(counted > 0, whole)
    behind = pd.DataFrame(
        {
            "diagnosis": [names[key] for key in counted.index],
            "kind": [malignant[key] for key in counted.index],
            "images": counted.to_numpy(),
            "share": counted.to_numpy() / max(len(table), 1),
        }
    )[::-1].reset_index(drop=True)
    figure = _bars(
        shown,
        counted,
        labels=[wrapped(names[key]) for key in shown.index],
        about=[f"<b>{names[key]}</b> ({malignant[key]})" for key in shown.index],
        colours=[colours[key] for key in shown.index],
        title="Images by diagnosis" if {*names} != {"malignant", "benign"} else "Malignant and benign images",
        height=150 + 42 * max(len(classes), 4),
        whole=whole,
    )
    most = behind.loc[behind["images"].idxmax()]
    alt = f"The most frequent diagnosis is {most['diagnosis']} with {most['images']:,} of {len(table):,} images."
    picks = tuple((("label", key),) for key in shown.index)
    return Chart(figure, behind, alt, (picks,) * len(figure.data), _imbalance(behind))


def sex_counts(table: pd.DataFrame, others: pd.DataFrame | None = None) -> Chart:
    """Images by sex."""
    return kind_counts(table, "sex", "Images by sex", "sex", others=others, order=[*SEXES], colours=SEXES, height=320)


def sex_by_diagnosis(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> Chart:
    """Share of each sex within each class."""
    chart = kind_by_diagnosis(table, classes, "sex", "Sex by diagnosis", "sex", order=[*SEXES], colours=SEXES)
    known = int(table["sex"].notna().sum())
    women = int((table["sex"] == "female").sum())
    words = f"{percent(women / known)} of the {known:,} images whose sex is recorded are of women." if known else ""
    return Chart(chart.figure, chart.table, chart.alt, chart.picks, words)


def kind_counts(
    table: pd.DataFrame,
    column: str,
    title: str,
    what: str,
    *,
    others: pd.DataFrame | None = None,
    order: Sequence[str] = (),
    colours: dict[str, str] | None = None,
    words: Callable[[str], str] = str,
    height: int = 0,
) -> Chart:
    """Images by the values of a column, the most frequent on top unless `order` says otherwise; unknown below.

    Args:
        table: tidy metadata, (images,) rows.
        column: a column of kinds.
        title: of the chart.
        what: the column in a sentence.
        others: rows that pass all filters but that of the column.
        order: values in their order from the top; others follow.
        colours: of some values; the accent for the rest.
        words: what people read for a value.
        height: in pixels; by the number of bars if 0.
    """
    counted = _with_unknown(table[column], order)
    shown = counted
    if others is not None:
        everything = _with_unknown(others[column], order)
        counted = counted.reindex(everything.index, fill_value=0)
        shown = counted.where(counted > 0, everything).astype(int)
    known = colours or {}
    figure = _bars(
        shown,
        counted,
        labels=[wrapped(words(value), 24) for value in shown.index],
        about=[f"{what}: <b>{words(value)}</b>" for value in shown.index],
        colours=[NOT_RECORDED if value == UNKNOWN else known.get(value, ACCENT) for value in shown.index],
        title=title,
        height=height or 190 + 27 * len(shown),
    )
    said = [words(value) for value in counted.index]
    behind = pd.DataFrame({what: said, "images": counted.to_numpy()})[::-1].reset_index(drop=True)
    behind["share"] = behind["images"] / max(len(table), 1)
    most = behind.iloc[behind["images"].argmax()]
    alt = f"{title}: most often {most[what]}, for {most['images']:,} of {len(table):,}."
    return Chart(figure, behind, alt, (tuple(((column, str(value)),) for value in shown.index),))


def kind_by_diagnosis(
    table: pd.DataFrame,
    classes: Sequence[ClassSpec],
    column: str,
    title: str,
    what: str,
    *,
    order: Sequence[str] = (),
    colours: dict[str, str] | None = None,
    words: Callable[[str], str] = str,
) -> Chart:
    """Share of each value of a column within each class; arguments as for `kind_counts`."""
    occurring = present_classes(table, classes)
    counted = cross_counts(table["label"], table[column])
    totals = counted.drop(columns=UNKNOWN).sum().sort_values(ascending=False, kind="stable")
    values = [*order, *(value for value in totals.index if totals[value] > 0 and value not in order)]
    if counted[UNKNOWN].any():
        values.append(UNKNOWN)
    counted = counted.reindex(index=[c.key for c in occurring][::-1], columns=values, fill_value=0)
    totals, names = counted.sum(axis=1), class_names(classes)
    labels = [counted_label(names[key], totals[key]) for key in counted.index]
    known, traces = colours or {}, []
    shades = dict(zip([v for v in values if v not in known], SHADES * len(values), strict=False))
    for value in values:
        fraction = (counted[value] / totals).to_numpy()
        traces.append(
            {
                "type": "bar",
                "y": labels,
                "x": fraction,
                "orientation": "h",
                "name": words(value),
                "marker": {"color": NOT_RECORDED if value == UNKNOWN else known.get(value, shades.get(value))},
                "text": [percent(s, 0) if s >= 0.08 else "" for s in fraction],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"color": "#FFFFFF"},
                "customdata": [(names[key], counted.loc[key, value], totals[key]) for key in counted.index],
                "hovertemplate": f"<b>%{{customdata[0]}}</b><br>{what} {words(value)}: %{{x:.1%}}<br>"
                "%{customdata[1]:,} of %{customdata[2]:,} images<extra></extra>",
            }
        )
    fractions = {"title": "share of each diagnosis", "range": [0, 1], "tickformat": ".0%"}
    figure = styled(
        traces,
        {"xaxis": {**fractions, "tickvals": [0, 0.25, 0.5, 0.75, 1]}, "barmode": "stack", "bargap": 0.3},
        title=title,
        images=len(table),
        height=210 + 42 * max(len(occurring), 3) + 22 * (len(values) // 3),
    )
    behind = counted.rename(columns=words).assign(images=totals).set_axis([names[key] for key in counted.index])
    behind = behind[::-1].rename_axis("diagnosis").reset_index().rename_axis(columns=None)
    alt = f"{title}: shares within each diagnosis, over {len(table):,} images."
    picks = tuple(tuple((("label", key), (column, str(value))) for key in counted.index) for value in values)
    return Chart(figure, behind, alt, picks)


def counted_label(name: str, images: int) -> str:
    """A tick label that tells how many images it stands for."""
    return wrapped(f"{name} (n\u00a0=\u00a0{images:,})")


def present_classes(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> list[ClassSpec]:
    """Classes that occur in the rows."""
    occurring = set(value_counts(table["label"]).index)
    return [c for c in classes if c.key in occurring]


def class_names(classes: Sequence[ClassSpec]) -> dict[str, str]:
    """Full name of each class by its key."""
    return {c.key: c.name for c in classes}


def _bars(
    shown: pd.Series,
    counted: pd.Series,
    *,
    labels: list[str],
    about: list[str],
    colours: list[str],
    title: str,
    height: int,
    whole: pd.Series | None = None,
) -> go.Figure:
    """Horizontal bars of `shown`, the last on top; those that `counted` does not count are pale.

    Where only some of the images of a bar are counted, all of the `whole` stand behind it, as pale as other bars.
    """
    images = int(counted.sum())
    pale = ((counted.to_numpy() == 0) & (shown.to_numpy() > 0)).tolist()
    numbers = shown.tolist()
    all_of = numbers if whole is None else whole.tolist()
    fractions = [percent(n / max(images, 1)) for n in numbers]
    counts = [f"{n:,}" if n == every else f"{n:,} of {every:,}" for n, every in zip(numbers, all_of, strict=True)]
    bars = {
        "type": "bar",
        "y": labels,
        "x": numbers,
        "orientation": "h",
        "marker": {"color": colours, "opacity": [PALE if p else 1.0 for p in pale]},
        "text": [n if p else f"{n} · {s}" for n, s, p in zip(counts, fractions, pale, strict=True)],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": [
            (text, "not chosen; click to add it" if p else f"{s} of those shown")
            for text, s, p in zip(about, fractions, pale, strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>%{x:,} images, %{customdata[1]}<extra></extra>",
    }
    across = {"title": "images", "range": [0, max(*all_of, 1) * 1.4], "nticks": 5, "tickformat": ","}
    layout = {"xaxis": across, "bargap": 0.25 if len(numbers) > 4 else 0.45}
    if all_of == numbers:
        return styled([bars], layout, title=title, images=images, height=height)
    behind = {
        "type": "bar", "y": labels, "x": all_of, "orientation": "h", "marker": {"color": colours, "opacity": PALE},
        "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip
    bars["showlegend"] = False
    return styled([behind, bars], {**layout, "barmode": "overlay"}, title=title, images=images, height=height)


def _with_unknown(values: pd.Series, order: Sequence[str]) -> pd.Series:
    """Counts in drawing order, from below: not recorded first, then the values from the end of their order."""
    counted = value_counts(values)
    counted = counted.reindex([*order, *(value for value in counted.index if value not in order)], fill_value=0)
    counted[UNKNOWN] = int(values.isna().sum())
    return counted[::-1].astype(int)


def _imbalance(behind: pd.DataFrame) -> str:
    """How uneven the classes are, in words."""
    occurring = behind[behind["images"] > 0]
    if len(occurring) < 2:
        return ""
    most, least = occurring.loc[occurring["images"].idxmax()], occurring.loc[occurring["images"].idxmin()]
    total = behind["images"].sum()
    words = (
        f"Most frequent class ({most['diagnosis']}) to rarest ({least['diagnosis']}): "
        f"{most['images'] / least['images']:.1f} to 1. Always answering “{most['diagnosis']}” would be right for "
        f"{percent(most['images'] / total)}."
    )
    if not behind["kind"].isin(["malignant", "benign"]).all():
        return words
    malignant = behind.loc[behind["kind"] == "malignant", "images"].sum()
    return f"{words} {percent(malignant / total)} of the images are malignant."
