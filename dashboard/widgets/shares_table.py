"""A table of figures, of which some are shares."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st


def shares_table(table: pd.DataFrame, shares: Iterable[str], alt: str, pinned: str = "") -> None:
    """Show a table without its index; columns named in `shares` (0…1) are in percent, missing figures “not defined”.

    The `pinned` column stays in view where a table is wider than its place.
    """
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            **dict.fromkeys(shares, st.column_config.NumberColumn(format="percent")),
            **({pinned: st.column_config.Column(pinned=True)} if pinned else {}),
        },
        placeholder="not defined",
        alt=alt,
    )
