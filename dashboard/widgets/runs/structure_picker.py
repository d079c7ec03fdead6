"""Choosing what of a model's own structure is not as by default, such as the dense layers of its head."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.models.parameters import Value
from core.models.spec import ModelSpec
from dashboard.markdown import Markdown


def pick_structure(
    model: ModelSpec, start: Mapping[str, Value], kept: Callable[[str], dict[str, Any]]
) -> dict[str, Value]:
    """A widget for each parameter of the structure; returns the value of each.

    Args:
        model: whose structure it is; of one that has nothing to choose, nothing is shown.
        start: what of it begins with another value than by default.
        kept: what lets the widget of a field keep its value.
    """
    if not model.architecture:
        return {}
    st.markdown(Markdown("**{}**").format("Structure of the network"))
    columns = st.grid(2, min_column_width=150)
    chosen: dict[str, Value] = {}
    for each in model.architecture:
        options = list(each.values or ())
        chosen[each.name] = columns.selectbox(
            each.name.replace("_", " ").capitalize(),
            options,
            index=options.index(start.get(each.name, each.default)),
            format_func=str,
            help=each.meaning,
            **kept(f"{model.name}-{each.name}"),
        )
    return chosen
