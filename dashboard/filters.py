"""Which images are looked at: by diagnosis, age, sex and anatomical site."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from core.data.spec import DatasetSpec

UNKNOWN = "not recorded"
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
            keep &= table[column].astype(object).where(table[column].notna(), UNKNOWN).isin(wanted)
    return table[keep]


def filter_bar(table: pd.DataFrame, spec: DatasetSpec) -> Filters:
    """A row of filters, how many images they leave, and a button that takes them back.

    The choice is kept for the session, for each data set by itself.
    """
    keys = {name: f"filter-{spec.name}-{name}" for name in ("classes", "ages", "unknown-age", "sexes", "sites")}
    span = _age_span(table["age"])
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")

    chosen = _remembered(keys["classes"])
    with row.popover(_label("Diagnosis", len(chosen)), icon=":material/diagnosis:", key=f"{keys['classes']}-box"):
        with st.container(horizontal=True):
            for label, wanted in (("Malignant", True), ("Benign", False)):
                side = [c.key for c in spec.classes if c.malignant is wanted]
                if side:
                    st.button(
                        f"{label} only", key=f"{keys['classes']}-{label}", on_click=_set, args=(keys["classes"], side)
                    )
        classes = st.pills(
            "Diagnoses; none chosen means all",
            spec.class_keys,
            selection_mode="multi",
            format_func=spec.class_names.get,
            key=keys["classes"],
            wrap=True,
            persist_state="session",
        )

    ages, with_unknown_age = None, True
    if span is not None:
        narrowed = tuple(_remembered(keys["ages"]) or span) != span or not st.session_state.get(
            keys["unknown-age"], True
        )
        with row.popover(_label("Age", int(narrowed)), icon=":material/cake:", key=f"{keys['ages']}-box"):
            st.session_state.setdefault(keys["ages"], span)
            ages = st.slider("Age in years", *span, step=AGE_STEP, key=keys["ages"], persist_state="session")
            st.session_state.setdefault(keys["unknown-age"], True)
            with_unknown_age = st.toggle(
                f"With images whose age is {UNKNOWN} ({table['age'].isna().sum():,})",
                key=keys["unknown-age"],
                persist_state="session",
            )

    sexes = _pick(row, "Sex", ":material/wc:", table["sex"], keys["sexes"])
    sites = _pick(row, "Anatomical site", ":material/accessibility_new:", table["site"], keys["sites"])
    filters = Filters(
        frozenset(classes), None if ages == span else ages, with_unknown_age, frozenset(sexes), frozenset(sites)
    )
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


def _pick(row: st.delta_generator.DeltaGenerator, label: str, icon: str, values: pd.Series, key: str) -> list[str]:
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


def _age_span(ages: pd.Series) -> tuple[int, int] | None:
    """Youngest and oldest age in whole steps, or None where no two ages differ."""
    if ages.nunique() < 2:
        return None
    return int(np.floor(ages.min() / AGE_STEP) * AGE_STEP), int(np.ceil(ages.max() / AGE_STEP) * AGE_STEP)
