"""Model card: what a run is for, what it rests on, how far to trust it, and what nobody has computed yet."""

from functools import partial

import streamlit as st

from core.base.errors import DataError, RunError
from core.runs.card.as_html import card_html
from core.runs.card.as_markdown import card_markdown
from dashboard.router import page_of
from dashboard.state.model_card import load_model_card
from dashboard.widgets.card_view import offer_pdf, show_card, show_notes
from dashboard.widgets.notices import disclaimer
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import judged_runs, pick_run
from dashboard.widgets.samples import sample_confusion

st.title("Model card")
say_what_it_shows("card")
runs = judged_runs()
if not runs:
    st.info("No run has been evaluated yet. Its card appears here when a training ends.", icon=":material/info:")
    st.page_link(page_of("train"), label="Start a training", icon=":material/play_arrow:")
    sample_confusion()
    disclaimer()
    st.stop()
run = pick_run(runs)
try:
    card = load_model_card(run)
except (RunError, DataError) as error:
    st.error(str(error), icon=":material/error:")
    disclaimer()
    st.stop()
with st.container(horizontal=True, vertical_alignment="center"):
    for label, write, ending, kind in (
        ("Markdown", card_markdown, "md", "text/markdown"),
        ("HTML", card_html, "html", "text/html"),
    ):
        st.download_button(
            label, partial(write, card), f"{run.run_id}-card.{ending}", kind, icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip
    offer_pdf(card)
    st.page_link(page_of("results"), label="Results", icon=":material/grid_on:", query_params={"run": run.run_id})
if card.missing:
    st.caption(f"{len(card.missing)} parts were not computed; each says how to compute it.")
show_card(card)
show_notes(run)
disclaimer()
