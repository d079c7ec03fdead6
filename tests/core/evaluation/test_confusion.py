"""Who was taken for whom, in counts and in shares."""

import numpy as np

from core.evaluation.confusion import confusion_counts, row_normalised


def test_rows_are_true_classes_and_columns_predicted_ones_in_the_order_given() -> None:
    counts = confusion_counts(np.array(["b", "b", "a"]), np.array(["a", "b", "a"]), ["b", "a", "c"])
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_shares_of_a_class_that_does_not_occur_are_not_a_number() -> None:
    fractions = row_normalised(np.array([[1, 3], [0, 0]]))
    np.testing.assert_array_equal(fractions, [[0.25, 0.75], [np.nan, np.nan]])


def test_no_predictions_give_only_zeros() -> None:
    assert confusion_counts(np.array([]), np.array([]), ["a", "b"]).tolist() == [[0, 0], [0, 0]]
