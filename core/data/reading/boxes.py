"""Boxes of objects in pictures, as COCO, YOLO, CVAT and Label Studio keep them.

A picture whose boxes all have one class has that class.
"""

import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.errors import DataError
from core.base.files import open_regular
from core.data.adapters.table_files import Form, Table

BOXES = "category"
"""The column of the class of the boxes."""
TEXTS = "*.txt"
"""What a table ends in that was made of the texts of YOLO."""
_LONGEST_TEXT = 1_000_000
_LOOKED_AT, _NEARLY_ALL = 20, 0.9
_CVAT_IMAGE = re.compile(r"<image\b[^>]*?\bname=\"([^\"]*)\"[^>]*?(?:/>|>(.*?)</image>)", re.DOTALL)
_CVAT_LABEL = re.compile(r"<(?:box|polygon|polyline|points|ellipse|mask|tag)\b[^>]*?\blabel=\"([^\"]*)\"")
_LOWEST, _HIGHEST = -0.05, 1.05
"""Places in a picture are fractions of its sides; some tools go a little beyond."""


def are_of_boxes(inside: str) -> bool:
    """Whether a table was made of boxes, by its name."""
    return inside.lower().endswith((".json", ".xml", TEXTS))


def coco_as_table(path: Path, said: Any) -> Table | None:
    """What a file holds as a table of `file_name` and `category`, where it is in COCO's form; else None.

    The category is "" for a picture without a box, and for one with boxes of several categories.
    """
    if not isinstance(said, dict) or not all(isinstance(said.get(key), list) for key in ("images", "annotations")):
        return None
    try:
        names = {each["id"]: str(each["name"]) for each in said.get("categories") or ()}
        files = {each["id"]: str(each["file_name"]) for each in said["images"]}
        found: dict[Any, set[str]] = {}
        for each in said["annotations"]:
            number = each["category_id"]  # which a list beside it may name, where this one names none
            found.setdefault(each["image_id"], set()).add(names.get(number, "") if names else str(number))
    except (KeyError, TypeError, AttributeError):
        return None
    return _table(path, ((file, found.get(number, set())) for number, file in files.items()))


def cvat_as_table(path: Path, text: Any) -> Table | None:
    """What a file in the form of CVAT (for images) says as such a table; None where it is of another form."""
    found = _CVAT_IMAGE.findall(text) if isinstance(text, str) and "<annotations" in text else []
    return _table(path, ((unescape(name), {*map(unescape, _CVAT_LABEL.findall(inner))}) for name, inner in found)
                  ) if found else None  # fmt: skip


def label_studio_as_table(path: Path, said: Any) -> Table | None:
    """What an export of Label Studio says as such a table, whatever the tool was set up to ask; else None."""
    try:
        answers = []
        for task in said:
            file = next(each for each in task["data"].values() if isinstance(each, str))
            values = [result["value"] for each in task["annotations"] for result in each["result"]
                      if "value" in result]  # fmt: skip
            answers.append((file, {label for value in values for label in _labels_in(value)}))
    except (KeyError, TypeError, AttributeError, StopIteration):
        return None
    return _table(path, answers) if answers else None


def _labels_in(value: dict[str, Any]) -> list[str]:
    """The choices, or labels of a region: "choices", "rectanglelabels", "polygonlabels" and the like."""
    lists = [labels for key, labels in value.items() if key == "choices" or key.endswith("labels")]
    return [str(label) for labels in lists for label in labels]


def yolo_as_table(folder: Path, texts: list[str]) -> tuple[Table, str] | None:
    """Texts of YOLO as such a table, whose categories are numbers from 0 on, and what it is called; None if they are
    none.

    Each line of a text is a class and its place in fractions of the picture: a box, or the corners of an outline.

    Args:
        folder: where they lie.
        texts: their paths from there; they are called like the pictures, in the same folder or in "labels" where those
            are in "images".
    """
    looked = texts[:: max(1, len(texts) // _LOOKED_AT)]
    tried = [_classes_in(folder / inside) for inside in looked]
    if sum(each is not None for each in tried) < _NEARLY_ALL * len(looked) or not any(tried):
        return None
    shared = _shared_folder(texts)
    called = f"{shared}/{TEXTS}" if shared else TEXTS
    return _table(folder / called, ((_picture_of(each), _classes_in(folder / each) or set()) for each in texts)), called


def _table(path: Path, classes: Iterable[tuple[str, set[str]]]) -> Table:
    rows = [(file, next(iter(found)) if len(found) == 1 else "") for file, found in classes]
    table = pd.DataFrame(rows, columns=["file_name", BOXES], index=range(1, len(rows) + 1), dtype=str)
    return Table(path, table, Form("utf-8", ","), has_header=False)


def _classes_in(path: Path) -> set[str] | None:
    """The numbers of the classes in a text of YOLO; None if it is none."""
    try:
        with open_regular(path) as file:
            text = file.read(_LONGEST_TEXT).decode("utf-8-sig")
        found: set[str] = set()
        for line in text.splitlines():
            number, *places = line.split() or ("",)
            if not number:
                continue
            if not number.isdecimal() or len(places) < 4 or not all(_LOWEST <= float(at) <= _HIGHEST for at in places):
                return None
            found.add(str(int(number)))
    except (OSError, DataError, ValueError):
        return None
    return found


def _picture_of(inside: str) -> str:
    """The path of the picture that a text is of, without its ending."""
    *folders, name = inside.split("/")
    for place in reversed(range(len(folders))):
        if folders[place].casefold() == "labels":
            folders[place] = "images"
            break
    return "/".join((*folders, name.rpartition(".")[0]))


def _shared_folder(texts: list[str]) -> str:
    """The folder that all lie in."""
    shared = texts[0].split("/")[:-1]
    for each in texts:
        others = each.split("/")[:-1]
        same = next((n for n, (one, other) in enumerate(zip(shared, others, strict=False)) if one != other), None)
        shared = shared[: min(len(shared), len(others)) if same is None else same]
    return "/".join(shared)
