"""Runs: what is queued, running and done, and one run live."""

import pandas as pd
import streamlit as st

from core.combined.ensembles import load_ensemble
from core.data.catalog import is_synthetic
from core.export.package import Package, package_of_run, refuse_without_code
from core.models.registry import model_spec
from core.runs.index import all_runs
from core.runs.judging.results import evaluated
from core.runs.run_states import State
from dashboard.charts.curves import Look
from dashboard.markdown import Markdown
from dashboard.rest.live import still_changing, stranded
from dashboard.rest.run_curves import counted_epochs, follow
from dashboard.roles import Role, current_role
from dashboard.router import page_of
from dashboard.state.arrival import arrival, let_address_follow
from dashboard.state.loading import load_dataset
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.notices import leak_badge, not_here, synthetic_badge
from dashboard.widgets.page_frame import name_tab, say_what_it_shows
from dashboard.widgets.pickers import BY_ITSELF, remember_run
from dashboard.widgets.run_names import run_title
from dashboard.widgets.runs.engine_notice import engine_notice, show_trouble
from dashboard.widgets.runs.ensemble_view import show_beside_members
from dashboard.widgets.runs.fold_view import show_cross_validation
from dashboard.widgets.runs.live_run import show_detail, show_outcome, show_run
from dashboard.widgets.runs.run_actions import DELETED, run_actions, show_deleted, show_place_in_queue
from dashboard.widgets.runs.run_filter import pick_filter
from dashboard.widgets.runs.run_labels import edit_labels, show_labels
from dashboard.widgets.runs.run_list import STATE_COLOURS, list_of_runs, tick_to_compare
from dashboard.widgets.runs.run_log import show_log
from dashboard.widgets.runs.show_code import show_code
from dashboard.widgets.samples import sample_curves

FOLDED, FEW = "runs-list-folded", 3
"""In the session: whether the list stays folded; so many runs fit above the one that is shown."""
LOG_SECONDS, PLACE_SECONDS = 2.0, 3.0
BY_CLASS, MATRIX, RATE, SYSTEM = "By class", "Confusion matrix", "Learning rate", "System"
LOG, RECIPE = "Log", "Recipe"
DETAILS = [BY_CLASS, MATRIX, RATE, SYSTEM, *([LOG] if current_role() is Role.INSTRUCTOR else []), RECIPE]

known = all_runs()
by_id = {each.summary.run.run_id: each for each in known.runs}
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title("Runs", width="stretch")
    if known.runs:
        st.page_link(page_of("compare"), label="Compare", icon=":material/compare_arrows:")
        asked_for = st.query_params.get("run")
        shown_run = {"run": asked_for} if asked_for in by_id else None
        st.page_link(
            page_of("presenter"), label="Presenter view", icon=":material/present_to_all:", query_params=shown_run
        )
say_what_it_shows("runs")
if not known.runs:
    st.info("No training has been started yet.", icon=":material/info:")
    st.page_link(page_of("train"), label="Start the first one", icon=":material/play_arrow:")
    sample_curves()
    st.stop()

wanted = st.query_params.get("run")
if arrival().new_page:  # whoever came for one run sees that one, and not a list above it
    st.session_state[FOLDED] = wanted is not None and len(by_id) > FEW
busy = [run_id for run_id, each in by_id.items() if each.summary.status.state.active]
if wanted is None:
    wanted = st.query_params["run"] = (busy or list(by_id))[0]  # so that the page stays on it when it ends
    st.session_state[BY_ITSELF] = wanted
let_address_follow("run")
gone = wanted not in by_id
live = not gone and still_changing(by_id[wanted].summary)
name_tab("" if gone else run_title(by_id[wanted].summary))

if stranded(known):
    engine_notice()
if live:
    show_trouble()
show_deleted()
if gone and wanted != st.session_state.get(DELETED):
    not_here("run", wanted, "Choose another one.")
with st.expander(
    f"All {len(by_id):,} runs" if len(by_id) > 1 else "1 run",
    icon=":material/list:",
    expanded=not live and not st.session_state.get(FOLDED, False),
    key="runs-list",
):
    asked = pick_filter(known.runs)
    shown = [each for each in known.runs if asked.matches(each)]
    several = len(shown) > 1 and st.toggle("Choose several to compare", key="runs-several")
    if several:
        tick_to_compare(shown)
    elif shown:
        list_of_runs(shown, wanted)
    else:
        st.info("No run matches.", icon=":material/filter_alt_off:")

