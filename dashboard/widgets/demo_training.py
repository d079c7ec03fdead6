"""The one click on Home after which there is a trained model: button, progress in place, and what to do with it."""

import streamlit as st

from core.base.errors import LesionLabError
from core.models.registry import model_spec
from core.runs.run_folder import RunSummary
from core.runs.run_states import State
from core.teaching.demo_training import demo_recipe, demo_training, train_on_demo
from core.training.presets import PRESETS
from dashboard.markdown import Markdown
from dashboard.rest.engine_state import engine_runs, look_again
from dashboard.roles import Role, current_person, current_role, require_instructor, why_viewer
from dashboard.router import page_of
from dashboard.widgets.pickers import finished_runs
from dashboard.widgets.runs.engine_notice import engine_notice
from dashboard.widgets.runs.run_list import STATE_COLOURS
from dashboard.widgets.runs.weights_picker import refused_weights
from dashboard.wording import in_words

POLL_SECONDS = 1.5


def show_demo_training() -> None:
    """Offer to train on the demo where no model is there yet; show how that stands, and lead on when it is done."""
    known = demo_training()
    if known is None and finished_runs():
        return
    going = known is not None and _goes_on(known)

    @st.fragment(run_every=POLL_SECONDS if going else None)
    def card() -> None:
        now = demo_training()
        if going and (now is None or not _goes_on(now)):
            st.rerun()  # so that nothing polls any more, and the links lead to a model that is there
        with st.container(border=True, gap="small"):
            if now is None:
                st.markdown(Markdown("**No model is trained yet.** Predict, Results and explanations need one."))
                _button("Train a model on the demo (about a minute)")
            elif now.status.state is State.FINISHED:
                _ready(now)
            elif now.status.state.over:
                _ended(now)
            else:
                _progress(now)

    card()


def _goes_on(run: RunSummary) -> bool:
    """Whether something may change by itself: the engine starts another process for a run that was lost."""
    return not run.status.state.over or (run.status.state is State.LOST and engine_runs())


def _button(label: str) -> None:
    recipe = demo_recipe()
    refused = refused_weights(model_spec(recipe.model), recipe.weights)
    instructor = current_role() is Role.INSTRUCTOR
    if st.button(label, type="primary", icon=":material/play_arrow:", disabled=not instructor or bool(refused)):
        try:
            require_instructor()
            with st.spinner("Handing the training to the engine, about 3 seconds …"):
                train_on_demo(current_person())
        except LesionLabError as error:
            st.error(str(error), icon=":material/error:")
            return
        look_again()
        st.rerun()
    if not instructor:
        st.caption(f"Only instructors can start a training on this server. {why_viewer()}".strip())
    elif refused:
        st.caption(refused)
    else:
        st.caption(
            f"The end of {model_spec(recipe.model).title} learns, which has seen ordinary photographs before. It takes "
            "longer where the machine does something else, and goes on when this page is closed. On the page Train, "
            f"“{PRESETS['best'].title}” lets all of it learn, in more time."
        )


def _progress(now: RunSummary) -> None:
    status = now.status
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(Markdown("**A model learns on the demo.**"), width="content")
        st.badge(str(status.state), color=STATE_COLOURS[status.state], help=status.state.meaning)
        st.page_link(
            page_of("runs"), label="Watch it learn", icon=":material/monitoring:", query_params={"run": now.run.run_id}
        )
    if status.state is State.QUEUED and not engine_runs():
        engine_notice()
        return
    left = f", {in_words(status.eta_seconds)} left" if status.eta_seconds is not None else ""
    share = min(status.done / status.total, 1.0) if status.total else 0.0
    st.progress(share, text=(status.phase or status.state.meaning) + left)


def _ready(now: RunSummary) -> None:
    st.markdown(Markdown("**A model trained on the demo is ready.** See how good it is, and try it on a picture."))
    asked = {"run": now.run.run_id}
    with st.container(horizontal=True):
        st.page_link(page_of("results"), label="Its results", icon=":material/grid_on:", query_params=asked)
        st.page_link(page_of("predict"), label="Predict a picture", icon=":material/image_search:", query_params=asked)
        st.page_link(page_of("explain"), label="Explain its answers", icon=":material/lightbulb:", query_params=asked)


def _ended(now: RunSummary) -> None:
    status = now.status
    hint = status.error_kind.hint if status.error_kind else ""
    st.warning(
        f"{status.message or status.state.meaning} {hint}".strip(),
        title=f"The training on the demo is {status.state}",
        icon=":material/error:",
    )
    _button("Resume it")
