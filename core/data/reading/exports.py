"""Folders as a viewer of DICOM exports them: one of each patient, with folders of series in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.base.printable import first_few
from core.data.reading.folder_kinds import tells
from core.data.reading.folders import FolderReading

_PICTURE = re.compile(r"IM-\d{4}-\d{4}(?:-\d{4})?\.\w+", re.IGNORECASE)
"""How Horos and OsiriX call the pictures of a series."""
_SERIES = re.compile(r"(?:series|serie|se|study|studie)[ _-]?\d+", re.IGNORECASE)
_PERSON = re.compile(r"[^\W\d_]{2,}(?:[_^, -]+[^\W\d_]+)+")
_NEARLY_ALL = 0.9
_FEWEST_PATIENTS = 3


def ask_of_an_export(places: Mapping[str, Sequence[str]], folders: FolderReading) -> None:
    """Make groups of folders that are called after patients in an export, or ask whether folders are patients there.

    Args:
        places: names of the pictures by the path of their folder.
        folders: what the folders say; changes.
    """
    level = folders.level("class")
    if level is None or folders.doubt or not _is_an_export(places):
        return
    number = folders.levels.index(level)
    names = {each[number] for each in folders.names.values() if len(each) > number and each[number]}
    if len(names) < _FEWEST_PATIENTS or any(map(tells, names)):
        return
    if all(_PERSON.fullmatch(name) and name.isupper() for name in names):
        levels = list(folders.levels)
        levels[number] = replace(level, role="group", noun="patient")
        folders.levels = tuple(levels)
    else:
        shown = first_few(sorted(names))
        folders.doubt = (
            f"The folders {shown} may be patients, for the pictures in them are called as viewers export them."
        )


def _is_an_export(places: Mapping[str, Sequence[str]]) -> bool:
    """Whether nearly all folders with pictures are of a series, or begin with a picture of one."""
    told = sum(
        bool(_PICTURE.fullmatch(names[0])) or bool(_SERIES.fullmatch(place.rpartition("/")[2]))
        for place, names in places.items() if "/" in place and len(names)
    )  # fmt: skip
    return told >= _NEARLY_ALL * max(1, len(places))
