"""The frame of every page in the browser: its styles, and a link that skips the navigation."""

import streamlit as st

from dashboard.rest.assets import FOLDER
from dashboard.router import says

# A link before everything else; the page it leads within is drawn by Streamlit, which gives its main part no id.
_SKIP = """<script>
if (!window.skipsNavigation) {
    window.skipsNavigation = true;
    const link = document.createElement("a");
    link.className = "skip";
    link.href = "#main";
    link.textContent = "Skip to the main part";
    link.addEventListener("click", event => {
        event.preventDefault();
        const main = document.querySelector('[data-testid="stMain"]');
        main.tabIndex = -1;
        main.focus();
    });
    document.body.prepend(link);
}
</script>"""


def dress_page() -> None:
    """Give the page its styles."""
    st.html(FOLDER / "frame" / "frame.css")


def let_keyboards_skip_navigation() -> None:
    """Have the first press of Tab reach a link that leads past the navigation to the main part."""
    st.html(_SKIP, unsafe_allow_javascript=True)


def say_what_it_shows(page: str) -> None:
    """A line under the title of a page that says what one looks at."""
    st.caption(says(page))
