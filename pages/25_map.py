"""Map: which pictures look alike, all of them at once."""

from typing import Literal

import streamlit as st

from core.base.counting import counted, plural
from core.base.percents import percent
from core.data.statistics.picture_statistics import open_statistics
from core.features.extraction import feature_sources
from core.features.features import FeatureKind
from core.features.mapping import list_maps
from core.runs.judging.results import load_results
from core.runs.run_folder import open_run, summarise
from dashboard.charts.picture_map import map_chart, separation_chart
from dashboard.filters.filter_bar import filter_bar, nothing_passes
from dashboard.filters.filter_state import FilterState
from dashboard.filters.filters import apply_filters
from dashboard.filters.tag_column import with_tags
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.loading import load_dataset
from dashboard.state.map_area import drawn_area
from dashboard.state.map_selection import (
    chosen_ids,
    chosen_in_address,
    correctness,
    counts_by_class,
    in_order,
    keep_in_address,
    malignancy,
    not_on_the_map,
)
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.job_progress import newest_job, offer_job, show_unless_done
from dashboard.widgets.notices import source_line
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import finished_runs, pick_by_key, pick_dataset_beside, pick_run_of
from dashboard.widgets.pictures import picture_detail
from dashboard.widgets.pictures.gallery import close_picture, open_picture, show_pictures
from dashboard.widgets.pictures.hover_picture import show_pictures_under_the_pointer
from dashboard.widgets.pictures.tagging import offer_to_tag
from dashboard.widgets.run_names import run_title
from dashboard.widgets.samples import sample_map
from dashboard.widgets.shares_table import shares_table, shares_written

PER_PAGE = 18
CHART = "map-of-pictures"
COLUMNS = {
    "label": "diagnosis",
    "malignancy": "malignant or benign",
    "age": "age in years",
    "sex": "sex",
    "site": "anatomical site",
    "diagnosis_method": "how the diagnosis was made",
    "source": "source",
    "brightness": "brightness (mean grey level)",
    "correctness": "a run's answers",
}

spec = pick_dataset_beside("Which pictures look alike?", filtered=True)
say_what_it_shows("map")
dataset = load_dataset(spec.name)
maps = {drawn.source.key: drawn for drawn in list_maps(dataset)}
sources = {each.key: each for each in (*feature_sources(spec.name), *(drawn.source for drawn in maps.values()))}
summaries = {key: summarise(open_run(each.run_id)) for key, each in sources.items() if each.kind is FeatureKind.RUN}
job = newest_job("map", spec.name)
active = job is not None and job.status().state.active


def name_of(key: str) -> str:
    """What a source of features is called."""
    if key in summaries:
        summary = summaries[key]
        return f"run: {run_title(summary)}" if summary else f"run {sources[key].run_id}"
    return {FeatureKind.IMAGENET: "small ImageNet network", FeatureKind.COLOUR_TEXTURE: "colours and textures"}[
        sources[key].kind
    ]


def leaks(key: str) -> bool:
    """Whether a source of features is a run that may know test pictures by heart, which makes a map too tidy."""
    summary = summaries.get(key)
    return summary is not None and bool(summary.leaking)


offered = sorted(sources, key=leaks)
key = pick_by_key(
    offered,
    "Alike by",
    "map-source",
    ("source of a map", "Another one is shown."),
    default=next((k for k in offered if k in maps), offered[0]),
    format_func=name_of,
    on_change=keep_in_address,  # what was drawn around is elsewhere on another map
)
source = sources[key]
waiting = [name_of(each) for each in offered if each not in maps]  # not in the box, which would keep the old label
st.caption(
    Markdown("{}{}").format(
        source.kind.explanation, Markdown(" Not drawn yet: {}.").format(", ".join(waiting)) if waiting else ""
    )
)
if job is not None and (active or key not in maps):
    show_unless_done(job)
if key not in maps:
    if not active:
        offer_job(
            "map",
            f"Map of {spec.title}",
            {"dataset": spec.name, "kind": str(source.kind), "run_id": source.run_id},
            why=f"This map of {len(dataset.table):,} pictures has not been drawn yet. It is drawn in the background, "
            "and kept until a picture changes; ten thousand pictures take a few minutes.",
            label="Draw the map",
            icon=":material/scatter_plot:",
        )
        sample_map()
    source_line(spec)
    st.stop()

