"""Predict: what a finished run says of one picture, and what that rests on."""

import streamlit as st

from core.base.errors import LesionLabError
from core.serving.predictor import PredictorInfo
from dashboard.charts.results import probability_chart
from dashboard.markdown import Markdown, code
from dashboard.router import page_of
from dashboard.state.explaining import answer_of
from dashboard.state.loading import load_unlabelled
from dashboard.widgets.explain.heat_map import show_heat_map
from dashboard.widgets.genes.prediction import predict_samples
from dashboard.widgets.notices import disclaimer, leak_badge, synthetic_badge
from dashboard.widgets.pickers import finished_runs, pick_run
from dashboard.widgets.pictures.picture_source import Chosen, example_picture, unlabelled_picture, uploaded_picture
from dashboard.widgets.pictures.submission import offer_submission

st.title("Predict a picture or a sample")
runs = finished_runs()
if not runs:
    st.info("There is no trained model yet. Predictions need a finished run.", icon=":material/info:")
    st.page_link(page_of("train"), label="Train one", icon=":material/play_arrow:")
    disclaimer()
    st.stop()

first, second = st.columns([3, 2], gap="large")
with second:
    run = pick_run(runs, "Model")
    info = PredictorInfo.load(run.predictor_file)
    st.caption(Markdown("{}, trained on {}, run {}.").format(info.model_at_size, info.dataset_title, code(info.run_id)))
    marks = st.container(horizontal=True)
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
    unlabelled = load_unlabelled(info.dataset)
    sources = ["Upload", "Example", *(["Without a class"] if len(unlabelled) else [])]
    source = st.segmented_control(
        "Picture",
        sources,
        default="Upload",
        required=True,
        help="Examples are pictures the run never learnt from.",
    )
    if source == "Upload":
        brought = uploaded_picture(
            "predict", sorted({info.image_size, *(each.recipe.image_size for each in runs if each.recipe.image_size)})
        )
        chosen = Chosen(brought) if brought is not None else None
    elif source == "Example":
        chosen = example_picture(run, info)
    else:
        chosen = unlabelled_picture(unlabelled, info)
        offer_submission(info, unlabelled)

if chosen is None:
    disclaimer()
    st.stop()

names = {c.key: c.name for c in info.classes}
picture = chosen.picture
left, right = st.columns([3, 2], gap="large")
try:
    seen = picture.squares[info.image_size]
    answer = answer_of(run, seen)
except LesionLabError as error:
    left.image(picture.shown, width="stretch", output_format="JPEG", alt="The picture")
    left.error(str(error), icon=":material/error:")
    disclaimer()
    st.stop()
with right:
    row = st.container(horizontal=True)
    row.metric(
        "Most likely",
        names[answer.label],
        f"{answer.probabilities[answer.label]:.1%}",
        delta_arrow="off",
        delta_color="off",
    )
    if answer.malignant is not None:
        malignant = ", ".join(c.name for c in info.classes if c.malignant) or "no class"
        row.metric("Malignant share", f"{answer.malignant:.1%}", help=f"Sum over {malignant}.")
    if chosen.true is not None:
        right_or_wrong = "green" if chosen.true == answer.label else "orange"
        st.badge(f"true class: {names[chosen.true]}", color=right_or_wrong, icon=":material/fact_check:")
    st.plotly_chart(probability_chart(answer.probabilities, info.classes), alt="Probability of each class as bars")
    st.caption("Probabilities are the network's own and are not calibrated; see its calibration error in the results.")
with left:  # after the answer, which is there sooner
    show_heat_map(run, info, seen, picture.shown, answer.label, key="predict")
    for note in picture.notes:
        st.caption(Markdown(":material/info: {}").format(note))
disclaimer()
