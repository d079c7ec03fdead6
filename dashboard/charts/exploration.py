"""Charts of a data set's metadata: diagnoses, ages, sexes, anatomical sites, and what is missing.

Each function takes tidy metadata (`core.data.spec.Dataset.table`, or any rows of it) and gives a chart with
the figures behind it. What is not recorded is a category of its own, in grey, and never left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.data.spec import ClassSpec
from dashboard.charts.palette import ACCENT, NOT_RECORDED, SEXES, class_colours
from dashboard.charts.style import style, wrapped

UNKNOWN = "not recorded"
BIN_YEARS = 5
DESCRIBED = {
    "age": "age",
    "sex": "sex",
    "site": "anatomical site",
    "diagnosis_method": "how the diagnosis was made",
    "source": "source",
}
"""Columns that describe a picture, with their names in sentences."""


@dataclass(frozen=True)
class Chart:
    """A figure, the numbers behind it, and what it shows in one sentence for those who cannot see it."""

    figure: go.Figure
    table: pd.DataFrame
    alt: str


def class_counts(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> Chart:
    """Images of each class, the most frequent on top."""
    names, colours = _names(classes), class_colours(classes)
    counts = table["label"].value_counts().reindex([c.key for c in classes], fill_value=0)
    counts = counts.sort_values(kind="stable")
    shares = counts / max(len(table), 1)
    malignant = {c.key: "malignant" if c.malignant else "benign" for c in classes}
    figure = go.Figure(
        go.Bar(
            y=[wrapped(names[key]) for key in counts.index],
            x=counts,
            orientation="h",
            marker_color=[colours[key] for key in counts.index],
            text=[f"{n:,} · {share:.1%}" for n, share in zip(counts, shares, strict=True)],
            textposition="outside",
            cliponaxis=False,
            customdata=[(names[key], malignant[key], shares[key]) for key in counts.index],
            hovertemplate="<b>%{customdata[0]}</b> (%{customdata[1]})<br>%{x:,} images, "
            "%{customdata[2]:.1%} of those shown<extra></extra>",
        )
    )
    figure.update_xaxes(title="images", range=[0, max(counts.max(), 1) * 1.4], nticks=5, tickformat=",")
    behind = pd.DataFrame(
        {
            "diagnosis": [names[key] for key in counts.index],
            "kind": [malignant[key] for key in counts.index],
            "images": counts.to_numpy(),
            "share": shares.to_numpy(),
        }
    )[::-1].reset_index(drop=True)
    most = behind.iloc[0]
    alt = f"The most frequent diagnosis is {most['diagnosis']} with {most['images']:,} of {len(table):,} images."
    return Chart(style(figure, title="Images by diagnosis", images=len(table), height=440), behind, alt)


def age_histogram(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> Chart:
    """Images by age in bins of five years, stacked by class; unrecorded ages stand apart on the right."""
    names, colours = _names(classes), class_colours(classes)
    start = np.floor(table["age"] / BIN_YEARS) * BIN_YEARS
    first, last = (start.min(), start.max()) if start.notna().any() else (0.0, 0.0)
    starts = np.arange(first, last + BIN_YEARS, BIN_YEARS)
    apart = last + 3 * BIN_YEARS
    counts = pd.crosstab(start.fillna(apart), table["label"])
    counts = counts.reindex(index=[*starts, apart], columns=[c.key for c in classes], fill_value=0)
    spans = [f"{s:.0f}–{s + BIN_YEARS - 1:.0f} years" for s in starts] + [f"age {UNKNOWN}"]
    figure = go.Figure()
    for key in _stacking_order(counts):
        figure.add_bar(
            x=counts.index + BIN_YEARS / 2,
            y=counts[key],
            width=BIN_YEARS * 0.9,
            name=names[key],
            marker_color=colours[key],
            customdata=list(zip(spans, counts.sum(axis=1), strict=True)),
            hovertemplate=f"<b>{names[key]}</b><br>%{{customdata[0]}}<br>%{{y:,}} of %{{customdata[1]:,}} images"
            "<extra></extra>",
        )
    decades = [age for age in range(0, 200, 20) if first <= age <= last + BIN_YEARS]
    figure.update_xaxes(
        title="age in years, by 5",
        range=[first, apart + 2 * BIN_YEARS],
        tickvals=[*decades, apart + BIN_YEARS / 2],
        ticktext=[*map(str, decades), "not<br>recorded"],
        tickangle=0,
    )
    figure.update_yaxes(title="images", nticks=6, tickformat=",")
    figure.update_layout(barmode="stack")
    behind = counts.rename(columns=names).set_axis(spans).rename_axis("age").reset_index().rename_axis(columns=None)
    unknown = int(table["age"].isna().sum())
    median = f"{table['age'].median():.0f} years" if table["age"].notna().any() else UNKNOWN
    alt = f"Median age is {median}; the age of {unknown:,} images is {UNKNOWN}."
    return Chart(style(figure, title="Ages, stacked by diagnosis", images=len(table), height=540), behind, alt)


def age_by_diagnosis(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> Chart:
    """Ages of each class: median, middle half, and the range of all but a twentieth on either side."""
    colours = class_colours(classes)
    rows = []
    for c in _present(table, classes):
        ages = table.loc[table["label"] == c.key, "age"]
        known = ages.dropna()
        quantiles = known.quantile([0.05, 0.25, 0.5, 0.75, 0.95]).tolist()
        rows.append((c.key, c.name, *quantiles, len(known), len(ages) - len(known)))
    marks = ["youngest 5 %", "youngest quarter", "median", "oldest quarter", "oldest 5 %"]
    behind = pd.DataFrame(rows, columns=["key", "diagnosis", *marks, "images with age", UNKNOWN])
    behind = behind.sort_values("median", kind="stable", na_position="first")
    figure = go.Figure()
    for row in behind.itertuples(index=False):
        _, name, low, quarter, median, three_quarters, high, known, unknown = row
        label = [_counted_label(name, known)]
        figure.add_box(
            y=label, lowerfence=[low], q1=[quarter], median=[median], q3=[three_quarters], upperfence=[high],
            orientation="h", marker_color=colours[row.key], line_width=2, width=0.55, hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=[median],
            y=label,
            mode="markers",
            marker={"color": colours[row.key], "size": 12},
            showlegend=False,
            hovertemplate=f"<b>{name}</b><br>median {median:.0f} years<br>half of them {quarter:.0f} to "
            f"{three_quarters:.0f} years<br>nine of ten {low:.0f} to {high:.0f} years<br>"
            f"{known:,} images; age {UNKNOWN} for {unknown:,}<extra></extra>",
        )
    figure.update_xaxes(title="age in years<br>box: middle half; whiskers: 5–95 %", nticks=7)
    unknown = int(behind[UNKNOWN].sum())
    oldest = behind.iloc[-1]
    highest = f"; the highest is {oldest['median']:.0f} years for {oldest['diagnosis']}" if oldest["median"] > 0 else ""
    alt = f"Median ages by diagnosis{highest}. The age of {unknown:,} images is {UNKNOWN}."
    note = f"{unknown:,} without age" if unknown else ""
    figure = style(figure, title="Typical ages by diagnosis", images=len(table) - unknown, height=540, note=note)
    return Chart(figure, behind.drop(columns="key")[::-1].reset_index(drop=True), alt)


def sex_counts(table: pd.DataFrame) -> Chart:
    """Images by sex."""
    counts = _counted(table["sex"], [*SEXES])
    colours = [SEXES.get(sex, NOT_RECORDED) for sex in counts.index]
    return _count_chart(counts, colours, "Images by sex", "sex", 500)


def sex_by_diagnosis(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> Chart:
    """Share of each sex within each class."""
    present = _present(table, classes)
    counts = pd.crosstab(table["label"], table["sex"].astype(object).fillna(UNKNOWN))
    sexes = [*SEXES, *sorted(set(counts) - {*SEXES, UNKNOWN}), UNKNOWN]
    counts = counts.reindex(index=[c.key for c in present][::-1], columns=sexes, fill_value=0)
    totals = counts.sum(axis=1)
    names = _names(classes)
    labels = [_counted_label(names[key], totals[key]) for key in counts.index]
    figure = go.Figure()
    for sex in sexes:
        share = counts[sex] / totals
        figure.add_bar(
            y=labels,
            x=share,
            orientation="h",
            name=sex,
            marker_color=SEXES.get(sex, NOT_RECORDED),
            text=[f"{s:.0%}" if s >= 0.08 else "" for s in share],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont_color="#FFFFFF",
            customdata=[(names[key], counts.loc[key, sex], totals[key]) for key in counts.index],
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>sex {sex}: %{{x:.1%}}<br>%{{customdata[1]:,}} of "
            "%{customdata[2]:,} images<extra></extra>",
        )
    figure.update_xaxes(
        title="share of each diagnosis", range=[0, 1], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1]
    )
    figure.update_layout(barmode="stack", bargap=0.3, legend_traceorder="normal")
    behind = counts.assign(images=totals).set_axis([names[key] for key in counts.index])
    behind = behind[::-1].rename_axis("diagnosis").reset_index().rename_axis(columns=None)
    female = (table["sex"] == "female").mean()
    alt = f"Shares of the sexes in each diagnosis; over all of them {female:.0%} of the images are of women."
    return Chart(style(figure, title="Sex by diagnosis", images=len(table), height=500), behind, alt)


def site_counts(table: pd.DataFrame) -> Chart:
    """Images by anatomical site, the most frequent on top, those without a site at the bottom."""
    counts = _counted(table["site"], table["site"].value_counts().index.tolist())
    colours = [NOT_RECORDED if site == UNKNOWN else ACCENT for site in counts.index]
    return _count_chart(counts, colours, "Images by anatomical site", "site", 300 + 26 * len(counts))


def site_by_diagnosis(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> Chart:
    """Where on the body each class is found, as shares within the class."""
    present = _present(table, classes)
    order = [*table["site"].value_counts().index, UNKNOWN]
    counts = pd.crosstab(table["site"].astype(object).fillna(UNKNOWN), table["label"])
    counts = counts.reindex(index=order[::-1], columns=[c.key for c in present], fill_value=0)
    totals = counts.sum()
    shares = counts / totals
    names = _names(classes)
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=[wrapped(c.name, 25) for c in present],
            y=counts.index,
            text=[["" if share < 0.005 else f"{share:.0%}" for share in row] for row in shares.to_numpy()],
            texttemplate="%{text}",
            textfont_size=12,
            zmin=0,
            xgap=2,
            ygap=2,
            showscale=False,
            customdata=[[(names[key], counts.loc[site, key], totals[key]) for key in counts] for site in counts.index],
            hovertemplate="<b>%{customdata[0]}</b><br>site: %{y}<br>%{z:.1%}: %{customdata[1]:,} of "
            "%{customdata[2]:,} images<extra></extra>",
        )
    )
    figure.update_xaxes(title="share of each diagnosis", tickangle=-90, showgrid=False)
    figure.update_yaxes(title="", showgrid=False)
    behind = counts.rename(columns=names)[::-1].rename_axis("site").reset_index().rename_axis(columns=None)
    unknown = int(table["site"].isna().sum())
    alt = f"Shares of the anatomical sites in each diagnosis; the site of {unknown:,} images is {UNKNOWN}."
    height = 300 + 26 * len(counts)
    return Chart(style(figure, title="Anatomical site by diagnosis", images=len(table), height=height), behind, alt)


def missing_shares(table: pd.DataFrame) -> Chart:
    """Share of the images for which each describing column is not recorded."""
    missing = pd.Series({name: int(table[column].isna().sum()) for column, name in DESCRIBED.items()})
    missing = missing.sort_values(kind="stable")
    shares = missing / max(len(table), 1)
    figure = go.Figure(
        go.Bar(
            y=[wrapped(name) for name in missing.index],
            x=shares,
            orientation="h",
            marker_color=NOT_RECORDED,
            text=[f"{share:.1%} · {n:,}" if n else "complete" for n, share in zip(missing, shares, strict=True)],
            textposition="outside",
            cliponaxis=False,
            customdata=[(name, n) for name, n in missing.items()],
            hovertemplate="<b>%{customdata[0]}</b><br>not recorded for %{customdata[1]:,} images, %{x:.2%}"
            "<extra></extra>",
        )
    )
    figure.update_xaxes(title="share of images", range=[0, 1.45], tickvals=[0, 0.5, 1], tickformat=".0%")
    behind = pd.DataFrame({"what": missing.index, UNKNOWN: missing.to_numpy(), "share": shares.to_numpy()})
    worst = missing.index[-1]
    alt = f"What is missing most often is the {worst}, for {missing.iloc[-1]:,} of {len(table):,} images."
    figure = style(figure, title="What is not recorded", images=len(table), height=440)
    return Chart(figure, behind[::-1].reset_index(drop=True), alt)


def _count_chart(counts: pd.Series, colours: list[str], title: str, what: str, height: int) -> Chart:
    """Horizontal bars of `counts`, the last row of it on top."""
    images = int(counts.sum())
    shares = counts / max(images, 1)
    figure = go.Figure(
        go.Bar(
            y=counts.index,
            x=counts,
            orientation="h",
            marker_color=colours,
            text=[f"{n:,} · {share:.1%}" for n, share in zip(counts, shares, strict=True)],
            textposition="outside",
            cliponaxis=False,
            customdata=shares,
            hovertemplate=f"{what}: <b>%{{y}}</b><br>%{{x:,}} images, %{{customdata:.1%}}<extra></extra>",
        )
    )
    figure.update_layout(bargap=0.2 if len(counts) > 5 else 0.5)
    figure.update_xaxes(title="images", range=[0, max(counts.max(), 1) * 1.4], nticks=5, tickformat=",")
    behind = pd.DataFrame({what: counts.index, "images": counts.to_numpy(), "share": shares.to_numpy()})
    most = counts.idxmax()
    alt = f"{title}: most often {most}, for {counts[most]:,} of {images:,}."
    return Chart(style(figure, title=title, images=images, height=height), behind[::-1].reset_index(drop=True), alt)


def _counted(values: pd.Series, order: list[str]) -> pd.Series:
    """Counts in drawing order, from below: not recorded first, then `order` from its end."""
    counts = values.value_counts()
    order = [*order, *sorted(set(counts.index) - set(order))]
    counted = counts.reindex(order, fill_value=0)
    counted[UNKNOWN] = values.isna().sum()
    return counted[::-1].astype(int)


def _counted_label(name: str, images: int) -> str:
    return wrapped(f"{name} (n\u00a0=\u00a0{images:,})")


def _present(table: pd.DataFrame, classes: Sequence[ClassSpec]) -> list[ClassSpec]:
    occurring = set(table["label"])
    return [c for c in classes if c.key in occurring]


def _names(classes: Sequence[ClassSpec]) -> dict[str, str]:
    return {c.key: c.name for c in classes}


def _stacking_order(counts: pd.DataFrame) -> list[str]:
    """Classes that occur, the most frequent first, so that it lies at the bottom of the stack."""
    totals = counts.sum().sort_values(ascending=False, kind="stable")
    return totals[totals > 0].index.tolist()
