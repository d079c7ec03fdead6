"""Putting published weights, or those of another training, into a network."""

import warnings
from pathlib import Path

import keras
import numpy as np

from core.base.errors import ConfigurationError
from core.base.files import file_built_aside
from core.base.printable import printable
from core.models.applications import normalize_as_published
from core.models.blocks import trunk_of
from core.models.registry import build_model
from core.models.spec import ModelSpec
from core.models.torch_file import read_tensors
from core.models.trunks import find_trunk
from core.models.weights import OF_PYTORCH, converted_file, refuse_changed


def load_trunk(model: keras.Model, spec: ModelSpec, file: Path) -> None:
    """Give the trunk of a network the weights of a file; its head stays as it is.

    Args:
        model: the network that `spec` describes.
        spec: which tells how it is built.
        file: weights as Keras or the package of the trunk publishes them, or a whole model of another training.

    Raises:
        ConfigurationError: the file is damaged or of another network, or its weights are not finite; names it.
    """
    trunk = trunk_of(model)
    try:
        if file.suffix == OF_PYTORCH:
            _load_converted(trunk, spec, file)
        elif file.suffix == ".keras":
            trunk.set_weights(trunk_of(keras.models.load_model(file, compile=False)).get_weights())
        else:
            _load(trunk, file)
    except ConfigurationError:
        raise
    except Exception as error:  # a damaged file ends in anything from a ZIP to an HDF5 error
        raise ConfigurationError(
            f"{printable(file)} does not hold the weights of {spec.title}, or is damaged: {_first_line(error)}"
        ) from error
    if not all(np.isfinite(weight).all() for weight in trunk.get_weights()):
        raise ConfigurationError(
            f"{printable(file)} has weights that are not finite numbers, as after a training that diverged, so nothing "
            "can begin with them. Choose other weights."
        )
    normalize_as_published(trunk)


def _load_converted(trunk: keras.Model, spec: ModelSpec, file: Path) -> None:
    made = converted(spec, file)
    try:
        _load(trunk, made)
    except Exception:  # what was made is damaged, and can be made again
        made.unlink(missing_ok=True)
        _load(trunk, converted(spec, file))


def _load(trunk: keras.Model, file: Path) -> None:
    if file.name.endswith(".weights.h5"):  # these hold random numbers of dropout, too, if they were saved with any
        dropouts = [layer for layer in trunk.layers if isinstance(layer, keras.layers.Dropout)]
        with warnings.catch_warnings():  # of lists that Keras finds in a network, in which nothing is to be loaded
            warnings.simplefilter("ignore")
            trunk.load_weights(file, objects_to_skip=dropouts)
    else:
        trunk.load_weights(file)


def converted(spec: ModelSpec, file: Path) -> Path:
    """The weights of a file of PyTorch as a file of Keras, made when it is first asked for.

    Several processes may ask at once; each makes the file by itself, and one after the other puts it in its place.

    Raises:
        ConfigurationError: the file cannot be read, is not the one that was published, or is of another network.
    """
    published = find_trunk(spec.name)
    place = converted_file(published, file)
    if not place.is_file():
        refuse_changed(file, published.weights)
        trunk = trunk_of(build_model(spec.name, spec.min_image_size, 2, {"drop_connect": 0}))
        trunk.set_weights(_in_order_of_keras(trunk, read_tensors(file)))
        with file_built_aside(place) as aside:
            trunk.save_weights(aside)
    return place


def _in_order_of_keras(trunk: keras.Model, tensors: dict[str, np.ndarray]) -> list[np.ndarray]:
    """PyTorch's tensors for the trunk's weights, which stand in the same order, kernels with their axes turned round.

    Kernels are (out, in, height, width) there and (height, width, in, out) here; depthwise ones (channel, 1, height,
    width) there and (height, width, channel, 1) here.
    """
    found = [each for name, each in tensors.items() if not name.startswith("_fc") and each.ndim]
    wanted = trunk.weights
    turned = []
    for weight, tensor in zip(wanted, found, strict=True):
        depthwise = tensor.ndim == 4 and weight.shape[-1] == 1
        axes = {1: (0,), 4: (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)}[tensor.ndim]
        turned.append(tensor.transpose(axes))
    return turned


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
