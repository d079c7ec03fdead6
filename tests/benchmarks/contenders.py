"""What is compared in benchmarks of computing, each in a process of its own, so that none slows the other."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from threading import Semaphore, Thread
from typing import Any

import numpy as np
import psutil

CLASSES = tuple("abcdefg")
VALIDATION = 64
"""Pictures of the validation part: as few as still judge an epoch, for what is measured is learning."""
NO_AVX512 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
"""With these, libraries compute as on a processor without AVX-512; TensorFlow itself is built without it."""


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and of all processors together."""

    wall: float
    cpu: float


class Contender:
    """A process with environment variables of its own (None: not set) that calls functions and remembers."""

    def __init__(self, environment: dict[str, str | None] | None = None):
        self._process = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_set_environment, initargs=(environment or {},)
        )

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function returns there."""
        return self._process.submit(function, *arguments).result()

    def end(self) -> None:
        """End the process."""
        self._process.shutdown(wait=False, cancel_futures=True)


def _set_environment(environment: dict[str, str | None]) -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    for name, value in environment.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def timed(function: Callable[[], object]) -> Spent:
    """How long a function takes, in this process and those that it starts."""
    cpu, began = cpu_seconds(), time.perf_counter()
    function()
    wall = time.perf_counter() - began
    return Spent(wall, cpu_seconds() - cpu)


def cpu_seconds() -> float:
    """Processor time of this process and all that it has started, so far."""
    ended = os.times()
    total = time.process_time() + ended.children_user + ended.children_system
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(child.cpu_times()[:4])
    return total


def noise(pictures: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 (pictures, size, size, 3) and their class numbers."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (pictures, size, size, 3), np.uint8), rng.integers(0, len(CLASSES), pictures)


def plain_keras(name: str, size: int, pictures: int) -> Spent:
    """An epoch of a network of the zoo as people fit it: float32 arrays, batches of 32, TensorFlow's own defaults."""
    fit = _plain_keras(name, size, pictures)
    return timed(fit)


@lru_cache
def _plain_keras(name: str, size: int, pictures: int) -> Callable[[], object]:
    import keras  # noqa: F401 - before the project, which would choose for TensorFlow

    from core.models.registry import build_model

    images, labels = noise(pictures, size)
    model = build_model(name, size, len(CLASSES))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    floats = images.astype("float32")

    def fit() -> None:
        model.fit(floats, labels, batch_size=32, epochs=1, verbose=0)

    fit()  # traces
    return fit


class Training:
    """A training as the project does it, with all that is done beside, that halts after each epoch."""

    def __init__(self, pictures: int, **recipe: Any):
        """Learn the first epoch, in which graphs are traced."""
        import pandas as pd

        from core.data.images.cache import ImageCache
        from core.data.splits.splits import Split, SplitKind
        from core.training.fit import OutputFiles, fit
        from core.training.recipe import make_recipe

        self.recipe = make_recipe(**{"dataset": "demo", "epochs": 1000, **recipe})
        images, labels = noise(pictures + VALIDATION, self.recipe.image_size)
        ids = [f"i{number}" for number in range(len(images))]
        rows = pd.DataFrame({"image_id": ids, "group_id": ids, "label": [CLASSES[label] for label in labels]})
        rows["part"] = ["train"] * pictures + ["validation"] * VALIDATION
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.cache = ImageCache(images, pd.Index(ids), (), "", folder / "cache")
        names = ("best.keras", "metrics.jsonl", "tensorboard", "state.npz", "watched.json")
        files = OutputFiles(*(folder / name for name in names))
        self._wanted, self._learnt = Semaphore(0), Semaphore(0)
        split = Split(SplitKind.GROUPED, 0, rows)

        def learn() -> None:
            try:
                fit(self.recipe, self.cache, split, CLASSES, files, finish_requested=self._halt)
            finally:
                self._learnt.release()

        self._thread = Thread(target=learn, daemon=True)
        self._thread.start()
        self._learnt.acquire()

    def _halt(self) -> bool:
        """Asked by the training after each epoch whether it is to end."""
        self._learnt.release()
        self._wanted.acquire()
        return False

    def epochs(self, many: int = 1) -> None:
        """Learn so many epochs more."""
        for _ in range(many):
            self._wanted.release()
            self._learnt.acquire()
            assert self._thread.is_alive()


@lru_cache
def _training(pictures: int, recipe: tuple[tuple[str, Any], ...]) -> Training:
    return Training(pictures, **{name: list(map(dict, value)) if name == "stages" else value for name, value in recipe})


