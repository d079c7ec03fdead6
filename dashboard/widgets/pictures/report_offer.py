"""The report of one prediction, to take away as a page or as PDF."""

import time

import streamlit as st

from core.base.errors import LesionLabError, PictureError
from core.data.metadata_encoding import Patient
from core.explain.methods import Method
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.answers.report import Reported, ReportedMap, SimilarCase, report_html
from core.runs.answers.verdict import Kind
from core.runs.explanations.explanation_words import Said, of_completeness, of_deletion, of_run
from core.runs.explanations.training_bank import why_no_bank
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture
from core.serving.explaining import methods_of
from core.serving.gate import gate_folder, open_gate
from core.serving.predictor import PredictorInfo
from dashboard.state.explaining import deletion_of, explanation_of, kept_bank, kept_checks, neighbours_of
from dashboard.state.loading import load_dataset, thumbnail
from dashboard.state.prediction import printed
from dashboard.widgets.explain.concepts import LOOK
from dashboard.widgets.pictures.gate_view import overruled_because
from dashboard.widgets.pictures.verdict_view import picture_digest

SIMILAR = 5
"""Training pictures that are shown beside an answer."""


@st.fragment
def offer_report(
    told: PictureAnswer, picture: BroughtPicture, run: RunFolder, info: PredictorInfo, patient: Patient | None
) -> None:
    """Make the report when it is asked for, with the heat map that is shown, and offer it as HTML and as PDF."""
    st.subheader("Report", anchor=False)
    st.caption(
        "Picture, answer, set, gate, heat map with its checks, similar cases, what the model was tested on, and the "
        "hashes of model and picture, on one page that stands alone."
    )
    kept, key = st.session_state, (run.run_id, picture_digest(picture), str(patient), overruled_because(picture, run))
    if st.button("Make the report", icon=":material/description:"):
        kept["report"] = None
        try:
            with st.spinner("Writing the report; a few seconds …"):
                html = report_html(_reported(told, picture, run, info, patient))
                kept["report"] = (key, html, *printed(html))
        except LesionLabError as error:
            st.error(str(error), icon=":material/error:")
    made = kept.get("report")
    if made is None or made[0] != key:
        return
    _, html, pdf, problem = made
    name = f"prediction-{run.run_id}-{picture_digest(picture)[:8]}"
    with st.container(horizontal=True):
        st.download_button("HTML", html, f"{name}.html", "text/html", icon=":material/download:", on_click="ignore")
        if pdf is not None:
            st.download_button(
                "PDF", pdf, f"{name}.pdf", "application/pdf", icon=":material/download:", on_click="ignore"
            )
    if problem:
        st.info(problem, icon=":material/info:")


def _reported(
    told: PictureAnswer, picture: BroughtPicture, run: RunFolder, info: PredictorInfo, patient: Patient | None
) -> Reported:
    refused = told.verdict.kind is Kind.REFUSED
    return Reported(
        run,
        info,
        told,
        picture,
        None if refused else _heat(told, picture, run, info, patient),
        None if refused else _similar(picture, run, info),
        why_no_bank(info) or f"None were looked for. Press “{LOOK}” on Predict and make the report again.",
        patient,
        open_gate(gate_folder(info.dataset)),
        overruled_because(picture, run),
        time.time(),
    )


def _heat(
    told: PictureAnswer, picture: BroughtPicture, run: RunFolder, info: PredictorInfo, patient: Patient | None
) -> ReportedMap | None:
    """The map that is shown on the page, by the method and for the class that are chosen there, with its checks."""
    methods = methods_of(info)
    if not methods:
        return None
    chosen = st.session_state.get("predict-method")
    method: Method = chosen if chosen in methods else methods[0]
    wanted = st.session_state.get("predict-class") or told.answer.label
    layer = st.session_state.get("predict-layer", "") if method.looks_at_convolution else ""
    square, names = picture.squares[info.image_size], {each.key: each.name for each in info.classes}
    found = explanation_of(run, square, wanted, method, layer, patient)
    checks: list[Said] = []
    if not found.empty:
        if found.completeness is not None:
            checks.append(of_completeness(found.completeness))
        checks.append(of_deletion(deletion_of(run, square, found, patient), names[wanted]))
        checks.append(of_run(next((each for each in kept_checks(run) or () if each.method is method), None)))
    return ReportedMap(found, names[wanted], tuple(checks))


def _similar(picture: BroughtPicture, run: RunFolder, info: PredictorInfo) -> tuple[SimilarCase, ...] | None:
    if kept_bank(run) is None:
        return None
    names = {each.key: each.name for each in info.classes}
    try:
        paths = load_dataset(info.dataset).table.drop_duplicates("image_id").set_index("image_id")["path"]
    except LesionLabError:  # the cases are told without their pictures
        paths = None
    cases = []
    for each in neighbours_of(run, picture.squares[info.image_size], SIMILAR):
        try:
            jpeg = None if paths is None or each.image_id not in paths else thumbnail(paths[each.image_id])
        except PictureError:
            jpeg = None
        caption = f"{names.get(each.label, each.label)}, similarity {each.similarity:.2f} · {each.image_id}"
        cases.append(SimilarCase(jpeg, caption))
    return tuple(cases)
