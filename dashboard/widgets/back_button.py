"""The browser's Back: one press undoes one choice, and leaves a page on which nothing was chosen yet."""

import streamlit as st

_SCRIPT = """<script>
if (!window.backWatched) {
    window.backWatched = true;
    let touched = false, stepped = false;
    const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
    for (const kind of ["pointerdown", "keydown", "click"])
        addEventListener(kind, () => { touched = true; stepped = false; }, true);
    addEventListener("popstate", () => { touched = stepped = false; });
    history.pushState = (state, title, address) => {
        const other = new URL(address ?? location.href, location.href).pathname !== location.pathname;
        const step = !stepped && (other || touched);
        if (step) push(state, title, address);
        else replace(state, title, address);
        stepped ||= step;
        if (other) touched = stepped = false;
    };
}
</script>"""
"""Streamlit puts what a page writes into its own address on top of the history. What a page writes when somebody has
just come to it takes the place of the address that it came by; what a person then chooses is a step of its own, and one
step however often the address changes by it: on a busy page Streamlit writes what the next page says of itself, more
than once, to the old path before it goes to the new one.
"""


def let_back_leave_the_page() -> None:
    """Let an address that a page completes by itself be no step of the browser's history."""
    st.html(_SCRIPT, unsafe_allow_javascript=True)
