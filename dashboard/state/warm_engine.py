"""Making the engine ready while a person still chooses what to train."""

import logging
import threading

import streamlit as st

from core.base.errors import LesionLabError
from core.base.settings import artifacts_dir
from core.engine.engine import submit
from core.engine.engine_settings import load_engine_settings
from core.engine.expected import expect
from core.training.recipe import Recipe

AGAIN_SECONDS = 60.0
logger = logging.getLogger("lesionlab")
serving = threading.Event()
"""Set while this process is a server; a page that is opened without one starts no engine."""


def make_ready_for(recipe: Recipe, classes: int, examples: int) -> None:
    """Have a process wait for the next run that has built the recipe's network already; returns at once.

    `examples` is how many an epoch learns from.
    """
    if serving.is_set() and load_engine_settings().standby_minutes:
        _warm(str(artifacts_dir()))
        try:
            expect(recipe, classes, examples)
        except LesionLabError:  # a full disk: the run will say so, here nothing depends on it
            logger.info("what is expected next could not be noted down", exc_info=True)


@st.cache_resource(ttl=AGAIN_SECONDS, show_spinner=False)
def _warm(artifacts: str) -> threading.Thread:  # noqa: ARG001 - part of the key
    def warm() -> None:
        try:
            submit()  # also without a run its workers each start a process that waits for one
        except Exception:
            logger.exception("the engine could not be made ready")

    thread = threading.Thread(target=warm, daemon=True)
    thread.start()
    return thread
