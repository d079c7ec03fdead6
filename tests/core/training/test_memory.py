"""A batch that does not fit into memory: the message names one that does."""

import pytest

from core.base.errors import OutOfMemory


def test_a_training_that_runs_out_of_memory_names_a_batch_size_that_fits(train, material, monkeypatch) -> None:
    """TensorFlow's own error from within a step, but from a layer that pretends: memory that is really used up
    ends in threads that cannot start, and the process dies."""
    import keras
    import tensorflow as tf

    class Hungry(keras.layers.Layer):
        """Passes on up to ten pictures; more are too much."""

        def call(self, pictures):
            def eat(batch):
                if len(batch) > 10:
                    raise MemoryError("a layer that pretends")
                return batch

            return tf.ensure_shape(tf.numpy_function(eat, [pictures], pictures.dtype), pictures.shape)

    def build(_: str, size: int, classes: int, __: dict) -> keras.Model:
        layers = [Hungry(), keras.layers.AveragePooling2D(7), keras.layers.Flatten()]
        return keras.Sequential([keras.Input((size, size, 3)), *layers, keras.layers.Dense(classes, "softmax")])

    monkeypatch.setattr("core.training.learner.build_model", build)
    monkeypatch.setattr("tests.conftest.FEW_STEPS", 0)  # TensorFlow names what a graph runs out of
    with pytest.raises(OutOfMemory, match=r"steps of 40 pictures.+10 fit: clone the run with batch_size 10") as said:
        train(material, batch_size=40)
    assert (said.value.batch_size, said.value.fits) == (40, 10)
    assert isinstance(said.value.__cause__, tf.errors.ResourceExhaustedError)


@pytest.mark.parametrize(("room", "fits"), [(100, 64), (1, 1), (0, None)])
def test_the_batch_is_halved_until_a_step_runs(room: int, fits: int | None) -> None:
    import tensorflow as tf

    from core.training.memory import largest_that_fits

    tried = []

    def train_one_step(size: int) -> None:
        tried.append(size)
        if size > room:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    assert largest_that_fits(1024, train_one_step) == fits
    assert tried[0] == 512
    assert sorted(tried, reverse=True) == tried


def test_the_message_says_what_did_not_fit_and_what_to_do() -> None:
    assert "steps of 4,096 pictures. 512 fit: clone the run with batch_size 512" in str(OutOfMemory(4096, 512))
    assert "Not even one picture fits" in str(OutOfMemory(16, None))
    assert isinstance(OutOfMemory(16, None), MemoryError)  # a failure of its own kind in the run's status
