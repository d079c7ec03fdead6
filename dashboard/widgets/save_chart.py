"""A button that saves the charts of a page as pictures, with what is said of them, drawn in the browser."""

import streamlit as st

from core.serving.predictor import DISCLAIMER
from dashboard.addresses import address
from dashboard.rest.assets import ASSETS, FOLDER, PLOTLY

_SCRIPT = """
const scripts = {};
export default function ({ parentElement, data }) {
  scripts[data.script] ??= import(new URL(data.script, location.origin));
  const left = scripts[data.script].then(({ mount }) => mount(parentElement, data));
  return () => left.then((leave) => leave());
}
"""
_component = st.components.v2.component(
    "lesion_lab_save_chart", js=_SCRIPT, css=(FOLDER / "save" / "save.css").read_text()
)


def light_theme() -> dict[str, str | list[str]]:
    """Colours of the light page, in which every picture is drawn whatever the page is."""
    names = {
        "text": "textColor", "ground": "backgroundColor", "border": "borderColor", "colorway": "chartCategoricalColors",
        "sequential": "chartSequentialColors", "diverging": "chartDivergingColors",
    }  # fmt: skip
    return {name: st.get_option(f"theme.light.{option}") for name, option in names.items()}


def show_save_chart() -> None:
    """The button in the sidebar."""
    help = "Save a chart of this page with its caption as a picture: PNG, or SVG for print."
    if st.button("Save a chart", icon=":material/image:", width="stretch", key="save-chart", help=help):
        _offer()


@st.dialog("Save a chart")
def _offer() -> None:
    st.caption("Pictures are drawn for a light ground, with the caption, the name of this page and the date below.")
    _component(
        key="save-charts",
        data={
            "script": address(f"{ASSETS}/save/save.js"),
            "plotly": address(PLOTLY),
            "theme": light_theme(),
            "about": DISCLAIMER,
        },
    )
