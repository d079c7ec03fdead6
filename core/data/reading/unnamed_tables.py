"""Tables whose file names do not say that they are some, such as `labels` or `index.data`: they name the pictures."""

import re
import unicodedata
from pathlib import Path

from core.base.files import open_regular
from core.data.adapters.picture_files import split_ending, stem
from core.data.adapters.table_files import encoding_of
from core.data.reading.tree import MOST_TABLES, Tree, called_by

_LOOKED_AT_BYTES, _LOOKED_AT_LINES = 64_000, 60
_LEAST_NAMED = 0.5
"""So many of the lines name a picture, each another one, in one column."""
_SEPARATORS = (re.compile(r"[,;\t|]"), re.compile(r" +"))


def take_unnamed_tables(tree: Tree) -> None:
    """Count files of such names to the tables where their beginning names pictures of the folder in one of its columns.

    Reads the beginnings of no more files than `Tree.unnamed` has.
    """
    stems: set[str] = set()
    for inside in tree.unnamed:
        if len(tree.tables) >= MOST_TABLES or not tree.pictures:
            return
        lines = _first_lines(tree.folder / inside)
        if len(lines) < 2:
            continue
        stems = stems or {stem(_plain(name)) for names in tree.pictures.values() for name in names}
        if any(_names_pictures(lines, separator, stems) for separator in _SEPARATORS):
            tree.tables.append(inside)
            kind = called_by(split_ending(inside)[1].lower())
            tree.others[kind] -= 1
            if tree.others[kind] <= 0:
                tree.others.pop(kind)


def _first_lines(path: Path) -> list[str]:
    """The first lines of a text; none of what is no text or cannot be read."""
    try:
        with open_regular(path) as file:
            start = file.read(_LOOKED_AT_BYTES)
    except OSError:
        return []
    whole = len(start) < _LOOKED_AT_BYTES
    text = start.decode(encoding_of(start, whole=whole), errors="replace")
    if "\0" in text:
        return []
    lines = text.splitlines()
    return [line for line in (lines if whole else lines[:-1]) if line.strip()][:_LOOKED_AT_LINES]


def _names_pictures(lines: list[str], separator: re.Pattern[str], stems: set[str]) -> bool:
    rows = [separator.split(line.strip()) for line in lines]
    if sum(len(row) > 1 for row in rows) < _LEAST_NAMED * len(rows):
        return False
    named: dict[int, set[str]] = {}
    for row in rows:
        for place, text in enumerate(row[:_LOOKED_AT_LINES]):
            name = _plain(text.strip().strip("\"'").replace("\\", "/").rpartition("/")[2])
            if name and (name in stems or stem(name) in stems):
                named.setdefault(place, set()).add(text)  # with its folder: names may stand in several
    most = max(map(len, named.values()), default=0)
    return most >= max(2, _LEAST_NAMED * (len(lines) - 1))


def _plain(name: str) -> str:
    return name.casefold() if name.isascii() else unicodedata.normalize("NFC", name.casefold())
