"""Predict: what a finished run says of one picture, and what that rests on."""

import streamlit as st

from core.base.errors import LesionLabError
from core.data.metadata_encoding import Patient
from core.runs.answers.picture_answer import sides_for
from core.runs.answers.verdict import Kind
from core.runs.judging.caution import load_caution
from core.runs.judging.trust import load_trust
from dashboard.charts.results import probability_chart
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.arrival import arrival
from dashboard.state.loading import load_unlabelled
from dashboard.state.picture_answers import count_once, told_of
from dashboard.widgets.explain.concepts import show_nearest
from dashboard.widgets.explain.heat_map import show_heat_map
from dashboard.widgets.genes.prediction import predict_samples
from dashboard.widgets.model_of_run import model_line, predictor_of, stop_without_model
from dashboard.widgets.notices import disclaimer, leak_badge, synthetic_badge
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import finished_runs, pick_run, say_without_model
from dashboard.widgets.pictures.crop import cropped
from dashboard.widgets.pictures.gate_view import gate_notice, offer_overruling, overruled, overruling_note
from dashboard.widgets.pictures.patient_picker import pick_patient
from dashboard.widgets.pictures.picture_source import (
    EXAMPLE,
    Chosen,
    example_picture,
    forget_example,
    photographed_picture,
    unlabelled_picture,
    uploaded_picture,
)
from dashboard.widgets.pictures.report_offer import SIMILAR, offer_report
from dashboard.widgets.pictures.review_offer import offer_review
from dashboard.widgets.pictures.several import one_of_several
from dashboard.widgets.pictures.submission import offer_submission
from dashboard.widgets.pictures.trust_view import show_trust
from dashboard.widgets.pictures.verdict_view import calibration_note, show_quality, show_set, show_verdict
from dashboard.widgets.predictions.class_sentences import show_what_classes_are
from dashboard.widgets.samples import sample_answer

st.title("Predict a picture or a sample")
say_what_it_shows("predict")
runs = finished_runs()
if not runs:
    say_without_model()
    stop_without_model("There is no trained model yet. Predictions need a finished run.", sample_answer)

first, second = st.columns([3, 2], gap="large")
with second:
    run = pick_run(runs, "Model")
    info = predictor_of(run)
    st.caption(model_line(info))
    marks = st.container(horizontal=True, vertical_alignment="center")
    with marks:
        synthetic_badge(info.synthetic)
        leak_badge(info.leaking)
    marks.page_link(
        page_of("results"),
        label="How good is it?",
        icon=":material/grid_on:",
        query_params={"run": run.run_id},
    )
if info.takes == "genes":
    with first:
        predict_samples(run, info)
    disclaimer()
    st.stop()
with first:
    gate_notice(info)
    unlabelled = load_unlabelled(info.dataset)
    sources = ["Upload", "Camera", "Several", "Example", *(["Without a class"] if len(unlabelled) else [])]
    source_key = f"predict-source-{len(sources)}"
    if EXAMPLE in st.query_params and (arrival().new_page or arrival().through_history):
        st.session_state[source_key] = "Example"
    source = st.segmented_control(
        "Picture",
        sources,
        default="Upload",
        required=True,
        wrap=True,
        key=source_key,
        persist_state="session",
        help="Examples are pictures the run never learnt from.",
    )
    if source != "Example":
        forget_example()
    sides = sorted({*sides_for(info), *(each.recipe.image_size for each in runs if each.recipe.image_size)})
    if source in ("Upload", "Camera"):
        bring = uploaded_picture if source == "Upload" else photographed_picture
        brought = bring("predict" if source == "Upload" else "camera", sides)
        chosen = Chosen(brought) if brought is not None else None
    elif source == "Several":
        chosen = one_of_several(run, info)
    elif source == "Example":
        chosen = example_picture(run, info)
    else:
        chosen = unlabelled_picture(unlabelled, info)
        offer_submission(info, unlabelled)

if chosen is None:
    show_trust(run, info)
    disclaimer()
    st.stop()

names = {c.key: c.name for c in info.classes}
patient = None
if info.metadata is not None:
    with first:
        patient = pick_patient(info.metadata, chosen.picture.name, chosen.patient or Patient())
picture = cropped(chosen.picture, info)
said, seen = st.columns([2, 3], gap="large")  # on a phone one below the other: the answer comes first
try:
    told = told_of(run, info, picture, overruled=overruled(picture, run), patient=patient)
except LesionLabError as error:
    seen.image(picture.shown, width="stretch", output_format="JPEG", alt="The picture")
    seen.error(str(error), icon=":material/error:")
    disclaimer()
    st.stop()
answer, verdict = told.answer, told.verdict
brought_here = source in ("Upload", "Camera")
if brought_here:  # those of the data set say nothing of what people bring; several are counted there
    count_once(run, chosen.picture, told)
with said:
    show_verdict(told, run, info)
    overruling_note(picture, run)
    if chosen.true is not None:
        st.badge(
            f"true class: {names[chosen.true]}",
            color="green" if chosen.true == answer.label else "orange",
            icon=":material/fact_check:",
        )
    if verdict.kind is Kind.REFUSED:
        offer_overruling(told, picture, run)
    else:
        if verdict.kind is Kind.REVIEW:
            offer_review(told, picture, run, chosen.picture, by_itself=brought_here and load_caution(run).queue)
        show_set(verdict, info, load_trust(run))
        st.plotly_chart(probability_chart(answer.probabilities, info.classes), alt="Probability of each class as bars")
        st.caption(calibration_note(info))
        show_what_classes_are(answer.probabilities, info.classes)
with seen:  # after the answer, which is there sooner
    if verdict.kind is Kind.REFUSED:
        st.image(picture.shown, width="stretch", output_format="JPEG", alt="The picture")
    else:
        square = picture.squares[info.image_size]
        show_heat_map(run, info, square, picture.shown, answer.label, key="predict", patient=patient)
    for note in picture.notes:
        st.caption(Markdown(":material/info: {}").format(note))
    show_quality(told.quality)
if verdict.kind is not Kind.REFUSED:
    show_nearest(run, info, picture.squares[info.image_size], SIMILAR)
offer_report(told, picture, run, info, patient)
show_trust(run, info)
disclaimer()
