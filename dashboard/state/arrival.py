"""Whether a page was opened anew, and from an address with parameters: that decides which of its filters count."""

from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_PAGE, _ARRIVAL, _FOLLOWED = "page", "arrival", "followed"


@dataclass(frozen=True)
class Arrival:
    """How this rerun came about.

    `new_page`: it shows another page than the one before. `addressed`: its address has parameters. `through_history`:
    Back or Forward was pressed in the browser, so what the address says is what is to be shown.
    """

    new_page: bool
    addressed: bool
    through_history: bool = False


def note_arrival(page: str) -> None:
    """Take note of the page that is about to run, before anything changes its address.

    Args:
        page: its path in the address.
    """
    context = get_script_run_ctx()
    st.session_state[_ARRIVAL] = Arrival(
        new_page=st.session_state.get(_PAGE) != page,
        addressed=bool(st.query_params.to_dict()),
        through_history=context is not None and context.is_history_navigation,
    )
    st.session_state[_PAGE] = page


def page_shown() -> str:
    """Path in the address of the page that runs, empty at the first one and without the script behind the pages."""
    return st.session_state.get(_PAGE, "")


def arrival() -> Arrival:
    """What was noted for this rerun; without the script behind the pages: the same page, with parameters."""
    return st.session_state.get(_ARRIVAL, Arrival(new_page=False, addressed=True))


def let_address_follow(name: str) -> None:
    """Put a parameter into the address of the browser, where a link to the very page that is shown has changed it.

    Streamlit shows what such a link asks for and leaves the address as it was.
    """
    asked, shown = st.query_params.get(name), st.session_state.get(_FOLLOWED)
    if asked and not arrival().new_page and shown not in (None, (name, asked)):
        st.query_params[name] = asked
    stands_in_address(name, asked)


def stands_in_address(name: str, value: str | None) -> None:
    """Take note that the address of the browser has this value for a parameter."""
    st.session_state[_FOLLOWED] = (name, value)
