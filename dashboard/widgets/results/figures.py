"""How figures of a run are written, and which of its readings is looked at."""

from typing import Any

import streamlit as st

from core.base.errors import RunError
from core.base.percents import percent, percent_limits
from core.evaluation.readings import Reading
from core.runs.judging.readings import MALIGNANT, readings_of
from core.runs.judging.threshold import load_threshold
from dashboard.charts.palette import class_colours
from dashboard.state.judged import JudgedPart

NOTE: dict[str, Any] = {"delta_arrow": "off", "delta_color": "off", "border": True, "height": "stretch"}
"""How a tile looks whose second line is a note and no change."""
MALIGNANT_COLOUR = "#2B8197"


def with_interval(value: float | None, limits: tuple[float, float] | None) -> str:
    """A share with its limits in brackets."""
    return percent(value) + (f" ({percent_limits(limits)})" if limits and value is not None else "")


def readings(part: JudgedPart) -> list[Reading]:
    """How the answers of this run can be read as yes or no; asks what is malignant where nobody has said so."""
    classes = part.info.classes
    unknown = [c for c in classes if c.malignant is None]
    chosen: list[str] = []
    if unknown:
        names = {c.key: c.name for c in unknown}
        key = f"malignant-{part.run.run_id}"
        st.session_state.setdefault(key, [each for each in _saved_as_malignant(part) if each in names])
        chosen = st.multiselect(
            "Which classes are malignant?",
            list(names),
            format_func=names.__getitem__,
            key=key,
            persist_state="session",
            placeholder="Nobody has said so yet",
            help="The data set does not say it. A saved threshold keeps what is chosen here; for a folder of your own "
            "the page Data keeps it for all runs to come.",
        )
    return readings_of(classes, chosen)


def reading_colours(part: JudgedPart) -> dict[str, str]:
    """Colour of each reading by its name: that of its class."""
    colours = class_colours(part.info.classes)
    return {MALIGNANT: MALIGNANT_COLOUR} | {c.name: colours[c.key] for c in part.info.classes}


def _saved_as_malignant(part: JudgedPart) -> tuple[str, ...]:
    try:
        saved = load_threshold(part.run)
    except RunError:
        return ()
    return saved.positive if saved is not None and saved.name == MALIGNANT else ()
