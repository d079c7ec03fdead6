"""How the page that is shown was come to: what a session remembers and what an address says depend on it."""

from dataclasses import dataclass

import streamlit as st

_PAGE, _ARRIVAL = "page", "arrival"


@dataclass(frozen=True)
class Arrival:
    """`new_page`: another page, or none, was shown before. `addressed`: the address had parameters at the start."""

    new_page: bool
    addressed: bool


def note_arrival(page: str) -> None:
    """Take note of the page that is about to run, before anything changes its address.

    Args:
        page: its path in the address.
    """
    st.session_state[_ARRIVAL] = Arrival(st.session_state.get(_PAGE) != page, bool(st.query_params.to_dict()))
    st.session_state[_PAGE] = page


def arrival() -> Arrival:
    """How the page that runs was come to; outside of the app, as from an address and not for the first time."""
    return st.session_state.get(_ARRIVAL, Arrival(new_page=False, addressed=True))
