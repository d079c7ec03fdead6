"""Cards that are pressed anywhere: what lies in one leads where its first link or button leads."""

import streamlit as st

CARD = "card-"
"""The key of a container that is such a card begins so."""
_STYLE = f"""<style>
[class*="st-key-{CARD}"] {{ cursor: pointer; }}
</style>"""
_SCRIPT = f"""<script>
if (!window.wholeCards) {{
    window.wholeCards = true;
    document.addEventListener("click", event => {{
        const card = event.target.closest?.('[class*="st-key-{CARD}"]');
        if (!card || event.target.closest("a, button, input, label, [role=button]")) return;
        if (String(getSelection())) return;
        card.querySelector('a[href], [data-testid="stButton"] button')?.click();
    }});
}}
</script>"""


def press_cards_anywhere() -> None:
    """Let a click on the picture or the text of a card be one on its link."""
    st.html(_STYLE + _SCRIPT, unsafe_allow_javascript=True)
