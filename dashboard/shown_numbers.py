"""Counts in tables as in texts and charts: 1,099. Streamlit itself writes 1099."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import pandas as pd
import streamlit as st
from pandas.api.types import is_integer_dtype
from pandas.io.formats.style import Styler

OF_OTHERS = frozenset({"image_id", "sample"})
"""A table with one of these lists pictures or samples one by one: what its numbers mean is not ours to say."""
NO_COUNTS = frozenset({"seed", "year", "trial"})
LEAST = 1000


def with_counts(element: Callable) -> Callable:
    """Streamlit's `dataframe` or `data_editor`, writing counts with a comma where nothing else is said of a column."""
    if hasattr(element, "writes_counts"):
        return element
    signature = inspect.signature(element)

    @wraps(element)
    def showing(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        counts = count_columns(given.arguments.get("data"))
        if counts:
            given.arguments["column_config"] = counts | dict(given.arguments.get("column_config") or {})
        return element(*given.args, **given.kwargs)

    showing.writes_counts = True  # type: ignore[attr-defined]
    return showing


def count_columns(data: Any) -> dict[Any, Any]:
    """How columns of large whole numbers look; nothing for tables that are not ours."""
    table = data.data if isinstance(data, Styler) else data
    if not isinstance(table, pd.DataFrame) or not table.columns.is_unique or not OF_OTHERS.isdisjoint(table.columns):
        return {}
    return {
        name: st.column_config.NumberColumn(format="%,d")
        for name in table.columns
        if name not in NO_COUNTS and is_integer_dtype(table[name].dtype) and table[name].abs().max() >= LEAST
    }
