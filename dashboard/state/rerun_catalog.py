"""The catalog as one rerun of a page sees it: the data roots are looked into once, whoever asks and however often."""

import streamlit as st

from core.data.catalog import Catalog, look

_KEY = "catalog-of-rerun"


def begin_rerun() -> None:
    """Have the next who asks look anew; called by the script behind every page."""
    st.session_state[_KEY] = None


def current_catalog() -> Catalog:
    """The catalog of this rerun; a fragment that runs by itself sees what its page saw.

    Where no page script has begun, as in a test of a widget, it is looked anew each time.
    """
    if _KEY not in st.session_state:
        return look()
    if st.session_state[_KEY] is None:
        st.session_state[_KEY] = look()
    return st.session_state[_KEY]


def look_again() -> Catalog:
    """The catalog after something was drawn or unpacked in this rerun."""
    if _KEY in st.session_state:
        begin_rerun()
    return current_catalog()
