"""The row of filters over charts and pictures, with a chip for each filter that is set."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.spec import DatasetSpec
from core.data.statistics.counts import UNKNOWN
from dashboard.charts.round_numbers import step_of
from dashboard.filters.facets import Facet, facets_of
from dashboard.filters.filter_address import read_address, write_address
from dashboard.filters.filter_state import (
    Filters,
    UnknownAge,
    age_span,
    apply_filters,
    facet_options,
    filter_mask,
    filters_of_session,
    reset_filters,
)
from dashboard.plain_text import plain

__all__ = ["UNKNOWN", "Filters", "apply_filters", "filter_bar", "filter_mask", "nothing_passes"]

MOST_CHIPS = 6
"""More chosen values of one facet than this share a chip."""

_SIDES = {"Malignant": True, "Benign": False}


def filter_bar(table: pd.DataFrame, spec: DatasetSpec) -> Filters:
    """A row of filters, a chip for each that is set, how many images they leave, and a button that takes all back.

    The choice is kept for the session, for each data set by itself, and stands in the address of the page: whoever
    opens it sees the same images. What an address asks for and the data set does not have is ignored, and said.

    Args:
        table: tidy metadata of the whole data set, plain or encoded (`core.data.statistics.counts.encode`).
        spec: its specification.
    """
    facets = facets_of(table)
    ignored = read_address(table, spec, facets)
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    for facet in facets:
        if facet.field == "classes":
            _pick_classes(row, spec, facet)
            _pick_ages(row, table["age"], spec.name)
        elif facet.first:
            _pick(row, facet, table, spec)
    rest = [facet for facet in facets if not facet.first]
    if rest:
        chosen = sum(_number_chosen(facet, spec.name) for facet in rest)
        with row.popover(_label("More", chosen), icon=":material/tune:", key=f"filter-{spec.name}-more-box"):
            for facet in rest:
                if facet.span is None:
                    _pills(facet, table, spec)
                else:
                    _pick_range(facet, spec.name)
    filters = filters_of_session(spec.name, facets, table["age"])
    row.button(
        "Reset",
        icon=":material/filter_alt_off:",
        type="tertiary",
        disabled=filters == Filters(),
        on_click=reset_filters,
        args=(spec.name,),
    )
    left = int(filter_mask(table, filters).sum())
    row.markdown(
        f"**{left:,}** of {len(table):,} images" + (f" ({left / len(table):.0%})" if left < len(table) else "")
    )
    _chips(filters, facets, spec)
    write_address(filters, facets, spec.name)
    if ignored:
        st.info(
            f"The address of this page asks for something that {spec.title} does not have "
            f"({', '.join(ignored)}). That part of it was ignored.",
            icon=":material/link_off:",
        )
    return filters


def nothing_passes(spec: DatasetSpec, what: str = "image") -> None:
    """Say that the filters of a data set leave nothing, with the button that takes them all back."""
    st.info(f"No {what} has all of this together. Widen a filter, or take them all back.", icon=":material/filter_alt:")
    st.button(
        "Reset the filters",
        type="primary",
        icon=":material/filter_alt_off:",
        on_click=reset_filters,
        args=(spec.name,),
    )


def _pick_classes(row: DeltaGenerator, spec: DatasetSpec, facet: Facet) -> None:
    """Pills for the classes, and buttons that choose all malignant or all benign ones."""
    key = facet.key(spec.name)
    chosen = len(st.session_state.get(key) or [])
    with row.popover(_label(facet.label, chosen), icon=facet.icon, key=f"{key}-box"):
        with st.container(horizontal=True):
            for label, malignant in (("Malignant only", True), ("Benign only", False)):
                side = [c.key for c in spec.classes if c.malignant is malignant]
                if side:
                    st.button(label, on_click=_set, args=(key, side))
        st.pills(
            "Diagnoses; none chosen means all",
            spec.class_keys,
            selection_mode="multi",
            format_func=spec.class_names.get,
            key=key,
            wrap=True,
            persist_state="session",
        )


def _pick_ages(row: DeltaGenerator, ages: pd.Series, dataset: str) -> None:
    """A range of ages and what becomes of images without age; nothing where no two ages differ."""
    key, unknown_key = f"filter-{dataset}-ages", f"filter-{dataset}-unknown-age"
    span = age_span(ages)
    if span is None:
        return
    st.session_state.setdefault(key, span)
    st.session_state.setdefault(unknown_key, UnknownAge.WITH.value)
    unknown = st.session_state[unknown_key]
    narrowed = tuple(st.session_state[key]) != span or unknown != UnknownAge.WITH
    with row.popover(_label("Age", int(narrowed)), icon=":material/cake:", key=f"{key}-box"):
        st.slider("Age in years", *span, step=1, key=key, persist_state="session", disabled=unknown == UnknownAge.ONLY)
        st.segmented_control(
            f"Images whose age is {UNKNOWN} ({ages.isna().sum():,})",
            [choice.value for choice in UnknownAge],
            format_func={
                UnknownAge.WITH: "Keep them",
                UnknownAge.WITHOUT: "Leave them out",
                UnknownAge.ONLY: "Only them",
            }.get,
            required=True,
            key=unknown_key,
            persist_state="session",
        )


def _pick(row: DeltaGenerator, facet: Facet, table: pd.DataFrame, spec: DatasetSpec) -> None:
    key = facet.key(spec.name)
    chosen = len(st.session_state.get(key) or [])
    with row.popover(_label(facet.label_for(spec), chosen), icon=facet.icon, key=f"{key}-box"):
        _pills(facet, table, spec)


def _pills(facet: Facet, table: pd.DataFrame, spec: DatasetSpec) -> None:
    """Pills for the values of a column, the most frequent first."""
    st.pills(
        f"{facet.label_for(spec)}; none chosen means all",
        facet_options(facet, table),
        selection_mode="multi",
        format_func=partial(facet.in_words, spec=spec),
        key=facet.key(spec.name),
        wrap=True,
        persist_state="session",
    )


def _pick_range(facet: Facet, dataset: str) -> None:
    """A range of numbers; an image without the number passes only while nothing is asked for."""
    st.session_state.setdefault(facet.key(dataset), facet.span)
    st.slider(
        plain(facet.label), *facet.span, step=step_of(facet.span), key=facet.key(dataset), persist_state="session"
    )


def _number_chosen(facet: Facet, dataset: str) -> int:
    """How much of a facet is asked for: values, or one range."""
    state = st.session_state.get(facet.key(dataset))
    return len(state or []) if facet.span is None else int(state not in (None, facet.span))


def _chips(filters: Filters, facets: list[Facet], spec: DatasetSpec) -> None:
    """One button for each filter that is set; it takes the filter back."""
    chips: list[tuple[str, str, list[str]]] = []
    for facet in facets:
        if facet.span is not None:
            continue
        chosen, key = filters.chosen(facet), facet.key(spec.name)
        sides = {name: {c.key for c in spec.classes if c.malignant is side} for name, side in _SIDES.items()}
        side = next((name for name, keys in sides.items() if facet.field == "classes" and chosen == keys), None)
        if side and len(chosen) > 1:
            chips.append((side, key, []))
        elif len(chosen) > MOST_CHIPS:
            chips.append((f"{facet.label_for(spec)}: {len(chosen)} chosen", key, []))
        else:
            for value in sorted(chosen):
                name = facet.in_words(value, spec)
                chips.append((f"{facet.label_for(spec)}: {name}", key, sorted(chosen - {value})))
    if not (chips or filters.narrows_age or filters.ranges):
        return
    with st.container(horizontal=True, gap="xsmall", key=f"chips-{spec.name}"):
        for number, (text, key, left) in enumerate(chips):
            _chip(text, f"chip-{number}", _set, (key, left))
        keys = {facet.column: facet.key(spec.name) for facet in facets}
        for column, (low, high) in filters.ranges:
            _chip(f"{column}: {low:g} to {high:g}", f"chip-n-{column}", _forget, (keys[column],))
        if filters.ages is not None and filters.unknown_age is not UnknownAge.ONLY:
            low, high = filters.ages
            _chip(f"Age: {low:g} to {high:g} years", "chip-ages", _forget, (f"filter-{spec.name}-ages",))
        if filters.unknown_age is not UnknownAge.WITH:
            what = UNKNOWN if filters.unknown_age is UnknownAge.ONLY else "recorded"
            _chip(f"Age: {what}", "chip-unknown", _forget, (f"filter-{spec.name}-unknown-age",))


def _chip(text: str, key: str, on_click: Callable, args: tuple) -> None:
    st.button(plain(text), key=key, icon=":material/close:", help="Take this filter back", on_click=on_click, args=args)


def _set(key: str, value: list[str]) -> None:
    st.session_state[key] = value


def _forget(key: str) -> None:
    st.session_state.pop(key, None)


def _label(name: str, chosen: int) -> str:
    return f"**{name} · {chosen}**" if chosen else name
