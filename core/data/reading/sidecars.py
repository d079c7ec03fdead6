"""Files called like the pictures that say something of each: Pascal VOC, labelme, ISIC's API, WebDataset, a word."""

import json
import re
from pathlib import Path
from typing import Any

from core.base.errors import DataError
from core.base.files import open_regular
from core.data.adapters.json_records import rows_of
from core.data.adapters.table_files import Form, Table
from core.data.reading.boxes import BOXES
from core.data.spec import MOST_CLASSES

VOC, NUMBERS, RECORDS, TEXT = ".xml", ".cls", (".json", ""), ".txt"
ENDINGS = frozenset({VOC, NUMBERS, *RECORDS})
_LONGEST = 1_000_000
_LOOKED_AT, _NEARLY_ALL = 20, 0.9
_OBJECT = re.compile(r"<object\b[^>]*>.*?<name>\s*([^<]*?)\s*</name>", re.DOTALL)
_CLASS = re.compile(r"\S[^\n]{0,99}")


def sidecars_as_table(folder: Path, ending: str, files: list[str]) -> tuple[Table, str] | None:
    """What files of one ending say of the pictures that they are called like, and what the table is called.

    Of boxes it is their class where they all have one, as in `core.data.reading.boxes`. None where they say nothing.

    Args:
        folder: where they lie.
        ending: one of `ENDINGS`.
        files: their paths from there.
    """
    looked = files[:: max(1, len(files) // _LOOKED_AT)]
    if sum(_said_in(folder / inside, ending) is not None for inside in looked) < _NEARLY_ALL * len(looked):
        return None
    records = (
        {"file_name": inside.removesuffix(ending), **(_said_in(folder / inside, ending) or {})} for inside in files
    )
    rows = rows_of(records)
    called = f"*{ending}" if ending else "files without an ending"
    return (
        None
        if rows is None or len(rows.columns) < 2
        else (Table(folder / called, rows, Form("a file each", "")), called)
    )


def texts_as_table(folder: Path, texts: list[str]) -> tuple[Table, str] | None:
    """What texts of one line each say of the pictures that they are called like, where these are a few classes.

    None where they are something else, such as descriptions, of which each picture has its own.
    """
    found = sidecars_as_table(folder, TEXT, texts)
    if found is None:
        return None
    classes = found[0].rows["label"]
    few = 2 <= classes[classes != ""].nunique() <= min(MOST_CLASSES, len(texts) // 2)
    return found if few else None


def _said_in(path: Path, ending: str) -> dict[str, Any] | None:
    try:
        with open_regular(path) as file:
            text = file.read(_LONGEST).decode("utf-8-sig")
        if ending == VOC:
            names = set(_OBJECT.findall(text))
            return {BOXES: next(iter(names)) if len(names) == 1 else ""} if "<annotation" in text else None
        if ending in (NUMBERS, TEXT):
            return {"label": text.strip()} if _CLASS.fullmatch(text.strip()) else None
        said = json.loads(text)
        if isinstance(said, dict) and isinstance(said.get("shapes"), list):  # as labelme writes it
            names = {str(each["label"]) for each in said["shapes"]}
            names = names or {name for name, is_set in (said.get("flags") or {}).items() if is_set}
            return {BOXES: next(iter(names)) if len(names) == 1 else ""}
        return {key: each for key, each in said.items() if key != "file_name"} if isinstance(said, dict) else None
    except (OSError, DataError, ValueError, RecursionError, KeyError, TypeError):
        return None
