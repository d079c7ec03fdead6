"""A folder on the machine of the server, brought where a run is to be judged on it."""

import streamlit as st

from core.base.errors import LesionLabError
from core.data.added_folders import add_folder
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state.external_test import elsewhere_choices
from dashboard.state.rerun_catalog import look_again

_PATH, _PROBLEM, _ADDED = "judge-path", "judge-path-problem", "judge-path-added"


def choice_of(run: RunFolder) -> str:
    """Key of the field in which the data set is chosen that a run is judged on."""
    return f"judge-on-{run.run_id}"


def bring_folder(run: RunFolder, info: PredictorInfo) -> None:
    """A field for a path; the folder is added as on the page Data, and chosen if a run can be judged on it."""
    if current_role() is not Role.INSTRUCTOR:
        return
    field, button = st.columns([4, 1], vertical_alignment="bottom")
    field.text_input(
        "Or a folder by its path",
        key=_PATH,
        placeholder="/data/clinic",
        help="Its path on the machine of the server. It is added to the data sets, as on the page Data; its files stay "
        "as they are.",
    )
    button.button("Add it", icon=":material/create_new_folder:", on_click=_add, args=(run, info), width="stretch")
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem, icon=":material/folder_off:")
    if problem and st.session_state.get(_ADDED):
        st.page_link(page_of("data"), label="Look at it on the page Data", icon=":material/database:")


def _add(run: RunFolder, info: PredictorInfo) -> None:
    require_instructor()
    before = set(elsewhere_choices(info))
    st.session_state[_PROBLEM], st.session_state[_ADDED] = "", False
    try:
        content = add_folder(st.session_state[_PATH])
    except LesionLabError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[_ADDED] = True
    look_again()
    new = [name for name in elsewhere_choices(info) if name not in before]
    if new:
        st.session_state[choice_of(run)] = new[0]
        st.session_state[_PATH] = ""
        return
    st.session_state[_PROBLEM] = (
        f"{', '.join(content.titles)} was added, and this run cannot be judged on it as it is: it holds no "
        f"{info.things} with a class, or what was understood of it is not agreed yet."
    )
