"""Fingers on charts: they scroll the page, unless a lasso or box was asked for, or the chart is there for that."""

import streamlit as st

DRAWN_ON = "drawn-on"
"""With this begins the key of a chart on which a finger draws at once."""
# Plotly calls off scrolling wherever a finger lands on a chart that can be dragged, and Streamlit makes every chart
# with selections such a one. A finger that Plotly does not hear of scrolls; the browser makes a tap a click of a mouse.
_SCRIPT = """<script>
if (!window.fingersScroll) {
    window.fingersScroll = true;
    document.addEventListener("click", event => {
        const button = event.target.closest?.(".modebar-btn[data-attr=dragmode]");
        const draws = ["lasso", "select"].includes(button?.dataset.val);
        if (button) button.closest(".js-plotly-plot").drawsWithFinger = draws;
    }, {capture: true});
    document.addEventListener("touchstart", event => {
        const chart = event.target.closest?.(".draglayer")?.closest(".js-plotly-plot");
        const scrolls = chart && !chart.drawsWithFinger && !chart.closest("[class*=st-key-DRAWN_ON]");
        if (scrolls) event.stopImmediatePropagation();
    }, {capture: true, passive: true});
}
</script>"""


def let_fingers_scroll() -> None:
    """Let the page scroll under a finger on any chart until a button beside the chart says that the finger draws."""
    st.html(_SCRIPT.replace("DRAWN_ON", DRAWN_ON), unsafe_allow_javascript=True)
