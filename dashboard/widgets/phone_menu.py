"""The menu on a phone, which lies over the page: it closes when a page is chosen."""

import streamlit as st

_SCRIPT = """<script>
if (!window.menuCloses) {
    window.menuCloses = true;
    document.addEventListener("click", event => {
        if (window.innerWidth >= 768 || !event.target.closest?.('[data-testid="stSidebarNavLink"]')) return;
        const close = () => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
        setTimeout(close, 0);
    });
}
</script>"""
"""768 pixels are the width below which Streamlit lays the menu over the page."""


def close_menu_on_phones() -> None:
    """Let a tap on a page in the menu close it where it would hide that page."""
    st.html(_SCRIPT, unsafe_allow_javascript=True)
