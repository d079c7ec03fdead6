"""What is computed instead of learnt follows from the training part alone."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid

from core.base.errors import DataError
from core.models.registry import build_model
from core.training.recipe import Recipe, make_recipe

TRAIN = np.arange(24)


def recipe(model: str, **more) -> Recipe:
    return make_recipe(dataset="table", model=model, **more)


def table(samples: int = 40, genes: int = 300, classes: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Expression as logarithms and class numbers; each class has five genes of its own, of those numbered below 20."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % classes
    values = rng.normal(8, 1, (samples, genes)).astype(np.float32)
    for number in range(classes):
        values[labels == number, 5 * number : 5 * number + 5] += 4
    return values, labels


def computed(model: str, values: np.ndarray, labels: np.ndarray, rows: np.ndarray = TRAIN, **more):
    from core.training.computed_weights import TrainingPart, compute_weights

    made = recipe(model, **more)
    built = build_model(model, values.shape[1], int(labels.max()) + 1, made.architecture)
    compute_weights(built, TrainingPart(made, values, rows, labels[rows]))
    return built


def test_genes_are_chosen_and_scaled_on_the_training_part_alone() -> None:
    from core.models.genes import CHOSEN

    values, labels = table()
    changed = values.copy()
    changed[24:, 100:120] += 50 * labels[24:, None]  # would be chosen first
    first, second = (computed("dense-genes", each, labels, architecture={"genes": 20}) for each in (values, changed))
    for one, other in zip(first.get_layer(CHOSEN).get_weights(), second.get_layer(CHOSEN).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    chosen, mean, deviation, _ = first.get_layer(CHOSEN).get_weights()
    assert set(range(10)) <= set(chosen)
    np.testing.assert_allclose(mean, values[TRAIN][:, chosen].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(deviation, values[TRAIN][:, chosen].std(axis=0), rtol=1e-4)


def test_a_constant_gene_is_never_chosen_before_one_that_varies_and_says_nothing() -> None:
    from core.models.genes import CHOSEN

    values, labels = table(genes=12)
    values[:, 3] = 7
    values[30:, 3] = 900  # beyond training
    model = computed("logreg-genes", values, labels, architecture={"genes": 20})
    chosen, _, deviation, _ = model.get_layer(CHOSEN).get_weights()
    assert chosen[-1] == 3
    assert deviation[-1] == 0
    said = model.predict_on_batch(values)
    values[:, 3] = 0
    np.testing.assert_array_equal(model.predict_on_batch(values), said)


def test_missing_values_count_as_the_mean_of_the_training_part() -> None:
    from core.models.genes import CHOSEN

    values, labels = table()
    values[2, 0] = np.nan
    values[39, :] = np.nan
    model = computed("dense-genes", values, labels, architecture={"genes": 20})
    assert np.isfinite(np.asarray(model.predict_on_batch(values))).all()
    chosen, mean, _, _ = model.get_layer(CHOSEN).get_weights()
    assert mean[list(chosen).index(0)] == pytest.approx(np.nanmean(values[TRAIN, 0]))
    np.testing.assert_allclose(model.get_layer(CHOSEN)(values[39:])[0], 0)


@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_regression_answers_as_that_of_scikit_learn(classes: int) -> None:
    from core.models.genes import CHOSEN

    values, labels = table(classes=classes)
    model = computed("logreg-genes", values, labels, architecture={"genes": 20})
    standardised = np.asarray(model.get_layer(CHOSEN)(values))
    reference = LogisticRegression(C=0.1, max_iter=2000).fit(standardised[TRAIN], labels[TRAIN])
    np.testing.assert_allclose(model.predict_on_batch(values), reference.predict_proba(standardised), atol=1e-4)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_nearest_centroid_is_that_of_scikit_learn(classes: int) -> None:
    from core.models.genes import CHOSEN

    values, labels = table(classes=classes, samples=80)
    rows = np.arange(48)
    model = computed("centroid-genes", values, labels, rows, architecture={"genes": 30})
    standardised = np.asarray(model.get_layer(CHOSEN)(values))
    reference = NearestCentroid().fit(standardised[rows], labels[rows]).predict(standardised)
    np.testing.assert_array_equal(np.asarray(model.predict_on_batch(values)).argmax(axis=1), reference)


@pytest.mark.parametrize("name", ["logreg-genes", "centroid-genes", "majority-genes"])
def test_a_class_without_a_sample_in_training_is_never_answered(name: str) -> None:
    values, labels = table(classes=3)
    rows = np.flatnonzero(labels != 1)
    said = np.asarray(computed(name, values, labels, rows).predict_on_batch(values))
    assert said[:, 1].max() < 1e-6
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)


def test_the_majority_answers_with_the_shares_of_the_training_part() -> None:
    values, labels = table(classes=3)
    said = np.asarray(computed("majority-genes", values, labels, np.arange(10)).predict_on_batch(values))
    np.testing.assert_allclose(said, np.tile([0.4, 0.3, 0.3], (40, 1)), rtol=1e-6)


def test_intensities_are_logged_logarithms_and_counts_are_told_apart() -> None:
    from core.training.computed_weights import scale_of

    rng = np.random.default_rng(0)
    logs, intensities = rng.normal(8, 2, (10, 50)), 10 ** rng.uniform(1.5, 4.5, (10, 50))
    counts = rng.poisson(1, (10, 50)) * 40.0
    assert scale_of(logs, "auto")[0] == 0
    assert scale_of(intensities, "auto") == (1, 100, 16_000, 0)
    assert scale_of(counts, "auto")[3] == 1
    assert scale_of(intensities, "as-measured")[0] == 0
    assert scale_of(logs, "logarithm")[0] == 1


def test_what_cannot_be_learnt_is_said() -> None:
    values, labels = table()
    with pytest.raises(DataError, match="one class alone"):
        computed("dense-genes", values, labels, np.flatnonzero(labels == 0))
    with pytest.raises(DataError, match="Every gene is the same"):
        computed("logreg-genes", values * 0, labels)


def test_one_sample_of_a_class_is_enough_to_choose_genes() -> None:
    values, labels = table()
    rows = np.array([0, 2, 4, 6, 8, 1])
    for name in ("dense-genes", "logreg-genes", "centroid-genes"):
        assert np.isfinite(np.asarray(computed(name, values, labels, rows).predict_on_batch(values))).all()


def test_a_recipe_for_genes_refuses_what_is_of_pictures() -> None:
    from core.base.errors import ConfigurationError

    assert recipe("dense-genes").image_size == 0
    for change in ({"image_size": 28}, {"augment_flip": "both"}, {"augment_hue": 3}):
        [name] = change
        with pytest.raises(
            ConfigurationError, match=f"{name}: only for models of pictures, and dense-genes learns from genes"
        ):
            recipe("dense-genes", **change)
