"""The columns by which images can be chosen."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.spec import DatasetSpec
from core.data.statistics.counts import UNKNOWN, further_columns, photos_per_group, value_counts
from core.data.statistics.diagnosis_methods import method_in_words
from dashboard.charts.round_numbers import rounded_outwards
from dashboard.filters.encoded_columns import kept_with
from dashboard.filters.tag_column import TAGS, tags_in


@dataclass(frozen=True)
class Facet:
    """A column that can be filtered by its values, or by a range where it holds numbers.

    `field` is its name in `Filters` and in the keys of widgets, `parameter` its name in an address. `first` facets
    have a place of their own among the filters, the others share one. `further` ones are columns beyond the tidy ones.
    `span` is the range of a column of numbers, widened to round ends; None for kinds.
    """

    field: str
    column: str
    label: str
    icon: str
    parameter: str
    first: bool = False
    further: bool = False
    span: tuple[float, float] | None = None

    def in_words(self, value: str, spec: DatasetSpec) -> str:
        """A value of the column as people say it."""
        if self.field == "classes":
            return spec.class_names.get(value, value)
        if self.field == "tags" and value == UNKNOWN:
            return "no tag"
        return method_in_words(value) if self.field == "methods" else value

    def label_for(self, spec: DatasetSpec) -> str:
        """The name of the facet in words of a data set: photos per lesion, per patient, per slide."""
        return self.label if self.further else self.label.replace("group", spec.group)


FACETS = (
    Facet("classes", "label", "Diagnosis", ":material/diagnosis:", "diagnosis", first=True),
    Facet("sexes", "sex", "Sex", ":material/wc:", "sex", first=True),
    Facet("sites", "site", "Anatomical site", ":material/accessibility_new:", "site", first=True),
    Facet("methods", "diagnosis_method", "Diagnosis made by", ":material/biotech:", "method"),
    Facet("photos", "photos", "Pictures per group", ":material/photo_library:", "photos"),
    Facet("sources", "source", "Source", ":material/apartment:", "source"),
    Facet("splits", "split", "Official split", ":material/call_split:", "split"),
    Facet("tags", TAGS, "Tags", ":material/sell:", "tag"),
)


def facets_of(table: pd.DataFrame) -> list[Facet]:
    """The facets of tidy metadata, plain or encoded: columns in which two images differ, and always the diagnosis.

    Ages are not among them: they have a range and an unknown of their own.
    """
    return list(kept_with(table, "facets", lambda: _facets(table)))


def _facets(table: pd.DataFrame) -> list[Facet]:
    found = [facet for facet in FACETS if facet.field == "classes" or _differs(table, facet.column)]
    for name in further_columns(table.drop(columns=TAGS, errors="ignore")):
        if pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name]):
            span = _span(table[name])
            if span is not None:
                icon = ":material/straighten:"
                found.append(Facet(f"n-{name}", name, str(name), icon, f"n-{name}", further=True, span=span))
        else:
            found.append(Facet(f"x-{name}", name, str(name), ":material/label:", f"x-{name}", further=True))
    return found


def facet_options(facet: Facet, table: pd.DataFrame) -> list[str]:
    """Values that can be asked for, the most frequent first (numbers of photos in their order), `UNKNOWN` last."""
    return list(kept_with(table, ("options", facet), lambda: _options(facet, table)))


def _options(facet: Facet, table: pd.DataFrame) -> list[str]:
    if facet.column not in table:  # only the number of photos is not a column of plain metadata
        values = pd.Series(photos_per_group(table["group_id"]), index=table.index)
    else:
        values = table[facet.column]
    if facet.column == TAGS:
        return [*tags_in(values), *([UNKNOWN] if len(values.cat.categories) else [])]
    counted = value_counts(values)
    options = [str(value) for value in counted.index]
    if facet.column == "photos":
        options = [name for name in values.cat.categories if name in counted.index]
    return [*options, UNKNOWN] if values.isna().any() else options


def age_span(ages: pd.Series) -> tuple[int, int] | None:
    """The least and the greatest age, to the next five years; None where no two ages differ."""
    low, high = ages.min(), ages.max()
    if not low < high:
        return None
    return int(low // 5) * 5, int(-(-high // 5)) * 5


def _span(values: pd.Series) -> tuple[float, float] | None:
    """Least and greatest finite number, to round ends; None where no two differ. As float32, as encoded tables are."""
    numbers = values.to_numpy(np.float32, na_value=np.nan)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if not low < high:
        return None
    return rounded_outwards(low, high)


def _differs(table: pd.DataFrame, column: str) -> bool:
    if column == TAGS:
        return column in table  # also while nobody has given one: an address may ask for one that is gone
    if column == "photos":
        return "photos" in table or ("group_id" in table and table["group_id"].duplicated().any())
    if column not in table:
        return False
    values = table[column]
    different = len(values.cat.categories) if isinstance(values.dtype, pd.CategoricalDtype) else values.nunique()
    return different + bool(values.isna().any()) > 1 and different > 0
