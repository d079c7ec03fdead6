"""Notes beside pictures in JSON, YAML or darknet's lists: the names of numbered classes."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from core.base.errors import DataError
from core.base.files import open_regular
from core.data.adapters.table_files import encoding_of
from core.data.group_words import plain_name
from core.data.reading.class_names import LISTS, ClassNames
from core.data.spec import MOST_CLASSES

_LIST_OF_NAMES = ".names"
_README = re.compile(r"(?:readme|read me)[^/]*?(?:\.txt|\.md|\.rst)?$", re.IGNORECASE)
_NUMBERED_LINE = re.compile(r"^\W*(\d{1,2})[\"']?\s*(?:[:=)]|->|[-–] )\s*[\"'`*]*([^\W\d].{0,80}?)[\"'`*.,;]*$")
NOTE_SUFFIXES = frozenset({".json", ".yaml", ".yml", ".xml", _LIST_OF_NAMES})
LARGEST_BYTES = 200_000_000
"""COCO's own annotations of 118,000 pictures with outlines have 470 MB, those with boxes alone less than 100."""
_LARGEST_YAML_BYTES = 100_000
_UNDER = (
    "names",
    "classes",
    "class_names",
    "labels",
    "label",
    "label_map",
    "categories",
    "id2label",
    "label2id",
    "class_to_idx",
    "idx_to_class",
)
_DEEPEST = 3


def class_names_in_note(inside: str, said: Any) -> ClassNames | None:
    """The names of numbered classes that such a file lists, whichever way round; None where it lists none.

    The whole file is such a list where it is called so, or holds nothing but numbers from 0 or 1 on with their names;
    in any other, what stands under a word such as "names".
    """
    name, _, ending = inside.rpartition("/")[2].rpartition(".")
    if is_readme(inside.rpartition("/")[2]):
        return _names_between_lines(inside, said or ())
    numbers_alone = isinstance(said, dict) and all(str(key).isdecimal() for key in said)
    if numbers_alone and (named := _numbered(said)) is not None and _in_order(named):
        return ClassNames(inside, named, tuple(named.values()))
    called = plain_name(name) in LISTS or f".{ending}".lower() == _LIST_OF_NAMES
    for each in _listings(said, whole=called):
        if (named := _numbered(each)) is not None:
            return ClassNames(inside, named, tuple(named.values()))
        if isinstance(each, list) and 2 <= len(each) <= MOST_CLASSES and all(isinstance(n, str) and n for n in each):
            return ClassNames(inside, None, tuple(each)) if len(set(each)) == len(each) else None
    return None


def _in_order(named: dict[int, str]) -> bool:
    """Whether the numbers are those from 0 or 1 on, so that an object of nothing else is a list of classes."""
    return min(named) in (0, 1) and max(named) - min(named) == len(named) - 1


def is_readme(name: str) -> bool:
    """Whether a file is for people by its name, such as "README.md"."""
    return _README.match(name) is not None


def _names_between_lines(inside: str, lines: Iterable[str]) -> ClassNames | None:
    """Names of numbers that stand somewhere in a text for people, such as "0: benign"; never sure."""
    named: dict[int, str] = {}
    for line in lines:
        if found := _NUMBERED_LINE.match(line):
            named.setdefault(int(found[1]), found[2].strip())
    numbers = sorted(named)
    in_order = bool(numbers) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if not in_order or not 2 <= len(named) <= MOST_CLASSES or len(set(named.values())) < len(named):
        return None
    return ClassNames(inside, named, tuple(named.values()), sure=False)


def read_note(path: Path) -> Any:
    """What a file holds; None where it is too large, damaged or no such file. Of lists and of texts for people it is
    the lines, of XML the text."""
    ending = path.suffix.lower()
    yaml_file = ending not in (".json", ".xml")
    most = _LARGEST_YAML_BYTES if yaml_file else LARGEST_BYTES
    try:
        with open_regular(path) as file:
            data = file.read(most + 1)
        if len(data) > most:
            return None
        text = data.decode(encoding_of(data))
        if ending == _LIST_OF_NAMES or is_readme(path.name):
            return [line.strip() for line in text.splitlines() if line.strip()]
        if ending == ".xml":
            return text
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
        named = {int(str(n)): str(name) for n, name in pairs
                 if str(n).isdecimal() and len(str(n)) <= 3 and not isinstance(name, dict | list)}  # fmt: skip
        names = [name for name in named.values() if name and not name.isdecimal()]
        if len(named) == len(said) == len(set(names)):
            return named
    return None
