"""Joining tables whose rows name folders, such as the studies of patients: what a row says goes to every picture in
its folder."""

import re
from collections.abc import Hashable, Mapping, Sequence
from functools import partial

import pandas as pd

from core.data.adapters.table_files import Table, without_header
from core.data.compact_texts import folders_of
from core.data.group_words import plain_name
from core.data.reading.column_names import ROW_NAMES
from core.data.reading.joined import Joined, fill, shown_name

FOLDER = "folder in the table"
"""Column of the folder of each picture that a table names; "" where it names none."""
_LEAST = 0.5
_FEWEST = 2
_DRIVE = re.compile(r"^[a-z]:/")
_MOST_ROWS_SAID = 3


def add_by_folders(joined: Joined, table: Table, inside: str, files: pd.Series) -> bool:
    """Join a table one of whose columns has paths of folders: as they lie here, or with folders before them that are
    not here, in any case, with slashes of either kind, a drive, or one at the end.

    Two columns may say it together, such as patient and study. Where a folder lies in another that is named too, its
    own row counts, and it is asked where both say different things.

    Args:
        joined: gets the columns of the table, and `FOLDER`.
        table: with a row for each folder.
        inside: its path.
        files: paths of the pictures.
    """
    places = [] if files.empty else _folders_of(files)
    if len(places) < _FEWEST:
        return False
    found = None
    if any("/" in _plain(name) for name in table.columns):
        listed = without_header(table)
        found = _best_of(listed, places)
        if found is not None and listed.rows.index[0] in found[1].index:
            table = listed
        else:
            found = None
    found = found or _best_of(table, places)
    if found is None:
        return False
    _join(joined, table, inside, *found, files)
    return True


def _best_of(table: Table, places: Sequence[str]) -> tuple[str, pd.Series] | None:
    """The column that names the most folders, and the folder of each row by its line; None where none does."""
    found = [(column, known) for column, paths in _paths_in(table) if (known := _meant(paths, places)) is not None]
    return max(found, key=lambda each: len(each[1]), default=None)


def _folders_of(files: pd.Series) -> list[str]:
    """All folders with pictures below them, by their plain paths."""
    found: set[str] = set()
    for place in folders_of(files).unique():
        while place and place not in found:
            found.add(place)
            place = place.rpartition("/")[0]
    return sorted(found)


def _paths_in(table: Table) -> list[tuple[str, pd.Series]]:
    """Columns of paths with several folders, or a slash at the end; and pairs of columns that are a path together."""
    rows = table.rows
    found: list[tuple[str, pd.Series]] = []
    for column in rows.columns:
        said = rows[column][rows[column] != ""]
        if len(said) >= _FEWEST and said.str.contains(r"[\\/]", regex=True).any():
            found.append((str(column), said.map(_plain)))
    keys = [name for name in rows.columns if plain_name(name) in _KEYS]
    for outer in keys:
        for inner in keys:
            both = rows[(rows[outer] != "") & (rows[inner] != "")]
            if outer != inner and len(both) >= _FEWEST and not both[inner].is_unique and not both[outer].is_unique:
                found.append((inner, (both[outer] + "/" + both[inner]).map(_plain)))
    return found


_KEYS = frozenset(map(plain_name, (
    *ROW_NAMES, "patient", "patient_id", "subject", "subject_id", "case", "case_id", "series", "series_id", "visit",
    "session", "lesion", "lesion_id", "folder", "scan", "scan_id",
)))  # fmt: skip
"""Columns of which two may be folders inside one another."""


def _plain(path: object) -> str:
    """A path of a folder as it is compared."""
    plain = str(path).strip().strip("\"'").replace("\\", "/").casefold()
    return _DRIVE.sub("", plain).removeprefix("./").strip("/")


def _meant(paths: pd.Series, places: Sequence[str]) -> pd.Series | None:
    """The folder that each row means by its line, None where hardly one means any, or two mean the same.

    As many folders at the beginning of the path are taken away from all, until they are those that are here.
    """
    if not paths.is_unique:
        return None
    for cut in range(1 + int(paths.str.count("/").max())):
        shorter = paths.map(partial(_without_first, cut=cut))
        wanted = set(shorter) - {""}
        ends: dict[str, str | None] = {}
        for place in places:
            for end in _ends(_plain(place)) & wanted:
                ends[end] = None if end in ends else place
        ends |= {_plain(place): place for place in places}  # a whole path means itself
        ends.pop("", None)
        found = shorter.map(ends).dropna()
        if len(found) >= max(_FEWEST, _LEAST * len(paths)) and found.is_unique:
            return found
    return None


def _ends(path: str) -> set[str]:
    """All that a path ends in: of "a/b" these are "a/b" and "b"."""
    return {_without_first(path, cut) for cut in range(path.count("/") + 1)}


def _without_first(path: str, cut: int) -> str:
    return "/".join(path.split("/")[cut:])


def _join(joined: Joined, table: Table, inside: str, column: str, known: pd.Series, files: pd.Series) -> None:
    """Give each picture the row of the innermost folder that it lies in and that is named."""
    line_of: dict[str, Hashable] = {str(place): line for line, place in known.items()}
    lying_in = folders_of(files)
    named = {place: _innermost(place, line_of) for place in lying_in.unique()}
    lines = lying_in.map({place: each[0] if each else None for place, each in named.items()})
    here = lines.notna()
    rows = table.rows
    if rows[column].str.contains(r"[\\/]", regex=True).any():  # `FOLDER` says it
        rows = rows.drop(columns=column)
    _ask_of_outer(joined, rows, inside, [each for each in named.values() if len(each) > 1])
    joined.keys[inside] = column
    joined.tables[inside] = int(here.sum())
    if absent := len(rows) - len(known):
        joined.without[inside] = absent
    for name in rows.columns:
        said = pd.Series("", files.index, dtype=object)
        said[here] = rows[name].loc[lines[here]].to_numpy()
        fill(joined, name, said, inside)
        joined.columns += [name] if name not in joined.columns else []
    folder_of = {line: place for place, line in line_of.items()}
    fill(joined, FOLDER, lines.map(folder_of).fillna("").astype(object), inside)


def _innermost(place: str, line_of: Mapping[str, Hashable]) -> list[Hashable]:
    """Lines of the folders that are named and that a picture in a folder lies in, the innermost first."""
    found: list[Hashable] = []
    while place:
        if place in line_of:
            found.append(line_of[place])
        place = place.rpartition("/")[0]
    return found


def _ask_of_outer(joined: Joined, rows: pd.DataFrame, inside: str, several: list[list[Hashable]]) -> None:
    """Ask where the rows of folders inside one another differ."""
    differing = [lines for lines in several if len(rows.loc[lines].drop_duplicates()) > 1]
    if differing:
        shown = ", ".join(map(str, differing[0][:_MOST_ROWS_SAID]))
        asked = (
            f"Lines {shown} of {shown_name(inside)} are of folders inside one another and differ: the pictures have "
            "what is said of the inner one. Agree, or keep one line for each folder."
        )
        joined.asked = f"{joined.asked} {asked}".strip()
