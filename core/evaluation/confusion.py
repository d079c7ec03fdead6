"""Who was taken for whom."""

from collections.abc import Sequence

import numpy as np


def confusion_counts(true: np.ndarray, predicted: np.ndarray, class_keys: Sequence[str]) -> np.ndarray:
    """Count each pair of true and predicted class.

    Args:
        true: class keys, shape (n,).
        predicted: class keys, shape (n,).
        class_keys: order of rows and columns; every key in `true` and `predicted` is among them.

    Returns:
        Shape (classes, classes), int64; rows are true classes, columns predicted ones.
    """
    from sklearn.metrics import confusion_matrix  # takes a second to import, and pages only read what it counted

    if len(true) == 0:
        return np.zeros((len(class_keys), len(class_keys)), dtype=np.int64)
    return confusion_matrix(true, predicted, labels=list(class_keys)).astype(np.int64)


def row_normalised(counts: np.ndarray) -> np.ndarray:
    """Share of each true class that was taken for each class: the diagonal holds the sensitivities.

    Returns:
        Shape and order of `counts`, float64, range 0…1; NaN in the rows of classes that do not occur.
    """
    support = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, support, out=np.full(counts.shape, np.nan), where=support > 0)
