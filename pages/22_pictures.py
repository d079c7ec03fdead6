"""Pictures: what the images of a data set look like, one by one and class by class."""

import zlib
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import streamlit as st

from core.base.counting import counted, have
from core.base.errors import LesionLabError
from core.data.picture_tags import tags_of
from core.data.statistics.measuring import with_pictures
from core.runs.run_folder import RunSummary
from dashboard.filters.filter_bar import filter_bar, nothing_passes
from dashboard.filters.filter_state import FilterState
from dashboard.filters.filters import filter_mask
from dashboard.filters.tag_column import with_tags
from dashboard.markdown import Markdown
from dashboard.state.loading import load_dataset
from dashboard.state.measured import FEW, load_losses, load_mean_cache, load_statistics, measure_here, with_statistics
from dashboard.state.picture_order import ORDERS, Order, Ordered, place_of, put_in_order
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.measuring_offer import offer_to_measure
from dashboard.widgets.notices import source_line, synthetic_badge
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import finished_runs, most_trusted, pick_dataset, pick_run_of
from dashboard.widgets.pictures import class_pictures, picture_detail
from dashboard.widgets.pictures.gallery import (
    answer_captions,
    close_picture,
    open_picture,
    order_captions,
    show_pictures,
)
from dashboard.widgets.pictures.tagging import pick_several, show_tags, tag_line

PAGE_SIZES = (24, 48, 96)
PAGE = "pictures-page"
BY_KEY = {order.key: order for order in ORDERS}
GALLERY, MEANS, BRIGHTNESS, COLOURS, EXAMPLES = TABS = (
    "Gallery",
    "Mean pictures",
    "Brightness",
    "Colours",
    "Examples",
)


@dataclass(frozen=True)
class Arrangement:
    """The pictures that pass the filters in the order chosen, and what the chosen run said about them."""

    order: Order
    ordered: Ordered
    run: RunSummary | None
    losses: pd.DataFrame | None

    def keep_page(self, pages: int) -> None:
        """Let another choice of pictures start at its first page, and none go past its last."""
        now, before = (
            (spec.name, zlib.crc32(self.ordered.positions.tobytes())),
            st.session_state.get("pictures-on-page"),
        )
        if before not in (None, now):
            st.session_state[PAGE] = 1
        elif st.session_state.get(PAGE, 1) > pages:
            st.session_state[PAGE] = pages
        st.session_state["pictures-on-page"] = now


def arrange() -> Arrangement:
    """Select boxes of the order and of the run whose answers are shown, and what follows from them."""
    aged = dataset.table["age"].notna().any()
    possible = [o.key for o in ORDERS if (runs or o.source != "losses") and (aged or o.column != "age")]

    def with_a_run_for_losses() -> None:
        if BY_KEY[st.session_state["sort"]].source == "losses" and not st.session_state.get("seen-by"):
            st.session_state["seen-by"] = most_trusted(runs).run.run_id

    sort = st.selectbox(
        "Sorted by",
        possible,
        format_func=lambda key: BY_KEY[key].name,
        key="sort",
        bind="query-params",
        on_change=with_a_run_for_losses,
        help=None if runs else "To sort by loss, train a run on this data set first.",
        width=270,
    )
    run, losses = None, None
    if runs:
        gone = "The pictures are shown as no run sees them."
        run = pick_run_of(runs, "As a run sees them", "seen-by", gone, from_none=True, placeholder="no run", width=360)
    if run is not None:
        try:
            losses = load_losses(run.run)
        except (LesionLabError, OSError, ValueError, KeyError):
            st.warning("The predictions of this run cannot be read. Evaluate it again.", icon=":material/warning:")
    order = BY_KEY[sort]
    return Arrangement(order, put_in_order(table, order, statistics, losses), run, losses)


