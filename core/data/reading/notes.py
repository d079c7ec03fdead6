"""JSON and YAML files beside pictures: names of numbered classes, and the boxes of COCO with the class of each."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from core.base.errors import DataError
from core.base.files import open_regular
from core.data.adapters.table_files import Form, Table, encoding_of
from core.data.group_words import plain_name
from core.data.reading.class_names import LISTS, ClassNames
from core.data.spec import MOST_CLASSES

NOTE_SUFFIXES = frozenset({".json", ".yaml", ".yml"})
LARGEST_BYTES = 200_000_000
"""COCO's own annotations of 118,000 pictures with outlines have 470 MB, those with boxes alone less than 100."""
_LARGEST_YAML_BYTES = 100_000
_UNDER = (
    "names",
    "classes",
    "class_names",
    "labels",
    "categories",
    "id2label",
    "label2id",
    "class_to_idx",
    "idx_to_class",
)
_DEEPEST = 3
BOXES = "category"
"""The column of the class of the boxes."""


def boxes_as_table(path: Path) -> Table | None:
    """The pictures of a file in COCO's form as a table of `file_name` and `category`; None if it is none.

    The category is "" for a picture without a box, and for one with boxes of several categories.
    """
    said = _read(path)
    if not isinstance(said, dict) or not all(isinstance(said.get(key), list) for key in ("images", "annotations")):
        return None
    try:
        names = {each["id"]: str(each["name"]) for each in said.get("categories") or ()}
        files = {each["id"]: str(each["file_name"]) for each in said["images"]}
        found: dict[Any, set[str]] = {}
        for each in said["annotations"]:
            found.setdefault(each["image_id"], set()).add(names.get(each["category_id"], ""))
    except (KeyError, TypeError, AttributeError):
        return None
    rows = [
        (file, next(iter(found[number])) if len(found.get(number, ())) == 1 else "") for number, file in files.items()
    ]
    table = pd.DataFrame(rows, columns=["file_name", BOXES], index=range(1, len(rows) + 1), dtype=str)
    return Table(path, table, Form("utf-8", ","), has_header=False) if rows else None


def class_names_in_note(path: Path, inside: str) -> ClassNames | None:
    """The names of numbered classes that a JSON or YAML file lists, whichever way round; None where it lists none.

    The whole file is such a list where it is called so; in any other, what stands under a word such as "names".
    """
    called = plain_name(path.name.rpartition(".")[0]) in LISTS
    for each in _listings(_read(path), whole=called):
        if (named := _numbered(each)) is not None:
            return ClassNames(inside, named, tuple(named.values()))
        if isinstance(each, list) and 2 <= len(each) <= MOST_CLASSES and all(isinstance(n, str) and n for n in each):
            return ClassNames(inside, None, tuple(each)) if len(set(each)) == len(each) else None
    return None


def _read(path: Path) -> Any:
    """What a file holds; None where it is too large, damaged or no such file."""
    yaml_file = os.path.splitext(path.name)[1].lower() != ".json"  # noqa: PTH122
    most = _LARGEST_YAML_BYTES if yaml_file else LARGEST_BYTES
    try:
        with open_regular(path) as file:
            data = file.read(most + 1)
        if len(data) > most:
            return None
        text = data.decode(encoding_of(data))
        return yaml.safe_load(text) if yaml_file else json.loads(text)
    except (OSError, DataError, ValueError, RecursionError, yaml.YAMLError):
        return None


def _listings(said: Any, depth: int = 0, *, whole: bool = True) -> Iterator[Any]:
    """What may list classes: the whole, and what stands under words such as "names" and "id2label"."""
    if whole:
        yield said
    if isinstance(said, dict) and depth < _DEEPEST:
        for key in _UNDER:
            if key in said:
                yield from _listings(said[key], depth + 1)


def _numbered(said: Any) -> dict[int, str] | None:
    """A name by each number: of {"0": "benign"}, {"benign": 0}, or a list of {"id": 0, "name": "benign"}."""
    if isinstance(said, list) and all(isinstance(each, dict) and {"id", "name"} <= each.keys() for each in said):
        said = {each["id"]: each["name"] for each in said}
    if not isinstance(said, dict) or not 2 <= len(said) <= MOST_CLASSES:
        return None
    for pairs in (said.items(), ((number, name) for name, number in said.items())):
        named = {int(str(n)): str(name) for n, name in pairs if str(n).isdecimal() and len(str(n)) <= 3}
        names = [name for name in named.values() if name and not name.isdecimal()]
        if len(named) == len(said) == len(set(names)):
            return named
    return None
