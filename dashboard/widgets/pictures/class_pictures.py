"""The classes of a data set beside each other: mean pictures, what was measured, colours, examples."""

import io

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core.base.counting import counted
from core.data.images.cache import ImageCache
from core.data.spec import ClassSpec, DatasetSpec
from core.data.statistics.class_statistics import colour_means, random_examples
from core.data.statistics.picture_statistics import MEASURES, SIDE
from dashboard.charts import pictures as charts
from dashboard.charts.palette import class_colours, class_mark
from dashboard.markdown import Markdown
from dashboard.state.measured import load_mean
from dashboard.widgets.pictures.gallery import show_pictures

EXAMPLES = 6
SHOWN_MEASURES = ("brightness", "contrast", "sharpness", "variance", "minimum", "maximum", "lightness")
_MEAN_SIDE = 360
_BY_KEY = {measure.key: measure for measure in MEASURES}


def show_means(table: pd.DataFrame, spec: DatasetSpec, statistics: pd.DataFrame, cache: ImageCache) -> None:
    """Mean and spread of the pictures of each class, large."""
    st.markdown(
        "What the pictures of a class have in common stays sharp; what differs blurs. A dark corner, a ruler or a "
        "colour cast in a mean is something that a network could learn instead of the disease."
    )
    with st.spinner("Averaging the pictures of each class …", show_time=True):
        means = {c.key: load_mean(cache, table.loc[table["label"] == c.key, "image_id"]) for c in _present(table, spec)}
    white = max((mean.deviation.max() for mean in means.values() if mean is not None), default=1.0)
    sizes = statistics[["width", "height"]].reindex(table["image_id"]).median()
    aspect = sizes["width"] / sizes["height"] if sizes.notna().all() else 1.0
    grid = st.grid(2, min_column_width=340, gap="medium")
    for each in _present(table, spec):
        mean, cell = means[each.key], grid.container(gap="xsmall")
        cell.markdown(_heading(each, spec))
        if mean is None:
            cell.caption("None of its pictures could be read.")
            continue
        left, right = cell.columns(2, gap="small")
        pictures = counted(mean.images, "pictures")
        left.image(
            enlarged(mean.mean, aspect),
            width="stretch",
            alt=f"Mean of {pictures} of {each.name}",
        )
        right.image(
            enlarged(mean.deviation * (255 / max(white, 1e-6)), aspect),
            width="stretch",
            alt=f"Standard deviation of the grey levels over {pictures} of {each.name}",
        )
        drawn = f" of {mean.of:,}, drawn by chance" if mean.images < mean.of else ""
        cell.caption(f"Mean, and standard deviation of the grey levels; n = {pictures}{drawn}.")
    st.caption(
        f"Pictures are squeezed to {cache.size} × {cache.size} pixels before they are averaged, and shown at the "
        f"median aspect ratio of those selected. Standard deviations reach from 0 (black) to {white:.0f} grey levels "
        "(white)."
    )


def enlarged(values: np.ndarray, aspect: float) -> bytes:
    """A small array (0…255, grey or RGB) as a PNG large enough to look at, `aspect` times as wide as high."""
    image = Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
    high = _MEAN_SIDE if aspect < 1 else round(_MEAN_SIDE / aspect)
    content = io.BytesIO()
    image.resize((max(1, round(high * aspect)), max(1, high)), Image.Resampling.BICUBIC).save(content, "PNG")
    return content.getvalue()


def show_measure(table: pd.DataFrame, spec: DatasetSpec, statistics: pd.DataFrame) -> None:
    """How a measure is spread within each class, and its mean, variance, minimum and maximum."""
    key = st.selectbox("Measure", SHOWN_MEASURES, format_func=lambda each: _BY_KEY[each].name, width=260)
    measure = _BY_KEY[key]
    chart = charts.measure_by_class(table, statistics, spec.classes, measure)
    st.plotly_chart(chart.figure, alt=chart.alt, config={"displayModeBar": False})
    st.caption(f"{measure.meaning} Measured on the whole picture, at {SIDE} pixels on the long side at most.")
    two_places = st.column_config.NumberColumn(format="%.2f")
    varies = f"How the {measure.name} of a picture varies from picture to picture; the square of the unit"
    st.dataframe(
        chart.table,
        hide_index=True,
        column_config={
            "class": st.column_config.TextColumn(width="medium"),
            "mean": two_places,
            "variance": st.column_config.NumberColumn(format="%.2f", help=varies),
            "minimum": two_places,
            "maximum": two_places,
        },
        placeholder="not defined",
        alt=f"Mean, variance, minimum and maximum of the {measure.name} of each class",
    )


def show_colours(table: pd.DataFrame, spec: DatasetSpec, statistics: pd.DataFrame) -> None:
    """Which mean colours the pictures of each class have."""
    st.markdown(
        "Each square is a colour; the larger it is, the more pictures of the class have it as their mean. Squares lie "
        "in a plane of CIELAB, in which equal distances look about equally different."
    )
    span = charts.colour_span(table, statistics)
    grid = st.grid(4, min_column_width=240)
    for each in _present(table, spec):
        chart = charts.class_colours_seen(table, statistics, each, span)
        grid.plotly_chart(chart.figure, alt=chart.alt, config={"displayModeBar": False}, key=f"colours-{each.key}")
    means = colour_means(table, statistics, spec.class_keys).reset_index()
    means["class"] = means["class"].map(spec.class_names)
    means = means.rename(columns={"lightness": "L*", "a": "a*", "b": "b*"})
    one_place = st.column_config.NumberColumn(format="%.1f")
    st.dataframe(
        means,
        hide_index=True,
        column_config={
            "class": st.column_config.TextColumn(width="medium"),
            **dict.fromkeys(means.columns[2:], one_place),
        },
        alt="Mean colour of each class",
    )


def show_examples(table: pd.DataFrame, spec: DatasetSpec) -> None:
    """A few pictures of each class by chance."""
    draw = st.session_state.setdefault("pictures-draw", 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Draw others", icon=":material/casino:", on_click=_draw_again)
        st.caption(f"Drawn by chance from the pictures that pass the filters; draw number {draw + 1}.", width="content")
    for each in _present(table, spec):
        of_class = int((table["label"] == each.key).sum())
        st.markdown(Markdown("{} :small[n = {:,}]").format(_heading(each, spec), of_class))
        rows = random_examples(table, each.key, EXAMPLES, draw)
        show_pictures(rows, spec, key=f"example-{each.key}", with_class=False, min_column_width=140)


def _draw_again() -> None:
    st.session_state["pictures-draw"] += 1


def _present(table: pd.DataFrame, spec: DatasetSpec) -> list[ClassSpec]:
    occurring = set(table["label"].unique())
    return [each for each in spec.classes if each.key in occurring]


def _heading(each: ClassSpec, spec: DatasetSpec) -> str:
    return Markdown("{} **{}**").format(class_mark(class_colours(spec.classes)[each.key]), each.name)
