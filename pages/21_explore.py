"""Explore: who and what the pictures of a data set show, and what is missing."""

from dataclasses import replace

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.errors import PictureError
from core.data.statistics.diagnosis_methods import method_in_words
from core.data.statistics.examples import balanced_draw
from dashboard.charts import exploration, exploration_age, exploration_record, exploration_site
from dashboard.charts.exploration import Chart
from dashboard.charts.exploration_body import body_map
from dashboard.charts.exploration_pair import pair_chart
from dashboard.charts.palette import class_colours, class_mark
from dashboard.filters.clicks import clickable
from dashboard.filters.encoded_columns import SIDES, by_malignancy, encoded
from dashboard.filters.filter_bar import filter_bar, nothing_passes
from dashboard.filters.filter_state import FilterState
from dashboard.filters.filters import filter_mask
from dashboard.filters.tag_column import with_tags
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.loading import load_dataset, thumbnail
from dashboard.widgets.data.association_view import NAMES, columns_to_compare, name_of, show_association
from dashboard.widgets.data.metadata_table import show_metadata
from dashboard.widgets.notices import source_line
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import pick_dataset_beside
from dashboard.widgets.shares_table import shares_written

EXAMPLES = 9
TABS = {
    "Diagnosis": "label",
    "Age": "age",
    "Sex": "sex",
    "Anatomical site": "site",
    "How diagnosed": "diagnosis_method",
    "Photos": "photos",
}
"""Tabs about a column; where a data set does not record it for any image, its tab is left out."""
BY_DIAGNOSIS, BY_SIDE = "By diagnosis", "Malignant or benign"

spec = pick_dataset_beside("What do the pictures show?", filtered=True)
say_what_it_shows("explore")
opened = load_dataset(spec.name)
metadata = encoded(opened.described)
occurring = metadata["label"].cat.categories
spec = replace(spec, classes=(*spec.classes, *(c for c in spec.untrained if c.key in occurring)))
dataset = replace(opened, spec=spec, table=opened.described)  # all rows, also those without a picture here
state = FilterState(with_tags(metadata, opened.described["image_id"], spec.name), spec)
filters = filter_bar(state)
keep = filter_mask(state.table, filters)
if not keep.any():
    nothing_passes(state)
    st.stop()

sides = (
    spec.malignancy_known
    and st.segmented_control(
        "Colour by",
        [BY_DIAGNOSIS, BY_SIDE],
        default=BY_DIAGNOSIS,
        required=True,
        key="colour",
        bind="query-params",
        label_visibility="collapsed",
    )
    == BY_SIDE
)
classes = SIDES if sides else spec.classes
shown = by_malignancy(metadata, spec) if sides else metadata
rows = shown[keep]


def others(column: str, every: pd.DataFrame = shown) -> pd.DataFrame | None:
    """Rows that pass all filters but that of a column; None where it has no filter."""
    narrowed = column in filters.by_column()
    if column == "age":
        narrowed = filters.narrows_age
    return every[filter_mask(state.table, filters, lifted=column)] if narrowed else None


def show(place: DeltaGenerator, chart: Chart, name: str) -> None:
    """A chart that can be clicked, its sentence, and the numbers behind it in a fold."""
    clickable(place, chart, name, state)
    if chart.words:
        place.markdown(chart.words)
    fold = place.expander("The numbers behind it", icon=":material/table_chart:")
    fold.dataframe(shares_written(chart.table, ["share"]), hide_index=True, alt=chart.alt)


def draw_again() -> None:
    """Ask for other example pictures."""
    st.session_state["examples-draw"] = st.session_state.get("examples-draw", 0) + 1


def known_of(row: pd.Series) -> list[str]:
    """What is known of a picture, in a few words; that the age is not, only where others have one."""
    age = f"{row['age']:.0f} years" if pd.notna(row["age"]) else "age not recorded"
    said = [str(row[column]) for column in ("sex", "site") if pd.notna(row[column])]
    return [age] * bool(metadata["age"].notna().any()) + said


