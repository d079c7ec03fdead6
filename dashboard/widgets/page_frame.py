"""The frame of every page in the browser: its styles, its line under the title, and the way into popovers."""

import streamlit as st

from dashboard.rest.assets import FOLDER
from dashboard.router import says, title_of
from dashboard.state.arrival import page_shown

NAME = "Lesion Lab"

# Streamlit leaves the focus on the button, while what it opens comes last on the page. A click of a keyboard has no
# detail; what is in the popover may come a moment later from the server.
_ENTER_POPOVERS = """<script>
if (!window.entersPopovers) {
    window.entersPopovers = true;
    const inside = "input, button, select, textarea, a[href], [tabindex='0']";
    const takes = each => each.tabIndex >= 0 && each.checkVisibility();
    const within = body => [...body.querySelectorAll(inside)].filter(takes);
    let opener = null;
    document.addEventListener("click", event => {
        const button = event.target.closest?.('[data-testid="stPopoverButton"]');
        if (!button || event.detail) return;
        opener = button;
        let looks = 0;
        const enter = () => {
            const body = document.querySelector('[data-testid="stPopoverBody"]');
            if (body && within(body).length) within(body)[0].focus();
            else if (++looks < 40) setTimeout(enter, 50);
        };
        setTimeout(enter, 50);
    }, {capture: true});
    document.addEventListener("keydown", event => {
        const body = event.target.closest?.('[data-testid="stPopoverBody"]');
        if (!body || !opener || event.key !== "Tab") return;
        setTimeout(() => body.contains(document.activeElement) || opener.focus(), 0);
    }, {capture: true});
}
</script>"""


def name_tab(shown: str = "") -> None:
    """Name the tab of the browser after the page and the data set or run that it shows.

    Args:
        shown: what the page shows; without it the page alone stands there.
    """
    page = title_of(page_shown())
    st.set_page_config(page_title=" · ".join(filter(None, [page, page and shown, NAME])))


def dress_page() -> None:
    """Give the page its styles."""
    st.html(FOLDER / "frame" / "frame.css")


def let_keyboards_into_popovers() -> None:
    """Have a popover that the keyboard opens take the focus, and give it back to its button behind its last field."""
    st.html(_ENTER_POPOVERS, unsafe_allow_javascript=True)


def say_what_it_shows(page: str) -> None:
    """A line under the title of a page that says what one looks at."""
    st.caption(says(page))
