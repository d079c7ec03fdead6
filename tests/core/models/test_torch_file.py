"""Files of PyTorch are read without running what stands in them, and what is no tensor is refused by its name."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import ConfigurationError
from core.models.torch_file import read_tensors

MATRIX = np.arange(6, dtype="<f4").reshape(2, 3)
COUNT = np.array([7], dtype="<i8")


class Named:
    """Pickled as a class or function of another module, whatever that would do."""

    def __init__(self, module: str, name: str):
        self.module, self.name = module, name


class Call:
    """Pickled as a call of a named function."""

    def __init__(self, function: Named, *arguments):
        self.function, self.arguments = function, arguments


class Writer(pickle._Pickler):
    """Writes names that cannot be imported here, and storages as PyTorch does, by their keys."""

    def save(self, obj, save_persistent_id=True) -> None:
        if isinstance(obj, Named):
            self.write(f"c{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, Call):
            self.save(obj.function)
            self.save(obj.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)

    def persistent_id(self, obj):
        return obj[1] if isinstance(obj, tuple) and obj[:1] == ("persistent",) else None


def tensor(key: str, array: np.ndarray, numbers: str, *, start=0, shape=None, strides=None, size=None) -> Call:
    storage = (
        "persistent",
        ("storage", Named("torch", numbers), key, "cpu", array.size if size is None else size, None),
    )
    shape = array.shape if shape is None else shape
    strides = tuple(each // array.itemsize for each in array.strides) if strides is None else strides
    return Call(Named("torch._utils", "_rebuild_tensor_v2"), storage, start, shape, strides, False, OrderedDict())


def pickled(value) -> bytes:
    content = io.BytesIO()
    Writer(content, 2).dump(value)
    return content.getvalue()


def legacy(path: Path, state: dict, storages: dict[str, np.ndarray]) -> Path:
    parts = [pickled(each) for each in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, state, sorted(storages))]
    rows = [struct.pack("<q", each.size) + each.tobytes() for _, each in sorted(storages.items())]
    path.write_bytes(b"".join([*parts, *rows]))
    return path


def zipped(path: Path, state: dict, storages: dict[str, np.ndarray]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled(state))
        for key, each in storages.items():
            archive.writestr(f"archive/data/{key}", each.tobytes())
    return path


@pytest.mark.parametrize("write", [legacy, zipped])
def test_tensors_are_read_in_their_order_from_both_formats(write, tmp_path: Path) -> None:
    state = OrderedDict(
        turned=tensor("0", MATRIX, "FloatStorage", shape=(3, 2), strides=(1, 3)),
        row=tensor("0", MATRIX, "FloatStorage", start=3, shape=(3,), strides=(1,)),
        count=tensor("1", COUNT, "LongStorage", shape=(), strides=()),
    )
    found = read_tensors(write(tmp_path / "w.pth", state, {"0": MATRIX, "1": COUNT}))
    assert list(found) == ["turned", "row", "count"]
    np.testing.assert_array_equal(found["turned"], MATRIX.T)
    np.testing.assert_array_equal(found["row"], [3, 4, 5])
    assert (found["count"], found["count"].dtype, found["row"].dtype) == (7, np.int64, np.float32)


@pytest.mark.parametrize("write", [legacy, zipped])
@pytest.mark.parametrize(
    ("module", "name"), [("os", "system"), ("builtins", "eval"), ("torch", "load"), ("torch.storage", "FloatStorage")]
)
def test_a_foreign_class_is_refused_by_its_name_and_not_called(write, module: str, name: str, tmp_path: Path) -> None:
    harm = tmp_path / "harm"
    call = Call(Named(module, name), f"touch {harm}" if name == "system" else f"open({str(harm)!r}, 'w')")
    state = {"weight": tensor("0", MATRIX, "FloatStorage"), "extra": call}
    with pytest.raises(ConfigurationError, match=rf"w\.pth was not read: it names {module}\.{name}, which"):
        read_tensors(write(tmp_path / "w.pth", state, {"0": MATRIX}))
    assert not harm.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": 1},
        {"start": -1},
        {"shape": (3, 3), "strides": (3, 1)},
        {"shape": (2, 3), "strides": (-3, 1)},
        {"shape": (2, 3), "strides": (3,)},
        {"shape": (10**9, 10**9), "strides": (0, 0)},
        {"size": 7},
    ],
    ids=str,
)
def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(wrong: dict, tmp_path: Path) -> None:
    state = {"weight": tensor("0", MATRIX, "FloatStorage", **wrong)}
    for write in (legacy, zipped):
        with pytest.raises(ConfigurationError, match=r"w\.pth is damaged"):
            read_tensors(write(tmp_path / "w.pth", state, {"0": MATRIX}))


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04 no archive", pickle.dumps([1, 2])])
def test_a_file_that_holds_no_tensors_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"w\.pth is damaged, or is no file of weights of PyTorch"):
        read_tensors(tmp_path / "w.pth")


def test_a_file_that_was_cut_off_is_named(tmp_path: Path) -> None:
    whole = legacy(tmp_path / "w.pth", {"weight": tensor("0", MATRIX, "FloatStorage")}, {"0": MATRIX})
    for length in range(0, whole.stat().st_size, 7):
        cut = tmp_path / "cut.pth"
        cut.write_bytes(whole.read_bytes()[:length])
        with pytest.raises(ConfigurationError, match=r"cut\.pth is damaged"):
            read_tensors(cut)
