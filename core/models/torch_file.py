"""Reading tensors that PyTorch has saved, without PyTorch and without running anything that stands in the file.

Such a file is a pickle, which can name any function to be called. Here it may name an ordered dictionary, tensors and
their numbers, and nothing else (https://docs.python.org/3/library/pickle.html#restricting-globals).
"""

import io
import math
import operator
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.base.errors import ConfigurationError
from core.base.files import UNREADABLE, open_regular

_NUMBERS: dict[str, np.dtype] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_LEGACY_HEAD = 3
"""Pickles before the tensors in a file that is no zip: a number to know it by, a version, sizes of numbers."""
_ZIP = b"PK\x03\x04"


@dataclass
class _Storage:
    """A row of numbers, by the key under which the file has it."""

    key: str
    type: np.dtype
    size: int
    values: np.ndarray | None = None


@dataclass
class _Tensor:
    """A part of a storage in a shape; `strides` are counted in numbers."""

    storage: _Storage
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> np.ndarray:
        values = self.storage.values
        whole = [self.start, *self.shape, *self.strides]
        if values is None or len(self.shape) != len(self.strides) or min(map(operator.index, whole)) < 0:
            raise ValueError("A tensor has no shape.")
        last = self.start + sum((n - 1) * stride for n, stride in zip(self.shape, self.strides, strict=True))
        if math.prod(self.shape) > len(values) or (0 not in self.shape and last >= len(values)):
            raise ValueError("A tensor lies outside its numbers.")
        strides = [stride * values.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(values[self.start :], self.shape, strides).copy()


class _ForeignError(Exception):
    """The file names something else than tensors."""


def read_tensors(file: Path) -> dict[str, np.ndarray]:
    """The tensors of a file that `torch.save` wrote from a network's state, in its order.

    Returns:
        float32 or int64 arrays by name.

    Raises:
        ConfigurationError: the file cannot be read, is damaged, or names a class or function that has no place in it.
    """
    try:
        with open_regular(file) as content:
            zipped = content.read(len(_ZIP)) == _ZIP
            content.seek(0)
            state = _read_zip(content) if zipped else _read_legacy(content)
        if not isinstance(state, dict):
            raise ValueError("It holds no dictionary.")
        return {str(name): each.array() for name, each in state.items() if isinstance(each, _Tensor)}
    except _ForeignError as error:
        raise ConfigurationError(
            f"{file} was not read: it names {error}, which has no place in a file of weights and could do harm."
        ) from error
    except (*UNREADABLE, EOFError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise ConfigurationError(f"{file} is damaged, or is no file of weights of PyTorch: {error}") from error


class _Reader(pickle.Unpickler):
    """An unpickler that knows tensors and ordered dictionaries."""

    def __init__(self, file: IO[bytes]):
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
        }
        if module == "torch" and name in _NUMBERS:
            return name
        if (module, name) not in known:
            raise _ForeignError(f"{module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, numbers, key, _, size, *_ = pid
        if kind != "storage" or numbers not in _NUMBERS:
            raise ValueError("It refers to something else than a storage.")
        return self.storages.setdefault(str(key), _Storage(str(key), _NUMBERS[numbers], int(size)))


def _rebuilt(storage: _Storage, start: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _Tensor:
    """Stands in for PyTorch's function of almost that name."""
    return _Tensor(storage, start, tuple(shape), tuple(strides))


def _read_zip(content: IO[bytes]) -> Any:
    """The format since PyTorch 1.6: a zip with one pickle and a file for each storage."""
    with zipfile.ZipFile(content) as archive:
        [pickled] = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        reader = _Reader(io.BytesIO(archive.read(pickled)))
        state = reader.load()
        _fill(reader, lambda key: archive.read(f"{pickled.removesuffix('data.pkl')}data/{key}"))
    return state


def _read_legacy(content: IO[bytes]) -> Any:
    """The format before: pickles one after the other, then the storages, each behind its length."""
    for _ in range(_LEGACY_HEAD):
        _Reader(content).load()
    reader = _Reader(content)
    state = reader.load()
    found = {}
    for key in _Reader(content).load():
        length = int.from_bytes(content.read(8), "little")
        storage = reader.storages[key]
        if length != storage.size:
            raise ValueError("A storage has another length than its tensors say.")
        found[key] = content.read(length * storage.type.itemsize)
    _fill(reader, lambda key: found[key])
    return state


def _fill(reader: _Reader, bytes_of: Callable[[str], bytes]) -> None:
    for key, storage in reader.storages.items():
        storage.values = np.frombuffer(bytes_of(key), storage.type)
        if len(storage.values) != storage.size:
            raise ValueError("A storage is shorter than its tensors say.")
