"""What file names say of whom a picture shows: known ways of naming, and words such as "patient12"."""

import re
from collections.abc import Sequence

import pandas as pd

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
NAME = "name: "
"""Columns that were read from file names begin so."""
_NEARLY_ALL = 0.9
_LOOKED_AT = 1000


def columns_in_names(stems: Sequence[str]) -> dict[str, list[str | None]]:
    """What file names without ending say, as columns "name: patient", "name: lesion", …; none if they say nothing.

    A way of naming counts where nearly all names have it and some id comes up twice.
    """
    step = max(1, len(stems) // _LOOKED_AT)
    looked = stems[::step]
    for pattern in (_BREAKHIS, _PAD_UFES, _TCGA):
        if sum(pattern.match(each) is not None for each in looked) >= _NEARLY_ALL * max(1, len(looked)):
            return _kept({f"{NAME}{key}": [_group(pattern, each, key) for each in stems] for key in pattern.groupindex})
    found = [_worded(each) for each in looked]
    nouns = pd.Series([noun for said in found for noun in said], dtype=object).value_counts()
    common = [str(noun) for noun, count in nouns.items() if count >= _NEARLY_ALL * len(looked)]
    if not common:
        return {}
    everywhere = [_worded(each) for each in stems]
    return _kept({f"{NAME}{noun}": [said.get(noun) for said in everywhere] for noun in common})


def _kept(columns: dict[str, list[str | None]]) -> dict[str, list[str | None]]:
    """Those in which something comes up twice."""
    return {name: values for name, values in columns.items() if 0 < len(set(values) - {None}) < len(values)}


def _group(pattern: re.Pattern[str], name: str, key: str) -> str | None:
    found = pattern.match(name)
    return found.group(key) if found else None


def _worded(name: str) -> dict[str, str]:
    return {_NOUNS.get(found["word"].lower(), found["word"].lower()): found["id"] for found in _WORDED.finditer(name)}
