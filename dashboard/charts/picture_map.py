"""Charts of a map: the pictures as points, and how well classes are separated."""

from collections.abc import Collection

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.base.percents import percent
from core.data.spec import DatasetSpec
from core.data.statistics.diagnosis_methods import DIAGNOSIS_METHODS
from core.features.separation import Separation
from dashboard.charts.exploration import UNKNOWN, Chart
from dashboard.charts.palette import ACCENT, KINDS, NOT_RECORDED, SEXES, class_colours
from dashboard.charts.style import style, wrapped

MOST_CATEGORIES = 16
MALIGNANCY = {"malignant": "#C2221D", "benign": "#5691FE"}
CORRECTNESS = {"right": "#5691FE", "wrong": "#C2221D"}
SYMBOLS = ("circle", "x", "triangle-up", "square", "cross")
"""Five, which has no divisor in common with the six colours: of 30 values no two share both."""
_OTHER = "other"
_OTHERS_COLOUR = "#B9C0C6"


def map_chart(
    table: pd.DataFrame,
    column: str,
    title: str,
    spec: DatasetSpec,
    *,
    whole: pd.Series,
    chosen: Collection[str] = (),
) -> go.Figure:
    """Pictures as points on a map, coloured by a column; each point carries its image id as custom data.

    Args:
        table: `image_id`, `x`, `y`, `label` and the column; numbers get a scale, anything else a colour and a symbol
            by value. A column of more than `MOST_CATEGORIES` values shows the most frequent ones, and the rest as
            "other".
        column: what decides the colour.
        title: the column in words.
        spec: for names and colours of the classes.
        whole: the column for all pictures of the map, so that filters change no colour.
        chosen: image ids of the points that stand out; all do where none is chosen.
    """
    figure = go.Figure()
    names = table["label"].map(spec.class_names)
    stand_out = table["image_id"].isin(chosen) if len(chosen) else None

    def points(rows: pd.Series, name: str, marker: dict, *, legend: bool = True) -> None:
        chosen_here = None if stand_out is None else np.flatnonzero(stand_out[rows]).tolist()
        _points(figure, table[rows], names[rows], name, marker, chosen_here, legend=legend)

    note = ""
    if pd.api.types.is_numeric_dtype(table[column]) and not pd.api.types.is_bool_dtype(table[column]):
        known = table[column].notna()
        if (~known).any():
            points(~known, UNKNOWN, {"color": NOT_RECORDED})
        scale = {"color": table.loc[known, column], "colorscale": "Viridis", "showscale": True}
        legend = {
            "orientation": "h",
            "y": -0.02,
            "yanchor": "top",
            "thickness": 12,
            "title": {"text": title, "side": "bottom"},
        }
        points(known, title, {**scale, "colorbar": legend}, legend=bool((~known).any()))
    else:
        everywhere = categories(whole)
        values = categories(table[column], whole)
        shown = {"label": spec.class_names, "diagnosis_method": DIAGNOSIS_METHODS}.get(column, {})
        for value, marker in _markers(column, everywhere, spec).items():
            rows = values == value
            if rows.any():
                points(rows, shown.get(value, value), marker)
        if (values == _OTHER).any():
            note = f"the {whole.nunique() - MOST_CATEGORIES + 1} rarest values as “{_OTHER}”"
    blank = {"showgrid": False, "zeroline": False, "showticklabels": False}
    figure.update_xaxes(title="only neighbourhood has a meaning; no unit", **blank)
    figure.update_yaxes(scaleanchor="x", **blank)
    style(figure, title=f"Pictures, coloured by {title}", images=len(table), height=640, note=note)
    # A bar of buttons that stands upright leaves the title free on a phone.
    bar = {"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": NOT_RECORDED, "activecolor": ACCENT}
    return figure.update_layout(dragmode="pan", margin={"b": 90, "r": 34}, modebar=bar)


def categories(values: pd.Series, whole: pd.Series | None = None) -> pd.Series:
    """Values as texts, those that are rare in the whole (else among themselves) as "other", missing ones as unknown."""
    counts = (values if whole is None else whole).dropna().astype(str).value_counts()
    rare = set(counts.index[MOST_CATEGORIES - 1 :]) if len(counts) > MOST_CATEGORIES else set()
    texts = values.astype(object).where(values.notna(), UNKNOWN).astype(str)
    return texts.where(~texts.isin(rare), _OTHER)


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
    same, chance = percent(separation.same), percent(separation.chance)
    alt = f"{same} of the nearest neighbours are of the same class; by chance {chance}."
    return Chart(style(figure, title="How well classes are separated", images=images, height=440), behind, alt)


def _points(
    figure: go.Figure,
    rows: pd.DataFrame,
    names: pd.Series,
    name: str,
    marker: dict,
    chosen: list[int] | None,
    *,
    legend: bool,
) -> None:
    figure.add_trace(
        go.Scattergl(
            x=rows["x"],
            y=rows["y"],
            mode="markers",
            name=name,
            marker={"size": 5 if len(rows) > 300 else 7, "opacity": 0.75, **marker},
            selectedpoints=chosen,
            customdata=np.stack([rows["image_id"], names, rows["image_id"]], axis=1) if len(rows) else None,
            hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}"
            + ("" if (names == name).all() else f"<br>{name}")
            + "<extra></extra>",
            showlegend=legend,
        )
    )


def _markers(column: str, values: pd.Series, spec: DatasetSpec) -> dict[str, dict[str, str]]:
    """Colour and symbol of each value, the most frequent drawn first so that rare ones lie on top."""
    order = values.value_counts().index
    known = {"label": class_colours(spec.classes), "sex": SEXES, "malignancy": MALIGNANCY, "correctness": CORRECTNESS}
    colours = dict(known.get(column, {}))
    spare = [value for value in order if value not in colours and value not in (UNKNOWN, _OTHER)]
    colours |= {value: KINDS[number % len(KINDS)] for number, value in enumerate(spare)}
    markers = {
        value: {"color": colour, "symbol": SYMBOLS[number % len(SYMBOLS)]}
        for number, (value, colour) in enumerate(colours.items())
    }
    markers |= {UNKNOWN: {"color": NOT_RECORDED}, _OTHER: {"color": _OTHERS_COLOUR}}
    return {value: markers[value] for value in order}