drawn = maps[key]
state = FilterState(with_tags(dataset.table, dataset.table["image_id"], spec.name), spec)
filters = filter_bar(state)
metadata = dataset.table.drop_duplicates("image_id")
whole = drawn.points.merge(metadata, on="image_id")
passing = whole["image_id"].isin(apply_filters(state.table, filters)["image_id"])
if not passing.any():
    nothing_passes(state, "image on the map")
    st.stop()
whole["malignancy"] = malignancy(whole["label"], spec)
statistics = open_statistics(dataset)
if statistics is not None:
    whole["brightness"] = whole["image_id"].map(statistics["brightness"])
runs = [run for run in finished_runs() if run.recipe.dataset == spec.name]
named = {**COLUMNS, **{c: c.replace("_", " ") for c in metadata.columns if c not in COLUMNS}}
hidden = {"image_id", "path", "group_id", "x", "y"}
filled = {c for c in whole if whole.loc[passing, c].notna().any()}
options = [c for c in named if c not in hidden and (c in filled or (c == "correctness" and runs))]
first, second = st.columns(2, vertical_alignment="bottom")
column = first.selectbox("Colour by", options, format_func=named.__getitem__, key="map-colour", bind="query-params")
if column == "correctness":
    with second:
        answering = pick_run_of(runs, "Run", "map-run", "Another one is shown.")
    assert answering is not None  # it starts with the one to trust most
    results = load_results(answering.run)
    whole["correctness"] = whole["image_id"].map(correctness(results.predictions, results.info.class_keys))
    second.caption("Pictures that the run was trained on have no answer: not recorded.")

table = whole[passing]
kept, cleared, shown_before = f"map-chosen-{spec.name}", f"map-cleared-{spec.name}", f"map-shown-{spec.name}"
chart_key = f"map-{spec.name}-{key}-{column}-{st.session_state.get(cleared, 0)}"


def remember() -> None:
    """Keep what was chosen, for a selection in the chart is lost when its colours change; also in the address."""
    st.session_state[kept] = chosen_ids(st.session_state[chart_key])
    keep_in_address(drawn_area(st.session_state[chart_key]), st.session_state[kept])


def choose_none() -> None:
    """Forget what was chosen; a chart with a new key has no selection either."""
    st.session_state[kept] = []
    keep_in_address()
    st.session_state[cleared] = st.session_state.get(cleared, 0) + 1


if kept not in st.session_state:
    st.session_state[kept] = chosen_in_address(whole)
if lacking := not_on_the_map(whole):
    st.warning(lacking, icon=":material/search_off:")
# The browser takes back its own selection when a figure changes, so what stands out changes only with the figure.
shown = (chart_key, filters, st.session_state.get("map-run"))
if chart_key not in st.session_state or st.session_state.get(shown_before, ((), ()))[0] != shown:
    st.session_state[shown_before] = shown, st.session_state.get(kept, [])
_, standing_out = st.session_state[shown_before]
chosen = in_order(table[table["image_id"].isin(st.session_state.get(kept, []))])

with st.container(key=CHART):
    st.plotly_chart(
        map_chart(table, column, named[column], spec, whole=whole[column], chosen=standing_out),
        key=chart_key,
        on_select=remember,
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "displayModeBar": True, "modeBarButtonsToRemove": ["autoScale2d", "toImage"]},
        alt=f"{len(table):,} pictures as points, alike pictures near each other, coloured by {named[column]}",
    )
    st.caption(
        "The pointer shows the picture of a point. Click a point to choose it; to choose several, press the lasso "
        "beside the map and draw around them. A double click on a name under the map shows its points alone. Only "
        "nearness has a meaning: the distance between groups, their size and the two axes have none."
        + (
            f" Drawn from {len(drawn.points):,} of {drawn.pictures:,} pictures."
            if len(drawn.points) < drawn.pictures
            else ""
        )
    )
show_pictures_under_the_pointer(CHART, spec.name)


