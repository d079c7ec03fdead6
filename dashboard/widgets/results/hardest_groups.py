"""Groups of several pictures (lesions, patients, slides) of which a run makes the least, with their pictures."""

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import DataError
from core.evaluation.mistakes import hardest_groups
from dashboard.state.judged import JudgedPart
from dashboard.state.loading import load_dataset
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.pictures.cell_pictures import show_cell, show_samples_of_cell
from dashboard.widgets.shares_table import shares_written

MOST_SHOWN = 50


def show_hardest_groups(part: JudgedPart, ranked: pd.DataFrame) -> None:
    """The hardest groups as a table, and the pictures of one of them.

    Args:
        part: of a run.
        ranked: its rows, as `core.evaluation.mistakes.ranked_by_confidence` gives them.
    """
    info, names = part.info, {c.key: c.name for c in part.info.classes}
    found = hardest_groups(ranked)
    if found.empty:
        st.info(
            f"No group of {part.title} has several {info.things} and a wrong answer among them. Single "
            f"{info.things} stand among the most confident mistakes.",
            icon=":material/info:",
        )
        return
    several = ranked["group_id"].value_counts().gt(1).sum()
    st.caption(
        f"{len(found):,} of {counted(several, 'groups')} with several {info.things} "
        f"{'has' if len(found) == 1 else 'have'} a wrong answer; the hardest first, by "
        "the mean probability of the true class. What is wrong in every photo of a group is no bad photo: the lesion "
        "is hard, or its label is wrong."
    )
    table = found.assign(true=found["true"].map(names)).rename(
        columns={"group_id": "group", "true": "true class", "images": info.things, "own": "probability of it"}
    )
    st.dataframe(
        shares_written(table.head(MOST_SHOWN), ["probability of it"]),
        hide_index=True,
        height=300 if len(table) > 8 else "content",
        alt="The hardest groups with the number of wrong answers",
    )
    group = st.selectbox("Group", found["group_id"].head(MOST_SHOWN), key=f"hardest-{info.run_id}-{part.name}")
    rows = ranked[ranked["group_id"] == group]
    said = [f"{names[row.true]}, answered {names[row.predicted]}" for row in rows.itertuples()]
    if info.takes != "pictures":
        show_samples_of_cell(rows)
    else:
        try:
            key = f"hardest-{info.run_id}-{part.name}-{group}"
            show_cell(rows.assign(said=said), load_dataset(part.dataset), key, part.heat_maps)
        except DataError as error:
            st.warning(str(error), icon=":material/folder_off:")
    csv_button("All of them as CSV", found, f"{info.run_id}-{part.name}-hardest-groups.csv")
