"""Predict: what a finished run says of one picture, and what that rests on."""

from pathlib import Path

import numpy as np
import streamlit as st

from core.base.errors import LesionLabError
from core.explain.overlay import overlay
from core.models.registry import model_spec
from core.serving.answer import Answer
from core.serving.predictor import PredictorInfo
from dashboard.charts.results import probability_chart
from dashboard.markdown import Markdown, code
from dashboard.router import page_of
from dashboard.state.loading import load_unlabelled
from dashboard.state.prediction import prediction_pool
from dashboard.widgets.genes.prediction import predict_samples
from dashboard.widgets.notices import disclaimer, leak_badge, synthetic_badge
from dashboard.widgets.pickers import finished_runs, pick_run
from dashboard.widgets.pictures.picture_source import Chosen, example_picture, unlabelled_picture, uploaded_picture
from dashboard.widgets.pictures.submission import offer_submission


@st.cache_data(max_entries=64, show_spinner="Asking the model …")
def ask(run_folder: str, written: int, picture: np.ndarray, explain: str | None) -> Answer:  # noqa: ARG001
    """The pool's answer, kept for the same model and picture."""
    return prediction_pool().answer(Path(run_folder), picture, explain)


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
explainable = model_spec(info.model).convolutional
picture = chosen.picture
left, right = st.columns(2, gap="large")
with left:
    wanted = ""
    opacity = 0.0
    if explainable:
        evidence, slider = st.columns(2)
        options = ["", *info.class_keys]
        wanted = evidence.selectbox(
            "Evidence for", options, format_func=lambda key: names.get(key, "the most likely class")
        )
        opacity = slider.slider("Heat map opacity", 0.0, 1.0, 0.6, 0.05)
    slot = st.empty()
    try:
        seen = picture.squares[info.image_size]
        answer = ask(str(run.path), run.model_file.stat().st_mtime_ns, seen, wanted if explainable else None)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        disclaimer()
        st.stop()
    shown = picture.shown
    if answer.heat is not None:
        rows, columns = answer.heat.shape
        slot.image(
            overlay(shown, answer.heat, opacity),
            width="stretch",
            output_format="JPEG",  # a fifth of a PNG, which the server would hold for every person
            caption=f"Grad-CAM for {names[answer.heat_class]}: red marks the strongest evidence in this picture.",
            alt=f"The picture with a heat map of the evidence for {names[answer.heat_class]}",
        )
        if not answer.heat.any():
            st.info(f"Nothing in this picture speaks for {names[answer.heat_class]}.", icon=":material/info:")
        st.caption(
            Markdown(
                "From layer {}, {}×{} cells stretched over the picture: it shows roughly where, never exactly."
            ).format(code(answer.heat_layer), rows, columns)
        )
    else:
        slot.image(shown, width="stretch", output_format="JPEG", alt="The picture")
        st.caption(
            f"No heat map: Grad-CAM looks at a convolution, and {info.model} has none. Choose a run of a "
            "convolutional model to see one."
        )
    for note in picture.notes:
        st.caption(Markdown(":material/info: {}").format(note))
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
disclaimer()
