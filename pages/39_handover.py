"""Hand over: a run's model in the formats of others, and models of others as runs."""

import streamlit as st

from core.base.errors import LesionLabError
from core.serving.predictor import PredictorInfo
from dashboard.markdown import Markdown, code
from dashboard.router import page_of
from dashboard.widgets.handover.bring import show_bring
from dashboard.widgets.handover.formats import show_formats
from dashboard.widgets.notices import disclaimer, leak_badge, synthetic_badge
from dashboard.widgets.pickers import finished_runs, pick_run, say_without_model

GIVE, TAKE = "Give a model away", "Bring one from outside"

st.title("Hand over a model")
view = st.segmented_control("What", [GIVE, TAKE], default=GIVE, required=True, key="handover-view")
if view == TAKE:
    show_bring()
    disclaimer()
    st.stop()
runs = finished_runs()
if not runs:
    say_without_model()
    st.info("There is no trained model yet. A finished run can be handed over.", icon=":material/info:")
    st.page_link(page_of("train"), label="Train one", icon=":material/play_arrow:")
    disclaimer()
    st.stop()
run = pick_run(runs, "Model")
try:
    info = PredictorInfo.load(run.predictor_file)
except LesionLabError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(
        Markdown("{}, trained on {}, run {}.").format(info.model_at_size, info.dataset_title, code(info.run_id)),
        width="content",
    )
    synthetic_badge(info.synthetic)
    leak_badge(info.leaking)
show_formats(run, info)
disclaimer()
