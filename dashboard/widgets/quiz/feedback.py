"""Learning while one plays alone: after each answer, what the picture showed and what the model said of it."""

from collections.abc import Sequence

import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent
from core.evaluation.predictions import predicted_labels
from core.runs.run_folder import open_run
from core.serving.explaining import explainable
from core.teaching.quiz.quiz import LEFT_OUT, series_rows
from dashboard.markdown import Markdown
from dashboard.state.judged import load_judged
from dashboard.widgets.explain.link import link_to_explanation


def show_feedback(run_id: str, image_ids: Sequence[str], answers: Sequence[str]) -> None:
    """What the last answered picture showed; nothing before the first answer, or where it was left out."""
    if not answers or answers[-1] == LEFT_OUT:
        return
    position = len(answers) - 1
    try:
        results = load_judged(open_run(run_id))
        row = series_rows(results.predictions, image_ids).iloc[[position]]
    except LesionLabError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    names = {each.key: each.name for each in results.info.classes}
    true, [said] = row["true"].iloc[0], predicted_labels(row, results.info.class_keys)
    right = answers[-1] == true
    told = Markdown("Picture {} showed **{}**. You said {}; the model said {} ({}).").format(
        position + 1,
        names[true],
        "the same" if right else names[answers[-1]],
        names[said],
        percent(row[f"p_{said}"].iloc[0], 0),
    )
    with st.container(key="quiz-feedback-shown"):
        (st.success if right else st.warning)(told, icon=":material/check:" if right else ":material/close:")
        if explainable(results.info):
            link_to_explanation(st.container(), run_id, image_ids[position], results.info.dataset)
