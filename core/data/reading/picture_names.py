"""Finding the picture that a text in a table means, whatever its writer made of the name."""

import os
import unicodedata
from array import array
from collections.abc import Collection

import numpy as np
import pandas as pd

from core.data.adapters.picture_files import PICTURE_SUFFIXES
from core.data.compact_texts import NONE, SEVERAL, Numbers

_LOOKED_AT = 1000


class PictureNames:
    """Finds the picture that a text means: by its path from the folder, the end of it, or its name; in any case, with
    any known ending or none, with slashes of Windows, in any normal form. What could be two pictures is none."""

    def __init__(self, files: Collection[str]) -> None:
        self.count = len(files)
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
        return max(self._names.get(_base(path)), NONE)

    def is_ambiguous(self, text: str) -> bool:
        """Whether a text means several pictures, in different folders."""
        return self._names.get(_base(without_ending(text))) == SEVERAL

    def column(self, texts: pd.Series, beside: str = "", *, numbered: bool = False) -> np.ndarray:
        """Numbers of the pictures that a column means, shape (rows,), -1 where none is found.

        With `numbered`, "7", "7.0" and "7,0" mean 0007.jpg too, as spreadsheets take zeros away and make decimals.
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
        return found

    def _number(self, text: str, beside: str, *, numbered: bool) -> int:
        found = self.find(text, beside)
        return self._by_digits(text) if found < 0 and numbered else found

    def _by_digits(self, text: str) -> int:
        digits = without_ending(text).replace(",", ".").removesuffix(".0")
        return max(self._digits.get(int(digits)), NONE) if digits.isdecimal() else NONE


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def without_ending(text: str) -> str:
    """A path as it is compared: in lower case, composed, with slashes, without "./" and without a picture's ending."""
    path = unicodedata.normalize("NFC", text).strip().strip("\"'").replace("\\", "/").casefold()
    if "://" in path:
        path = path.partition("://")[2].partition("?")[0].partition("#")[0]
    while path.startswith(("./", "/")):
        path = path[2:] if path.startswith("./") else path[1:]
    head, ending = os.path.splitext(path)  # noqa: PTH122 - asked 300,000 times
    while head and ending in PICTURE_SUFFIXES:  # "a.jpg.png" is one, too
        path = head
        head, ending = os.path.splitext(path)  # noqa: PTH122
    return path
