"""Filters in the address of a page, so that a view can be sent to a class."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from core.data.spec import DatasetSpec
from dashboard.filters.facets import Facet, age_span, facet_options
from dashboard.filters.filters import Filters, UnknownAge

AGE, UNKNOWN_AGE = "age", "unknown-age"
_YEARS = re.compile(r"(\d{1,3})-(\d{1,3})", re.ASCII)


def to_address(filters: Filters, facets: list[Facet]) -> dict[str, list[str]]:
    """Parameters that say what is asked for; those that ask for nothing are left out."""
    kinds = [facet for facet in facets if facet.span is None]
    stated = {facet.parameter: sorted(filters.chosen(facet)) for facet in kinds if filters.chosen(facet)}
    ranges = dict(filters.ranges)
    stated |= {f.parameter: [":".join(map(repr, ranges[f.column]))] for f in facets if f.column in ranges}
    if filters.ages is not None:
        stated[AGE] = [f"{filters.ages[0]:.0f}-{filters.ages[1]:.0f}"]
    if filters.unknown_age is not UnknownAge.WITH:
        stated[UNKNOWN_AGE] = [filters.unknown_age.value]
    return stated


def from_address(
    stated: Mapping[str, list[str]], table: pd.DataFrame, spec: DatasetSpec, facets: list[Facet]
) -> tuple[Filters, list[str]]:
    """Filters from the parameters of an address, and the names of what was ignored in it.

    Anybody may have written an address: a value that the data set does not have is left out, an age that is no
    range of years within the data is, too. Values are never repeated to the reader.
    """
    ignored: list[str] = []
    wanted: dict[Facet, frozenset[str]] = {}
    ranges: list[tuple[str, tuple[float, float]]] = []
    for facet in facets:
        asked = stated.get(facet.parameter, [])
        if facet.span is not None:
            span = _range(asked, facet.span) if asked else facet.span
            if span is None:
                ignored.append(facet.label.lower())
            elif span != facet.span:
                ranges.append((facet.column, span))
            continue
        values = frozenset(asked)
        known = spec.class_keys if facet.field == "classes" else facet_options(facet, table) if values else ()
        wanted[facet] = values & frozenset(known)
        if values - wanted[facet]:
            ignored.append(facet.label_for(spec).lower())
    parameters = {facet.parameter for facet in facets}
    ignored += ["a column"] * any(name.startswith(("x-", "n-")) and name not in parameters for name in stated)
    span, ages = age_span(table["age"]), None
    if years := stated.get(AGE):
        match = _YEARS.fullmatch(years[0]) if len(years) == 1 else None
        low, high = (int(match[1]), int(match[2])) if match else (1, 0)
        if span is None or not span[0] <= low <= high <= span[1]:
            ignored.append("age")
        elif (low, high) != span:
            ages = (low, high)
    unknown_age = UnknownAge.WITH
    if unknown := stated.get(UNKNOWN_AGE):
        if len(unknown) == 1 and unknown[0] in list(UnknownAge) and span is not None:
            unknown_age = UnknownAge(unknown[0])
        else:
            ignored.append("unknown age")
    filters = Filters(
        **{facet.field: values for facet, values in wanted.items() if not facet.further},
        ages=ages,
        unknown_age=unknown_age,
        further=tuple((facet.column, values) for facet, values in wanted.items() if facet.further and values),
        ranges=tuple(ranges),
    )
    return filters, ignored


def _range(asked: list[str], span: tuple[float, float]) -> tuple[float, float] | None:
    """The range of numbers that an address asks for; None where it is none, or not one within the data."""
    low, _, high = asked[0].partition(":")
    try:
        wanted = float(low), float(high)
    except ValueError:
        return None
    return wanted if len(asked) == 1 and span[0] <= wanted[0] <= wanted[1] <= span[1] else None


def ours(stated: Iterable[str], facets: list[Facet]) -> list[str]:
    """Those parameters of an address that are about filters, also of columns that the data set does not have."""
    known = {AGE, UNKNOWN_AGE, *(facet.parameter for facet in facets)}
    return [name for name in stated if name in known or name.startswith(("x-", "n-"))]
