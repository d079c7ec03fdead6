"""Charts of a map: the pictures as points, and how well classes keep apart."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.data.spec import DatasetSpec
from core.embedding.separation import Separation
from dashboard.charts.exploration import UNKNOWN, Chart
from dashboard.charts.palette import ACCENT, NOT_RECORDED, SEXES, class_colours
from dashboard.charts.style import style, wrapped

MOST_CATEGORIES = 12
MALIGNANCY = {"malignant": "#C2221D", "benign": "#5691FE"}
CORRECTNESS = {"right": "#5691FE", "wrong": "#C2221D"}
_SPARE = ("#0E8B6F", "#BE8C32", "#6A48EF", "#80624B", "#F950A1", "#4B686F", "#A19467", "#479CB3", "#C2221D", "#5691FE")


def map_chart(table: pd.DataFrame, column: str, title: str, spec: DatasetSpec) -> go.Figure:
    """Pictures as points on a map, coloured by a column; each point carries its image id as custom data.

    Args:
        table: `image_id`, `x`, `y`, `label` and the column; numbers get a scale, anything else a colour by value.
            A column of more than `MOST_CATEGORIES` values shows the most frequent ones, and the rest as "other".
        column: what decides the colour.
        title: the column in words.
        spec: for names and colours of the classes.
    """
    figure = go.Figure()
    names = table["label"].map(spec.class_names)
    if pd.api.types.is_numeric_dtype(table[column]) and not pd.api.types.is_bool_dtype(table[column]):
        known = table[column].notna()
        if (~known).any():
            _points(figure, table[~known], names[~known], UNKNOWN, {"color": NOT_RECORDED})
        scale = {"color": table.loc[known, column], "colorscale": "Viridis", "showscale": True}
        bar = {
            "orientation": "h",
            "y": -0.02,
            "yanchor": "top",
            "thickness": 12,
            "title": {"text": title, "side": "bottom"},
        }
        _points(figure, table[known], names[known], title, {**scale, "colorbar": bar}, legend=bool((~known).any()))
    else:
        values = categories(table[column])
        colours = _colours(column, values, spec)
        shown = spec.class_names if column == "label" else {}
        for value in colours:
            rows = values == value
            if rows.any():
                _points(figure, table[rows], names[rows], shown.get(value, value), {"color": colours[value]})
    blank = {"showgrid": False, "zeroline": False, "showticklabels": False}
    figure.update_xaxes(title="nearness only, no unit", **blank)
    figure.update_yaxes(scaleanchor="x", **blank)
    style(figure, title=f"Map of the pictures, coloured by {title}", images=len(table), height=640)
    return figure.update_layout(dragmode="lasso", margin={"b": 90})


def categories(values: pd.Series) -> pd.Series:
    """Values as texts, the rare ones of many as "other", missing ones as not recorded."""
    texts = values.astype(object).where(values.notna(), UNKNOWN).astype(str)
    counts = texts[texts != UNKNOWN].value_counts()
    rare = set(counts.index[MOST_CATEGORIES - 1 :]) if len(counts) > MOST_CATEGORIES else set()
    return texts.where(~texts.isin(rare), "other")


def separation_chart(separation: Separation, spec: DatasetSpec, images: int) -> Chart:
    """Class by class: the share of nearest neighbours of the same class, and what chance would give."""
    colours = class_colours(spec.classes)
    rows = sorted(separation.by_class, key=lambda c: c.same)
    names = [wrapped(spec.class_names.get(c.label, c.label)) for c in rows]
    figure = go.Figure()
    figure.add_bar(
        y=names,
        x=[c.same for c in rows],
        orientation="h",
        marker_color=[colours.get(c.label, ACCENT) for c in rows],
        name="same class",
        showlegend=False,
        customdata=[(c.pictures, c.chance) for c in rows],
        hovertemplate="<b>%{y}</b>, %{customdata[0]:,} images<br>%{x:.1%} of the neighbours are of the same class, by "
        "chance %{customdata[1]:.1%}<extra></extra>",
    )
    figure.add_scatter(
        y=names,
        x=[c.chance for c in rows],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 22, "color": NOT_RECORDED, "line": {"width": 3}},
        name="by chance",
        hovertemplate="by chance %{x:.1%}<extra></extra>",
    )
    figure.update_xaxes(title="neighbours of the same class", range=[0, 1], tickformat=".0%")
    behind = pd.DataFrame(
        {
            "diagnosis": [spec.class_names.get(c.label, c.label) for c in rows],
            "images": [c.pictures for c in rows],
            "same class": [c.same for c in rows],
            "by chance": [c.chance for c in rows],
        }
    )[::-1].reset_index(drop=True)
    alt = f"{separation.same:.1%} of the nearest neighbours are of the same class; by chance {separation.chance:.1%}."
    return Chart(style(figure, title="How well classes keep apart", images=images, height=440), behind, alt)


def _points(
    figure: go.Figure, rows: pd.DataFrame, names: pd.Series, name: str, marker: dict, *, legend: bool = True
) -> None:
    figure.add_trace(
        go.Scattergl(
            x=rows["x"],
            y=rows["y"],
            mode="markers",
            name=name,
            marker={"size": 5 if len(rows) > 300 else 7, "opacity": 0.75, **marker},
            customdata=np.stack([rows["image_id"], names], axis=1) if len(rows) else None,
            hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[0]}<extra>" + name + "</extra>",
            showlegend=legend,
        )
    )


def _colours(column: str, values: pd.Series, spec: DatasetSpec) -> dict[str, str]:
    """A colour for each value, the most frequent drawn first so that rare ones lie on top."""
    order = values.value_counts().index
    known = {"label": class_colours(spec.classes), "sex": SEXES, "malignancy": MALIGNANCY, "correctness": CORRECTNESS}
    colours = dict(known.get(column, {}))
    spare = [value for value in order if value not in colours and value not in (UNKNOWN, "other")]
    colours |= {value: _SPARE[number % len(_SPARE)] for number, value in enumerate(spare)}
    colours |= {UNKNOWN: NOT_RECORDED, "other": "#B9C0C6"}
    return {value: colours[value] for value in order}
