"""A training knows how much of its time it waited for input; steps and input of known lengths show it."""

import time
from threading import Lock

import numpy as np
import pytest

from tests.core.training.curves import lines

STEPS = 24


def learnt_on(input_seconds: float, step_seconds: float, bundle: int) -> tuple[float, float]:
    """Seconds that an epoch waited, and all that it took, where a batch and a step take so long."""
    import keras
    import tensorflow as tf

    from core.data.images.pipeline import batches
    from core.training.timed_model import TimedModel

    one_at_a_time = Lock()

    def read(row: np.ndarray, way: np.ndarray) -> np.ndarray:
        with one_at_a_time:
            time.sleep(input_seconds)
        return np.zeros((len(row), 3), np.float32)

    def dwell(values: np.ndarray) -> np.ndarray:
        time.sleep(step_seconds)
        return values

    class Slow(keras.layers.Layer):
        def call(self, inputs):
            @tf.custom_gradient
            def slowly(inputs):
                return tf.ensure_shape(tf.numpy_function(dwell, [inputs], tf.float32), inputs.shape), lambda up: up

            return slowly(inputs)

    inputs = keras.Input((3,))
    network = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(Slow()(inputs)))
    model = TimedModel(network.input, network.output)
    model.compile("sgd", "sparse_categorical_crossentropy", steps_per_execution=bundle)
    rows = np.zeros(4 * STEPS, np.int64)
    examples = batches(np.zeros((1, 3), np.float32), rows, rows, 4, read=read)
    model.fit(examples, verbose=0, shuffle=False)  # traces
    before, began = model.waited, time.perf_counter()
    model.fit(examples, verbose=0, shuffle=False)
    return model.waited - before, time.perf_counter() - began


def share_lies(least: float, most: float, *how: float) -> bool:
    """Whether an epoch waits for such a share of its time; measured again where a busy machine stood in the way."""
    shares = (waited / took for waited, took in (learnt_on(*how) for _ in range(5)))
    return any(least <= share < most for share in shares)


@pytest.mark.parametrize("bundle", [1, 8])
def test_what_input_takes_longer_than_a_step_is_waited_for_and_no_more(bundle: int) -> None:
    # Input and steps run beside each other, so a third of the time is waited, not all that input takes.
    assert share_lies(0.15, 0.6, 0.045, 0.03, bundle)


@pytest.mark.parametrize("bundle", [1, 8])
def test_input_that_is_ready_before_its_step_is_not_waited_for(bundle: int) -> None:
    assert share_lies(0.0, 0.25, 0.0, 0.03, bundle)


@pytest.mark.usefixtures("linear")
@pytest.mark.parametrize("batch_size", [2, 5])
def test_every_line_says_how_much_of_its_time_was_waited_for_slow_input(
    train, material, monkeypatch, batch_size: int
) -> None:
    from core.data.images.pipeline import batches
    from core.training import fit

    def slow_batches(images, *more, **options):
        one_at_a_time = Lock()

        def read(row: np.ndarray, way: np.ndarray) -> np.ndarray:
            with one_at_a_time:
                time.sleep(0.05)
            return images[row]

        return batches(images, *more, **options, read=read)

    monkeypatch.setattr(fit, "batches", slow_batches)
    monkeypatch.setattr("tests.conftest.FEW_STEPS", 0)  # what is waited for is measured beside a graph
    _, files = train(material, epochs=2, batch_size=batch_size)
    first, second = lines(files.metrics)
    assert 0 <= first["input_wait"] <= 1  # most of it is tracing, which is not waiting
    assert second["input_wait"] > 0.05  # a busy machine steps slowly; where nothing is waited for it is next to nothing
    of_batches = [line["input_wait"] for line in lines(files.metrics, "batch") if line["epoch"] == 1]
    assert all(0 <= share <= 1 for share in of_batches)
    assert max(of_batches) > 0.1
