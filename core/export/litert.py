"""A SavedModel written as LiteRT. As a program it writes one of eight bits: SavedModel, examples and file are given."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.export.formats import FORMATS, Format

ENDPOINT = "serve"
"""Name of the function in a SavedModel and of the signature in a LiteRT file."""


def litert(saved: Path, wanted: Format, examples: dict[str, np.ndarray] | None = None) -> bytes:
    """The LiteRT file of a SavedModel.

    Args:
        saved: the SavedModel, for batches of one.
        wanted: one of the formats of LiteRT.
        examples: what the model is asked in use, by the name of the input, a row each; int8 takes its ranges from it.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved), signature_keys=[ENDPOINT])
    if not wanted.exact:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if wanted.key == "litert-float16":
        converter.target_spec.supported_types = [tf.float16]
    if wanted.quantised:
        given = examples or {}

        def representative() -> Iterator[tuple[str, dict[str, np.ndarray]]]:
            for row in range(len(next(iter(given.values())))):
                yield ENDPOINT, {name: values[row : row + 1] for name, values in given.items()}

        converter.representative_dataset = representative
    return converter.convert()


def main(arguments: list[str]) -> None:
    """Write a file of eight bits."""
    saved, examples, target = map(Path, arguments)
    with np.load(examples) as file:
        given = {name: file[name] for name in file.files}
    target.write_bytes(litert(saved, FORMATS["litert-int8"], given))


if __name__ == "__main__":
    main(sys.argv[1:])
