"""With what the fields of the page Train begin: the defaults, or what an address says, such as the recipe of a run."""

import streamlit as st

from core.base.errors import LesionLabError
from core.runs.run_folder import open_run
from core.training.recipe import Recipe
from dashboard.markdown import Markdown
from dashboard.state.arrival import arrival
from dashboard.widgets.notices import not_here
from dashboard.widgets.pictures.augmentation_picker import AUGMENTATION
from dashboard.widgets.run_names import title_of_run

STARTS = ("clone", "model", *AUGMENTATION)
"""Parameters of an address that say with what the fields begin."""
_KEPT = "train-starts"


def keep_starts() -> None:
    """Let the fields begin as they did before a look at another page, unless the address says something else."""
    kept = st.session_state.get(_KEPT, {})
    if arrival().new_page and not arrival().addressed and kept:
        st.query_params.update(kept)
    st.session_state[_KEPT] = {name: st.query_params[name] for name in STARTS if name in st.query_params}


def recipe_in_address() -> Recipe | None:
    """The recipe of the run that the address asks to clone; None without one, and where it is gone, which is said."""
    if (run_id := st.query_params.get("clone")) is None:
        return None
    try:
        return open_run(run_id).recipe()
    except LesionLabError:
        not_here("run", run_id, "These are the defaults, not its recipe.")
        return None


def recipe_to_clone() -> Recipe | None:
    """`recipe_in_address`, with a word on it and a way out."""
    if (recipe := recipe_in_address()) is None:
        return None
    run_id = st.query_params["clone"]
    st.caption(Markdown(":material/content_copy: Starts with the recipe of {}.").format(title_of_run(run_id)))
    st.button("Start with the defaults instead", type="tertiary", icon=":material/undo:", on_click=_forget_clone)
    return recipe


def _forget_clone() -> None:
    st.query_params.pop("clone", None)
