"""A Keras model written in each of the formats in which models are handed over."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import DataError
from core.base.inside_keras import all_layers
from core.base.settings import PROJECT_ROOT
from core.export.formats import Format
from core.export.litert import ENDPOINT, litert

OPSET = 18
"""Version of ONNX's operators that is written; ONNX Runtime knows it since 1.14."""
_SMALL = 1024
"""Numbers of an array that is not rounded to 16 bits, for nothing would be saved."""
_CONVERSION_SECONDS = 1800
_NO_SPACE = ("No space left", "errno = 28", "Disk quota exceeded")
"""How the libraries that write say that the disk is full; each has an error of its own for it."""


def write_model(network: Any, wanted: Format, folder: Path, halfway: Path, examples: dict[str, np.ndarray]) -> Path:
    """Write a model as `folder / wanted.file`.

    LiteRT files take one example at a time: a network that reads a picture row by row can be converted no other way.

    Args:
        network: a Keras model with dictionaries of inputs and outputs.
        wanted: the format.
        folder: an empty one, on a disk with room for the model.
        halfway: where what several formats are made from is kept; the same for all formats of a network, else empty.
        examples: what the model is asked in use, by the name of the input, a row each; int8 takes its ranges from it.

    Raises:
        DataError: the network cannot be written in this format; the log says why.
        OSError: the disk is full.
    """
    target = folder / wanted.file
    if wanted.key == "keras":
        _refuse_own_layers(network)
    try:
        if wanted.key == "keras":
            network.save(target)
        elif wanted.key == "savedmodel":
            shutil.copytree(_saved(network, halfway), target)
        elif wanted.key == "onnx":
            shutil.copy(_onnx(network, halfway), target)
        elif wanted.key == "onnx-float16":
            _halve_weights(_onnx(network, halfway), target)
        elif wanted.quantised:
            _whole_numbers(_saved(network, halfway, batch=1), target, examples)
        else:
            target.write_bytes(litert(_saved(network, halfway, batch=1), wanted))
    except Exception as error:
        if any(said in str(error) for said in _NO_SPACE):
            raise OSError(errno.ENOSPC, "no space left", str(target)) from error
        raise DataError(f"This network cannot be written as {wanted.title}: {_first_line(error)}") from error
    return target


def _refuse_own_layers(network: Any) -> None:
    layers = {type(each).__name__ for each in all_layers(network) if type(each).__module__.startswith("core.")}
    if layers:
        raise DataError(
            f"The network has layers that Keras alone does not know ({', '.join(sorted(layers))}), so it is not "
            "written as a Keras file. Take SavedModel, ONNX or LiteRT."
        )


def _saved(network: Any, halfway: Path, batch: int | None = None) -> Path:
    """The model as a SavedModel for batches of any size, or of one."""
    import tensorflow as tf
    from keras.export import ExportArchive

    target = halfway / f"saved_model-{batch or 'any'}"
    if target.is_dir():
        return target
    archive = ExportArchive()
    archive.track(network)
    shapes = {each.name: tf.TensorSpec((batch, *each.shape[1:]), each.dtype, each.name) for each in network.inputs}
    archive.add_endpoint(ENDPOINT, lambda given: network(given, training=False), input_signature=[shapes])
    archive.write_out(target, verbose=False)
    return target


def _onnx(network: Any, halfway: Path) -> Path:
    target = halfway / "model.onnx"
    if target.is_file():
        return target
    saved = _saved(network, halfway)
    command = ["tf2onnx.convert", "--saved-model", str(saved), "--output", str(target), "--opset", str(OPSET)]
    # From a process of its own: converting within this one loses the weights of Keras' Normalization.
    ended = _in_its_own_process([*command, "--signature_def", ENDPOINT], target)
    if ended is not None:
        code, told = ended
        raise _failed(_last_line(told) or f"tf2onnx ended with {code}", told)
    return target


def _halve_weights(file: Path, target: Path) -> None:
    """Write an ONNX file with large weights in 16 bits, and a step in front that makes 32 of them."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(file)
    graph = model.graph
    kept, casts = [], []
    for weights in graph.initializer:
        if weights.data_type == TensorProto.FLOAT and np.prod(weights.dims) >= _SMALL:
            values = numpy_helper.to_array(weights)
            if np.abs(values).max() < np.finfo(np.float16).max:
                name = f"{weights.name}_float16"
                kept.append(numpy_helper.from_array(values.astype(np.float16), name))
                casts.append(helper.make_node("Cast", [name], [weights.name], to=TensorProto.FLOAT))
                continue
        kept.append(weights)
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def _whole_numbers(saved: Path, target: Path, examples: dict[str, np.ndarray]) -> None:
    """Write a LiteRT file of eight bits, in a process of its own: looking for ranges has ended it with a fault."""
    np.savez(saved.parent / "ranges.npz", **examples)  # type: ignore[arg-type]  # names of inputs are no options
    command = ["core.export.litert", str(saved), str(saved.parent / "ranges.npz"), str(target)]
    alone = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    ended = _in_its_own_process(command, target, cwd=PROJECT_ROOT, env={**os.environ, **alone})
    if ended is not None:
        code, told = ended
        broke_off = "TensorFlow's converter broke off. Take LiteRT with float16."
        raise _failed(broke_off if code < 0 else _last_line(told) or broke_off, told)


def _in_its_own_process(module: list[str], target: Path, **place: Any) -> tuple[int, str] | None:
    """Have a module write a file; what it exited with and said where there is none, None where all is well."""
    done = subprocess.run(
        [sys.executable, "-m", *module],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=_CONVERSION_SECONDS,
        check=False,
        **place,
    )
    return (done.returncode, done.stdout) if done.returncode or not target.is_file() else None


def _failed(why: str, told: str) -> ValueError:
    """Why, for a person, with all that was told for the log of the job."""
    error = ValueError(why)
    error.add_note(told)
    return error


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 300 else f"{text[:300]} …"
