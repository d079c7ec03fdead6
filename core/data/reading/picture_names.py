"""Finding the picture that a text in a table means, whatever its writer made of the name."""

import os
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from core.data.adapters.picture_files import PICTURE_SUFFIXES

_LOOKED_AT = 1000


class PictureNames:
    """Finds the picture that a text means: by its path from the folder, the end of it, or its name; in any case, with
    any known ending or none, with slashes of Windows, in any normal form. What could be two pictures is none."""

    def __init__(self, files: Iterable[str]) -> None:
        files = list(files)
        self._numbers: dict[str, int] = {}
        self._digits: dict[int, int] = {}
        self.count = len(files)
        for number, file in enumerate(files):
            base = without_ending(file).rpartition("/")[2]
            self._numbers[base] = -1 if base in self._numbers else number
            if base.isdecimal():
                self._digits[int(base)] = -1 if int(base) in self._digits else number
        # A path says more than a name only where several pictures are called so.
        self._exact: dict[str, int] = {}
        for number, file in enumerate(files if -1 in self._numbers.values() else ()):
            path = without_ending(file)
            if self._numbers[path.rpartition("/")[2]] < 0:
                self._exact[path] = -1 if path in self._exact else number

    def find(self, text: str, beside: str = "") -> int:
        """Number of the picture, -1 if there is none or several.

        Args:
            text: as a table writes it.
            beside: folder of the table, by its path from the folder of the pictures.
        """
        path = without_ending(text)
        if not path:
            return -1
        for tried in (f"{beside}/{path}".lower(), path) if beside else (path,):
            if (found := self._exact.get(tried, -1)) >= 0:
                return found
        rest = path
        while "/" in rest:
            rest = rest.partition("/")[2]
            if (found := self._exact.get(rest, -1)) >= 0:
                return found
        return self._numbers.get(rest, -1)

    def is_ambiguous(self, text: str) -> bool:
        """Whether a text means several pictures, in different folders."""
        return self._numbers.get(without_ending(text).rpartition("/")[2]) == -1

    def column(self, texts: pd.Series, beside: str = "", *, numbered: bool = False) -> np.ndarray:
        """Numbers of the pictures that a column means, shape (rows,), -1 where none is found.

        With `numbered`, "7", "7.0" and "7,0" mean 0007.jpg too, as spreadsheets take zeros away and make decimals.
        """
        beside = without_ending(f"{beside}/x")[:-2] if beside else ""
        if texts.iloc[:_LOOKED_AT].nunique() > _LOOKED_AT / 2:  # hardly any stands twice
            found = (self._number(text, beside, numbered=numbered) for text in texts)
            return np.fromiter(found, dtype=np.int64, count=len(texts))
        known = {text: self._number(text, beside, numbered=numbered) for text in texts.unique()}
        return texts.map(known).fillna(-1).to_numpy(dtype=np.int64)

    def _number(self, text: str, beside: str, *, numbered: bool) -> int:
        found = self.find(text, beside)
        if found < 0 and numbered:
            digits = without_ending(text).replace(",", ".").removesuffix(".0")
            return self._digits.get(int(digits), -1) if digits.isdecimal() else -1
        return found


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
