"""Which images are looked at, and where a session keeps that choice; `dashboard.filters.filters` shows it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
import streamlit as st

from core.data.statistics.counts import UNKNOWN, photos_per_group, value_counts
from dashboard.filters.facets import Facet
from dashboard.filters.facts import kept_with


class UnknownAge(StrEnum):
    """What becomes of images without a recorded age; the values stand in addresses."""

    WITH = "yes"
    WITHOUT = "no"
    ONLY = "only"


@dataclass(frozen=True)
class Filters:
    """What images must have; an empty set asks for nothing.

    The sets hold values of a column, and may hold `UNKNOWN`, which stands for images where none is recorded.
    `ages` is in completed years, both ends included; `unknown_age` says what becomes of images
    without an age.
    `photos` holds bins of `core.data.statistics.counts.PHOTO_BINS`, `further` the wanted values of any other column
    by its name, `ranges` those of columns of numbers, both ends included; images without the number do not pass.
    """

    classes: frozenset[str] = frozenset()
    ages: tuple[float, float] | None = None
    unknown_age: UnknownAge = UnknownAge.WITH
    sexes: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    photos: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    splits: frozenset[str] = frozenset()
    further: tuple[tuple[str, frozenset[str]], ...] = ()
    ranges: tuple[tuple[str, tuple[float, float]], ...] = ()

    @property
    def narrows_age(self) -> bool:
        """Whether anything is asked of the age."""
        return self.ages is not None or self.unknown_age is not UnknownAge.WITH

    def chosen(self, facet: Facet) -> frozenset[str]:
        """Values that are asked for in a facet; empty for all."""
        return dict(self.further).get(facet.column, frozenset()) if facet.further else getattr(self, facet.field)

    def by_column(self) -> dict[str, frozenset[str]]:
        """Wanted values by column, where anything is asked for; without the ages."""
        wanted = {
            "label": self.classes,
            "sex": self.sexes,
            "site": self.sites,
            "diagnosis_method": self.methods,
            "photos": self.photos,
            "source": self.sources,
            "split": self.splits,
            **dict(self.further),
        }
        return {column: values for column, values in wanted.items() if values}


def apply_filters(table: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Rows of tidy metadata (plain or encoded) that pass every filter, in their order."""
    return table[filter_mask(table, filters)]


def filter_mask(table: pd.DataFrame, filters: Filters, lifted: str = "") -> np.ndarray:
    """Which rows pass every filter, bool (rows,); the filter of the column `lifted` is left out."""
    keep = np.ones(len(table), dtype=bool)
    if lifted != "age" and filters.narrows_age:
        ages = table["age"].to_numpy(np.float32, na_value=np.nan)
        unknown = np.isnan(ages)
        if filters.unknown_age is UnknownAge.ONLY:
            keep &= unknown
        elif filters.ages is not None:
            low, high = filters.ages
            keep &= ((ages >= low) & (ages < high + 1)) | unknown
        if filters.unknown_age is UnknownAge.WITHOUT:
            keep &= ~unknown
    for column, (low, high) in filters.ranges:
        if column != lifted:
            numbers = _numbers(table, column)
            keep &= (numbers >= np.float32(low)) & (numbers <= np.float32(high))
    for column, wanted in filters.by_column().items():
        if column != lifted:
            keep &= _holds(table, column, wanted)
    return keep


def reset_filters(dataset: str) -> None:
    """Take every filter of a data set back; for `on_click`, before the widgets are drawn."""
    prefix = f"filter-{dataset}-"
    for key in [k for k in st.session_state if str(k).startswith(prefix)]:
        if str(key).endswith(("-ages", "-unknown-age")) or isinstance(st.session_state[key], tuple):
            del st.session_state[key]
        elif isinstance(st.session_state[key], list):
            st.session_state[key] = []


def filters_of_session(dataset: str, facets: list[Facet], ages: pd.Series) -> Filters:
    """The filters that are set in this session."""
    kinds = [facet for facet in facets if facet.span is None]
    sets = {facet: frozenset(st.session_state.get(facet.key(dataset)) or []) for facet in kinds}
    asked = {facet: tuple(st.session_state.get(facet.key(dataset)) or ()) for facet in facets if facet.span}
    span, key = age_span(ages), f"filter-{dataset}-ages"
    chosen = tuple(st.session_state.get(key) or ()) or None
    return Filters(
        **{facet.field: values for facet, values in sets.items() if not facet.further},
        ages=None if chosen == span else chosen,
        unknown_age=UnknownAge(st.session_state.get(f"filter-{dataset}-unknown-age") or UnknownAge.WITH),
        further=tuple((f.column, values) for f, values in sets.items() if f.further and values),
        ranges=tuple((f.column, of) for f, of in asked.items() if of and of != f.span),
    )


def set_filters(filters: Filters, dataset: str, facets: list[Facet], span: tuple[int, int] | None) -> None:
    """Put filters into the session, before the widgets are drawn."""
    ranges = dict(filters.ranges)
    for facet in facets:
        state = sorted(filters.chosen(facet)) if facet.span is None else ranges.get(facet.column, facet.span)
        st.session_state[facet.key(dataset)] = state
    if span is not None:
        st.session_state[f"filter-{dataset}-ages"] = filters.ages or span
        st.session_state[f"filter-{dataset}-unknown-age"] = filters.unknown_age.value


def age_span(ages: pd.Series) -> tuple[int, int] | None:
    """The least and the greatest age, to the next five years; None where no two ages differ."""
    low, high = ages.min(), ages.max()
    if not low < high:
        return None
    return int(low // 5) * 5, int(-(-high // 5)) * 5


def facet_options(facet: Facet, table: pd.DataFrame) -> list[str]:
    """Values that can be asked for, the most frequent first (numbers of photos in their order), `UNKNOWN` last."""
    return list(kept_with(table, ("options", facet), lambda: _options(facet, table)))


def _options(facet: Facet, table: pd.DataFrame) -> list[str]:
    if facet.column not in table:  # only the number of photos is not a column of plain metadata
        values = pd.Series(photos_per_group(table["group_id"]), index=table.index)
    else:
        values = table[facet.column]
    counted = value_counts(values)
    options = [str(value) for value in counted.index]
    if facet.column == "photos":
        options = [name for name in values.cat.categories if name in counted.index]
    return [*options, UNKNOWN] if values.isna().any() else options


def _numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    if column not in table:
        return np.full(len(table), np.nan, np.float32)
    return table[column].to_numpy(np.float32, na_value=np.nan)


def _holds(table: pd.DataFrame, column: str, wanted: frozenset[str]) -> np.ndarray:
    if column not in table:
        if column != "photos":
            return np.zeros(len(table), dtype=bool)
        values = pd.Series(photos_per_group(table["group_id"]), index=table.index)
    else:
        values = table[column]
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.where(values.isna(), values.astype(str)) if values.dtype == bool else values
    keep = values.isin(wanted).to_numpy()
    return keep | values.isna().to_numpy() if UNKNOWN in wanted else keep
