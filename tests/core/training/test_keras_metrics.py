import numpy as np
import pytest


def metric(classes: int = 3):
    from core.training.keras_metrics import BalancedAccuracy

    return BalancedAccuracy(classes)


def test_balanced_accuracy_is_the_mean_sensitivity_of_the_classes_that_occur() -> None:
    of = metric()
    of.update_state(np.array([0, 0, 0, 1]), np.eye(3)[[0, 0, 1, 1]])
    assert float(of.result()) == pytest.approx((2 / 3 + 1) / 2)


def test_balanced_accuracy_counts_over_batches_and_forgets_when_reset() -> None:
    of = metric()
    of.update_state(np.array([0, 0]), np.eye(3)[[0, 0]])
    of.update_state(np.array([0, 2]), np.eye(3)[[1, 2]])
    assert float(of.result()) == pytest.approx((2 / 3 + 1) / 2)
    of.reset_state()
    of.update_state(np.array([[1]]), np.eye(3)[[2]])
    assert float(of.result()) == 0


def test_balanced_accuracy_before_any_picture_is_0_and_not_an_error() -> None:
    assert float(metric().result()) == 0


def test_always_answering_the_frequent_class_scores_one_share_of_the_classes() -> None:
    of = metric(4)
    labels = np.array([0] * 97 + [1, 2, 3])
    of.update_state(labels, np.tile([0.9, 0.1, 0, 0], (100, 1)))
    assert float(of.result()) == pytest.approx(0.25)


@pytest.mark.parametrize("seed", range(4))
def test_all_figures_of_the_curves_are_those_of_scikit_learn(seed: int) -> None:
    """Over several batches, with a class that does not occur, one that is never named, and one that is named alone."""
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, precision_score, recall_score

    from core.training.keras_metrics import curve_metrics

    rng = np.random.default_rng(seed)
    true, said = rng.choice([0, 1, 2], 90), rng.choice([1, 2, 4], 90)
    metrics = curve_metrics(6)
    for part in np.array_split(np.arange(90), 3):
        for each in metrics:
            each.update_state(true[part], np.eye(6)[said[part]])
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        balanced = balanced_accuracy_score(true, said)
    macro = {"average": "macro", "zero_division": 0}
    expected = {
        "balanced_accuracy": balanced,
        "accuracy": accuracy_score(true, said),
        "precision": precision_score(true, said, **macro),
        "recall": recall_score(true, said, **macro),
    }
    assert {each.name: float(each.result()) for each in metrics} == pytest.approx(expected)


def test_of_a_mixed_picture_the_class_with_the_larger_share_counts() -> None:
    of = metric()
    of.update_state(np.array([[0.7, 0.3, 0.0], [0.2, 0.2, 0.6]]), np.eye(3)[[0, 1]])
    assert of.confusion().tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
