"""The browser's Back: one press leaves a page on which nothing was chosen yet."""

import streamlit as st

_SCRIPT = """<script>
if (!window.backWatched) {
    window.backWatched = true;
    let touched = false;
    const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { touched = true; }, true);
    addEventListener("popstate", () => { touched = false; });
    history.pushState = (state, title, address) => {
        const other = new URL(address ?? location.href, location.href).pathname !== location.pathname;
        if (other || touched) push(state, title, address);
        else replace(state, title, address);
        if (other) touched = false;
    };
}
</script>"""
"""Streamlit puts what a page writes into its own address on top of the history. What a page writes when somebody has
just come to it takes the place of the address that it came by; what a person then chooses is a step of its own.
"""


def let_back_leave_the_page() -> None:
    """Let an address that a page completes by itself be no step of the browser's history."""
    st.html(_SCRIPT, unsafe_allow_javascript=True)