@st.dialog("A picture on the map", width="large", on_dismiss=close_picture)
def show_opened() -> None:
    """The picture in the address, large, with what is known of it and the way to the chosen ones beside it."""
    image_id = st.query_params.get("picture", "")
    found = metadata[metadata["image_id"] == image_id]
    if found.empty:
        st.info(f"There is no picture “{image_id}” in {spec.title}.", icon=":material/image_not_supported:")
        return
    ids = chosen["image_id"].tolist()
    place = ids.index(image_id) if image_id in ids else None
    with st.container(horizontal=True, vertical_alignment="center"):
        if place is not None:
            beside: tuple[tuple[str, int, Literal["left", "right"]], ...] = (
                ("Previous", place - 1, "left"),
                ("Next", place + 1, "right"),
            )
            for label, other, side in beside:
                there = 0 <= other < len(ids)
                st.button(
                    label,
                    icon=f":material/chevron_{side}:",
                    icon_position=side,
                    disabled=not there,
                    on_click=open_picture,
                    args=(ids[other] if there else "", spec.name),
                )
            st.markdown(Markdown("**{:,}** of {:,} chosen").format(place + 1, len(ids)), width="content")
        st.page_link(
            page_of("pictures"),
            label="On the page Pictures, with its siblings and neighbours",
            icon=":material/photo_library:",
            query_params={"dataset": spec.name, "picture": image_id, **state.to_address()},
        )
    picture, known = st.columns([3, 2], gap="medium")
    with picture:
        picture_detail.show_large(found.iloc[0], dataset)
    with known:
        picture_detail.show_details(found.iloc[0], dataset, statistics)


@st.fragment
def chosen_pictures() -> None:
    """The pictures chosen on the map with counts by class and a CSV, and the one of them that is opened."""
    if chosen.empty:
        st.subheader("Nothing chosen yet", anchor=False)
        st.caption("Click a point on the map, or draw around several: their pictures appear here.")
    else:
        show_chosen()
    if st.query_params.get("picture"):
        show_opened()


def show_chosen() -> None:
    """A table of the chosen pictures' classes, and the pictures a page at a time."""
    counts = counts_by_class(chosen, table, spec)
    narrow = st.column_config.NumberColumn(width=70)
    st.dataframe(
        shares_written(counts, ["share", "on the map"]),
        hide_index=True,
        width="content",
        column_config={
            "images": st.column_config.NumberColumn(width=60, format="%,d"),
            "share": narrow,
            "on the map": narrow,
        },
        alt=f"Classes of the {counted(len(chosen), 'chosen pictures')}",
    )
    pages = -(-len(chosen) // PER_PAGE)
    page = st.pagination(pages, key=f"chosen-page-{spec.name}", max_visible_pages=5) if pages > 1 else 1
    st.caption("By diagnosis, as in the table, then by image id.")
    rows = chosen.iloc[(page - 1) * PER_PAGE : page * PER_PAGE]
    show_pictures(rows, spec, key="chosen", min_column_width=120)
    offer_to_tag(spec.name, chosen["image_id"].tolist())
    listed = chosen.drop(columns="path")
    csv_button(f"Download {counted(len(listed), 'rows')} as CSV", listed, f"{spec.name}_map_selection.csv")


with st.container():
    if not chosen.empty:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"{counted(len(chosen), 'pictures')} chosen", anchor=False, width="content")
            st.button("Choose none", icon=":material/deselect:", type="tertiary", on_click=choose_none)
    chosen_pictures()

apart = drawn.separation
st.header("How well are the classes separated?", anchor=False)
if apart is None:
    several = plural(spec.group)
    said = f"All pictures here are of one {spec.group}. Separation can only be measured between several {several}."
    st.info(said, icon=":material/group_off:")
    source_line(spec)
    st.stop()
st.markdown(
    Markdown(
        "Of the {} pictures nearest to a picture, **{}** have the same diagnosis; drawn by chance "
        "it would be {}. Pictures of the same {} do not count. Nearness is measured on the features "
        "themselves, not on this map."
    ).format(apart.neighbours, percent(apart.same), percent(apart.chance), spec.group)
)
chart = separation_chart(apart, spec, drawn.pictures)
st.plotly_chart(chart.figure, alt=chart.alt, config={"displayModeBar": False})
with st.expander("The numbers behind it", icon=":material/table_chart:"):
    shares_table(chart.table, ["same class", "by chance"], chart.alt)
source_line(spec)
