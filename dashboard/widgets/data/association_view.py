"""How two columns hang together, in words."""

import pandas as pd
from streamlit.delta_generator import DeltaGenerator

from core.base.counting import plural
from core.base.percents import percent
from core.data.spec import DatasetSpec
from core.data.statistics.association import FEW, Association, associate
from core.data.statistics.counts import further_columns
from core.data.statistics.diagnosis_methods import DIAGNOSIS_METHODS
from dashboard.markdown import Markdown

NAMES = {
    "label": "diagnosis",
    "age": "age",
    "sex": "sex",
    "site": "anatomical site",
    "diagnosis_method": "how the diagnosis was made",
    "photos": "number of photos",
    "source": "source",
    "split": "official split",
}
"""Columns in sentences."""


def show_association(place: DeltaGenerator, rows: pd.DataFrame, first: str, second: str, spec: DatasetSpec) -> None:
    """One sentence on the association of two columns of encoded rows, and its table in a fold."""
    found = associate(rows, first, second)
    if found is None:
        place.caption(
            f"{name_of(first).capitalize()} and {name_of(second)}: nothing can be said of these images; fewer than two "
            f"{plural(spec.group)} have both, or all have the same."
        )
        return
    place.markdown(sentence(found, spec))
    for caution in cautions(found, spec):
        place.caption(Markdown(":material/info: {}").format(caution))
    what = "Counts" if found.measure.startswith("Cramér") else "Quartiles"
    fold = place.expander(
        f"{what} of {name_of(found.first)} and {name_of(found.second)}", icon=":material/table_chart:"
    )
    names = {**DIAGNOSIS_METHODS, **spec.class_names}
    table = found.table.rename(index=names, columns=names)
    fold.dataframe(table, alt=f"{what} of {name_of(first)} and {name_of(second)}, one row a {spec.group}")


def name_of(column: str) -> str:
    """A column in a sentence."""
    return NAMES.get(column, column)


def columns_to_compare(rows: pd.DataFrame) -> list[str]:
    """Columns of encoded rows in which two images differ."""
    candidates = [name for name in (*NAMES, *further_columns(rows)) if name in rows]
    return [name for name in candidates if rows[name].nunique() > 1]


def sentence(found: Association, spec: DatasetSpec) -> str:
    """The association in one sentence."""
    first, second = (name_of(name) for name in (found.first, found.second))
    fewer = f", one photo of each {spec.group} that has both; {found.images:,} images" * (found.images > found.rows)
    size = f"{found.measure} {found.value:.2f}"
    test = "" if found.test == "ρ" else f"{found.test} {found.statistic:,.1f}, "
    return Markdown("**There is {} association between {} and {}**: {}, {}{}, over {:,} {}s{}.").format(
        found.strength, first, second, size, test, found.p_in_words, found.rows, spec.group, fewer
    )


def cautions(found: Association, spec: DatasetSpec) -> list[str]:
    """What to beware of in this association."""
    said = []
    if found.measure.startswith("Cramér") and found.few:
        said.append(
            f"{percent(found.few, 0)} of the cells expect fewer than {FEW}"
            + (": more than the fifth that Cochran (1954) allows, so p is rough." if found.few > 0.2 else ".")
        )
    elif found.few:
        said.append(f"{percent(found.few, 0)} of the groups have fewer than {FEW} rows, so p is rough.")
    if found.rows < 30:
        said.append(f"Only {found.rows} {plural(spec.group)}: hardly anything can be learnt from so few.")
    said.append(
        "Strength in words after Cohen (1988). With many rows even a slight association has a small p: look at the "
        "size first. It does not tell what causes what."
    )
    return said
