"""The stages of a training that a table shows, as long as a visit lasts and in the address of the page."""

import math
from collections.abc import Sequence
from typing import Any

import streamlit as st
from pydantic import ValidationError

from core.training.stages import Stage
from dashboard.state.arrival import arrival

MOST = 20
"""Stages in an address."""
_FIELDS = tuple(Stage.model_fields)


def stages_to_text(rows: Sequence[dict[str, Any]]) -> str:
    """Stages as they stand in an address: the values of each in order, up to the last that is not the usual one.

    Empty where a row is no stage: what cannot be started is not sent.
    """
    try:
        stages = [Stage(**row) for row in rows]
    except ValidationError:
        return ""
    return "_".join(map(_as_text, stages)) if len(stages) <= MOST else ""


def stages_from_text(text: str) -> list[dict[str, Any]]:
    """The stages of an address; none where it holds anything else."""
    parts = [part.split("~") for part in text.split("_")] if text else []
    if len(parts) > MOST or any(len(part) > len(_FIELDS) for part in parts):
        return []
    try:
        return [Stage.model_validate(dict(zip(_FIELDS, part, strict=False))).model_dump() for part in parts]
    except ValidationError:
        return []


def first_rows(key: str, choice: str, usual: Sequence[Stage]) -> tuple[list[dict[str, Any]], str]:
    """With which rows the table begins, and the key of its widget.

    These are the rows of the address when somebody comes by it, and those that were left when the table was hidden or
    another page was shown. As long as the table is shown they stay the same: it forgets its edits when it is given
    other rows.

    Args:
        key: of what is kept, in the session and in the address.
        choice: what was chosen to begin with; another choice begins anew.
        usual: what that choice begins with.
    """
    by_history, seen = arrival().through_history, st.session_state.get(key) or {"choice": None, "shown": -1}
    same = seen["choice"] == choice and not by_history
    if same and f"{key}-{seen['shown']}" in st.session_state:
        return seen["begin"], f"{key}-{seen['shown']}"
    rows = seen["rows"] if same else [stage.model_dump() for stage in usual]
    if seen["choice"] is None or by_history or arrival().new_page:
        rows = stages_from_text(st.query_params.get(key, "")) or rows
    shown = seen["shown"] + 1
    st.session_state[key] = {"choice": choice, "begin": rows, "rows": rows, "shown": shown}
    return rows, f"{key}-{shown}"


def keep_rows(key: str, rows: Sequence[dict[str, Any]], usual: Sequence[Stage]) -> None:
    """Keep what the table shows now; the address has it where it is not what it began with."""
    st.session_state[key]["rows"] = list(rows)
    text = stages_to_text(rows)
    if not text or text == stages_to_text([stage.model_dump() for stage in usual]):
        st.query_params.pop(key, None)
    elif text != st.query_params.get(key):
        st.query_params[key] = text


def without_gaps(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of a stage; what was left empty takes its default."""
    return {
        str(name): value
        for name, value in row.items()
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    }


def _as_text(stage: Stage) -> str:
    values = list(stage.model_dump().items())
    while len(values) > 1 and values[-1][1] == Stage.model_fields[values[-1][0]].default:
        values.pop()
    return "~".join(str(value) for _, value in values)
