"""Choosing the stages of a training, as a small table."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.training.stages import ALL, HEAD, Stage
from dashboard.state.stage_rows import first_rows, keep_rows, without_gaps

USUAL = {
    "the head, then all": (Stage(learns=HEAD, epochs=5), Stage(learns=ALL, epochs=5, learning_rate=1e-4)),
    "the head alone": (Stage(learns=HEAD, epochs=10),),
    "the head, then the last blocks": (Stage(learns=HEAD, epochs=3), Stage(learns="4", epochs=8, schedule="cosine")),
    "all, small pictures first": (
        Stage(learns=ALL, epochs=6, learning_size=96, schedule="cosine"),
        Stage(learns=ALL, epochs=2, learning_rate=3e-4, schedule="cosine"),
    ),
    "all, the first layers slowest": (Stage(learns=ALL, epochs=8, schedule="cosine", layer_decay=0.8),),
}
"""Stages to begin with, by what they do."""
_FIELDS = Stage.model_fields


def pick_stages(model: str, start: Sequence[Stage], kept: Callable[[str], dict[str, Any]]) -> list[dict[str, Any]]:
    """A switch, stages to begin with, and a table in which rows are stages; returns the fields of each stage.

    Args:
        model: keeps the choice for one model apart from that for another.
        start: stages that the table begins with; none leaves the switch off.
        kept: what lets the widget of a field keep its value.
    """
    on = st.toggle(
        "In stages",
        bool(start),
        help="Stages follow one another. In each, another part of the network learns, from the best weights so far.",
        **kept(f"staged-{model}"),
    )
    key = kept(f"stages-{model}")["key"]
    if not on:
        st.query_params.pop(key, None)
        return []
    begin: dict[str, Sequence[Stage]] = {"as in the recipe": start, **USUAL} if start else dict(USUAL)
    chosen = st.selectbox("Usual stages", list(begin), **kept(f"usual-stages-{model}"))
    rows, table_key = first_rows(key, chosen, begin[chosen])
    help_of = {name: field.description for name, field in _FIELDS.items()}
    table = st.data_editor(
        pd.DataFrame(rows, columns=list(_FIELDS)),
        key=table_key,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "learns": st.column_config.TextColumn("Learns", help=help_of["learns"], required=True, default=HEAD),
            "epochs": st.column_config.NumberColumn(
                "Epochs", help=help_of["epochs"], min_value=1, max_value=1000, step=1, required=True, default=5
            ),
            "learning_size": st.column_config.NumberColumn(
                "Pixels", help=help_of["learning_size"], min_value=0, step=1, default=0
            ),
            "learning_rate": st.column_config.NumberColumn(
                "Learning rate", help=help_of["learning_rate"], required=True, default=1e-3, format="%g"
            ),
            "schedule": st.column_config.SelectboxColumn(
                "Schedule",
                help=help_of["schedule"],
                options=["constant", "cosine", "one-cycle"],
                required=True,
                default="constant",
            ),
            "warm_up": st.column_config.NumberColumn("Warm-up", help=help_of["warm_up"], default=0.1),
            "early_stopping_patience": st.column_config.NumberColumn(
                "Stop after", help=help_of["early_stopping_patience"], min_value=0, step=1, default=0
            ),
            "reduce_lr_patience": st.column_config.NumberColumn(
                "Reduce after", help=help_of["reduce_lr_patience"], min_value=0, step=1, default=0
            ),
            "layer_decay": st.column_config.NumberColumn("Layer decay", help=help_of["layer_decay"], default=1.0),
        },
    )
    found = [without_gaps(row) for row in table.to_dict("records")]
    keep_rows(key, found, begin[chosen])
    return found
