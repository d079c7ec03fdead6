"""The row of filters over charts and pictures, with a chip for each filter that is set."""

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.percents import percent
from core.data.statistics.counts import UNKNOWN
from dashboard.charts.round_numbers import step_of
from dashboard.filters.facets import Facet, facet_options
from dashboard.filters.filter_state import FilterState
from dashboard.filters.filters import Filters, UnknownAge, filter_mask
from dashboard.filters.view_picker import pick_view
from dashboard.markdown import Markdown

MOST_CHIPS = 6
"""More chosen values of one facet than this share a chip."""

_SIDES = {"Malignant": True, "Benign": False}


def filter_bar(state: FilterState) -> Filters:
    """A row of filters with a button that takes all back; below it how many images they leave and a chip for each.

    The choice stands in the address of the page: whoever opens it sees the same images. What an address asks for and
    the data set does not have is ignored, and said.
    """
    ignored = state.read_address()
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    for facet in state.facets:
        if facet.field == "classes":
            _pick_classes(row, state, facet)
            _pick_ages(row, state)
        elif facet.first:
            with _box_of(facet, row, state):
                _pills(state, facet)
    if rest := [
        facet for facet in state.facets if not facet.first and (facet.span or facet_options(facet, state.table))
    ]:
        chosen = sum(_number_chosen(state, facet) for facet in rest)
        with _box(row, state, "more", "More", ":material/tune:", chosen):
            for facet in rest:
                if facet.span is None:
                    _pills(state, facet)
                else:
                    _pick_range(state, facet, facet.span)
    filters = state.filters
    row.button(
        "Reset",
        icon=":material/filter_alt_off:",
        type="tertiary",
        disabled=filters == Filters(),
        on_click=state.reset,
    )
    pick_view(row, state)
    _chips(state)
    state.write_address()
    if ignored:
        st.info(
            f"The address of this page asks for something that {state.spec.title} does not have "
            f"({', '.join(ignored)}). That part of it was ignored.",
            icon=":material/link_off:",
        )
    return filters


def nothing_passes(state: FilterState, what: str = "image") -> None:
    """Say that the filters leave nothing, with the button that takes them all back."""
    st.info(f"No {what} has all of this together. Widen a filter, or reset them all.", icon=":material/filter_alt:")
    st.button("Reset the filters", type="primary", icon=":material/filter_alt_off:", on_click=state.reset)


def _box(row: DeltaGenerator, state: FilterState, key: str, name: str, icon: str, chosen: int) -> DeltaGenerator:
    """What opens to show the widgets of a filter; its label says how much is chosen there."""
    label = Markdown("**{} · {}**").format(name, chosen) if chosen else name
    return row.popover(label, icon=icon, key=f"filter-{state.spec.name}-{key}-box")


def _box_of(facet: Facet, row: DeltaGenerator, state: FilterState) -> DeltaGenerator:
    return _box(row, state, facet.field, facet.label_for(state.spec), facet.icon, _number_chosen(state, facet))


def _pick_classes(row: DeltaGenerator, state: FilterState, facet: Facet) -> None:
    """Pills for the classes, and buttons that choose all malignant or all benign ones."""
    with _box_of(facet, row, state):
        with st.container(horizontal=True):
            for label, malignant in (("Malignant only", True), ("Benign only", False)):
                side = [c.key for c in state.spec.classes if c.malignant is malignant]
                if side:
                    st.button(label, on_click=state.choose, args=(facet, side))
        _pills(state, facet, "Diagnoses; none chosen means all", state.spec.class_keys)


def _pick_ages(row: DeltaGenerator, state: FilterState) -> None:
    """A range of ages and what becomes of images without age; nothing where no two ages differ."""
    span, filters = state.age_span, state.filters
    if span is None:
        return
    key = state.widget("ages", filters.ages or span)
    unknown_key = state.widget("unknown-age", filters.unknown_age.value)

    def take() -> None:
        state.choose_ages(tuple(st.session_state[key]), UnknownAge(st.session_state[unknown_key]))

    with _box(row, state, "ages", "Age", ":material/cake:", int(filters.narrows_age)):
        only_unknown = filters.unknown_age is UnknownAge.ONLY
        st.slider("Age in years", *span, step=1, key=key, disabled=only_unknown, on_change=take)
        st.segmented_control(
            f"Images whose age is {UNKNOWN} ({state.table['age'].isna().sum():,})",
            [choice.value for choice in UnknownAge],
            format_func={
                UnknownAge.WITH: "Keep them",
                UnknownAge.WITHOUT: "Leave them out",
                UnknownAge.ONLY: "Only them",
            }.__getitem__,
            required=True,
            key=unknown_key,
            on_change=take,
        )


