"""A table of figures, of which some are shares."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from dashboard.glossary import meaning, term_of


def shares_table(table: pd.DataFrame, shares: Iterable[str], alt: str, pinned: str = "") -> None:
    """Show a table without its index; columns named in `shares` (0…1) are in percent, missing figures “not defined”.

    The head of a column that is a term of the field says what it means. The `pinned` column stays in view where a table
    is wider than its place.
    """
    config = {name: st.column_config.Column(help=_help(name), pinned=name == pinned or None) for name in table.columns}
    # Streamlit's own format for percent has two decimals or none, as it comes.
    shown = table.style.format("{:.1%}", subset=list(shares), na_rep="not defined")
    st.dataframe(shown, hide_index=True, column_config=config, placeholder="not defined", alt=alt)


def _help(column: str) -> str | None:
    term = term_of(str(column))
    return meaning(term) if term else None
