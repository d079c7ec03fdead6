"""Hand over: a run's model in the formats of others, and models of others as runs."""

import streamlit as st

from dashboard.router import page_of
from dashboard.widgets.export.bring import show_bring
from dashboard.widgets.export.formats import show_formats
from dashboard.widgets.model_of_run import predictor_of, show_model, stop_without_model
from dashboard.widgets.notices import disclaimer
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import finished_runs, pick_run, say_without_model
from dashboard.widgets.who_answers import show_who_answers

GIVE, TAKE = "Export a model", "Import a model"

st.title("Hand over a model")
say_what_it_shows("handover")
view = st.segmented_control(
    "What", [GIVE, TAKE], default=GIVE, required=True, key="export-view", persist_state="session"
)
if view == TAKE:
    show_bring()
    disclaimer()
    st.stop()
runs = finished_runs()
if not runs:
    say_without_model()
    stop_without_model("There is no trained model yet. A finished run can be handed over.")
run = pick_run(runs, "Model")
info = predictor_of(run)
show_model(info)
st.page_link(
    page_of("card"), label="Its model card, to go with it", icon=":material/description:",
    query_params={"run": run.run_id},
)  # fmt: skip
show_who_answers(run, info)
show_formats(run, info)
disclaimer()
