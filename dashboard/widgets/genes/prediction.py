"""Asking a run on genes about the samples of a table that somebody brings."""

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.runs.run_folder import RunFolder
from core.serving.gene_answer import SampleAnswers
from core.serving.predictor import DISCLAIMER, PredictorInfo
from dashboard.charts.results import probability_chart
from dashboard.markdown import Markdown
from dashboard.rest.uploads import content_of, let_go_of
from dashboard.state.prediction import prediction_pool
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.genes.evidence import show_gene_evidence
from dashboard.widgets.predictions.class_sentences import show_what_classes_are
from dashboard.widgets.shares_table import shares_written

ENDINGS = ["csv", "tsv", "tab", "txt", "gct", "gz"]


def predict_samples(run: RunFolder, info: PredictorInfo) -> None:
    """An upload of a table, and what the run says of each of its samples."""
    said = _asked(run)
    if said is None:
        return
    for note in said.notes:
        st.warning(note, icon=":material/info:")
    names = {c.key: c.name for c in info.classes}
    rows = pd.DataFrame(
        {
            "sample": sample,
            "most likely": names[each.label],
            "probability": each.probabilities[each.label],
            **{names[key]: each.probabilities[key] for key in info.class_keys},
        }
        for sample, each in said.answers.items()
    )
    fractions = ["probability", *names.values()]
    st.dataframe(
        shares_written(rows, fractions),
        hide_index=True,
        alt="What the model says of each sample of the table",
    )
    csv_button("Predictions as CSV", lambda: rows.assign(notice=DISCLAIMER), f"{run.run_id}-samples.csv")
    sample = st.selectbox("Sample", list(said.answers), key="gene-sample")
    st.plotly_chart(
        probability_chart(said.answers[sample].probabilities, info.classes, "sample"),
        alt=f"Probability of each class for the sample {sample} as bars",
    )
    show_what_classes_are(said.answers[sample].probabilities, info.classes)
    st.caption("The calibration error in Results says how far these probabilities can be trusted.")
    show_gene_evidence(said, sample, info)


def _asked(run: RunFolder) -> SampleAnswers | None:
    """The answers for the table that was brought last for this run; says what is wrong with one that cannot be used."""
    kept = st.session_state
    answers, problem, number = f"samples-{run.run_id}", "samples-problem", "samples-number"
    upload = st.file_uploader(
        "A table of expression, with genes in rows or in columns; it is not kept",
        type=ENDINGS,
        key=f"upload-samples-{kept.setdefault(number, 0)}",
        help="Genes are found by their names, in any order. Of those that the model looks at, a fifth may be missing.",
    )
    if upload is not None:
        kept[answers], kept[problem] = None, ""
        try:
            with st.spinner("Reading the table and asking the model …"):
                kept[answers] = (upload.name, prediction_pool().answer_table(run.path, content_of(upload), upload.name))
        except LesionLabError as error:
            kept[problem] = str(error)
        let_go_of(upload)
        kept[number] += 1  # another uploader, which holds no file
        st.rerun()
    if kept.get(problem):
        st.error(kept[problem], icon=":material/error:")
    if not kept.get(answers):
        return None
    name, said = kept[answers]
    st.caption(Markdown("{}: {:,} samples").format(name, len(said.answers)))
    return said
