"""Rows of tabs that a phone cannot show whole: the open one is brought into sight."""

import streamlit as st

# Who comes by a link to the last of ten tabs else sees the first five, none of them open. Only the row moves, never
# the page, and only when another tab has been opened, so that a finger may move the row as it likes.
_SCRIPT = """<script>
if (!window.showsOpenTabs) {
    window.showsOpenTabs = true;
    const shown = new WeakMap();
    const look = () => {
        for (const tab of document.querySelectorAll('[data-testid="stMain"] [role="tab"][aria-selected="true"]')) {
            const row = tab.closest('[role="tablist"]');
            if (!row || !tab.offsetWidth || shown.get(row) === tab) continue;
            shown.set(row, tab);
            const [inner, outer] = [tab.getBoundingClientRect(), row.getBoundingClientRect()];
            row.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
        }
    };
    new MutationObserver(look).observe(document.body, {
        subtree: true, childList: true, attributes: true, attributeFilter: ["aria-selected"],
    });
    look();
}
</script>"""


def bring_open_tabs_into_sight() -> None:
    """Move each row of tabs so that the one that is open can be seen."""
    st.html(_SCRIPT, unsafe_allow_javascript=True)
