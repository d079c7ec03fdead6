"""How fast networks of the zoo learn and answer with Keras on JAX, on a GPU if JAX sees one; no test, no TensorFlow.

`KERAS_BACKEND=jax python -m tests.benchmarks.zoo_on_jax` prints one JSON object for each network, precision and batch:
pictures a second while it learns and while it answers, and the most memory that the device held. Each is measured in a
process of its own, because JAX counts its memory from the beginning of the process. What is asked for beside JAX and
Keras is what `core.models` needs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

CASES = (("cnn-59k", 28, 1024), ("efficientnet-lite0", 128, 256), ("efficientnet-b4", 128, 128))
"""Network, side in pixels, pictures a step."""
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
CLASSES = 7
TURNS = 5


def measured(name: str, side: int, batch: int, precision: str, seconds: float) -> dict[str, Any]:
    """Pictures a second and bytes of one network, the median of turns after a step that is compiled and thrown away.

    Args:
        name: of a network of the zoo.
        side: of the pictures, in pixels.
        batch: pictures a step; they are random and stay on the device.
        precision: a dtype policy of Keras.
        seconds: how long all turns of one measurement take together, about.
    """
    import jax
    import keras

    from core.models.registry import build_model

    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(0)
    model = build_model(name, side, CLASSES)
    optimizer = keras.optimizers.Adam(1e-3)
    if precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(model.trainable_variables)
    chance = np.random.default_rng(0)
    pictures = jax.device_put(chance.integers(0, 256, (batch, side, side, 3), dtype=np.uint8))
    labels = jax.device_put(chance.integers(0, CLASSES, batch))

    def loss_of(learnt: Any, moving: Any) -> tuple[Any, Any]:
        answers, moving = model.stateless_call(learnt, moving, pictures.astype("float32"), training=True)
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, answers))
        scaled = optimizer.scale_loss(loss) if precision == "mixed_float16" else loss
        return scaled, (moving, loss)

    @jax.jit
    def learn(learnt: Any, moving: Any, known: Any) -> Any:
        (_, (moving, loss)), gradients = jax.value_and_grad(loss_of, has_aux=True)(learnt, moving)
        learnt, known = optimizer.stateless_apply(known, gradients, learnt)
        return learnt, moving, known, loss

    @jax.jit
    def answer(learnt: Any, moving: Any) -> Any:
        return model.stateless_call(learnt, moving, pictures.astype("float32"), training=False)[0]

    state = [[each.value for each in some] for some in (model.trainable_variables, model.non_trainable_variables)]
    state.append([each.value for each in optimizer.variables])

    def learns() -> Any:
        *state[:], loss = learn(*state)
        return loss

    device = jax.devices()[0]
    before = time.perf_counter()
    first = float(jax.block_until_ready(learns()))
    compiled = time.perf_counter() - before
    learning = batch * per_second(learns, jax.block_until_ready, seconds)
    peak = (device.memory_stats() or {}).get("peak_bytes_in_use")
    answering = batch * per_second(lambda: answer(*state[:2]), jax.block_until_ready, seconds)
    return {
        "model": name,
        "image_size": side,
        "batch_size": batch,
        "precision": precision,
        "device": device.device_kind,
        "parameters": model.count_params(),
        "learns_pictures_per_second": round(learning, 1),
        "answers_pictures_per_second": round(answering, 1),
        "peak_bytes_of_learning": peak,
        "compiling_seconds": round(compiled, 1),
        "loss_of_first_and_last_step": [first, float(learns())],
    }


def per_second(step: Callable[[], Any], finished: Callable[[Any], Any], seconds: float) -> float:
    """Steps a second, the median of turns."""
    finished(step())
    before = time.perf_counter()
    finished(step())
    many = max(1, round(seconds / TURNS / (time.perf_counter() - before)))
    took = []
    for _ in range(TURNS):
        before = time.perf_counter()
        for _ in range(many):
            last = step()
        finished(last)
        took.append((time.perf_counter() - before) / many)
    return 1 / statistics.median(took)


def main() -> int:
    """Measure one case, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs=4, metavar=("MODEL", "SIDE", "BATCH", "PRECISION"), help="one alone")
    parser.add_argument("--precisions", nargs="+", default=PRECISIONS[:2], choices=PRECISIONS)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one measurement (default: 3)")
    asked = parser.parse_args()
    if os.environ.get("KERAS_BACKEND") != "jax":
        print("Set KERAS_BACKEND=jax.", file=sys.stderr)  # noqa: T201
        return 2
    if asked.case:
        name, side, batch, precision = asked.case
        print(json.dumps(measured(name, int(side), int(batch), precision, asked.seconds)), flush=True)  # noqa: T201
        return 0
    failed = 0
    for name, side, batch in CASES:
        for precision in asked.precisions:
            case = ["--case", name, str(side), str(batch), precision, "--seconds", str(asked.seconds)]
            failed += bool(subprocess.run([sys.executable, "-m", __spec__.name, *case], check=False).returncode)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
