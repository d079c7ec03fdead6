"""The mistakes of a run: the surest, the least certain, wrong labels, hard groups, and what mistakes have in common."""

import pandas as pd
import streamlit as st

from core.base.counting import are, counted
from core.base.errors import DataError
from core.base.percents import p_value
from core.evaluation.mistakes import most_confident_mistakes, most_uncertain, ranked_by_confidence
from core.runs.judging.result_words import in_common_in_words
from dashboard.state.judged import JudgedPart, load_in_common
from dashboard.state.loading import load_dataset
from dashboard.state.metadata_of_part import columns_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.pictures.cell_pictures import show_cell, show_samples_of_cell
from dashboard.widgets.results.hardest_groups import show_hardest_groups
from dashboard.widgets.results.wrong_labels import show_wrong_labels

MOST_SHOWN = 120
CONFIDENT, UNCERTAIN = "most confident mistakes", "most uncertain answers"
LABELS, GROUPS = "likely wrong labels", "hardest groups"


def show_mistakes(part: JudgedPart) -> None:
    """Pictures of both kinds, and the columns in which wrong and right answers differ."""
    names = {c.key: c.name for c in part.info.classes}
    ranked = ranked_by_confidence(part.table, part.info.class_keys)
    shown = st.segmented_control(
        "Show the",
        [CONFIDENT, UNCERTAIN, LABELS, GROUPS],
        default=CONFIDENT,
        required=True,
        key="mistakes-shown",
        persist_state="session",
    )
    if shown == LABELS:
        show_wrong_labels(part)
    elif shown == GROUPS:
        show_hardest_groups(part, ranked)
    else:
        _answers(part, ranked, shown, names)
    _in_common(part, ranked)


def _answers(part: JudgedPart, ranked: pd.DataFrame, shown: str, names: dict[str, str]) -> None:
    info = part.info
    rows = most_confident_mistakes(ranked) if shown == CONFIDENT else most_uncertain(ranked)
    if rows.empty:
        st.info(f"Every answer in {part.title} is right.", icon=":material/info:")
    else:
        wrong = int((~ranked["right"]).sum())
        st.caption(
            f"{wrong:,} of {counted(len(ranked), info.things)} of {part.title} {are(wrong)} wrong. The percentage is "
            "the probability of the class that was answered; uncertain is where the answer spreads over many classes "
            "(entropy)."
        )
        said = [
            f"{names[row.true]} taken for {names[row.predicted]}" if not row.right else f"{names[row.true]}, right"
            for row in rows.head(MOST_SHOWN).itertuples()
        ]
        _pictures(part, rows.head(MOST_SHOWN).assign(said=said), shown)
        csv_button(
            "All of them as CSV",
            lambda: rows[["image_id", "group_id", "true", "predicted", "confidence", "doubt", "right"]],
            f"{info.run_id}-{part.name}-{'mistakes' if shown == CONFIDENT else 'uncertain'}.csv",
        )


def _pictures(part: JudgedPart, rows: pd.DataFrame, shown: str) -> None:
    if part.info.takes != "pictures":
        show_samples_of_cell(rows)
        return
    try:
        key = f"mistakes-{part.info.run_id}-{part.name}-{shown}"
        show_cell(rows, load_dataset(part.dataset), key, part.heat_maps, linked=True)
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")


def _in_common(part: JudgedPart, ranked: pd.DataFrame) -> None:
    st.subheader("What mistakes have in common")
    if part.info.takes != "pictures":
        st.caption("Nothing is known of the people behind these samples.")
        return
    try:
        columns = columns_of(part, measured=True)
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
        return
    found = load_in_common(part, ranked, columns.loc[ranked.index])
    if not found:
        right = ranked.loc[~ranked["group_id"].duplicated(), "right"]
        kind = "right" if right.all() else "wrong" if not right.any() else ""
        why = f"Every answer is {kind}, of one picture of each group" if kind else "No column has two values or more"
        st.caption(f"{why}: there is nothing to compare.")
        return
    for each in found:
        if each.adjusted < 0.05:
            st.markdown(in_common_in_words(each))
    if all(each.adjusted >= 0.05 for each in found):
        st.info(
            "In no column do wrong and right answers differ more than their diagnoses and chance explain.",
            icon=":material/balance:",
        )
    table = pd.DataFrame(
        {
            "column": each.column,
            "most over-represented": each.value,
            "groups with it": each.groups,
            "wrong": each.wrong,
            "expected for their diagnoses": each.expected,
            "p": p_value(each.p),
            "p, adjusted": p_value(each.adjusted),
        }
        for each in found
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={"expected for their diagnoses": st.column_config.NumberColumn(format="%.1f")},
        alt="Columns in which wrong and right answers differ, with p values",
    )
    st.caption(
        "One picture of each group counts. Right and wrong were permuted 2,000 times within each true class, so a site "
        "is not blamed for the diagnoses that sit there; p values are adjusted for the number of columns (Holm). What "
        "differs need not be the cause."
    )
