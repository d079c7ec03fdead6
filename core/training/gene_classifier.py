"""A classifier of samples by the expression of their genes, judged on samples that it has not seen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.data.splits.splits import TEST, TRAIN

MOST_GENES = 100
"""So many genes are chosen in each training part."""
MOST_FOLDS = 5


@dataclass(frozen=True)
class GeneVerdict:
    """How a classifier did on samples that it was not trained on; fractions are 0…1.

    `predicted` is the class predicted for each of these samples; `confusion` counts samples, (true, predicted).
    `majority` is the accuracy of always answering the most frequent class of the training part, `guessing` the balanced
    accuracy of any such constant answer. `how` says in a sentence what was trained on what.
    """

    predicted: pd.Series
    confusion: pd.DataFrame
    accuracy: float
    balanced_accuracy: float
    majority: float
    guessing: float
    how: str


def judge_gene_classifier(expression: pd.DataFrame, labels: pd.Series, split: pd.Series, seed: int = 0) -> GeneVerdict:
    """Train a classifier and judge it: on the test part where the table has one, else by cross-validation.

    Logistic regression with balanced classes on the `MOST_GENES` genes with the highest F statistic between classes.
    Genes are chosen and scaled in each training part alone: chosen on all samples, even noise seems to tell classes
    apart (Ambroise and McLachlan, PNAS 99, 6562, 2002).

    Args:
        expression: (samples, genes), logarithms, without missing values.
        labels: class of each sample.
        split: "train", "test" or missing for each sample.
        seed: of the dealing into folds.

    Raises:
        DataError: a class has fewer than two samples to train on, or every gene is the same in all samples.
    """
    from sklearn.model_selection import StratifiedKFold

    values, classes = expression.to_numpy(np.float32), labels.to_numpy()
    train, test = (np.flatnonzero((split == part).to_numpy()) for part in (TRAIN, TEST))
    official = len(train) > 0 and len(test) > 0
    rare = labels.iloc[train].value_counts() if official else labels.value_counts()
    if rare.min() < 2 or len(rare) < 2:
        raise DataError(f"The class {rare.index[-1]} has {rare.min()} sample to train on; each class needs two.")
    if official:
        parts = [(train, test)]
        how = (
            f"trained on the {len(train):,} samples of the training part, judged on the {len(test):,} of the test part"
        )
    else:
        folds = int(min(MOST_FOLDS, rare.min()))
        parts = list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(values, classes))
        how = f"{folds}-fold cross-validation: each sample is judged once, by a classifier that was trained without it"
    predicted = pd.Series("", labels.index, dtype=object, name="predicted")
    majority = 0.0
    for fitted, judged in parts:
        predicted.iloc[judged] = _fitted(values[fitted], classes[fitted]).predict(values[judged])
        majority += float((classes[judged] == labels.iloc[fitted].mode()[0]).sum())
    judged = np.concatenate([each for _, each in parts])
    predicted = predicted.iloc[np.sort(judged)]
    true = labels.loc[predicted.index]
    kinds = pd.Index(sorted(labels.unique()))
    confusion = pd.crosstab(true, predicted).reindex(index=kinds, columns=kinds, fill_value=0)
    counts = confusion.to_numpy()
    present = counts.sum(axis=1) > 0
    return GeneVerdict(
        predicted=predicted,
        confusion=confusion,
        accuracy=float(np.trace(counts) / counts.sum()),
        balanced_accuracy=float((np.diag(counts)[present] / counts.sum(axis=1)[present]).mean()),
        majority=majority / len(judged),
        guessing=1 / int(present.sum()),
        how=f"Logistic regression on {min(MOST_GENES, expression.shape[1]):,} genes, {how}.",
    )


def _fitted(values: np.ndarray, classes: np.ndarray) -> Any:
    from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    varying = int((values != values[:1]).any(axis=0).sum())
    if not varying:
        raise DataError("Every gene is the same in all samples, so there is nothing to learn from.")
    model = make_pipeline(
        VarianceThreshold(),
        SelectKBest(f_classif, k=min(MOST_GENES, varying)),
        StandardScaler(),
        LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000),
    )
    with np.errstate(divide="ignore", invalid="ignore"):  # genes that tell classes apart without an exception
        return model.fit(values, classes)
