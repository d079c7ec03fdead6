"""Explore: who and what the pictures of a data set show, and what is missing."""

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import PictureError
from dashboard.charts import exploration
from dashboard.charts.exploration import Chart
from dashboard.charts.palette import class_colours, class_mark
from dashboard.filters import apply_filters, filter_bar, reset_filters
from dashboard.loading import load_dataset, thumbnail
from dashboard.widgets.notices import source_line, synthetic_badge
from dashboard.widgets.pickers import pick_dataset

ICON = ":material/query_stats:"
EXAMPLES = 12


def show(place: DeltaGenerator, chart: Chart) -> None:
    """A chart, and the numbers behind it in a fold."""
    place.plotly_chart(chart.figure, alt=chart.alt, config={"displayModeBar": False})
    percent = {"share": st.column_config.NumberColumn(format="percent")}
    fold = place.expander("The numbers behind it", icon=":material/table_chart:")
    fold.dataframe(chart.table, hide_index=True, column_config=percent, alt=chart.alt)


def examples(rows: pd.DataFrame, draw: int) -> pd.DataFrame:
    """A few rows by chance, the same for the same draw; each diagnosis is as likely as the others."""
    weights = 1 / rows["label"].map(rows["label"].value_counts())
    return rows.sample(min(EXAMPLES, len(rows)), weights=weights, random_state=np.random.default_rng(draw))


def draw_again() -> None:
    """Ask for other example pictures."""
    st.session_state["examples-draw"] = st.session_state.get("examples-draw", 0) + 1


def sentence(row: pd.Series) -> str:
    """What is known of a picture, in a few words."""
    age = f"{row['age']:.0f} years" if pd.notna(row["age"]) else "age not recorded"
    known = [str(row[column]) for column in ("sex", "site") if pd.notna(row[column])]
    return ", ".join([age, *known])


heading, choice = st.columns([3, 2], vertical_alignment="bottom")
with choice:
    spec = pick_dataset()
with heading, st.container(horizontal=True, vertical_alignment="center"):
    st.title("What do the pictures show?", width="content", anchor=False)
    synthetic_badge(spec.synthetic)

dataset = load_dataset(spec.name)
filters = filter_bar(dataset.table, spec)
table = apply_filters(dataset.table, filters)
if table.empty:
    st.info("No image has all of this together. Widen a filter, or take them all back.", icon=":material/filter_alt:")
    st.button(
        "Reset the filters",
        type="primary",
        icon=":material/filter_alt_off:",
        on_click=reset_filters,
        args=(spec.name,),
    )
    st.stop()

by_diagnosis, by_age, by_sex, by_site = st.tabs(
    ["Diagnosis", "Age", "Sex", "Anatomical site"], key="explore-tab", on_change="rerun"
)
if by_diagnosis.open:
    left, right = by_diagnosis.columns(2, gap="large")
    show(left, exploration.class_counts(table, spec.classes))
    show(right, exploration.missing_shares(table))
if by_age.open:
    left, right = by_age.columns(2, gap="large")
    show(left, exploration.age_histogram(table, spec.classes))
    show(right, exploration.age_by_diagnosis(table, spec.classes))
if by_sex.open:
    left, right = by_sex.columns(2, gap="large")
    show(left, exploration.sex_counts(table))
    show(right, exploration.sex_by_diagnosis(table, spec.classes))
if by_site.open:
    left, right = by_site.columns(2, gap="large")
    show(left, exploration.site_counts(table))
    show(right, exploration.site_by_diagnosis(table, spec.classes))
st.caption("Diagnoses in warm colours are malignant, in cool colours benign; grey is what is not recorded.")


@st.fragment
def example_pictures() -> None:
    """A few pictures by chance, with what is known of each."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Example pictures", anchor=False, width="content")
        st.button("Draw others", icon=":material/casino:", on_click=draw_again)
    st.caption(
        "Drawn by chance from the images that pass the filters; a rare diagnosis is as likely as a frequent one."
    )
    colours = class_colours(spec.classes)
    with st.grid(6, min_column_width=140):
        for _, row in examples(table, st.session_state.get("examples-draw", 0)).iterrows():
            name = spec.class_names[row["label"]]
            with st.container(gap="xsmall"):
                try:
                    st.image(thumbnail(row["path"], 240), width="stretch", alt=f"{name}, {sentence(row)}")
                except PictureError as error:
                    st.caption(str(error))
                st.markdown(f"**{name}**  \n{class_mark(colours[row['label']])} :small[{sentence(row)}]")


example_pictures()

st.header("Metadata", anchor=False)
listed = table.drop(columns="path").assign(diagnosis=table["label"].map(spec.class_names))
listed = listed[["image_id", "diagnosis", *listed.columns.drop(["image_id", "diagnosis"])]].dropna(axis=1, how="all")
st.dataframe(
    listed,
    hide_index=True,
    height=320,
    column_config={
        "image_id": "image",
        "group_id": spec.group,
        "label": "class key",
        "age": st.column_config.NumberColumn("age (years)", format="%d"),
        "diagnosis_method": "diagnosis made by",
    },
    placeholder="not recorded",
    alt=f"Metadata of the {len(table):,} images that pass the filters",
)
st.download_button(
    f"Download {len(listed):,} rows as CSV",
    lambda: listed.to_csv(index=False).encode(),
    file_name=f"{spec.name}_metadata.csv",
    mime="text/csv",
    icon=":material/download:",
    on_click="ignore",
)
if dataset.skipped:
    with st.expander(f"{len(dataset.skipped):,} rows were skipped when reading", icon=":material/warning:"):
        st.dataframe(
            pd.DataFrame(dataset.skipped).rename(columns={"image_id": "image", "path": "file"}),
            hide_index=True,
            alt="Rows and files that were left out, with the reason for each",
        )
source_line(spec)
