"""The button that gives a table as CSV."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.base.csv_text import csv_text


def csv_button(
    label: str, table: pd.DataFrame | Callable[[], pd.DataFrame], file_name: str, *, help: str | None = None
) -> None:
    """A button that gives a table without its index as CSV; the text is made when it is pressed, not on every rerun.

    Args:
        label: what stands on the button.
        table: the rows, or what puts them together when the button is pressed.
        file_name: what the browser calls the file.
        help: shown when the pointer rests on the button.
    """
    st.download_button(
        label,
        lambda: csv_text(table() if callable(table) else table).encode(),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help=help,
    )
