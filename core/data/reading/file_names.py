"""What file names say of a picture: whom it shows, what it was copied from, its class; known ways of naming, words."""

import re
from collections.abc import Callable, Sequence

import pandas as pd

from core.data.diagnoses import diagnosis
from core.data.spec import MOST_CLASSES

_BREAKHIS = re.compile(
    r"^(?:SOB|CNB)_[BM]_[A-Z]+-(?P<patient>\d+-\d+[A-Z]*)-(?P<magnification>\d+)-\d+$"
)  # Spanhol et al. 2016: procedure_class_type-year-slide-magnification-number
_PAD_UFES = re.compile(r"^(?P<patient>PAT_\d+)_(?P<lesion>\d+)_\d+$")  # Pacheco et al. 2020
_TCGA = re.compile(r"^(?P<patient>TCGA-[A-Z0-9]{2}-[A-Z0-9]{4})(?=[-_.]|$)", re.IGNORECASE)
_WORDED = re.compile(
    r"(?:^|[_\-. ])(?P<word>patient|pat|case|subject|subj|lesion|slide|wsi|video|plate|mole)[_\-. ]?(?P<id>[A-Z]?\d+)"
    r"(?=[_\-. ]|$)",
    re.IGNORECASE,
)
_NOUNS = {"pat": "patient", "subj": "patient", "subject": "patient", "wsi": "slide", "mole": "lesion"}
_COPY = re.compile(
    r"^(?P<original>.+?)(?:\.rf\.[0-9A-Za-z]{16,}"  # Roboflow
    r"|_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # Augmentor
    r"|[_\-. ]+(?:aug|augmented|[hv]?flip|flipped|rot|rotate|rotated|rotation|mirror|mirrored|crop|cropped|bright"
    r"|dark|noise|noisy|blur|blurred|zoom|shift|copy)[_\-. ]?\w{0,8})$",
    re.IGNORECASE,
)
_BEGINS_WITH_ID = re.compile(r"^(?P<id>(?:(?P<word>[A-Za-z]+)[_\-. ]?)?\d{2,}[A-Za-z]?)[_\-. ]+.+$")
_NO_ID = re.compile(r"^(?:[A-Za-z]*[_\-. ]?)(?:19|20)\d{2}(?:[01]\d[0-3]\d)?$")
"""A year or a date."""
_NO_ID_WORDS = frozenset("tile patch crop frame page row col x y class label fold version size dim".split())
_NUMBERED_CLASS = re.compile(r"(?:^|[_\-. ])(?:class|label|cls)[_\-]?(\w+?)(?=[_\-. ]|$)", re.IGNORECASE)
_FIRST_WORDS = re.compile(r"^[^\W\d_]+(?:[_\- ]+[^\W\d_]+)*")
_LAST_WORDS = re.compile(r"[^\W\d_]+(?:[_\- ]+[^\W\d_]+)*$")
NAME = "name: "
"""Columns that were read from file names begin so."""
CLASS_IN_NAME, ORIGINAL = f"{NAME}class", f"{NAME}original"
NO_GROUPS = (CLASS_IN_NAME, f"{NAME}magnification")
"""Such columns that say nothing of what belongs together."""
_NEARLY_ALL, _MOST, _SOME = 0.9, 0.8, 0.1
_PHOTOS = 1.5
"""Pictures of one id on average, at least, where nothing but the beginning of the name says that it is one."""
_LOOKED_AT = 1000


def columns_in_names(stems: Sequence[str]) -> dict[str, list[str | None]]:
    """What file names without ending say, as columns "name: patient", "name: original", …; none if they say nothing.

    A way of naming counts where nearly all names have it and some id comes up twice. An original is what copies such
    as "a_flip" or those of Roboflow were made from. Where nothing else is known, an id at the beginning ("P012_3") is
    a group.
    """
    looked = stems[:: max(1, len(stems) // _LOOKED_AT)]
    for pattern in (_BREAKHIS, _PAD_UFES, _TCGA):
        if sum(pattern.match(each) is not None for each in looked) >= _NEARLY_ALL * max(1, len(looked)):
            return _kept({f"{NAME}{key}": [_group(pattern, each, key) for each in stems] for key in pattern.groupindex})
    columns: dict[str, list[str | None]] = {}
    found = [_worded(each) for each in looked]
    nouns = pd.Series([noun for said in found for noun in said], dtype=object).value_counts()
    common = [str(noun) for noun, count in nouns.items() if count >= _NEARLY_ALL * len(looked)]
    if common:
        everywhere = [_worded(each) for each in stems]
        columns = {f"{NAME}{noun}": [said.get(noun) for said in everywhere] for noun in common}
    elif sum(_COPY.match(each) is not None for each in looked) >= _SOME * max(1, len(looked)):
        columns[ORIGINAL] = [_group(_COPY, each, "original") or each for each in stems]
    elif all(_id_of(each) for each in looked):
        ids = [_id_of(each) for each in stems]
        if 3 <= len(set(ids)) <= len(ids) / _PHOTOS:
            columns[f"{NAME}group"] = ids
    return _kept(columns)


def classes_in_names(stems: Sequence[str]) -> list[str] | None:
    """The class that each file name says, as "class1" or as words that are diagnoses; None where names say none.

    "" stands where a name says none although nearly all do.
    """
    for said in (_numbered_class, _words_by(_FIRST_WORDS), _words_by(_LAST_WORDS)):
        looked = pd.Series([said(each) for each in stems[:: max(1, len(stems) // _LOOKED_AT)]], dtype=object)
        values = looked[looked != ""].unique()
        if len(looked) and len(values) and (looked != "").mean() >= _NEARLY_ALL and len(values) <= MOST_CLASSES:
            told = sum(diagnosis(each).known or diagnosis(each).malignant is not None for each in values)
            if len(values) > 1 and (said is _numbered_class or told >= _MOST * len(values)):
                return [said(each) for each in stems]
    return None


def _numbered_class(name: str) -> str:
    found = _NUMBERED_CLASS.search(name)
    return found[1] if found else ""


def _words_by(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def said(name: str) -> str:
        found = pattern.search(name)
        return found[0] if found else ""

    return said


def _id_of(name: str) -> str | None:
    """The id that a name begins with, None if it begins with none, or with a date."""
    found = _BEGINS_WITH_ID.match(name)
    if found is None or _NO_ID.match(found["id"]) or (found["word"] or "").lower() in _NO_ID_WORDS:
        return None
    return found["id"]


def _kept(columns: dict[str, list[str | None]]) -> dict[str, list[str | None]]:
    """Those in which something comes up twice."""
    return {name: values for name, values in columns.items() if 0 < len(set(values) - {None}) < len(values)}


def _group(pattern: re.Pattern[str], name: str, key: str) -> str | None:
    found = pattern.match(name)
    return found.group(key) if found else None


def _worded(name: str) -> dict[str, str]:
    return {_NOUNS.get(found["word"].lower(), found["word"].lower()): found["id"] for found in _WORDED.finditer(name)}
