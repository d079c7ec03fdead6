"""Model files of others: what is looked at before anything of them is loaded, so that none brings code with it.

A Keras file is a description in JSON and an array file; both are read without Keras first. Layers that hold code of
Python (Lambda), that load something else, or that Keras does not know are refused by name. Of an ONNX file the
operators must be ONNX's own, and its weights must lie in it. Nothing is ever unpickled.
"""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.base.errors import ConfigurationError, DataError
from core.base.files import UNREADABLE, is_disk_full, parse_json
from core.base.printable import printable

MOST_BYTES = 500 * 1024**2
"""Of a model file, and of all that lies in it once it is unpacked."""
HOW_TO_INSTALL = "Install them with “make formats”, or: pip install -r requirements-formats.txt"
_HOLD_CODE = frozenset(("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "function"))
"""Classes that run code of the file, or load another file by its path."""
_OPERATORS = ("", "ai.onnx", "ai.onnx.ml")
_KERAS, _ONNX = (".keras", ".h5", ".hdf5"), (".onnx",)
_OTHER_EXPORTS = {
    "saved_model.pb": "a SavedModel",
    ".pb": "a graph of TensorFlow",
    ".tflite": "a LiteRT file",
    "model.json": "a model for TensorFlow.js",
    ".pt": "a file of PyTorch",
    ".pth": "a file of PyTorch",
    ".pkl": "a pickle",
    ".joblib": "a pickle",
}
"""What people have in the place of a file that is read, by name or ending."""
_NUMBERED = re.compile(r"([0-9]{1,6})\s+(\S.*)")


@dataclass(frozen=True)
class OutsideFile:
    """A model file that was looked at: ".keras", ".h5" or ".onnx", and the class names that lay beside it, if any.

    `teachable` says that it is an export of Teachable Machine, which scales pictures to −1…1.
    """

    path: Path
    labels: tuple[str, ...] = ()
    teachable: bool = False

    @property
    def onnx(self) -> bool:
        """Whether it is ONNX, not Keras."""
        return self.path.suffix == ".onnx"


def look_at_model(file: Path, folder: Path) -> OutsideFile:
    """Check a model file, or the zip of Teachable Machine, and copy the model into a folder of ours.

    Args:
        file: ".keras", ".h5", ".onnx", or a ".zip" with one of them and, if it likes, a labels.txt.
        folder: an empty one.

    Raises:
        DataError: it is missing, empty, too large, damaged, something else, or carries code.
        ConfigurationError: what reads ONNX is not installed.
    """
    _refuse_size(file)
    suffix = file.suffix.lower()
    if suffix == ".zip":
        return _from_zip(file, folder)
    _refuse_other_exports(file.name, [file.name])
    if suffix not in (*_KERAS, *_ONNX):
        raise DataError(f"{printable(file.name)} is no .keras, .h5 or .onnx file, and no zip of Teachable Machine.")
    kept = folder / f"model{'.h5' if suffix == '.hdf5' else suffix}"
    shutil.copyfile(file, kept)
    if suffix == ".keras" and not zipfile.is_zipfile(kept):  # older versions gave HDF5 that name, too
        kept = kept.rename(kept.with_suffix(".h5"))
    beside = file.with_name("labels.txt")
    labels = read_labels(beside.read_text(encoding="utf-8", errors="replace")) if beside.is_file() else ()
    return _checked(OutsideFile(kept, labels, teachable=bool(labels) and file.stem == "keras_model"))


def read_labels(text: str) -> tuple[str, ...]:
    """Class names, one a line, without the numbers where each line has its own in front, as of Teachable Machine."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    numbered = [found for line in lines if (found := _NUMBERED.fullmatch(line))]
    numbers = [int(each[1]) for each in numbered]
    if len(numbered) == len(lines) and numbers in ([*range(len(lines))], [*range(1, len(lines) + 1)]):
        return tuple(each[2] for each in numbered)
    return tuple(lines)


def _refuse_size(file: Path) -> None:
    try:
        size = file.stat().st_size if file.is_file() else None
    except OSError:
        size = None
    if size is None:
        raise DataError(f"There is no file {printable(file)}.")
    if size == 0:
        raise DataError(f"{printable(file.name)} is empty: it has 0 bytes. Copy it again.")
    if size > MOST_BYTES:
        raise DataError(
            f"{printable(file.name)} has {size / 1e6:,.0f} MB. Models of at most {MOST_BYTES / 1e6:,.0f} MB are read."
        )


def _from_zip(file: Path, folder: Path) -> OutsideFile:
    with _opened_zip(file) as opened:
        files = [each for each in opened.infolist() if each.filename and not each.is_dir()]
        models = [each for each in files if Path(each.filename).suffix.lower() in (*_KERAS, *_ONNX)]
        if not models:
            _refuse_other_exports(file.name, [each.filename for each in files])
        if len(models) != 1:
            raise DataError(f"{printable(file.name)} has {len(models)} model files (.keras, .h5, .onnx); it takes one.")
        suffix = Path(models[0].filename).suffix.lower()
        kept = folder / f"model{'.h5' if suffix == '.hdf5' else suffix}"
        named = [each for each in files if Path(each.filename).name == "labels.txt"]
        try:
            with opened.open(models[0]) as source, kept.open("wb") as target:
                shutil.copyfileobj(source, target)
            labels = read_labels(opened.read(named[0]).decode("utf-8", "replace")) if named else ()
        except Exception as error:  # zipfile raises a dozen kinds on bytes that nobody meant
            if isinstance(error, OSError) and is_disk_full(error):
                raise
            raise DataError(f"{printable(file.name)} is damaged or locked by a password. Zip it anew.") from error
    return _checked(OutsideFile(kept, labels, teachable=Path(models[0].filename).stem == "keras_model"))


def _refuse_other_exports(name: str, files: list[str]) -> None:
    """Raise where files are an export that is known and not read, with what to take in its place."""
    for each in map(Path, files):
        kind = _OTHER_EXPORTS.get(each.name) or _OTHER_EXPORTS.get(each.suffix.lower())
        if kind is not None:
            raise DataError(
                f"{printable(name)} is {kind}, which is not read here. "
                "Save the model as Keras or ONNX; of Teachable Machine take Export, Tensorflow, Keras."
            )


def _opened_zip(file: Path) -> zipfile.ZipFile:
    try:
        opened = zipfile.ZipFile(file)
    except Exception as error:  # see below
        raise DataError(f"{printable(file.name)} is damaged: it is no zip that can be opened.") from error
    if sum(each.file_size for each in opened.infolist()) > MOST_BYTES:
        opened.close()
        raise DataError(f"{printable(file.name)} unpacks to more than {MOST_BYTES / 1e6:,.0f} MB.")
    return opened


def _checked(found: OutsideFile) -> OutsideFile:
    if found.onnx:
        _refuse_foreign_onnx(found.path)
        return found
    try:
        described = _description(found.path)
    except DataError:
        raise
    except Exception as error:  # HDF5 and JSON have a dozen kinds
        raise DataError(
            "The file is no Keras model that can be read: its description is missing or damaged."
        ) from error
    refuse_code(described)
    return found


def _description(path: Path) -> Any:
    """What a Keras file says of its layers. Of HDF5 it is brought to what Keras 3 reads."""
    if path.suffix == ".keras":
        with _opened_zip(path) as opened:
            return parse_json(opened.read("config.json"))
    import h5py

    with h5py.File(path, "r+") as file:
        told = file.attrs["model_config"]
        described = parse_json(told if isinstance(told, str) else told.decode())
        for each in _objects(described):
            if each.get("class_name") == "DepthwiseConv2D" and isinstance(each.get("config"), dict):
                each["config"].pop("groups", None)  # always 1; Teachable Machine writes it
            for ends in ("input_layers", "output_layers"):
                if isinstance(found := each.get(ends), list) and len(found) == 1 and isinstance(found[0], list):
                    each[ends] = found[0]  # else Keras 3 takes one tensor for a list of them, and asks for another
        file.attrs["model_config"] = json.dumps(described)
        return described


def refuse_code(described: Any) -> None:
    """Raise where the description of a Keras model names anything but Keras' own, or what runs code.

    Raises:
        DataError: names the class.
    """
    for each in _objects(described):
        name, module = each.get("class_name"), each.get("module")
        registered = each.get("registered_name")
        if name is None:
            continue
        own = module is None or (isinstance(module, str) and (module == "builtins" or module.split(".")[0] == "keras"))
        if name in _HOLD_CODE or not own or (isinstance(registered, str) and ">" in registered):
            raise DataError(
                f"The model has “{printable(str(name))[:80]}”, which carries code or needs code that is not in Keras. "
                "Files with code are not loaded. Save the model with Keras' own layers alone, or as ONNX."
            )


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _refuse_foreign_onnx(path: Path) -> None:
    if missing := [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]:
        raise ConfigurationError(f"ONNX files need {', '.join(missing)}. {HOW_TO_INSTALL}.")
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
        onnx.checker.check_model(model)
    except (*UNREADABLE, Exception) as error:  # protobuf's and the checker's own kinds
        raise DataError("The file is no ONNX model that can be read, or its weights lie in other files.") from error
    for graph in _graphs(model.graph):
        foreign = {node.domain for node in graph.node} - set(_OPERATORS)
        if foreign or model.functions:
            raise DataError(
                f"The model has operators that are not ONNX's own ({', '.join(map(printable, sorted(foreign)))}). "
                "Files that need code from elsewhere are not loaded."
            )
        if any(onnx.external_data_helper.uses_external_data(weights) for weights in graph.initializer):
            raise DataError("The weights of the model lie in other files. Save it as one file.")


def _graphs(graph: Any) -> Iterator[Any]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _graphs(inner)
