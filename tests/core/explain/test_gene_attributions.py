"""What genes added to a score adds up to the score, whatever the model."""

import numpy as np
import pytest

from core.models.registry import build_model

GENES, CHOSEN = 30, 10


@pytest.fixture(scope="module")
def measured() -> np.ndarray:
    values = np.random.default_rng(1).normal(8, 2, (5, GENES)).astype(np.float32)
    values[0, 3] = np.nan
    return values


def with_weights(name: str, classes: int, **architecture):
    """A model whose every weight is drawn: it has learnt nothing, and explaining must hold all the same."""
    import keras

    keras.utils.set_random_seed(0)
    model = build_model(name, GENES, classes, {"genes": CHOSEN, **architecture})
    rng = np.random.default_rng(2)
    choosing = model.get_layer("genes")
    chosen = rng.permutation(GENES)[:CHOSEN].astype(np.int32)
    chosen[0] = 3  # where one value is missing
    choosing.set_weights([chosen, rng.normal(8, 1, CHOSEN), rng.uniform(1, 3, CHOSEN), np.zeros(4)])
    for layer in model.layers:
        if layer.__class__.__name__ == "Dense":
            layer.set_weights([rng.normal(0, 0.5, weight.shape) for weight in layer.get_weights()])
    return model


@pytest.mark.parametrize("classes", [2, 4])
def test_of_a_linear_rule_each_gene_adds_its_weight_times_its_value(classes: int, measured: np.ndarray) -> None:
    from core.explain.gene_attributions import gene_attributions

    model = with_weights("logreg-genes", classes)
    added, difference = gene_attributions(model, "genes", measured, temperature=2.0)
    standardised = np.asarray(model.get_layer("genes")(measured))
    kernel = np.asarray(model.layers[-1].kernel)
    others = (kernel.sum(axis=1, keepdims=True) - kernel) / (classes - 1)
    by_hand = standardised[:, None, :] * (kernel - others).T[None] / 2.0
    np.testing.assert_allclose(added, by_hand, atol=1e-5)
    np.testing.assert_allclose(added.sum(axis=2), difference, atol=1e-4)
    assert (added[0, :, 0] == 0).all()  # nobody measured it


@pytest.mark.parametrize(("classes", "hidden"), [(2, 1), (3, 3)])
def test_of_a_dense_network_what_genes_add_is_the_difference_of_its_log_odds(
    classes: int, hidden: int, measured: np.ndarray
) -> None:
    from core.explain.gene_attributions import gene_attributions

    model = with_weights("dense-genes", classes, hidden=hidden, dense=16)
    added, difference = gene_attributions(model, "genes", measured)
    mean = np.full((1, GENES), np.nan, np.float32)  # every gene counts as its mean
    logs = np.log(model.predict_on_batch(np.concatenate([mean, measured])).astype(np.float64))
    odds = logs - (logs.sum(axis=1, keepdims=True) - logs) / (classes - 1)
    np.testing.assert_allclose(difference, odds[1:] - odds[0], atol=1e-3)
    assert np.abs(difference).max() > 0.5
    assert np.abs(added.sum(axis=2) - difference).max() < 0.01 * np.abs(difference).max()
    # The slope at the sample alone would not add up: the network is no straight line.
    assert added.shape == (5, classes, CHOSEN)
