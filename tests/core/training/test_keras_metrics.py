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