if gone:
    st.stop()
chosen = wanted
remember_run(chosen)
each = by_id[chosen]
run, recipe, status = each.summary.run, each.summary.recipe, each.summary.status
others = [run_id for run_id in busy if run_id != chosen]
if others and status.state.over:
    running = Markdown("Running now: {}").format(run_title(by_id[others[0]].summary))
    st.page_link(page_of("runs"), label=running, icon=":material/monitoring:", query_params={"run": others[0]})
with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader(run_title(each.summary), width="content")
    st.badge(str(status.state), color=STATE_COLOURS[status.state], help=status.state.meaning)
    synthetic_badge(is_synthetic(recipe.dataset))
    leak_badge(each.summary.leaking)
    show_labels(each.labels)
if each.labels.note:
    st.text(each.labels.note)


def pick_look() -> Look:
    """How the curves are drawn."""
    with st.popover("Curves", icon=":material/tune:"):
        smoothing = st.slider(
            "Smoothing", 0.0, 0.95, 0.0, 0.05, key="smoothing", persist_state="session",
            help="How much earlier values count, as in TensorBoard. The values themselves stay visible, faintly.",
        )  # fmt: skip
        log = st.toggle(
            "Logarithmic axis", key="log-axis", persist_state="session", help="For the loss and the learning rate."
        )
        st.caption("Drag over a chart to zoom into these epochs; a double click shows all again.")
    return Look(smoothing, log)


def show_recipe() -> None:
    """Every field of the recipe and what it means."""
    asked = recipe.model_dump(mode="json")
    explained = {name: field.description for name, field in type(recipe).model_fields.items()}
    st.dataframe(
        pd.DataFrame([{"field": k, "value": str(v), "meaning": explained[k]} for k, v in asked.items()]),
        hide_index=True,
        alt="The recipe of the run",
    )


with st.container(horizontal=True, vertical_alignment="center"):
    run_actions(each.summary)
    edit_labels(run, each.labels, sorted({tag for other in known.runs for tag in other.labels.tags}))
    look = pick_look()
    if live or follow(run).epochs:
        csv_button("Epochs as CSV", lambda: counted_epochs(follow(run).epoch_table()), f"{run.run_id}-epochs.csv")
    if each.summary.metrics and evaluated(run):
        asked_of = {"run": chosen}
        st.page_link(page_of("results"), label="See the results", icon=":material/grid_on:", query_params=asked_of)
        if run.model_file.is_file():
            st.page_link(
                page_of("predict"), label="Predict with it", icon=":material/image_search:", query_params=asked_of
            )
show_outcome(run, status)
show_cross_validation(each.summary)


@st.fragment(run_every=PLACE_SECONDS)
def place_in_queue() -> None:
    """When the run may begin, which changes without a word from the run itself."""
    show_place_in_queue(run)


@st.fragment(run_every=LOG_SECONDS if live else None)
def log() -> None:
    """The log as it grows."""
    show_log(run)


if status.state is State.QUEUED:
    place_in_queue()
if recipe.cross_validates:
    st.caption(
        "Each picture here was answered by the model of a fold that has not seen it. The curves are with the folds."
    )
    show_recipe()
    st.stop()
if (ensemble := load_ensemble(run)) is not None:
    st.caption("An ensemble answers with the mean of its members. There is no training to follow.")
    show_beside_members(ensemble)
    st.stop()
show_run(run, known, look)
detail = st.segmented_control(
    "Details", DETAILS, default=BY_CLASS, required=True, wrap=True, key="run-details",
    label_visibility="collapsed", persist_state="session",
)  # fmt: skip
if detail == BY_CLASS:
    show_detail("class", run, look)
elif detail == MATRIX:
    things = "samples" if model_spec(recipe.model).takes == "genes" else "pictures"
    mode = st.segmented_control(
        "Show", ["% of true class", things], default="% of true class", required=True, wrap=True,
        key=f"matrix-{run.run_id}", persist_state="session",
    )  # fmt: skip
    show_detail("matrix", run, look, mode="pictures" if mode == things else "shares")
elif detail == RATE:
    show_detail("rate", run, look)
elif detail == SYSTEM:
    show_detail("system", run, look)
elif detail == LOG:
    log()
else:
    show_recipe()


def handed_over() -> Package:
    """The training as code, where it can be written as such."""
    refuse_without_code(recipe)
    return package_of_run(run, load_dataset(recipe.dataset))


show_code(handed_over, chosen)
