"""Pictures and labels in one `.npz`, as MedMNIST v2 publishes them: `train_images`, `train_labels`, `val_…`, `test_…`;
also `x_train`, `y_train`, `x_test` and the like, and `images`, `labels` without parts. A folder with such `.npy` files
is read as an archive of them is.

Nothing in it is believed before it is checked, and nothing is unpickled. Pictures are read some at a time, for
there are archives that are larger than the memory.
"""

import io
import lzma
import math
import re
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from core.base.errors import DataError
from core.base.files import open_regular
from core.base.printable import printable, said_by
from core.data.adapters.folder_names import part_of_folder
from core.data.adapters.listing import list_folder
from core.data.group_words import group_word
from core.data.splits.splits import TEST, TRAIN, VALIDATION

SEVERAL = -1
"""The label of a picture with several findings."""
MOST_PICTURES = 5_000_000
"""Of one part."""
LONGEST_SIDE = 4096
"""Of a picture in an archive, in pixels."""
_PREFIXES = {TRAIN: ("train",), VALIDATION: ("val", "valid", "validation"), TEST: ("test",)}
_WHOLE = (
    ("images", "labels"),
    ("image", "label"),
    ("X", "y"),
    ("x", "y"),
    ("X", "Y"),
    ("imgs", "labels"),
    ("data", "labels"),
)
"""How arrays are called that are of no part; only pictures count."""
_WAYS = ("{}_images", "{}_labels"), ("x_{}", "y_{}"), ("X_{}", "y_{}"), ("{}_x", "{}_y"), ("{}_X", "{}_y")
"""How arrays of pictures and labels are called: by MedMNIST, and by those who write `x_train` and `y_train`."""
_PART_WORDS = frozenset("train training val valid validation test".split())
_CLASS_NAMES = frozenset("class_names classes label_names target_names labels_names names categories".split())
"""How an array is called that names the numbers of labels."""
_LONGEST_TEXT = 1000
"""Bytes of one text in an array."""
_BATCH_BYTES = 16_000_000
_LONGEST_HEADER = 20_000
"""Bytes; NumPy reads none that is longer than half of that."""
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_DAMAGED = (
    OSError, ValueError, KeyError, EOFError, TypeError, OverflowError, RuntimeError, MemoryError, tokenize.TokenError,
    SyntaxError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What zipfile and NumPy raise for archives that are damaged, packed or encrypted in unknown ways, or no archives."""


@dataclass(frozen=True)
class PartArrays:
    """One part of an archive.

    `images_name` is what the array of pictures is called, `shape` its shape: (n, height, width), with 1 or 3 channels
    behind or before the sides.
    `labels` are (n,) int64, or (0,) where the pictures have none; of pictures with any of k findings the number of the
    finding, k where there is none, and `SEVERAL` where there are more. In an archive of somebody they may be names,
    texts. `groups` are (n,) texts that say what belongs together, in an array called so, such as `groups_name`.
    """

    part: str | None
    images_name: str
    shape: tuple[int, ...]
    labels: np.ndarray
    groups: np.ndarray | None = None
    groups_name: str = ""

    @property
    def is_labelled(self) -> bool:
        """Whether each picture has a label."""
        return len(self.labels) == self.shape[0]

    @property
    def channels_first(self) -> bool:
        """Whether the channels stand before height and width, as in PyTorch."""
        return len(self.shape) == 4 and self.shape[3] not in (1, 3)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of each picture in pixels."""
        first = 2 if self.channels_first else 1
        return self.shape[first], self.shape[first + 1]

    @property
    def picture_bytes(self) -> int:
        """Of one picture, as it is in the array."""
        return math.prod(self.shape[1:])


def read_parts(path: Path, findings: int = 0, *, own: bool = False) -> tuple[PartArrays, ...]:
    """The parts of an archive: its labels are read, and of the pictures how many of which size there are.

    There is none if the archive holds other things. With `findings`, each picture has any of so many, as 0 and 1. In an
    archive of somebody's `own`, labels may be texts or whole numbers in floats, names of classes may stand in an array
    called so, and groups in one called after what belongs together.

    Raises:
        DataError: it is damaged, or its arrays are not pictures of one or three channels with one whole number each.
    """
    with _opened(path) as archive:
        found = [each for part in _PREFIXES if (each := _part(archive, part, path.name, findings, own)) is not None]
        whole = (way for way in _WHOLE if not found and _has_pictures(archive, *way))
        found = found or [_pictures_of(archive, None, *way, path.name, own=own) for way in whole][:1]
        return tuple(_named(archive, [_grouped(archive, part) for part in found]) if own else found)


def read_batches(path: Path, part: PartArrays) -> Iterator[np.ndarray]:
    """Pictures of one part in their order, uint8 (some, height, width) or (some, height, width, 3).

    Raises:
        DataError: the archive is damaged further on.
    """
    at_once = max(1, _BATCH_BYTES // part.picture_bytes)
    with _opened(path) as archive, archive.open(f"{part.images_name}.npy") as stream:
        stream.read(_described(archive, part.images_name).begins)
        for start in range(0, part.shape[0], at_once):
            count = min(at_once, part.shape[0] - start)
            raw = stream.read(count * part.picture_bytes)
            if len(raw) != count * part.picture_bytes:
                raise EOFError(f"{part.images_name} ends early")
            pictures = np.frombuffer(raw, np.uint8).reshape(count, *part.shape[1:])
            if part.channels_first:
                pictures = np.ascontiguousarray(np.moveaxis(pictures, 1, -1))
            yield pictures[..., 0] if pictures.shape[-1] == 1 and pictures.ndim == 4 else pictures


class _FolderOfArrays:
    """A folder with `.npy` files, as far as an archive of them is asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = [name for name in list_folder(folder).files if name.lower().endswith(".npy")]

    def namelist(self) -> list[str]:
        """Names of the files."""
        return list(self._names)

    def open(self, name: str) -> BinaryIO:
        """One of them, to read."""
        return open_regular(self._folder / name)

    def bytes_of(self, name: str) -> int:
        """How long one is."""
        return (self._folder / name).stat().st_size


class _Archive(zipfile.ZipFile):
    def bytes_of(self, name: str) -> int:
        """How long a file says that it is, unpacked."""
        return self.getinfo(name).file_size


_Arrays = _FolderOfArrays | _Archive


def array_files(path: Path) -> list[Path]:
    """The files that an archive or a folder of arrays consists of."""
    return [path / name for name in _FolderOfArrays(path).namelist()] if path.is_dir() else [path]


@contextmanager
def _opened(path: Path) -> Iterator[_Arrays]:
    if path.is_dir():
        try:
            yield _FolderOfArrays(path)
        except _DAMAGED as error:
            what = said_by(error) or type(error).__name__
            raise DataError(
                f"{printable(path.name)} holds an array that cannot be read: {what}. Save it anew."
            ) from error
        return
    if not path.is_file():  # a pipe would be waited for
        raise DataError(f"There is no file {printable(path.name)}. Put it there.")
    try:
        with _Archive(path) as archive:
            yield archive
    except _DAMAGED as error:
        what = said_by(error) or type(error).__name__
        raise DataError(f"{printable(path.name)} is not an archive of arrays: {what}. Download it again.") from error


def _part(archive: _Arrays, part: str, file: str, findings: int, own: bool) -> PartArrays | None:
    names = set(archive.namelist())
    for prefix in _PREFIXES[part]:
        for way in _WAYS:
            images, labels = (each.format(prefix) for each in way)
            said = {images, labels, f"{images}.npy", f"{labels}.npy"} & names
            if said and (way is _WAYS[0] or _has_pictures(archive, images, labels)):
                return _pictures_of(archive, part, images, labels, file, findings, own=own)
    return None


def _has_pictures(archive: _Arrays, images: str, labels: str) -> bool:
    """Whether there are both arrays, and one of pictures: `x_train` may be anything."""
    if not {f"{images}.npy", f"{labels}.npy"} <= set(archive.namelist()):
        return False
    described = _described(archive, images)
    shape, dtype = described.shape, described.dtype
    if dtype == np.uint8:
        return _are_pictures(shape)
    return len(shape) == 4 and _are_pictures(shape) and dtype.kind in "fiu"  # which are refused in words


def _pictures_of(
    archive: _Arrays,
    part: str | None,
    images: str,
    labels_name: str,
    file: str,
    findings: int = 0,
    *,
    own: bool = False,
) -> PartArrays:
    names = set(archive.namelist())
    for name in (images, labels_name):
        if name in names:
            raise DataError(f"{file} has something called {name} that is no array. Download it again.")
    labelled = f"{labels_name}.npy" in names
    if f"{images}.npy" not in names:
        raise DataError(f"{file} has {labels_name} without {images}. Download it again.")
    labels = _labels(archive, labels_name, file, findings, own) if labelled else np.zeros(0, np.int64)
    described = _described(archive, images)
    shape, dtype = described.shape, described.dtype
    wanted = len(labels) if labelled or not shape else shape[0]
    if len(shape) > 3 and not _are_pictures(shape) and min(shape[1:4]) > 3:
        raise DataError(
            f"{file} has {images} of shape {shape}: volumes, of which none is read here. Save slices of them, as "
            "pictures of two dimensions."
        )
    if dtype != np.uint8 and _are_pictures(shape) and shape[0] == wanted:
        raise DataError(
            f"{file} has {images} of type {dtype}; pictures are read as uint8, from 0 to 255. Save it so: "
            f"{'(255 * x) where it goes from 0 to 1' if dtype.kind == 'f' else '(x // 256) where it goes to 65,535'}"
            ", then .astype(np.uint8)."
        )
    if dtype != np.uint8 or not _are_pictures(shape) or shape[0] != wanted:
        raise DataError(
            f"{file} has {images} of shape {shape} and type {dtype} for {wanted:,} labels; (n, height, width) "
            "or (n, height, width, 3) and uint8 were expected. Download it again."
        )
    if described.by_columns:
        raise DataError(f"{file} has {images} in Fortran's order. Save it again after np.ascontiguousarray.")
    return PartArrays(part, images, shape, labels)


def _are_pictures(shape: tuple[int, ...]) -> bool:
    sides = shape[1:]
    if len(sides) == 3:
        sides = sides[:2] if sides[2] in (1, 3) else sides[1:] if sides[0] in (1, 3) else ()
    return len(sides) == 2 and all(0 < side <= LONGEST_SIDE for side in sides)


def _grouped(archive: _Arrays, part: PartArrays) -> PartArrays:
    """The same part with what belongs together, where an array beside its pictures is called so."""
    best: tuple[int, str, np.ndarray] | None = None
    for name in sorted(each.removesuffix(".npy") for each in archive.namelist() if each.endswith(".npy")):
        said = [word for word in re.split(r"[\W_]+", name) if word and word.casefold() not in _PART_WORDS]
        word = (
            group_word("_".join(said)) if part.part is None or part_of_folder(name.split("_")[0]) == part.part else None
        )
        if word is None or (best is not None and best[0] >= word[1]):
            continue
        texts = _texts(archive, name)
        if texts is not None and len(texts) == part.shape[0] > len(np.unique(texts)) > 1:
            best = word[1], name, texts
    return part if best is None else replace(part, groups_name=best[1], groups=best[2])


def _named(archive: _Arrays, parts: list[PartArrays]) -> list[PartArrays]:
    """The same parts with the names of their classes for labels, where an array names the numbers from 0 on."""
    numbers = [part.labels for part in parts if part.labels.dtype.kind == "i" and len(part.labels)]
    names = {each.removesuffix(".npy") for each in archive.namelist() if each.endswith(".npy")} & _CLASS_NAMES
    if len(names) != 1 or not numbers or any(part.labels.dtype.kind != "i" for part in parts):
        return parts
    texts = _texts(archive, next(iter(names)))
    fits = texts is not None and min(map(np.min, numbers)) >= 0 and max(map(np.max, numbers)) < len(texts)
    if texts is None or not fits or len(set(texts)) < len(texts):
        return parts
    return [replace(part, labels=texts[part.labels]) if len(part.labels) else part for part in parts]


def _texts(archive: _Arrays, name: str) -> np.ndarray | None:
    """An array of one value a row as texts; None if it is none of whole numbers or texts."""
    described = _described(archive, name)
    rows = math.prod(described.shape)
    if described.dtype.kind not in "iuUS" or len(described.shape) == 0 or described.shape[0] != rows > 0:
        return None
    if rows > MOST_PICTURES or described.dtype.itemsize > _LONGEST_TEXT:
        return None
    with archive.open(f"{name}.npy") as stream:
        stream.read(described.begins)
        said = np.frombuffer(stream.read(), described.dtype)
    return np.char.strip(np.char.decode(said, "utf-8", "replace") if said.dtype.kind == "S" else said.astype(str))


def _labels(archive: _Arrays, name: str, file: str, findings: int, own: bool) -> np.ndarray:
    described = _described(archive, name)
    shape, dtype = described.shape, described.dtype
    one_hot = len(shape) == 2 and shape[1] > 1
    if own and dtype.kind in "US" and (texts := _texts(archive, name)) is not None:
        return texts
    if own and dtype.kind == "f" and not one_hot and math.prod(shape) <= MOST_PICTURES:
        with archive.open(f"{name}.npy") as stream:
            stream.read(described.begins)
            numbers = np.frombuffer(stream.read(), dtype)
        if np.isfinite(numbers).all() and (numbers == np.round(numbers)).all() and math.prod(shape[1:]) == 1:
            return numbers.astype(np.int64)
    if not np.issubdtype(dtype, np.integer) and not (one_hot and dtype.kind in "fb"):
        raise DataError(f"{file} has {name} of type {dtype}; whole numbers were expected. Download it again.")
    if findings and shape[1:] != (findings,):
        raise DataError(f"{file} has {name} of shape {shape}; {findings} findings of each picture were expected.")
    if math.prod(shape) > MOST_PICTURES:
        raise DataError(f"{file} says that it has {math.prod(shape):,} labels; at most {MOST_PICTURES:,} are read.")
    with archive.open(f"{name}.npy") as stream:
        stream.read(described.begins)
        said = np.frombuffer(stream.read(), dtype)
    if not one_hot and math.prod(shape[1:]) == 1:
        return said.astype(np.int64)
    marks = said.reshape(shape, order="F" if described.by_columns else "C") if one_hot else np.zeros((1, 2))
    count = (marks == 1).sum(axis=1)
    if not (marks == 0).sum() + count.sum() == marks.size or not (findings or (count == 1).all()):
        raise DataError(
            f"{file} has {name} of shape {shape}: several answers a picture. A model learns one class a picture here: "
            "save one whole number a picture."
        )
    return np.select([count == 1, count == 0], [marks.argmax(axis=1), shape[1]], SEVERAL).astype(np.int64)


@dataclass(frozen=True)
class _Described:
    """What the header of an array says, and at which byte its values begin."""

    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype
    begins: int


def _described(archive: _Arrays, name: str) -> _Described:
    """The header of an array; the archive's directory has to say that it is as long as that."""
    with archive.open(f"{name}.npy") as stream:
        header = io.BytesIO(stream.read(_LONGEST_HEADER))
    version = np.lib.format.read_magic(header)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of the format is not known")
    shape, by_columns, dtype = _HEADERS[version](header)
    begins = header.tell()
    if dtype.hasobject:
        raise ValueError(f"{name} holds objects of Python, which are never opened")
    length = archive.bytes_of(f"{name}.npy") - begins
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != length:
        raise ValueError(f"{name} is not as long as it says")
    return _Described(shape, by_columns, dtype, begins)
