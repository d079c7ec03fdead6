"""The heat map of one answer: method and class to choose, the picture beside the map, and the checks of that map."""

import threading

import numpy as np
import streamlit as st

from core.base.errors import LesionLabError
from core.data.metadata_encoding import Patient
from core.explain.methods import Method
from core.explain.overlay import outlined, overlay
from core.runs.explanations.explanation_words import Said, of_completeness, of_deletion, of_run
from core.runs.run_folder import RunFolder
from core.serving.explaining import Explanation, methods_of
from core.serving.predictor import PredictorInfo
from dashboard.glossary import meaning
from dashboard.markdown import Markdown, code
from dashboard.router import page_of
from dashboard.state.explaining import convolutions_of, deletion_of, explanation_of, kept_checks

USUAL_CONVOLUTION = ""
_drawing = threading.Lock()
"""One map is drawn at a time: it takes ten times the memory of the picture for a moment, and twenty may wait for it."""


@st.fragment
def show_heat_map(
    run: RunFolder,
    info: PredictorInfo,
    square: np.ndarray,
    shown: np.ndarray,
    likeliest: str,
    key: str,
    patient: Patient | None = None,
) -> None:
    """What an answer rests on, with what speaks for and against believing it.

    Args:
        run: that answers.
        info: of its predictor.
        square: the picture (size, size, 3) uint8 as the model gets it.
        shown: the same picture (height, width, 3) uint8 as a person sees it.
        likeliest: key of the class that is explained at first.
        key: keeps the choices of several places apart.
        patient: what the model is told of the person in the picture.
    """
    methods = methods_of(info)
    if not methods:
        st.image(shown, width="stretch", output_format="JPEG", alt="The picture")
        st.caption(f"No heat map: the answers of {info.model} do not depend on places in the picture.")
        return
    names = {c.key: c.name for c in info.classes}
    row = st.container(horizontal=True, vertical_alignment="bottom")
    method = row.selectbox(
        "Method",
        methods,
        format_func=lambda each: each.called,
        key=f"{key}-method",
        width=260,
        help=meaning("heat map"),
    )
    wanted = row.selectbox(
        "Show heat map for",
        ["", *info.class_keys],
        format_func=lambda each: names.get(each, "the most likely class"),
        key=f"{key}-class",
        width=230,
    )
    layer = USUAL_CONVOLUTION
    if method.looks_at_convolution and (layers := convolutions_of(run)):
        layer = row.selectbox(
            "Convolution",
            [USUAL_CONVOLUTION, *layers],
            format_func=lambda each: each or "the deepest useful one",
            key=f"{key}-layer",
            width=210,
        )
    opacity = row.slider(
        "Heat map opacity", 0.0, 1.0, 0.6, 0.05, key=f"{key}-opacity", persist_state="session", width=180
    )
    try:
        found = explanation_of(run, square, wanted or likeliest, method, layer, patient)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    _show_map(found, shown, names[found.class_key], opacity)
    if found.empty:
        st.info(
            f"This map is empty: {method.called} found no evidence for {names[found.class_key]} in this picture. That "
            "says nothing about its probability, and there is nothing to check.",
            icon=":material/info:",
        )
        return
    st.markdown(Markdown("**Can this map be believed?**"))
    if found.completeness is not None:
        _say(of_completeness(found.completeness))
    try:
        _say(of_deletion(deletion_of(run, square, found, patient), names[found.class_key]))
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
    _say_of_run(run, method)


def _show_map(found: Explanation, shown: np.ndarray, name: str, opacity: float) -> None:
    mapped, original = st.columns(2)
    with _drawing:
        drawn = outlined(overlay(shown, found.values, opacity), found.values)
    mapped.image(
        drawn,
        width="stretch",
        output_format="JPEG",  # a fifth of a PNG, which the server would hold for every person
        caption=f"{found.method.called} for {name}: yellow marks the strongest evidence in this picture, the line its "
        "hottest tenth.",
        alt=f"The picture with a heat map of the evidence for {name}",
    )
    original.image(shown, width="stretch", output_format="JPEG", caption="The picture itself", alt="The picture")
    rows, columns = found.values.shape
    size = f"{rows} rows" if columns == 1 else f"{rows}×{columns} cells"
    where = Markdown("From layer {}, ").format(code(found.layer)) if found.layer else Markdown("")
    st.caption(
        Markdown("{} {}{} stretched over the picture. {}").format(found.method.meaning, where, size, found.explained)
    )


def _say_of_run(run: RunFolder, method: Method) -> None:
    """What is known of this method on many pictures of the run."""
    _say(of_run(next((each for each in kept_checks(run) or () if each.method is method), None)))
    st.page_link(
        page_of("explain"),
        label="Check of all methods",
        icon=":material/rule:",
        query_params={"run": run.run_id},
    )


def _say(said: Said) -> None:
    if said.good is None:
        st.caption(said.sentence)
        return
    mark = Markdown(":green[:material/check_circle:] {}") if said.good else Markdown(":red[:material/cancel: {}]")
    st.markdown(mark.format(said.sentence))
