"""Records of JSON as rows of texts: lists of objects, objects by name, and lines that are an object each."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from core.data.adapters.folder_names import fold_of, part_of_value
from core.data.adapters.text_pieces import BLANKS

_DEEPEST = 4
_FEWEST = 2
_OF_WHAT = frozenset("id no nr number code name".split())
MOST_KEYS = 2_000
"""More different keys are no columns of a table."""
NAME, VALUE = "image", "label"
"""Columns of what stands by name."""


def records_in(said: Any) -> list[dict[str, Any]] | None:
    """The records that a JSON file holds: a list of objects, alone or the longest below a key, or what stands by name.

    An object of names with a value each, such as {"a.jpg": "nevus"}, has records of `NAME` and `VALUE`, and so has one
    of lists of names, such as {"nevus": ["a.jpg", "b.jpg"]}, or a list of pairs, such as [["a.jpg", "nevus"]].
    """
    if isinstance(said, dict):
        lists = [each for each in said.values() if _are_objects(each) or _are_pairs(each)]
        if lists:
            return records_in(max(lists, key=len))
        if (of_pandas := _of_pandas(said)) is not None:
            return of_pandas
        if len(said) >= _FEWEST and all(isinstance(each, dict) for each in said.values()):
            return [{NAME: name, **each} for name, each in said.items()]
        if len(said) >= _FEWEST and all(map(_are_names, said.values())):
            what = _what_are(said)
            return [{NAME: name, what: key} for key, names in said.items() for name in names]
        if len(said) >= _FEWEST and not any(isinstance(each, dict) for each in said.values()):
            return [{NAME: name, VALUE: each} for name, each in said.items()]
        return None
    if _are_pairs(said):
        return [{NAME: name, VALUE: each} for name, each in said]
    return said if _are_objects(said) else None


def _of_pandas(said: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The records of a table that pandas has written by columns, {"dx": {"0": "nevus", "1": "melanoma"}}, or as its
    parts, {"columns": ["dx"], "index": [0, 1], "data": [["nevus"], ["melanoma"]]}; None of anything else."""
    if said.keys() == {"columns", "index", "data"} and all(isinstance(each, list) for each in said.values()):
        names, rows = list(map(str, said["columns"])), said["data"]
        fits = len(rows) >= _FEWEST and all(isinstance(row, list) and len(row) == len(names) for row in rows)
        return [dict(zip(names, row, strict=True)) for row in rows] if fits else None
    columns = list(said.values())
    if len(columns) < _FEWEST or not all(isinstance(each, dict) for each in columns):
        return None
    rows = list(columns[0])
    if len(rows) < _FEWEST or not all(map(str.isdecimal, rows)) or any(each.keys() != set(rows) for each in columns):
        return None
    return [{column: values[row] for column, values in said.items()} for row in rows]


def rows_of(records: Iterable[dict[str, Any]]) -> pd.DataFrame | None:
    """Records as rows of texts, numbered from 1 on, "" where nothing is said; None where they have too many keys.

    What lies in objects within is called by its last key where this comes up once, else by all of them.
    """
    flat = [dict(_flattened(each)) for each in records]
    paths = dict.fromkeys(path for each in flat for path in each)
    if not 0 < len(paths) <= MOST_KEYS:
        return None
    last = Counter(path[-1] for path in paths)
    names = {path: path[-1] if last[path[-1]] == 1 else ".".join(path) for path in paths}
    for path in paths:  # "patient": {"id": 1} is an id of the patient
        if len(path) > 1 and path[-1].casefold() in _OF_WHAT and (said := "_".join(path[-2:])) not in names.values():
            names[path] = said
    columns = {name: [each.get(path, "") for each in flat] for path, name in names.items()}
    return pd.DataFrame(columns, index=range(1, len(flat) + 1), dtype=str)


def read_lines(text: str) -> pd.DataFrame | None:
    """The rows of a text whose lines are an object each; None where one is none.

    Raises:
        ValueError: a line is no JSON; the message says which.
    """
    records = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            records.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"line {number} is no JSON") from error
    return rows_of(records) if all(isinstance(each, dict) for each in records) else None


def _are_objects(said: Any) -> bool:
    return isinstance(said, list) and len(said) >= _FEWEST and all(isinstance(each, dict) for each in said)


def _are_pairs(said: Any) -> bool:
    """Whether it is a list of names with a value each, such as [["a.png", 3], ["b.png", 0]]."""
    return (
        isinstance(said, list)
        and len(said) >= _FEWEST
        and all(isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) for each in said)
        and not any(isinstance(value, list | dict) for _, value in said)
    )


def _what_are(keys: Iterable[str]) -> str:
    """The column of what lists of names are called after: parts, folds, or whatever they have in common."""
    if all(part_of_value(key) for key in keys):
        return "split"
    return "fold" if all(fold_of(key) is not None for key in keys) else VALUE


def _are_names(said: Any) -> bool:
    return isinstance(said, list) and bool(said) and all(isinstance(each, str) for each in said)


def _flattened(said: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in said.items():
        path = (*above, str(key))
        if isinstance(value, dict) and len(path) < _DEEPEST:
            yield from _flattened(value, path)
        elif not isinstance(value, dict):
            yield path, _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(map(_as_text, value)) if not any(isinstance(each, list | dict) for each in value) else ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "" if value is None else str(value).strip(BLANKS)