def show_gallery() -> None:
    """The pictures that pass the filters, in order, a page at a time."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        arranged = arrange()
        size = st.segmented_control(
            "On a page", PAGE_SIZES, default=PAGE_SIZES[0], required=True, key="page-size", bind="query-params"
        )
    order, ordered = arranged.order, arranged.ordered
    if order.source == "statistics" and statistics is None:
        offer_to_measure(dataset)
        return
    if order.source == "losses" and arranged.losses is None:
        st.info("Choose the run whose loss the pictures are to be sorted by.", icon=":material/info:")
        return
    pages = max(1, -(-len(ordered) // size))
    arranged.keep_page(pages)
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(pages, key=PAGE, bind="query-params", max_visible_pages=5)
        first, last = (page - 1) * size, min(page * size, len(ordered))
        left_out = f"; {ordered.left_out:,} are left out: the run has learnt from them, so their loss says nothing"
        shown = f"Pictures {first + 1:,} to {last:,} of {len(ordered):,}" if len(ordered) else "No picture"
        st.caption(shown + (left_out if ordered.left_out else ""), width="content")
    if not len(ordered):
        st.info("This run was not tested on any of these pictures. Widen a filter, or choose another run.")
        return
    rows = table.iloc[ordered.page(page, size)]
    captions = order_captions(rows, None if ordered.values is None else ordered.values[first:last], order.unit)
    if arranged.losses is not None:
        for image_id, badge in answer_captions(rows, arranged.losses, spec.class_names).items():
            captions[image_id] = Markdown("  \n").join(filter(None, [captions.get(image_id), badge]))
        st.caption(
            Markdown(
                ":green[:material/check:] right · :red[:material/close:] wrong · without a mark: the run learned from "
                "it, so it was not judged on it."
            )
        )
    tags = tags_of(spec.name)
    for image_id in rows["image_id"]:
        captions[image_id] = Markdown("  \n").join(filter(None, [captions.get(image_id), tag_line(image_id, tags)]))
    show_pictures(rows, spec, key="gallery", captions=captions, choose=pick_several(spec.name, list(rows["image_id"])))


def show_one(image_id: str, arranged: Arrangement) -> None:
    """One picture large, with the way to those before and after it."""
    found = dataset.table[dataset.table["image_id"] == image_id]
    ordered = arranged.ordered
    place = place_of(table, ordered, image_id)

    def step(label: str, other: int, icon: str, side: Literal["left", "right"]) -> None:
        there = place is not None and 0 <= other < len(ordered)
        target = str(table["image_id"].iat[ordered.positions[other]]) if there else ""
        st.button(
            label,
            icon=icon,
            icon_position=side,
            disabled=not there,
            on_click=open_picture,
            args=(target, spec.name),
            shortcut="Left" if side == "left" else "Right",
        )

    def back() -> None:
        close_picture()
        if place is not None:
            size = st.session_state.get("page-size") or PAGE_SIZES[0]
            st.session_state[PAGE] = place // size + 1

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("All pictures", icon=":material/grid_view:", on_click=back, shortcut="Esc")
        step("Previous", (place or 0) - 1, ":material/chevron_left:", "left")
        step("Next", (place or 0) + 1, ":material/chevron_right:", "right")
        if place is not None:
            st.markdown(
                Markdown("**{:,}** of {:,} · {}").format(place + 1, len(ordered), arranged.order.name), width="content"
            )
        elif len(found):
            st.caption("It is not among the pictures that are chosen.", width="content")
    if found.empty:
        st.info(f"There is no picture “{image_id}” in {spec.title}.", icon=":material/image_not_supported:")
        return
    row = found.iloc[0]
    left, right = st.columns([3, 2], gap="large")
    with left:
        picture_detail.show_large(row, dataset)
    with right:
        picture_detail.show_details(row, dataset, statistics)
        show_tags(spec.name, image_id)
    picture_detail.show_answers(row, dataset, runs)
    picture_detail.show_siblings(row, dataset)
    picture_detail.show_neighbours(row, dataset, statistics)


heading, choice = st.columns([3, 2], vertical_alignment="bottom")
notices = st.container()
with choice:
    spec = pick_dataset(True, notices)
opened = st.query_params.get("picture")
with heading, st.container(horizontal=True, vertical_alignment="center"):
    st.title(opened if opened else "What do the images look like?", width="content", anchor=False)
    synthetic_badge(spec.synthetic)

if not opened:
    say_what_it_shows("pictures")

everything = load_dataset(spec.name)
dataset = with_pictures(everything)
if dataset.table.empty:
    st.info(f"{spec.title} has no pictures here.", icon=":material/image_not_supported:")
    st.stop()
runs = [summary for summary in finished_runs() if summary.recipe.dataset == spec.name]
statistics = load_statistics(dataset)
if (statistics is None or load_mean_cache(dataset) is None) and len(dataset.table) <= FEW:
    measure_here(dataset)
    statistics = load_statistics(dataset)

filter_state = FilterState(with_tags(dataset.table, dataset.table["image_id"], spec.name), spec)
if opened:
    with st.expander("Filter and sort", icon=":material/filter_alt:"):
        table = dataset.table[filter_mask(filter_state.table, filter_bar(filter_state))]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            arrangement = arrange()
    show_one(opened, arrangement)
    source_line(spec)
    st.stop()
table = dataset.table[filter_mask(filter_state.table, filter_bar(filter_state))]
if table.empty:
    nothing_passes(filter_state)
    st.stop()

for name, tab in zip(TABS, st.tabs(TABS, key="pictures-view", on_change="rerun", bind="query-params"), strict=True):
    if not tab.open:
        continue
    with tab:
        cache = load_mean_cache(dataset) if name == MEANS else None
        if name == GALLERY:
            show_gallery()
        elif name == EXAMPLES:
            class_pictures.show_examples(table, spec)
        elif statistics is None or (name == MEANS and cache is None):
            offer_to_measure(dataset)
        elif cache is not None:
            class_pictures.show_means(table, spec, statistics, cache)
        elif name == BRIGHTNESS:
            class_pictures.show_measure(table, spec, statistics)
        else:
            class_pictures.show_colours(table, spec, statistics)

if len(everything.table) > len(dataset.table):
    without = len(everything.table) - len(dataset.table)
    st.caption(f"{counted(without, 'rows')} of {spec.title} {have(without)} no picture; left out here.")
if statistics is not None:
    unreadable = statistics["reason"].dropna()
    if len(unreadable):
        with st.expander(f"{counted(len(unreadable), 'pictures')} cannot be read", icon=":material/broken_image:"):
            st.dataframe(
                unreadable.reset_index().rename(columns={"image_id": "image"}),
                hide_index=True,
                alt="Pictures that cannot be read, with the reason for each",
            )
    csv_button(
        f"Statistics of {counted(len(table), 'pictures')} as CSV",
        lambda: with_statistics(table, statistics),
        f"{spec.name}_pictures.csv",
    )
source_line(spec)
