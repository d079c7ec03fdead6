"""Finding the picture that a text in a table means, whatever its writer made of the name."""

import re
import unicodedata
from array import array
from collections.abc import Collection, Iterator
from urllib.parse import unquote

import numpy as np
import pandas as pd

from core.data.adapters.picture_files import PICTURE_SUFFIXES, split_ending
from core.data.compact_texts import NONE, SEVERAL, Numbers

_LOOKED_AT = 1000
_FEWEST, _MOST_LINES = 3, 10
_BEFORE = frozenset(".dcm .dicom .dic .ima .nii .svs .ndpi .mrxs .scn .czi .vsi .bif .raw .cr2 .nef .arw .dng".split())
"""Endings of what pictures were made from, whose names tables keep."""


class PictureNames:
    """Finds the picture that a text means: by its path from the folder, the end of it, or its name; in any case, with
    any known ending or none, with slashes of Windows, in any normal form. What could be two pictures is none."""

    _worded: Numbers | None
    _same_end: str | None

    def __init__(self, files: Collection[str]) -> None:
        self.count, self._files, self._worded, self._same_end = len(files), files, None, None
        names, digits, numbered = array("q"), array("q"), array("q")
        for number, file in enumerate(files):
            base = _base(without_ending(file))
            names.append(hash(base))
            if base.isdecimal():
                digits.append(hash(int(base)))
                numbered.append(number)
        self._names = Numbers(names, range(self.count))
        self._digits = Numbers(digits, numbered)
        # A path says more than a name only where several pictures are called so.
        paths, numbered = array("q"), array("q")
        for number, file in enumerate(files if self._names.any_several else ()):
            path = without_ending(file)
            if self._names.get(_base(path)) == SEVERAL:
                paths.append(hash(path))
                numbered.append(number)
        self._paths = Numbers(paths, numbered)
        ends, numbered = array("q"), array("q")
        for number, file in enumerate(files if self._names.any_several else ()):
            path = without_ending(file)
            if self._names.get(_base(path)) == SEVERAL:
                for end in (*_ends(path), *_within(path)):
                    ends.append(hash(end))
                    numbered.append(number)
        self._ends = Numbers(ends, numbered)

    def find(self, text: str, beside: str = "") -> int:
        """Number of the picture, -1 if there is none or several.

        Args:
            text: as a table writes it.
            beside: folder of the table, by its path from the folder of the pictures.
        """
        path = without_ending(text)
        if not path:
            return NONE
        if self._names.any_several:
            ends = (path.split("/", cut)[-1] for cut in range(path.count("/") + 1))
            for tried in (f"{beside}/{path}".lower(), *ends) if beside else ends:
                if (found := self._paths.get(tried)) >= 0:
                    return found
            if "/" in path and (found := self._ends.get(path)) >= 0:  # the folder lies deeper than it did
                return found
            if beside and (found := self._ends.get((beside.lower(), _base(path)))) >= 0:
                return found
        return max(self._names.get(_base(path)), NONE)

    def is_ambiguous(self, text: str) -> bool:
        """Whether a text means several pictures, in different folders."""
        return self._names.get(_base(without_ending(text))) == SEVERAL

    def column(self, texts: pd.Series, beside: str = "", *, numbered: bool = False) -> np.ndarray:
        """Numbers of the pictures that a column means, shape (rows,), -1 where none is found.

        With `numbered`, "7", "7.0" and "7,0" mean 0007.jpg too, as spreadsheets take zeros away and make decimals, and
        so do names that somebody has changed in other ways.
        """
        beside = without_ending(f"{beside}/x")[:-2] if beside else ""
        if texts.iloc[:_LOOKED_AT].nunique() <= _LOOKED_AT / 2:
            known = {text: self._number(text, beside, numbered=numbered) for text in texts.unique()}
            return texts.map(known).fillna(NONE).to_numpy(dtype=np.int64)
        if self._names.any_several:
            each = (self._number(text, beside, numbered=numbered) for text in texts)
            return np.fromiter(each, np.int64, len(texts))
        bases = (hash(_base(without_ending(text))) for text in texts)  # hardly any stands twice
        found = np.maximum(self._names.of(np.fromiter(bases, np.int64, len(texts))), NONE)
        if numbered and len(missing := np.flatnonzero(found < 0)):
            found[missing] = [self._by_digits(text) for text in texts.iloc[missing]]
        if numbered and len(missing := np.flatnonzero(found < 0)):
            found[missing] = [self._otherwise(text) for text in texts.iloc[missing]]
        return found

    def _number(self, text: str, beside: str, *, numbered: bool) -> int:
        found = self.find(text, beside)
        found = self._by_digits(text) if found < 0 and numbered else found
        return self._otherwise(text) if found < 0 and numbered else found

    def _otherwise(self, text: str) -> int:
        """The picture of a name that somebody has changed: "IMG 0001" is IMG_0001.jpg.

        Label Studio has called "data/upload/1/0f3c21ab-mole.png" anew, which was mole.png.
        """
        base = _base(without_ending(text))
        if "%" in base:
            return max(self._names.get(_base(without_ending(unquote(text)))), NONE)
        if (found := self._names.get(base + self._ending_of_all())) >= 0:
            return found
        if (uploaded := _UPLOADED.match(base)) is not None:
            return max(self._names.get(uploaded[1]), NONE)
        if not _BETWEEN.search(base) or not _LETTER.search(base):
            return NONE
        if self._worded is None:
            worded = array("q", (hash(_BETWEEN.sub("_", _base(without_ending(file)))) for file in self._files))
            self._worded = Numbers(worded, range(self.count))
        return max(self._worded.get(_BETWEEN.sub("_", base)), NONE)

    def _ending_of_all(self) -> str:
        """What all pictures are called behind their ids, as "_224x224" where somebody has resized them; "" for none."""
        if self._same_end is None:
            bases = (_base(without_ending(file)) for file in self._files)
            same = next(bases, "") if self.count > 1 else ""
            for base in bases:
                while not base.endswith(same):
                    same = same[1:]
                if not same:
                    break
            between = _BETWEEN.search(same)
            self._same_end = same[between.start() :] if between else ""
        return self._same_end

    def _by_digits(self, text: str) -> int:
        digits = without_ending(text)
        digits = _BETWEEN_THOUSANDS.sub("", digits) if _IN_THOUSANDS.fullmatch(digits) else digits
        digits = digits.replace(",", ".").removesuffix(".0")
        return max(self._digits.get(int(digits)), NONE) if digits.isdecimal() else NONE


