"""The model of the run that a page is about: opened, or said why not, and what stands of it above everything else."""

from collections.abc import Callable
from typing import NoReturn

import streamlit as st

from core.base.errors import LesionLabError
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.markdown import Markdown, code
from dashboard.router import page_of
from dashboard.widgets.notices import disclaimer, leak_badge, synthetic_badge


def stop_without_model(sentence: str, sample: Callable[[], None] = lambda: None) -> NoReturn:
    """Say that no run can be chosen here, and end the page with the way to one; `sample` shows what will be here."""
    st.info(sentence, icon=":material/info:")
    st.page_link(page_of("train"), label="Train one", icon=":material/play_arrow:")
    sample()
    disclaimer()
    st.stop()


def predictor_of(run: RunFolder) -> PredictorInfo:
    """What is known of a run's model; where that is damaged, the page says so and ends."""
    try:
        return PredictorInfo.load(run.predictor_file)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def model_line(info: PredictorInfo) -> Markdown:
    """Model, data set and run in one sentence."""
    return Markdown("{}, trained on {}, run {}.").format(info.model_at_size, info.dataset_title, code(info.run_id))


def show_model(info: PredictorInfo) -> None:
    """The line of a model with the marks of synthetic data and of a leaking split beside it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(model_line(info), width="content")
        synthetic_badge(info.synthetic)
        leak_badge(info.leaking)