def _hashable(recipe: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    stages = [tuple(sorted(stage.items())) for stage in recipe.get("stages", [])]
    return tuple(sorted({**recipe, **({"stages": tuple(stages)} if stages else {})}.items()))


def ours(pictures: int, recipe: dict[str, Any], epochs: int = 1) -> Spent:
    """Epochs of a recipe as the project trains it."""
    training = _training(pictures, _hashable(recipe))
    return timed(lambda: training.epochs(epochs))


@lru_cache
def _trunk(name: str, size: int) -> Any:
    import keras

    from core.models.registry import build_model
    from core.training.frozen import split_at

    keras.utils.set_random_seed(0)
    frozen, _ = split_at(build_model(name, size, len(CLASSES)), "head")
    assert frozen is not None
    frozen.predict_on_batch(noise(64, size)[0])  # traces
    return frozen


def trunk_pass(name: str, size: int, pictures: int) -> Spent:
    """All pictures once through the trunk of a network, as Keras predicts."""
    images, frozen = noise(pictures, size)[0], _trunk(name, size)
    return timed(lambda: [frozen.predict_on_batch(images[start : start + 64]) for start in range(0, pictures, 64)])


def features_kept(name: str, size: int, pictures: int) -> Spent:
    """The same as the project does it, kept in a file."""
    import pandas as pd

    from core.data.images.cache import ImageCache
    from core.training.frozen import frozen_outputs

    frozen = _trunk(name, size)
    with tempfile.TemporaryDirectory() as folder:
        ids = pd.Index([str(number) for number in range(pictures)])
        cache = ImageCache(noise(pictures, size)[0], ids, (), "", Path(folder) / "cache")
        return timed(lambda: frozen_outputs(frozen, cache, (0,)))


def inference(name: str, size: int, pictures: int) -> Spent:
    """All pictures once through a network."""
    images, model = noise(pictures, size)[0], _network(name, size)
    return timed(lambda: [model.predict_on_batch(images[start : start + 32]) for start in range(0, pictures, 32)])


@lru_cache
def _network(name: str, size: int) -> Any:
    from core.models.registry import build_model

    model = build_model(name, size, len(CLASSES))
    model.predict_on_batch(noise(32, size)[0])  # traces
    return model


def answer_flops(name: str, size: int, learns: str = "all") -> tuple[float, float]:
    """Floating-point operations that an answer takes in the frozen part of a network, and in that which learns.

    Counted are products of convolutions, dense and recurrent layers, a multiplication and an addition each.

    Args:
        name: of the network.
        size: side of its pictures.
        learns: as in `Stage.learns`.
    """
    from core.models.registry import build_model
    from core.training.frozen import split_at

    frozen, learning = split_at(build_model(name, size, len(CLASSES)), learns)
    return (_flops(frozen) if frozen else 0.0), _flops(learning)


def _flops(network: Any) -> float:
    total = 0.0
    for layer in network.layers:
        weights = [np.prod(weight.shape) for weight in layer.weights if len(weight.shape) > 1]
        kind = type(layer).__name__
        places = layer.input.shape[1] if kind == "LSTM" else 1
        if "Conv2D" in kind:
            places = np.prod(layer.output.shape[1:3])
        total += 2.0 * sum(weights) * places
    return total


def floating_point_bound() -> float:
    """Operations a CPU second that a product of two matrices of 2,048 × 2,048 float32 reaches at best."""
    import tensorflow as tf

    side = 2048
    matrix = tf.random.normal((side, side))
    tf.linalg.matmul(matrix, matrix)
    return 2 * side**3 / min(timed(lambda: tf.linalg.matmul(matrix, matrix).numpy()).cpu for _ in range(7))


def has_torch() -> bool:
    """Whether PyTorch can be loaded; here, so that it never comes into the process of the tests."""
    try:
        import torch  # noqa: F401
    except ImportError:
        return False
    return True


def torch_epoch(name: str, size: int, pictures: int, batch_size: int) -> Spent:
    """An epoch of the same network in PyTorch."""
    return timed(_torch(name, size, pictures, batch_size))


@lru_cache
def _torch(name: str, size: int, pictures: int, batch_size: int) -> Callable[[], object]:
    from tests.benchmarks.torch_networks import learner

    counting = Contender()  # in another process: TensorFlow's threads would stand beside PyTorch's
    try:
        return learner(name, *noise(pictures, size), batch_size, *counting(_structure, name, size))
    finally:
        counting.end()


def _structure(name: str, size: int) -> tuple[int, Any]:
    """Trainable parameters of a network, and the stages of EfficientNet-Lite."""
    from core.models.efficientnet_lite import STAGES

    return sum(int(np.prod(weight.shape)) for weight in _network(name, size).trainable_weights), STAGES
