"""What a person can do with a search and with the best that it has found."""

import json
import shlex

import streamlit as st

from core.base.errors import LesionLabError
from core.engine.launch import launch
from core.searches import control
from core.searches.continuing import launch_from
from core.searches.journal import Trial
from core.searches.search_states import SearchState
from core.searches.trial_runs import run_of
from core.training.recipe import Recipe
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.search.search_list import SearchSummary

MOST_EPOCHS = 1000
"""What a recipe may ask for."""
_GOES_ON = (SearchState.PAUSED, SearchState.STOPPED, SearchState.FAILED, SearchState.LOST)


def search_buttons(summary: SearchSummary) -> None:
    """Stop, pause, resume, extend and clone, as far as the state allows; nothing for viewers."""
    if current_role() is not Role.INSTRUCTOR:
        return
    search, state = summary.search, summary.status.state
    with st.container(horizontal=True):
        if state is SearchState.RUNNING and st.button(
            "Pause", icon=":material/pause:", help=SearchState.PAUSED.meaning
        ):
            _do(control.pause, search)
        if state is SearchState.PAUSING or state in _GOES_ON:
            help_ = "Goes on where it was; trials that were stopped go on from their last epoch."
            if st.button("Resume", icon=":material/play_arrow:", type="primary", help=help_):
                _do(control.resume, search)
        if state.active or state in (SearchState.PAUSED, SearchState.LOST):
            asked = state is SearchState.STOPPING
            label = "Stopping …" if asked else "Stop"
            if st.button(label, icon=":material/stop_circle:", disabled=asked, help=SearchState.STOPPED.meaning):
                _do(control.stop, search)
        with st.popover("Extend", icon=":material/add:"):
            more = st.number_input("More trials", 1, control.MOST_TRIALS, 10, key=f"more-{search.search_id}")
            if st.button("Extend and go on", type="primary"):
                _do(control.extend, search, more)
        with st.popover("Clone", icon=":material/content_copy:"):
            st.caption("A new search with the same settings, which you can change.")
            trials = st.number_input(
                "Trials", 1, control.MOST_TRIALS, summary.config.trials, key=f"ct-{search.search_id}"
            )
            seed = st.number_input("Seed", 0, 2**31 - 1, summary.config.recipe.seed, key=f"cs-{search.search_id}")
            if st.button("Start the clone", type="primary"):
                _do(_clone, search, trials, seed)


def best_actions(summary: SearchSummary, best: Trial) -> None:
    """Training the best trial for longer, and taking its recipe along."""
    recipe = summary.config.recipe_of(best.values)
    name = f"{summary.search.search_id}-trial-{best.number}"
    with st.container(horizontal=True, vertical_alignment="center"):
        if current_role() is Role.INSTRUCTOR:
            epochs = min(3 * recipe.epochs, MOST_EPOCHS)
            label, why = f"Train the best for {epochs} epochs", "Goes on from its last epoch, as a run of its own."
            if st.button(label, icon=":material/trending_up:", type="primary", help=why):
                _train_longer(best, recipe.model_copy(update={"epochs": epochs}))
        st.download_button(
            "Make it a recipe",
            recipe.model_dump_json(indent=2).encode(),
            file_name=f"{name}.json",
            mime="application/json",
            icon=":material/receipt_long:",
            on_click="ignore",
            help=Markdown("The whole recipe of the best trial as JSON; `python -m core train FILE` trains it."),
        )
        if best.run is not None:
            address = {"run": best.run}
            st.page_link(page_of("runs"), label="See its run", icon=":material/monitoring:", query_params=address)
            address = {"clone": best.run, "dataset": recipe.dataset, "model": recipe.model}
            st.page_link(page_of("train"), label="Edit it in Train", icon=":material/tune:", query_params=address)
    with st.expander("The best as a command", icon=":material/terminal:"):
        st.code(as_command(recipe), language="bash", wrap_lines=True)


def as_command(recipe: Recipe) -> str:
    """The command that trains a recipe: what differs from the defaults is spelt out."""
    words = ["python", "-m", "core", "train", recipe.model, "--dataset", recipe.dataset]
    plain = Recipe(dataset=recipe.dataset, model=recipe.model)
    for name, value in recipe.model_dump(mode="json", exclude={"architecture", "dataset", "model"}).items():
        if value != getattr(plain, name):
            words += ["--set", f"{name}={json.dumps(value) if isinstance(value, list) else value}"]
    for name, value in recipe.architecture.items():
        words += ["--set", f"architecture.{name}={value}"]
    return shlex.join(words)


def _train_longer(best: Trial, recipe: Recipe) -> None:
    require_instructor()
    before = run_of(best)
    try:
        with st.spinner("Handing the run to the engine …"):
            owner = current_person()
            run = launch(recipe, owner=owner) if before is None else launch_from(before, recipe, owner=owner)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.switch_page(page_of("runs"), query_params={"run": run.run_id})


def _do(action, *arguments) -> None:
    require_instructor()
    try:
        with st.spinner("Asking for it …"):
            action(*arguments)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
    else:
        st.rerun()


def _clone(search, trials: int, seed: int) -> None:
    cloned = control.clone(search, owner=current_person(), trials=trials, seed=seed)
    st.query_params["search"] = cloned.search_id
