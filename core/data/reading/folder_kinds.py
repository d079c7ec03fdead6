"""What the names of folders at one depth look like: magnifications, diagnoses, settings, ids, or pieces."""

import re
from collections import Counter

from core.data.adapters.folder_names import (
    are_years,
    is_id,
    is_identifier,
    is_numbered_part,
    is_setting,
    magnification_of,
)
from core.data.diagnoses.diagnoses import diagnosis
from core.data.group_words import words
from core.data.spec import MOST_CLASSES

_MOSTLY = 0.5
_PIECES = re.compile(r"[_\-. ]+")
_ID = re.compile(r"[A-Za-z]{0,3}\d+[A-Za-z]?")
GROUP_WORDS = {
    "patient": "patient", "patients": "patient", "pat": "patient", "subject": "patient", "case": "case",
    "sub": "patient", "subj": "patient", "participant": "patient", "donor": "patient",
    "lesion": "lesion", "slide": "slide", "wsi": "slide", "sob": "slide", "video": "video", "plate": "plate",
    "study": "study", "exam": "exam",
}  # fmt: skip
"""Words in names of folders, each with the noun of what belongs together."""


def kind_of(names: Counter) -> str:
    """What the names of one level look like: "magnification", "diagnosis", "setting", "group", "id", "piece" or
    "other".

    An "id" may be a class all the same; a "group" is none, being called after a patient or by a machine.
    """
    if all(magnification_of(name) for name in names):
        return "magnification"
    known = sum(1 for name in names if tells(name))
    if known >= _MOSTLY * len(names) and len(names) <= MOST_CLASSES:
        return "diagnosis"
    if all(map(is_setting, names)) or are_years(names):
        return "setting"
    if all(is_identifier(name) or _is_numbered_group(name) for name in names):
        return "group"
    if sum(map(is_id, names)) >= 0.8 * len(names) or any(words(name)[:1] == ["patient"] for name in names):
        return "id"
    return "piece" if all(map(is_numbered_part, names)) else "other"


def _is_numbered_group(name: str) -> bool:
    """Whether a folder is called after a slide, lesion, case or the like and its number, such as "slide_3"."""
    said = words(name)
    rest = [word for word in said if word not in GROUP_WORDS]
    return 0 < len(rest) < len(said) and all(word.isdigit() or len(word) == 1 for word in rest)


def tells(name: str) -> bool:
    """Whether a folder is called after a diagnosis, or as benign or malignant."""
    said = diagnosis(name)
    return said.known or said.malignant is not None


def class_beside_id(name: str) -> str:
    """The diagnosis that a folder says beside an id, "" if it says none or no id."""
    said = words(name)
    with_number = {word for each in _PIECES.split(name) if _ID.fullmatch(each) for word in words(each)}
    rest = [word for word in said if word not in GROUP_WORDS and word not in with_number and not word.isdigit()]
    if len(rest) == len(said) or not rest or magnification_of(name) or not tells(" ".join(rest)):
        return ""
    return " ".join(rest)
