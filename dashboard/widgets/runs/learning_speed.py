"""How fast a run learnt, and whether reading its examples held it up."""

import streamlit as st

from core.base.percents import percent
from core.runs.input_wait import input_is_bound, input_wait
from core.runs.run_folder import RunFolder
from core.runs.trained import read_trained
from dashboard.rest.run_curves import follow
from dashboard.wording import in_words, input_bound


def show_learning_speed(run: RunFolder, things: str) -> None:
    """A line on its time, speed and waiting, and a warning where input was the bound; nothing for one without epochs.

    `things` is what it learnt from, "pictures" or "samples".
    """
    trained = read_trained(run)
    if trained is None or not trained.epochs or trained.seconds is None or trained.images_per_second is None:
        return
    waited = input_wait(follow(run).epochs)
    epochs = "1 epoch" if trained.epochs == 1 else f"{trained.epochs:,} epochs"
    said = f"Learnt {epochs} in {in_words(trained.seconds)}, {trained.images_per_second:,.0f} {things}/s"
    waiting = f", {percent(waited, 0)} of the time waiting for input" if waited is not None else ""
    of = f"; the figures are those of epoch {trained.best_epoch + 1}" if trained.best_epoch is not None else ""
    st.caption(f"{said}{waiting}{of}.")
    if waited is not None and input_is_bound(waited, trained.seconds / trained.epochs):
        st.warning(input_bound(waited, things), icon=":material/hourglass_top:")