@st.fragment
def example_pictures() -> None:
    """A few pictures by chance, with what is known of each."""
    pictured = metadata["label"][keep & metadata["pictured"].to_numpy()]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Example pictures", anchor=False, width="content")
        if len(pictured):
            st.button("Draw others", icon=":material/casino:", on_click=draw_again)
            st.page_link(
                page_of("pictures"),
                label="See this picture" if len(pictured) == 1 else f"See all {len(pictured):,} pictures",
                icon=":material/photo_library:",
                query_params={"dataset": spec.name, **state.to_address()},
            )
    if pictured.empty:
        st.caption("There are no pictures of these images here, only their metadata.")
        return
    st.caption(
        f"Drawn by chance from the {len(pictured):,} images that pass the filters; a rare diagnosis is as likely as a "
        "frequent one."
        if len(pictured) > 1
        else "The one image that passes the filters."
    )
    colours = class_colours(spec.classes)
    drawn = pictured.index[balanced_draw(pictured, EXAMPLES, st.session_state.get("examples-draw", 0))]
    with st.container(key="examples"), st.grid(3, min_column_width=90):
        for _, row in dataset.table.loc[drawn].iterrows():
            name, known = spec.class_names[row["label"]], known_of(row)
            said = Markdown(" :small[{}]").format(", ".join(known)) * bool(known)
            with st.container(gap="xsmall"):
                try:
                    st.image(thumbnail(row["path"], 240), width="stretch", alt=", ".join([name, *known]))
                except PictureError as error:
                    st.caption(str(error))
                st.markdown(Markdown(":small[**{}**]  \n{}{}").format(name, class_mark(colours[row["label"]]), said))


body, charts = st.columns([5, 7], gap="large")
with body:
    if metadata["site"].notna().any():
        show(body, body_map(rows, classes, malignant_fraction=sides, others=others("site")), "body")
    with st.container(key="example-pictures"):
        example_pictures()
names = [*(name for name, column in TABS.items() if metadata[column].notna().any()), "Missing", "Related"]
tabs = charts.tabs(names, key="explore-tab", on_change="rerun", bind="query-params")
[(name, tab)] = [(name, tab) for name, tab in zip(names, tabs, strict=True) if tab.open]
if name == "Diagnosis":
    both = [(metadata, spec.classes)]
    if spec.malignancy_known:
        both.append((by_malignancy(metadata, spec), SIDES))
    for every, kinds in reversed(both) if sides else both:
        chart = exploration.class_counts(every[keep], kinds, others("label", every))
        show(tab, chart, "sides" if kinds is SIDES else "classes")
elif name == "Age":
    show(tab, exploration_age.age_histogram(rows, classes, others("age")), "ages")
    tab.caption("Click a bar or draw a box over several: all charts then show these ages only.")
    show(tab, exploration_age.age_by_diagnosis(rows, classes), "age-by-diagnosis")
    show_association(tab, rows, "age", "label", spec)
elif name == "Sex":
    show(tab, exploration.sex_counts(rows, others("sex")), "sexes")
    show(tab, exploration.sex_by_diagnosis(rows, classes), "sex-by-diagnosis")
    show_association(tab, rows, "sex", "label", spec)
elif name == "Anatomical site":
    show(tab, exploration_site.site_counts(rows, others("site")), "sites")
    show(tab, exploration_site.site_by_diagnosis(rows, classes), "site-by-diagnosis")
    show_association(tab, rows, "site", "label", spec)
elif name == "How diagnosed":
    column, what = TABS[name], "diagnosis made by"
    title = "How the diagnosis was made"
    chart = exploration.kind_counts(rows, column, title, what, others=others(column), words=method_in_words)
    show(tab, chart, "methods")
    title = "How each diagnosis was made"
    chart = exploration.kind_by_diagnosis(rows, classes, column, title, what, words=method_in_words)
    show(tab, chart, "method-by-diagnosis")
    show_association(tab, rows, column, "label", spec)
elif name == "Photos":
    show(tab, exploration_record.group_sizes(rows, spec.group, others("photos")), "photos")
    title = f"Pictures per {spec.group} by diagnosis"
    show(tab, exploration.kind_by_diagnosis(rows, classes, "photos", title, "photos"), "photos-by-diagnosis")
elif name == "Missing":
    show(tab, exploration_record.missing_fractions(rows), "missing")
    show(tab, exploration_record.missing_together(rows), "missing-together")
else:
    columns = columns_to_compare(rows)
    if len(columns) < 2:
        tab.info("These images differ in fewer than two columns: there is nothing to compare.")
    else:
        first, second = tab.columns(2)
        one = first.selectbox("Is", columns, format_func=name_of, key="compare-first", bind="query-params")
        left = [column for column in columns if column != one]
        two = second.selectbox("related to", left, format_func=name_of, key="compare-second", bind="query-params")
        methods = {value: method_in_words(value) for value in metadata["diagnosis_method"].cat.categories}
        show(tab, pair_chart(rows, one, two, {**NAMES, **methods, **spec.class_names}), f"pair-{one}-{two}")
        show_association(tab, rows, one, two, spec)
st.caption(
    "Click a bar, a box, a cell or a region of the body to look at these images only; click it again to take that "
    "back. "
    + "Diagnoses in warm colours are malignant, in cool colours benign; grey is what is not recorded."
    * spec.malignancy_known
)


show_metadata(dataset, keep)
source_line(spec)