def _pills(state: FilterState, facet: Facet, label: str = "", options: tuple[str, ...] = ()) -> None:
    """Pills for the values of a column, the most frequent first unless they are given."""
    key = state.widget(facet.field, sorted(state.filters.chosen(facet)))
    st.pills(
        label or f"{facet.label_for(state.spec)}; none chosen means all",
        options or facet_options(facet, state.table),
        selection_mode="multi",
        format_func=partial(facet.in_words, spec=state.spec),
        key=key,
        wrap=True,
        on_change=lambda: state.choose(facet, st.session_state[key]),
    )


def _pick_range(state: FilterState, facet: Facet, span: tuple[float, float]) -> None:
    """A range of numbers; an image without the number passes only while nothing is asked for."""
    low, high = span
    key = state.widget(facet.field, dict(state.filters.ranges).get(facet.column, span))
    st.slider(
        facet.label,
        low,
        high,
        step=step_of(span),
        key=key,
        on_change=lambda: state.narrow(facet, tuple(st.session_state[key])),
    )


def _number_chosen(state: FilterState, facet: Facet) -> int:
    """How much of a facet is asked for: values, or one range."""
    filters = state.filters
    return len(filters.chosen(facet)) if facet.span is None else int(facet.column in dict(filters.ranges))


def _chips(state: FilterState) -> None:
    """How many images pass, and one button for each filter that is set; it takes the filter back.

    The row is there without any, too, so that the first filter moves nothing below it.
    """
    filters, spec = state.filters, state.spec
    chips: list[tuple[str, Callable[[], None]]] = []
    for facet in state.facets:
        name = facet.label_for(spec)
        if facet.span is not None:
            if facet.column in dict(filters.ranges):
                low, high = dict(filters.ranges)[facet.column]
                chips.append((f"{name}: {low:g} to {high:g}", partial(state.narrow, facet, None)))
            continue
        chosen = filters.chosen(facet)
        sides = {side: {c.key for c in spec.classes if c.malignant is malignant} for side, malignant in _SIDES.items()}
        side = next((each for each, keys in sides.items() if facet.field == "classes" and chosen == keys), None)
        if side and len(chosen) > 1:
            chips.append((side, partial(state.choose, facet, ())))
        elif len(chosen) > MOST_CHIPS:
            chips.append((f"{name}: {len(chosen)} chosen", partial(state.choose, facet, ())))
        else:
            for value in sorted(chosen):
                text = f"{name}: {facet.in_words(value, spec)}"
                chips.append((text, partial(state.choose, facet, chosen - {value})))
    if filters.ages is not None and filters.unknown_age is not UnknownAge.ONLY:
        low, high = filters.ages
        years = f"{low:g} years" if low == high else f"{low:g} to {high:g} years"
        if filters.unknown_age is UnknownAge.WITH and state.table["age"].isna().any():
            years += f", or {UNKNOWN}"
        chips.append((f"Age: {years}", partial(state.choose_ages, None, filters.unknown_age)))
    if filters.unknown_age is not UnknownAge.WITH:
        what = UNKNOWN if filters.unknown_age is UnknownAge.ONLY else "recorded"
        chips.append((f"Age: {what}", partial(state.choose_ages, filters.ages, UnknownAge.WITH)))
    left, all_of_them = int(filter_mask(state.table, filters).sum()), len(state.table)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"chips-{spec.name}"):
        st.markdown(
            Markdown("**{:,}** of {:,} images").format(left, all_of_them)
            + (f" ({percent(left / all_of_them, 0)})" if left < all_of_them else ""),
            width="content",
        )
        for number, (text, take_back) in enumerate(chips):
            st.button(
                text,
                key=f"chip-{number}",
                icon=":material/close:",
                help="Remove this filter",
                on_click=take_back,
            )
