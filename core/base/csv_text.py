"""CSV that is safe to open: no cell is taken for a formula, and every text can be written."""

from collections.abc import Collection, Iterable
from typing import Any

import pandas as pd

from core.base.printable import printable

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def in_one_cell(texts: Iterable[str]) -> str:
    """Several texts, such as class keys, which may have blanks and commas in them, as one cell."""
    return "; ".join(texts)


def column_of_each(keys: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """Names of columns for classes by their key: the key itself, unless another column of the table is called so."""
    return {key: f"p {key}" if key in taken else key for key in keys}


def csv_text(table: pd.DataFrame) -> str:
    """A table without its index as CSV.

    Texts that a spreadsheet would take for a formula stand after an apostrophe, for names of files and columns may
    come from anybody; so do those that begin like one of these, so that `without_apostrophe` gives each back. What
    cannot be written as UTF-8 is written as an escape. Numbers and what is missing stay.
    """
    texts = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    safe = {name: table[name].astype(object).map(safe_cell) for name in texts}
    return table.assign(**safe).rename(columns=safe_cell).to_csv(index=False)


def safe_cell(value: Any) -> Any:
    """A value that a spreadsheet does not take for a formula, and that can be written as UTF-8."""
    if not isinstance(value, str):
        return value
    writable = printable(value)
    return "'" + writable if _is_formula(writable) else writable


def without_apostrophe(text: str) -> str:
    """The text that became this one in `csv_text`."""
    return text[1:] if text.startswith("'") and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.lstrip("'").startswith(_FORMULAS)
