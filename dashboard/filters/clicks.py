"""Clicks and boxes on charts become filters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.spec import DatasetSpec
from core.data.statistics.counts import UNKNOWN
from dashboard.charts.exploration import Chart, Pick
from dashboard.filters.encoded_columns import SIDES
from dashboard.filters.facets import Facet
from dashboard.filters.filter_state import FilterState
from dashboard.filters.filters import Filters, UnknownAge


def clickable(place: DeltaGenerator, chart: Chart, name: str, state: FilterState) -> None:
    """Show a chart of which a click (or a box, where ages are) sets a filter, or takes it back.

    A selection is lost as soon as a figure changes, so it is turned into filters at once, before the page runs; the
    chart's key then changes, for the same click must count again.
    """
    boxes = any(isinstance(value, tuple) for trace in chart.picks for point in trace for _, value in point)
    key = f"chart-{state.spec.name}-{name}-{st.session_state.get('clicks', 0)}"
    place.plotly_chart(
        chart.figure,
        key=key,
        on_select=lambda: _take(key, chart.picks, state),
        selection_mode=("points", "box") if boxes else "points",
        alt=chart.alt,
        config={"displayModeBar": False},
    )


def picked(points: Iterable[Mapping], picks: Sequence[Sequence[tuple[Pick, ...]]]) -> list[Pick]:
    """What selected points ask for, each thing once; points that a chart does not have ask for nothing."""
    asked: dict[Pick, None] = {}
    for point in points:
        trace, number = point.get("curve_number"), point.get("point_index", point.get("point_number"))
        if isinstance(trace, int) and isinstance(number, int) and 0 <= trace < len(picks):
            asked |= dict.fromkeys(picks[trace][number] if 0 <= number < len(picks[trace]) else ())
    return list(asked)


def with_picks(
    filters: Filters, asked: Sequence[Pick], spec: DatasetSpec, facets: list[Facet], span: tuple[int, int] | None
) -> Filters:
    """Filters after a click: what it asks for is added; where all of it was chosen already, it is taken back.

    Ages that are asked for become one range, without images of unknown age unless these are asked for, too.
    """
    ages = [value for column, value in asked if column == "age" and isinstance(value, tuple)]
    unknown = ("age", UNKNOWN) in asked
    if unknown and not ages and span is not None:
        only = filters.unknown_age is UnknownAge.ONLY
        filters = replace(filters, ages=None, unknown_age=UnknownAge.WITH if only else UnknownAge.ONLY)
    if ages and span is not None:
        low, high = int(max(min(a for a, _ in ages), span[0])), int(min(max(b for _, b in ages), span[1]))
        kept = UnknownAge.WITH if unknown else UnknownAge.WITHOUT
        if filters.ages == (low, high) and filters.unknown_age is kept:
            filters = replace(filters, ages=None, unknown_age=UnknownAge.WITH)
        else:
            filters = replace(filters, ages=None if (low, high) == span else (low, high), unknown_age=kept)
    by_column = {facet.column: facet for facet in facets if facet.span is None}
    filters = _with_ranges(filters, asked, facets)
    wanted: dict[Facet, set[str]] = {}
    for column, value in asked:
        if column in by_column and isinstance(value, str):
            values = _classes(value, spec) if column == "label" else {value}
            wanted.setdefault(by_column[column], set()).update(values)
    chosen_already = all(values <= filters.chosen(facet) for facet, values in wanted.items())
    for facet, values in wanted.items():
        chosen = filters.chosen(facet)
        filters = filters.with_chosen(facet, chosen - values if chosen_already else chosen | values)
    return filters


def _with_ranges(filters: Filters, asked: Sequence[Pick], facets: list[Facet]) -> Filters:
    """What is asked for of columns of numbers becomes one range each; all of them, once more, are taken back."""
    wanted = dict(filters.ranges)
    spans: dict[str, tuple[float, float]] = {}
    for facet in facets:
        parts = [value for column, value in asked if column == facet.column and isinstance(value, tuple)]
        if facet.span is not None and parts:
            low, high = max(min(a for a, _ in parts), facet.span[0]), min(max(b for _, b in parts), facet.span[1])
            spans[facet.column] = (low, high)
    if spans and all(wanted.get(column) == span for column, span in spans.items()):
        wanted = {column: span for column, span in wanted.items() if column not in spans}
    else:
        wanted |= spans
    return replace(filters, ranges=tuple(wanted.items()))


def _classes(value: str, spec: DatasetSpec) -> set[str]:
    """Class keys of what a click on a diagnosis, or on a side where only malignancy counts, stands for."""
    sides = {side.key: {c.key for c in spec.classes if c.malignant is side.malignant} for side in SIDES}
    return {value} if value in spec.class_keys else sides.get(value, set())


def _take(key: str, picks: Sequence[Sequence[tuple[Pick, ...]]], state: FilterState) -> None:
    event = st.session_state.get(key)
    asked = picked(event["selection"]["points"], picks) if event else []
    if asked:
        state.write(with_picks(state.filters, asked, state.spec, state.facets, state.age_span))
        st.session_state["clicks"] = st.session_state.get("clicks", 0) + 1
