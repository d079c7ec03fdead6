"""Reading metadata tables as they were published: texts, what is missing, and columns by their names."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from core.data.adapters.table_files import numbers, read_table
from core.data.compact_texts import mapped, repeated
from core.data.group_words import plain_name
from core.data.sex_words import SEXES
from core.data.spec import OLDEST, Skip

_NOT_KNOWN = ("unknown", "", "nan", "none", "null", "na", "n/a", "#n/a", "<na>")
_AGE_WITH_UNIT = (
    r"^(\d+(?:[.,]\d+)?)\s*(y|yrs?|years?|j|jahre?|años?|anos?|ans|m|mo|months?|monate?|meses|mois)\.?(?: old)?$"
)
_PARTS_OF_A_YEAR = dict.fromkeys(("m", "mo", "month", "months", "monat", "monate", "meses", "mois"), 12)


def read_texts(path: Path) -> pd.DataFrame:
    """Read a table as texts without blanks around them, as `read_table`; what is not known is missing (NaN).

    Raises:
        DataError: the file is no table, has too many columns, or its lines are longer than its header.
    """
    rows = read_table(path).rows.reset_index(drop=True)
    for name in rows.columns:
        rows[name] = rows[name].mask(rows[name].str.lower().isin(_NOT_KNOWN))
    return rows


def ages(texts: pd.Series, skipped: list[Skip]) -> pd.Series:
    """Ages in years, float64; what is not a number of 0 to `OLDEST` is missing.

    "45 years" and "6 months" are numbers. How many are no ages, such as dates of birth, or no single number, such as
    "45-50" or "85+", is added to `skipped`.
    """
    years = numbers(texts)
    unread = texts[years.isna() & texts.notna()].astype(str).str.strip().str.casefold()
    unread = unread[~unread.isin(_NOT_KNOWN)]
    if len(unread):
        parted = unread.str.extract(_AGE_WITH_UNIT)
        years = years.fillna(numbers(parted[0]) / parted[1].map(_PARTS_OF_A_YEAR).fillna(1))
        none = years.reindex(unread.index).isna()
        if none.any():
            reason = (
                f"{none.sum():,} of the ages are no single number, the first is “{texts[none.index[none][0]]}”; they "
                "count as not recorded."
            )
            skipped.append(Skip("", "", reason))
    possible = years.between(0, OLDEST)
    wrong = years.notna() & ~possible
    if wrong.any():
        first = texts[wrong].iloc[0]
        reason = (
            f"{wrong.sum():,} of the ages lie below 0 or above {OLDEST} years, the first is {first}; they count as not "
            "recorded. Correct them to use them."
        )
        skipped.append(Skip("", "", reason))
    return years.where(possible)


def sexes(texts: pd.Series, skipped: list[Skip] | None = None) -> pd.Series:
    """ "female" or "male" however they are written; anything else is missing, and counted in `skipped`."""
    plain = mapped(texts, lambda text: text.strip().casefold()).fillna("")
    written = set(plain.unique())
    in_spanish = "h" in written and "m" in written and not written & {"f", "w"}  # hombre and mujer
    found = mapped(plain, (SEXES | {"m": "female"} if in_spanish else SEXES).get)
    other = found.isna() & ~plain.isin(_NOT_KNOWN)
    if other.any() and skipped is not None:
        shown = ", ".join(f"“{text}”" for text in sorted(set(plain[other]))[:4])
        reason = f"{other.sum():,} of the sexes are written as {shown}, of which nobody knows what it means here."
        skipped.append(Skip("", "", f"{reason} They count as not recorded."))
    return found


def column_named(columns: Iterable[str], names: Iterable[str]) -> str | None:
    """The first of the columns that is called by one of the names, the earlier names before the later ones.

    Case, blanks, dashes and underscores do not count.
    """
    plain = {plain_name(column): column for column in reversed(list(columns))}
    return next((plain[plain_name(name)] for name in names if plain_name(name) in plain), None)


def without_duplicates(rows: pd.DataFrame, label: str, skipped: list[Skip]) -> pd.DataFrame:
    """Keep one row per `image_id`, and none where the column `label` contradicts itself; adds to `skipped`."""
    again = repeated(rows["image_id"])
    if not again.any():
        return rows
    drop = rows["image_id"].duplicated(keep="first")
    for image_id, same in rows[again].groupby("image_id"):
        if same[label].nunique() > 1:
            drop |= rows["image_id"] == image_id
            reason = (
                f"The image id stands {len(same)} times with different diagnoses; none is used. Keep the right row."
            )
        else:
            reason = f"The image id stands {len(same)} times; the first row is used."
        skipped.append(Skip(str(image_id), "", reason))
    return rows[~drop]
