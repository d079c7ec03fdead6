"""Labels that are likely to be wrong, each beside what the model says and how the diagnosis was made."""

import pandas as pd
import streamlit as st

from core.base.counting import are, counted
from core.base.errors import DataError
from core.base.percents import percent
from core.evaluation.predictions import OUT_OF_FOLD
from dashboard.markdown import Markdown
from dashboard.state.judged import VALIDATION, JudgedPart, load_label_issues
from dashboard.state.loading import load_dataset
from dashboard.state.metadata_of_part import diagnosis_methods_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.pictures.cell_pictures import show_cell, show_samples_of_cell
from dashboard.widgets.shares_table import shares_table

MOST_SHOWN = 120
ALL, NOT_RECORDED = "all of them", "not recorded"


def show_wrong_labels(part: JudgedPart) -> None:
    """The suspects with their pictures, by how the diagnosis was made, and what they rest on."""
    info, names = part.info, {c.key: c.name for c in part.info.classes}
    found = load_label_issues(part)
    _rests_on(part, found.judged)
    if found.suspects.empty:
        st.info(
            f"No label in {part.title} is likely to be wrong, as far as this model can tell.", icon=":material/rule:"
        )
        return
    try:
        methods = diagnosis_methods_of(part, found.suspects["image_id"]) if info.takes == "pictures" else None
        everywhere = None if methods is None else diagnosis_methods_of(part, part.table["image_id"].drop_duplicates())
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
        methods = everywhere = None
    rows = found.suspects.assign(how="" if methods is None else methods.fillna(NOT_RECORDED).to_numpy())
    st.markdown(
        Markdown("**{:,} of {} {} likely to be wrong**, the least likely label first. It is a suspicion of a "
                 "model, no finding: look at the picture, and at how the diagnosis was made. A label from histology "
                 "outweighs a model.").format(len(rows), counted(found.judged, "labels"), are(len(rows)))
    )  # fmt: skip
    if everywhere is not None:
        rows = _by_method(rows, everywhere.fillna(NOT_RECORDED), info.run_id)
    said = [
        f"labelled {names[row.true]} ({percent(row.own, 0)}), rather "
        f"{names[row.suggested]}{row.how and f'; by {row.how}'}"
        for row in rows.itertuples()
    ]
    shown = rows.assign(said=said).head(MOST_SHOWN)
    if info.takes != "pictures":
        show_samples_of_cell(shown)
    else:
        try:
            key = f"labels-{info.run_id}-{part.name}"
            show_cell(shown, load_dataset(part.dataset), key, part.heat_maps, linked=True)
        except DataError as error:
            st.warning(str(error), icon=":material/folder_off:")
    columns = ["image_id", "group_id", "true", "suggested", "own", "confidence", "how"]
    csv_button(
        "Suspects as CSV",
        lambda: rows[columns].rename(columns={"true": "label", "own": "p_label", "confidence": "p_suggested",
                                              "how": "diagnosis_method"}),
        f"{info.run_id}-{part.name}-likely-wrong-labels.csv",
    )  # fmt: skip
    st.caption(
        "Confident learning (Northcutt et al. 2021, by cleanlab): the model is confident of a class from the mean "
        "probability on that it gives to pictures with that label. As many labels as contradict that are shown, those "
        "with the least probability. The percentage in bold is that of the suggested class, the other one that of the "
        "label. A rare class that the model has not learnt looks like wrong labels, too."
    )


def _rests_on(part: JudgedPart, judged: int) -> None:
    """Whose labels were looked at, and how honest that is."""
    info = part.info
    scaled = " Probabilities are calibrated by a temperature." if info.temperature != 1 or info.folds else ""
    if part.name == OUT_OF_FOLD:
        st.caption(
            f"All {judged:,} {info.things} were looked at, each by the model of a fold that has not learnt from its "
            "group, at the temperature of that fold."
        )
        return
    flatters = (
        " The validation part chose the best epoch or the temperature, so that some wrong labels are agreed with."
        if part.name == VALIDATION
        else ""
    )
    where = (
        f"Only the {judged:,} {info.things} of {part.title} were looked at: of those that it has learnt from, a model "
        "repeats the labels. To have every label looked at, start a cross-validation on the page Train and open its "
        "out-of-fold run here."
        if part.own
        else f"The labels of {judged:,} {info.things} of {part.title} were looked at, as the classes were mapped: "
        "where another hospital draws its lines elsewhere, labels look wrong and are not."
    )
    st.caption(f"{where}{flatters}{scaled}")


def _by_method(rows: pd.DataFrame, everywhere: pd.Series, run_id: str) -> pd.DataFrame:
    """How many suspects there are by how the diagnosis was made, and the rows of the method that is chosen."""
    counted = everywhere.value_counts()
    if set(counted.index) == {NOT_RECORDED}:
        st.caption("How the diagnoses were made is not recorded.")
        return rows.assign(how="")
    suspected = rows["how"].value_counts()
    table = pd.DataFrame(
        {
            "diagnosed by": list(counted.index),
            "pictures": counted.to_numpy(),
            "suspects": [int(suspected.get(method, 0)) for method in counted.index],
            "share": [suspected.get(method, 0) / number for method, number in counted.items()],
        }
    )
    shares_table(table, ("share",), "Suspects by how the diagnosis was made")
    chosen = st.segmented_control(
        "Diagnosed by", [ALL, *suspected.index], default=ALL, required=True, key=f"suspects-by-{run_id}"
    )
    return rows if chosen == ALL else rows[rows["how"] == chosen]
