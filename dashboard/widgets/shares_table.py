"""A table of figures, of which some are shares."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st


def shares_table(table: pd.DataFrame, shares: Iterable[str], alt: str) -> None:
    """Show a table without its index; columns named in `shares` (0…1) are in percent, missing figures “not defined”."""
    st.dataframe(
        table,
        hide_index=True,
        column_config=dict.fromkeys(shares, st.column_config.NumberColumn(format="percent")),
        placeholder="not defined",
        alt=alt,
    )
