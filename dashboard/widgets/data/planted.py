"""The demo with planted copies on the page Integrity: made by a button, and what the check found of it."""

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import LesionLabError
from core.data.demo.demo import DEMO_SPEC
from core.data.demo.planted import LESIONS, PLANTED_SPEC, is_planted, plant_copies, planted_copies
from core.data.spec import DatasetSpec
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of


def offer_planted(spec: DatasetSpec) -> None:
    """On the demo, which has no copies across lesions: the way to a small set that has."""
    if spec.name != DEMO_SPEC.name:
        return
    there = {"dataset": PLANTED_SPEC.name}
    if is_planted():
        st.page_link(page_of("integrity"), label=PLANTED_SPEC.title, icon=":material/content_copy:", query_params=there)
        return
    if current_role() is not Role.INSTRUCTOR:
        return
    st.caption(
        f"To see what the check finds: a data set of its own with {LESIONS} lesions of the demo, in which copies were "
        "planted. It is drawn in some seconds."
    )
    if st.button("Make a small set with planted copies", icon=":material/content_copy:", key="plant-copies"):
        try:
            require_instructor()
            with st.spinner("Drawing pictures and copies …"):
                plant_copies()
        except LesionLabError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.switch_page(page_of("integrity"), query_params=there)


def show_planted(spec: DatasetSpec, pairs: pd.DataFrame) -> None:
    """What was planted, and which of it the check found; nothing on other data sets.

    `pairs` has `image_id` and `other_id` of the duplicates that were found.
    """
    if spec.name != PLANTED_SPEC.name:
        return
    found = outcome(planted_copies(), pairs)
    with st.expander(
        f"Planted here: {len(found):,} copies, of which the check found {found['found'].sum():,}",
        icon=":material/content_copy:",
        expanded=True,
    ):
        counts = found.groupby("how", sort=False)["found"].agg(["size", "sum"]).reset_index()
        counts.columns = ["what was done to the copy", "planted", "found"]
        st.dataframe(counts, hide_index=True, width="content", alt="Planted and found copies by what was done to them")
        others = len(pairs) - int(found["found"].sum())
        if others:
            st.caption(f"Found beside these: {counted(others, 'pairs')}, for the demo has such within one lesion.")


def outcome(planted: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The planted copies with whether each was found beside its original."""
    known = {frozenset(pair) for pair in zip(pairs["image_id"], pairs["other_id"], strict=True)}
    here = [frozenset(pair) in known for pair in zip(planted["copy"], planted["original"], strict=True)]
    return planted.assign(found=pd.Series(here, index=planted.index, dtype=bool))
