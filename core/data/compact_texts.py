"""Many texts in little memory: as one long text with the place of each, where a list takes fifty bytes more each."""

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

import numpy as np
import pandas as pd
import pyarrow as pa

_AT_ONCE = 10_000
_LOOKED_AT = 1000
_BY_FOLDERS_AND_ENDING = r"(?s)^.*/|\.[^.]*$"
_NAME = r"/?[^/]*$"


NONE, SEVERAL = -1, -2
"""Numbers that `Numbers` gives where there is none, and where there are several."""


class Names(Sequence[str]):
    """The names of the files in one folder, which hold no slash: some five bytes more than the name for each."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        listed = list(names)
        self._text = "/".join(listed)
        self._ends = array("i" if len(self._text) < 2**31 else "q")
        end = -1
        for name in listed:
            end += len(name) + 1
            self._ends.append(end)

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[str]:
        begin = 0
        for end in self._ends:
            yield self._text[begin:end]
            begin = end + 1

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        number = range(len(self))[place]
        return self._text[self._ends[number - 1] + 1 if number else 0 : self._ends[number]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Names) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


class Numbers:
    """The number of each key, found by its hash: 16 bytes a key, where a dictionary with texts takes ten times that.

    That two of a million names have the same 64 bits is as likely as 1 in 30 million. Of a key that comes several
    times it is `SEVERAL`, or with `first` the first one.
    """

    def __init__(self, hashes: "array[int] | np.ndarray", numbers: Iterable[int], *, first: bool = False) -> None:
        self._hashes, places, counts = np.unique(np.asarray(hashes, np.int64), return_index=True, return_counts=True)
        found = np.asarray(numbers, np.int64)[places]
        self._numbers = found if first else np.where(counts > 1, SEVERAL, found)
        self.any_several = bool((counts > 1).any())

    def get(self, key: Hashable) -> int:
        """Its number, or `NONE`, or `SEVERAL`."""
        hashed = hash(key)
        place = int(self._hashes.searchsorted(hashed))
        is_here = place < len(self._hashes) and self._hashes[place] == hashed
        return int(self._numbers[place]) if is_here else NONE

    def of(self, hashes: np.ndarray) -> np.ndarray:
        """As `get` of keys with these hashes, int64."""
        if not len(self._hashes):
            return np.full(len(hashes), NONE)
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return np.where(self._hashes[places] == hashes, self._numbers[places], NONE)


def compact(texts: Iterable[str | None]) -> pd.Series:
    """The texts as a column of pandas' `str`, which is kept by Arrow; never are all of them objects at once."""
    each, pieces = iter(texts), []
    while some := list(islice(each, _AT_ONCE)):
        pieces.append(pa.array(some, pa.large_string()))
    return as_series(pa.chunked_array(pieces, pa.large_string()))


def as_series(texts: pa.Array | pa.ChunkedArray) -> pd.Series:
    """Texts of Arrow as a column of pandas' `str`."""
    return pd.Series(pd.array(texts, dtype="str"))


def hashes_of(texts: Iterable[Hashable], count: int) -> np.ndarray:
    """The hash of each of so many texts, int64, shape (count,)."""
    return np.fromiter(map(hash, texts), np.int64, count)


def stems_of(files: pd.Series) -> pd.Series:
    """What files are called without folders and ending, of the paths of pictures."""
    return files.str.replace(_BY_FOLDERS_AND_ENDING, "", regex=True)


def folders_of(files: pd.Series) -> pd.Series:
    """The folders that pictures lie in by their paths, "" for the folder itself."""
    return files.str.replace(_NAME, "", regex=True)


def repeated(texts: pd.Series) -> pd.Series:
    """Whether each text stands there several times."""
    hashes = hashes_of(texts, len(texts))
    ordered = np.sort(hashes)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    return pd.Series(np.isin(hashes, again), texts.index, dtype=bool)


def count_different(values: pd.Series) -> int:
    """How many different texts there are, missing ones aside; as `nunique`, and without an object for each."""
    return len(_encoded(values)[1])


def in_little(values: pd.Series) -> pd.Series:
    """The same texts, missing where they are: each different one once where they repeat, else as `compact` does."""
    if len(values) > _LOOKED_AT and values.dtype == "str" and 2 * values.iloc[:_LOOKED_AT].nunique() > _LOOKED_AT:
        return values  # without looking at all of them
    codes, different = _encoded(values)
    if 2 * len(different) > len(values):
        return values.astype("str")
    once = np.array([*different.to_pylist(), None], dtype=object)  # what is missing has the code -1
    return pd.Series(once[codes], values.index, dtype=object)


def mapped(values: pd.Series, change: Callable[[str], str | None]) -> pd.Series:
    """What each text becomes, asked once for each different one; missing where it is None, or was missing.

    They are kept as by `in_little`: a function over all rows would make an object for each.
    """
    codes, different = _encoded(values)
    if 2 * len(different) > len(values):
        changed = pa.array(compact(change(text) for text in different.to_pylist()).array)
        return as_series(changed.take(pa.array(codes, mask=codes < 0))).set_axis(values.index)
    once = np.array([*map(change, different.to_pylist()), None], dtype=object)
    return pd.Series(once[codes], values.index, dtype=object)


def distinct_pairs(one: pd.Series, other: pd.Series) -> pd.DataFrame:
    """The different pairs of texts of two columns, as columns `one` and `other`; "" where one is missing."""
    first, names = _encoded(one.fillna(""))
    second, others = _encoded(other.fillna(""))
    pairs = np.unique(first.astype(np.int64) * max(1, len(others)) + second)
    places = np.divmod(pairs, max(1, len(others)))
    said = {"one": names.take(pa.array(places[0])), "other": others.take(pa.array(places[1]))}
    return pd.DataFrame({name: np.asarray(each.to_pylist(), dtype=object) for name, each in said.items()})


def _encoded(values: pd.Series) -> tuple[np.ndarray, pa.Array]:
    """The number of each text among the different ones, -1 where it is missing, and these; by Arrow, for pandas would
    make an object of each."""
    texts = pa.array(
        values.array if values.dtype == "str" else values.to_numpy(object), pa.large_string(), from_pandas=True
    )
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    encoded = texts.dictionary_encode()
    return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), encoded.dictionary
