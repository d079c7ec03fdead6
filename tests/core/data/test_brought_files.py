"""Whatever people bring beside pictures, with bytes changed: it is read, or refused in words, and nothing ends."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.base.errors import DataError, LesionLabError
from core.data.download.archives import look_into, unpack
from core.data.gathering import gathered
from core.data.genes.gene_samples import read_brought_samples
from core.data.patients import read_patients
from core.models.outside import look_at_model
from tests.dashboard.rest.mutated import NOT_SHOWN, changed

GENES = [f"G{number}" for number in range(40)]
FEW, MANY = 9, 400
"""Files of each kind: each way to change one once, and in the long test often."""


def _expression() -> str:
    values = np.random.default_rng(0).random((12, len(GENES)))
    rows = [f"s{number},{','.join(f'{each:.3f}' for each in row)}" for number, row in enumerate(values)]
    return "\n".join([f"name,{','.join(GENES)}", *rows, ""])


def _persons() -> str:
    return "image,age,sex,site\n" + "".join(f"p{n}.jpg,{20 + n},{'mf'[n % 2]},back\n" for n in range(20))


def _in_parquet() -> bytes:
    content = io.BytesIO()
    pd.read_csv(io.StringIO(_persons())).to_parquet(content, compression=None)
    return content.getvalue()


def _picture() -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 50, 3), dtype=np.uint8)).save(content, "JPEG")
    return content.getvalue()


def _pictures() -> dict[str, bytes]:
    files = {f"clinic/{label}/p{n}.jpg": _picture() for label in ("mel", "nv") for n in range(3)}
    return files | {"clinic/table.csv": _persons().encode()}


def _zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, each in files.items():
            packed.writestr(name, each)
    return content.getvalue()


def _tar(mode: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as packed:
        for name, each in _pictures().items():
            entry = tarfile.TarInfo(name)
            entry.size = len(each)
            packed.addfile(entry, io.BytesIO(each))
    return content.getvalue()


def _hdf5() -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": []}})
        file.create_dataset("w", data=np.zeros(50))
    return content.getvalue()


def _keras() -> bytes:
    config = {"class_name": "Sequential", "module": "keras", "config": {}}
    return _zip({"config.json": json.dumps(config).encode(), "metadata.json": b"{}", "model.weights.h5": _hdf5()})


def _onnx() -> bytes:
    onnx = pytest.importorskip("onnx")
    takes, gives = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("picture", [None, 3, 28, 28]), ("answer", [None, 3, 1, 1]))
    )
    node = onnx.helper.make_node("GlobalAveragePool", ["picture"], ["answer"])
    return onnx.helper.make_model(onnx.helper.make_graph([node], "mean", [takes], [gives])).SerializeToString()


def _read_samples(file: Path) -> None:
    read_brought_samples(file.read_bytes(), file.name, GENES)


def _gather(file: Path) -> None:
    (file.parent / "p0.jpg").write_bytes(_picture())
    with gathered([file]) as found:
        assert all(each.problem or each.path.is_file() for each in found.pictures)


def _unpack(file: Path) -> None:
    look_into(file)
    unpack(file, file.parent / "unpacked")


def _look_at_model(file: Path) -> None:
    aside = file.parent / "aside"
    aside.mkdir()
    look_at_model(file, aside)


@dataclass(frozen=True)
class Kind:
    """What a file is called, what is in one that is whole, and what reads it."""

    name: str
    whole: Callable[[], bytes]
    read: Callable[[Path], None]


KINDS = (
    Kind("genes.csv", lambda: _expression().encode(), _read_samples),
    Kind("genes.csv.gz", lambda: gzip.compress(_expression().encode()), _read_samples),
    Kind("persons.csv", lambda: _persons().encode(), read_patients),
    Kind("persons.parquet", _in_parquet, read_patients),
    Kind("many.csv", lambda: _persons().encode(), _gather),
    Kind("many.zip", lambda: _zip(_pictures()), _gather),
    Kind("data.zip", lambda: _zip(_pictures()), _unpack),
    Kind("data.tar", lambda: _tar("w"), _unpack),
    Kind("data.tar.gz", lambda: _tar("w:gz"), _unpack),
    Kind("data.tar.xz", lambda: _tar("w:xz"), _unpack),
    Kind("model.keras", _keras, _look_at_model),
    Kind("model.h5", _hdf5, _look_at_model),
    Kind("model.onnx", _onnx, _look_at_model),
    Kind("teachable.zip", lambda: _zip({"keras_model.h5": _hdf5(), "labels.txt": b"0 mel\n1 nv\n"}), _look_at_model),
)


def refused(kind: Kind, folder: Path, count: int, seed: int) -> int:
    """How many of so many changed files were refused; each of them in words."""
    said = []
    for number, content in enumerate(changed(kind.whole(), count, seed)):
        file = folder / str(number) / kind.name
        file.parent.mkdir()
        file.write_bytes(content)
        try:
            kind.read(file)
        except LesionLabError as error:
            said.append(str(error))
    assert not [each for each in said if len(each) < 10 or NOT_SHOWN.search(each)]
    return len(said)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_damaged_is_read_or_refused_in_words(kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / kind.name
    file.write_bytes(kind.whole())
    kind.read(file)
    told = refused(kind, tmp_path, FEW, 5)
    assert told >= 2 or kind.read is _gather, "of pictures that are asked about the problem stands beside their name"


def test_texts_in_parquet_that_are_no_utf_8_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "persons.parquet"
    file.write_bytes(_in_parquet().replace(b"back", b"\xff\xfe\xfd\xfc"))
    with pytest.raises(DataError, match="damaged and cannot be read as a Parquet file"):
        read_patients(file)


def test_what_pandas_noted_of_a_parquet_file_may_be_damaged(tmp_path: Path) -> None:
    whole, damaged = tmp_path / "whole.parquet", tmp_path / "persons.parquet"
    whole.write_bytes(_in_parquet())
    noted = pq.read_schema(whole).metadata[b"pandas"].replace(b"int64", b"int60").replace(b"float64", b"floot64")
    pq.write_table(pq.read_table(whole).replace_schema_metadata({b"pandas": noted}), damaged)
    assert read_patients(damaged).by_picture == read_patients(whole).by_picture


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_hundreds_that_are_damaged_are_read_or_refused_in_words(kind: Kind, tmp_path: Path) -> None:
    assert refused(kind, tmp_path, MANY if kind.read is not _gather else MANY // 8, 6) >= 0
