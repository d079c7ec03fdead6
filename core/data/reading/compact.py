"""Many texts in little memory: as one long text with the place of each, where a list takes fifty bytes more each."""

from collections.abc import Iterable
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa

_AT_ONCE = 10_000
_LOOKED_AT = 1000
_BY_FOLDERS_AND_ENDING = r"(?s)^.*/|\.[^.]*$"


def compact(texts: Iterable[str]) -> pd.Series:
    """The texts as a column of pandas' `str`, which is kept by Arrow; never are all of them objects at once."""
    each, pieces = iter(texts), []
    while some := list(islice(each, _AT_ONCE)):
        pieces.append(pa.array(some, pa.large_string()))
    together = pa.concat_arrays(pieces) if pieces else pa.array([], pa.large_string())
    return pd.Series(pd.array(together, dtype="str"))


def stems_of(files: pd.Series) -> pd.Series:
    """What files are called without folders and ending, of the paths of pictures."""
    return files.str.replace(_BY_FOLDERS_AND_ENDING, "", regex=True)


def repeated(texts: pd.Series) -> pd.Series:
    """Whether each text stands there several times."""
    hashes = np.fromiter(map(hash, texts), np.int64, len(texts))
    ordered = np.sort(hashes)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    return pd.Series(np.isin(hashes, again), texts.index, dtype=bool)


def in_little(values: pd.Series) -> pd.Series:
    """The same texts, missing where they are: each different one once where they repeat, else as `compact` does."""
    if len(values) > _LOOKED_AT and values.dtype == "str" and 2 * values.iloc[:_LOOKED_AT].nunique() > _LOOKED_AT:
        return values  # without looking at all of them
    codes, different = _encoded(values)
    if 2 * len(different) > len(values):
        return values.astype("str")
    once = np.array([*different.to_pylist(), None], dtype=object)  # what is missing has the code -1
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