_BETWEEN, _LETTER = re.compile(r"[\W_]+"), re.compile(r"[^\W\d_]")
_BETWEEN_THOUSANDS = re.compile(r"[,.'\u2019\u00a0\u202f ]")
_IN_THOUSANDS = re.compile(rf"\d{{1,3}}(?:{_BETWEEN_THOUSANDS.pattern}\d{{3}})+")
_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")


def names_again(texts: pd.Series, different: int) -> bool:
    """Whether a column names each of several pictures in a few lines, as where several people have judged them."""
    if different < _FEWEST or texts.str.isdecimal().all():
        return False
    names = texts.nunique()
    return different >= 0.5 * names and len(texts) <= _MOST_LINES * names


def _ends(path: str) -> Iterator[str]:
    """The ends of a path that have a folder in them: of "a/b/c/d" these are "b/c/d" and "c/d"."""
    parts = path.split("/")
    return ("/".join(parts[first:]) for first in range(1, len(parts) - 1))


def _within(path: str) -> Iterator[tuple[str, str]]:
    """Each folder that a picture lies in, with its name: "a/b/c" lies in "a/b" and in "a"."""
    parts = path.split("/")
    return (("/".join(parts[:last]), parts[-1]) for last in range(1, len(parts)))


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def without_ending(text: str) -> str:
    """A path as it is compared: in lower case, composed, with slashes, without "./" and without a picture's ending."""
    if text.startswith('="'):  # a formula that keeps the zeros of an id
        text = text[1:]
    path = unicodedata.normalize("NFC", text).strip().strip("\"'").replace("\\", "/").casefold()
    if "://" in path:
        path = path.partition("://")[2].partition("?")[0].partition("#")[0]
    while path.startswith(("./", "/")):
        path = path[2:] if path.startswith("./") else path[1:]
    head, ending = split_ending(path)
    while head and (ending in PICTURE_SUFFIXES or ending in _BEFORE):  # "a.jpg.png" is one, too
        path = head
        head, ending = split_ending(path)
    return path
