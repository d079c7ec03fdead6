"""Downloads in their true formats, made of drawn pictures, for tests of what reads them."""

import io
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.demo.drawing import draw_photographs

CLASSES = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")


@lru_cache(maxsize=256)
def _drawn(number: int) -> bytes:
    return draw_photographs(1, number + 1, CLASSES[number % len(CLASSES)], 1)[0]


@pytest.fixture
def untraced() -> Iterator[None]:
    """Networks that are asked once or twice are asked layer by layer: tracing a graph takes longer than a hundred
    answers, which are the same."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def data_root(artifacts: Path) -> Path:
    """The empty data root of this test; artifacts have a folder of their own."""
    return artifacts.parent / "data"


@pytest.fixture
def drawn() -> Callable[..., np.ndarray]:
    """`drawn(count, side)`: drawn pictures (count, side, side, 3) uint8, each another lesion."""

    def drawn(count: int, side: int) -> np.ndarray:
        pictures = [Image.open(io.BytesIO(_drawn(number % 24))).resize((side, side)) for number in range(count)]
        return np.stack([np.asarray(picture) for picture in pictures])

    return drawn


@pytest.fixture
def put() -> Callable[..., Path]:
    """`put(path, number)`: write drawn picture `number` in the format of the path's ending, folders and all."""

    def put(path: Path, number: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() in (".jpg", ".jpeg"):
            path.write_bytes(_drawn(number % 24))
        else:
            Image.open(io.BytesIO(_drawn(number % 24))).save(path)
        return path

    return put
