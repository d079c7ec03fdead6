"""Which images are looked at: the filters of a data set, and the rows that pass them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from core.data.statistics.counts import UNKNOWN, photos_per_group
from dashboard.filters.facets import Facet
from dashboard.filters.tag_column import TAGS, have_tags


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
    `tags` are those that people gave; a picture passes that has any of them.
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
    tags: frozenset[str] = frozenset()
    further: tuple[tuple[str, frozenset[str]], ...] = ()
    ranges: tuple[tuple[str, tuple[float, float]], ...] = ()

    @property
    def narrows_age(self) -> bool:
        """Whether anything is asked of the age."""
        return self.ages is not None or self.unknown_age is not UnknownAge.WITH

    def chosen(self, facet: Facet) -> frozenset[str]:
        """Values that are asked for in a facet; empty for all."""
        return dict(self.further).get(facet.column, frozenset()) if facet.further else getattr(self, facet.field)

    def with_chosen(self, facet: Facet, values: Iterable[str]) -> "Filters":
        """The same with other values asked for in a facet."""
        values = frozenset(values)
        if not facet.further:
            changed: dict[str, Any] = {facet.field: values}
            return replace(self, **changed)
        rest = {**dict(self.further), facet.column: values}
        return replace(self, further=tuple((column, of) for column, of in rest.items() if of))

    def with_range(self, facet: Facet, numbers: tuple[float, float] | None) -> "Filters":
        """The same with another range asked for in a column of numbers; None, or all of it, asks for nothing."""
        rest = {column: of for column, of in self.ranges if column != facet.column}
        asked = {} if numbers in (None, facet.span) else {facet.column: numbers}
        return replace(self, ranges=tuple({**rest, **asked}.items()))

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
            TAGS: self.tags,
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
    if column == TAGS:
        return have_tags(values, wanted)
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.where(values.isna(), values.astype(str)) if values.dtype == bool else values
    keep = values.isin(wanted).to_numpy()
    return keep | values.isna().to_numpy() if UNKNOWN in wanted else keep
