"""A table of figures, of which some are shares."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core.base.percents import NO_BREAK_SPACE, percent, percent_in_short
from dashboard.glossary import meaning, term_of

PERCENT_FORMAT = f"%.1f{NO_BREAK_SPACE}%%"
"""How a column of figures in percent is written by the browser."""


Limits = tuple[float, float] | None
LONG_NAME = 25
"""Letters that a name may have in one line."""
NAME_WIDTH, TWO_LINES = 190, 66
"""Pixels of the column of names, which leaves room for figures on a phone, and of rows whose names need two lines:
Streamlit breaks lines in rows of more than 64."""

MOST_OPEN = 12
"""Rows of two lines up to which all stand open; more are scrolled."""


def shares_table(
    table: pd.DataFrame,
    shares: Iterable[str],
    alt: str,
    pinned: str = "",
    intervals: Mapping[str, Sequence[Limits]] | None = None,
) -> None:
    """Show a table without its index; columns named in `shares` (0…1) are in percent, missing figures “not defined”.

    The head of a column that is a term of the field says what it means. The `pinned` column has names: it stays in view
    where a table is wider than its place, and a long name takes two lines.

    Args:
        table: rows to be shown.
        shares: its columns of shares, 0…1.
        alt: what the table is, for who does not see it.
        pinned: its column of names.
        intervals: limits (0…1) of each row, by the name of a column of shares: they stand behind each share.
    """
    config = {name: st.column_config.Column(help=_help(name)) for name in table.columns}
    long = pinned and table[pinned].astype(str).str.len().max() > LONG_NAME
    if pinned:
        config[pinned] = st.column_config.Column(help=_help(pinned), pinned=True, width=NAME_WIDTH if long else None)
    shown = shares_written(table, shares, "not defined")
    for name, limits in (intervals or {}).items():
        for row, each in zip(table.index, limits, strict=True):
            if each:
                shown.format(partial(percent_in_short, limits=each), subset=pd.IndexSlice[[row], [name]])
    st.dataframe(
        shown,
        hide_index=True,
        column_config=config,
        placeholder="not defined",
        alt=alt,
        row_height=TWO_LINES if long else None,
        height="content" if long and len(table) <= MOST_OPEN else "auto",
    )


def shares_written(table: pd.DataFrame, shares: Iterable[str], missing: str = "–") -> Styler:
    """The same table with one decimal for each share; it is sorted, chosen from and downloaded as it is.

    Streamlit's own format for percent has two decimals or none, as it comes. Every cell is looked at, which takes too
    long for thousands of rows: those are written by `times_100` and `PERCENT_FORMAT`.

    Args:
        table: rows to be shown.
        shares: columns of shares, 0…1; those that the table does not have are passed over.
        missing: stands where a share is missing.
    """
    return table.style.format(percent, subset=[name for name in shares if name in table], na_rep=missing)


def times_100(table: pd.DataFrame, shares: Iterable[str]) -> pd.DataFrame:
    """A long table with its columns of `shares` (0…1) in percent, for columns of the format `PERCENT_FORMAT`."""
    return table.assign(**{name: 100 * table[name].astype(float) for name in shares if name in table})


def _help(column: str) -> str | None:
    term = term_of(str(column))
    return meaning(term) if term else None
