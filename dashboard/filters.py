"""Which images are looked at: by diagnosis, age, sex and anatomical site."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.spec import DatasetSpec
from dashboard.charts.exploration import UNKNOWN

AGE_STEP = 5


@dataclass(frozen=True)
class Filters:
    """What images must have; an empty set asks for nothing.

    `sexes` and `sites` may hold `UNKNOWN`, which stands for images where none is recorded. `ages` is in years,
    both ends included; images without an age are kept if `with_unknown_age`.
    """

    classes: frozenset[str] = frozenset()
    ages: tuple[float, float] | None = None
    with_unknown_age: bool = True
    sexes: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()


def apply_filters(table: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Rows of tidy metadata that pass every filter, in their order."""
    keep = pd.Series(True, index=table.index)
    if filters.classes:
        keep &= table["label"].isin(filters.classes)
    if filters.ages is not None:
        keep &= table["age"].between(*filters.ages) | table["age"].isna()
    if not filters.with_unknown_age:
        keep &= table["age"].notna()
    for column, wanted in (("sex", filters.sexes), ("site", filters.sites)):
        if wanted:
            keep &= table[column].astype(object).fillna(UNKNOWN).isin(wanted)
    return table[keep]


def filter_bar(table: pd.DataFrame, spec: DatasetSpec) -> Filters:
    """A row of filters, how many images they leave, and a button that takes them back.

    The choice is kept for the session, for each data set by itself.
    """
    prefix = f"filter-{spec.name}"
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    classes = _pick_classes(row, spec, f"{prefix}-classes")
    ages, with_unknown_age = _pick_ages(row, table["age"], f"{prefix}-ages", f"{prefix}-unknown-age")
    sexes = _pick(row, "Sex", ":material/wc:", table["sex"], f"{prefix}-sexes")
    sites = _pick(row, "Anatomical site", ":material/accessibility_new:", table["site"], f"{prefix}-sites")
    filters = Filters(frozenset(classes), ages, with_unknown_age, frozenset(sexes), frozenset(sites))
    row.button(
        "Reset",
        icon=":material/filter_alt_off:",
        type="tertiary",
        disabled=filters == Filters(),
        on_click=reset_filters,
        args=(spec.name,),
    )
    left = len(apply_filters(table, filters))
    row.markdown(
        f"**{left:,}** of {len(table):,} images" + (f" ({left / len(table):.0%})" if left < len(table) else "")
    )
    return filters


def reset_filters(dataset: str) -> None:
    """Take every filter of a data set back; for `on_click`, before the widgets are drawn."""
    for key in [k for k in st.session_state if str(k).startswith(f"filter-{dataset}-")]:
        if str(key).endswith(("-classes", "-sexes", "-sites")):
            st.session_state[key] = []
        elif str(key).endswith(("-ages", "-unknown-age")):
            del st.session_state[key]


def _pick_classes(row: DeltaGenerator, spec: DatasetSpec, key: str) -> list[str]:
    """Pills for the classes, and buttons that choose all malignant or all benign ones."""
    with row.popover(_label("Diagnosis", len(_remembered(key))), icon=":material/diagnosis:", key=f"{key}-box"):
        with st.container(horizontal=True):
            for label, malignant in (("Malignant only", True), ("Benign only", False)):
                side = [c.key for c in spec.classes if c.malignant is malignant]
                if side:
                    st.button(label, on_click=_set, args=(key, side))
        return st.pills(
            "Diagnoses; none chosen means all",
            spec.class_keys,
            selection_mode="multi",
            format_func=spec.class_names.get,
            key=key,
            wrap=True,
            persist_state="session",
        )


def _pick_ages(
    row: DeltaGenerator, ages: pd.Series, key: str, unknown_key: str
) -> tuple[tuple[float, float] | None, bool]:
    """A range of ages, None for all, and whether images without age are kept; nothing where no two ages differ."""
    if ages.nunique() < 2:
        return None, True
    span = (int(ages.min() // AGE_STEP) * AGE_STEP, int(-(-ages.max() // AGE_STEP)) * AGE_STEP)
    st.session_state.setdefault(key, span)
    st.session_state.setdefault(unknown_key, True)
    narrowed = tuple(st.session_state[key]) != span or not st.session_state[unknown_key]
    with row.popover(_label("Age", int(narrowed)), icon=":material/cake:", key=f"{key}-box"):
        chosen = st.slider("Age in years", *span, step=AGE_STEP, key=key, persist_state="session")
        with_unknown = st.toggle(
            f"With images whose age is {UNKNOWN} ({ages.isna().sum():,})", key=unknown_key, persist_state="session"
        )
    return (None if chosen == span else chosen), with_unknown


def _pick(row: DeltaGenerator, label: str, icon: str, values: pd.Series, key: str) -> list[str]:
    """Pills for the values of a column, the most frequent first; nothing where the column is empty."""
    options = values.value_counts().index.tolist()
    if not options:
        return []
    if values.isna().any():
        options.append(UNKNOWN)
    with row.popover(_label(label, len(_remembered(key))), icon=icon, key=f"{key}-box"):
        return st.pills(
            f"{label}; none chosen means all",
            options,
            selection_mode="multi",
            key=key,
            wrap=True,
            persist_state="session",
        )


def _set(key: str, value: list[str]) -> None:
    st.session_state[key] = value


def _remembered(key: str) -> list:
    return st.session_state.get(key) or []


def _label(name: str, chosen: int) -> str:
    return f"**{name} · {chosen}**" if chosen else name
