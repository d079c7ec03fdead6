"""Mixed precision: chosen by the GPUs that are seen, exact where a run goes on, and never in what is kept."""

import numpy as np
import pytest

from tests.core.models.every_model import models
from tests.core.training.curves import comparable_lines, lines


@pytest.mark.parametrize(
    ("capabilities", "chosen"),
    [([], "float32"), ([(6, 1)], "float32"), ([(7, 0)], "mixed_float16"), ([(9, 0), (6, 1)], "float32")],
)
def test_float16_is_for_gpus_that_have_units_for_it(monkeypatch, capabilities: list, chosen: str) -> None:
    """This machine has no GPU, so what TensorFlow says of them is put in its mouth."""
    import tensorflow as tf

    from core.training.precision import precision

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: list(range(len(capabilities))))
    details = tf.config.experimental
    monkeypatch.setattr(details, "get_device_details", lambda gpu: {"compute_capability": capabilities[gpu]})
    assert precision() == chosen


@pytest.mark.parametrize("name", [*models(on_trunk=False), "efficientnet-lite0"])
def test_the_probabilities_of_every_network_are_float32_also_in_mixed_precision(name: str) -> None:
    import keras

    from core.models.registry import build_model
    from core.training.precision import computing_in

    with computing_in("mixed_float16"):
        model = build_model(name, 32, 3)
    assert keras.config.dtype_policy().name == "float32"
    assert model.output.dtype == "float32"
    assert {layer.compute_dtype for layer in model.layers[1:-1]} == {"float16"}
    assert {weight.dtype for weight in model.trainable_weights} == {"float32"}


@pytest.mark.usefixtures("linear")
def test_what_is_kept_after_mixed_precision_is_a_float32_copy(train, material, monkeypatch) -> None:
    import keras

    monkeypatch.setattr("core.training.learner.precision", lambda: "mixed_bfloat16")
    _, files = train(material, epochs=1, learning_rate=0.05)
    kept = keras.models.load_model(files.best, compile=False)
    assert {layer.compute_dtype for layer in kept.layers} == {"float32"}
    with np.load(files.state) as state:
        for number, weight in enumerate(kept.get_weights()):
            np.testing.assert_array_equal(weight, state[f"best_{number}"])
    images, labels = material.of_part("validation")
    fractions = np.asarray(kept.predict_on_batch(images), float)
    loss = -np.log(fractions[np.arange(len(labels)), labels]).mean()
    [line] = lines(files.metrics)
    assert loss == pytest.approx(line["val_loss"], rel=0.02)  # bfloat16 has three digits
    assert loss != pytest.approx(line["val_loss"], rel=1e-6)  # it was computed in bfloat16


@pytest.mark.usefixtures("linear")
def test_the_scale_of_the_loss_in_float16_is_carried_over_where_a_run_goes_on(train, material, monkeypatch) -> None:
    monkeypatch.setattr("core.training.learner.precision", lambda: "mixed_float16")
    _, alone = train(material, epochs=3)
    asked = iter([True, False, False])
    _, files = train(material, epochs=3, finish_requested=lambda: next(asked))
    assert len(lines(files.metrics)) == 1
    train(material, epochs=3, files=files)
    assert comparable_lines(files.metrics, "batch", "epoch") == comparable_lines(alone.metrics, "batch", "epoch")
    with np.load(files.state) as ours, np.load(alone.state) as theirs:
        for name in set(theirs.files) - {"record"}:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5)
