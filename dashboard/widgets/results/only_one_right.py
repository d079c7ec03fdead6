"""Which pictures one of two runs gets right and the other wrong."""

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import LesionLabError
from core.runs.run_folder import RunSummary
from core.serving.explaining import explainable
from core.serving.predictor import PredictorInfo
from dashboard.state.judged import HEAT_MAP
from dashboard.state.loading import load_dataset
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.pictures.cell_pictures import show_cell

KINDS = {"only the first is right": ("first", "second"), "only the second is right": ("second", "first")}
BOTH_WRONG = "both are wrong"


def show_where_only_one_is_right(
    common: pd.DataFrame, runs: tuple[RunSummary, RunSummary], things: str = "pictures"
) -> None:
    """The pictures of the chosen kind with what each run took them for, and all of them as a table.

    Args:
        common: as `core.evaluation.paired.common_pictures` gives it.
        runs: the first, whose data set holds the pictures, and the second.
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
    st.caption(f"{len(rows):,} of {counted(len(common), things)}. Under each: what it is, and what either run says.")
    csv_button(f"All {things} as CSV", lambda: common.assign(kind=kind_of(common)), f"compared-{things}.csv")
    if rows.empty:
        return
    try:
        infos = [PredictorInfo.load(each.run.predictor_file) for each in runs]
        info = infos[0]
        names = {c.key: c.name for c in info.classes}
        if info.takes != "pictures":
            st.dataframe(rows, hide_index=True, alt="Samples of which one run is right and the other wrong")
            return
        dataset = load_dataset(info.dataset)
    except LesionLabError as error:
        st.warning(str(error), icon=":material/folder_off:")
        return
    said = [
        f"{names.get(row.true, row.true)}; the first says {names.get(row.first, row.first)}, the second "
        f"{names.get(row.second, row.second)}"
        for row in rows.itertuples()
    ]
    heat_maps = {
        f"{HEAT_MAP}, {which}": of.run.run_id
        for which, of, told in zip(("first", "second"), runs, infos, strict=True)
        if explainable(told)
    }
    show_cell(rows.assign(said=said), dataset, f"paired-{info.run_id}-{shown}", heat_maps)


def kind_of(common: pd.DataFrame) -> pd.Series:
    """Which of the two is right on each picture, as the page names it; “both are right” where both are."""
    kinds = pd.Series("both are right", index=common.index)
    wrong = {side: common[side] != common["true"] for side in ("first", "second")}
    for kind, (right, other) in KINDS.items():
        kinds[~wrong[right] & wrong[other]] = kind
    return kinds.mask(wrong["first"] & wrong["second"], BOTH_WRONG)
