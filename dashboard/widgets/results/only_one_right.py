"""Which pictures one of two runs gets right and the other wrong."""

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.runs.run_folder import RunSummary
from core.serving.predictor import PredictorInfo
from dashboard.state.loading import load_dataset
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.pictures.cell_pictures import show_cell

KINDS = {"only the first is right": ("first", "second"), "only the second is right": ("second", "first")}
BOTH_WRONG = "both are wrong"


def show_where_only_one_is_right(common: pd.DataFrame, run: RunSummary, things: str = "pictures") -> None:
    """The pictures of the chosen kind with what each run took them for, and all of them as a table.

    Args:
        common: as `core.evaluation.paired.common_pictures` gives it.
        run: the first run, whose data set holds the pictures.
        things: what is compared, "pictures" or "samples".
    """
    shown = st.segmented_control(
        f"{things.capitalize()} of which",
        [*KINDS, BOTH_WRONG],
        default=next(iter(KINDS)),
        required=True,
        key="paired-pictures",
    )
    rows = common[kind_of(common) == shown]
    st.caption(f"{len(rows):,} of {len(common):,} {things}. The first run's answer stands first.")
    csv_button(f"All {things} as CSV", lambda: common.assign(kind=kind_of(common)), f"compared-{things}.csv")
    if rows.empty:
        return
    try:
        info = PredictorInfo.load(run.run.predictor_file)
        names = {c.key: c.name for c in info.classes}
        if info.takes != "pictures":
            st.dataframe(rows, hide_index=True, alt="Samples of which one run is right and the other wrong")
            return
        dataset = load_dataset(info.dataset)
    except LesionLabError as error:
        st.warning(str(error), icon=":material/folder_off:")
        return
    said = [
        f"true: {names.get(row.true, row.true)}; {names.get(row.first, row.first)} against "
        f"{names.get(row.second, row.second)}"
        for row in rows.itertuples()
    ]
    show_cell(rows.assign(said=said), dataset, key=f"paired-{info.run_id}-{shown}")


def kind_of(common: pd.DataFrame) -> pd.Series:
    """Which of the two is right on each picture, as the page names it; “both are right” where both are."""
    kinds = pd.Series("both are right", index=common.index)
    wrong = {side: common[side] != common["true"] for side in ("first", "second")}
    for kind, (right, other) in KINDS.items():
        kinds[~wrong[right] & wrong[other]] = kind
    return kinds.mask(wrong["first"] & wrong["second"], BOTH_WRONG)
