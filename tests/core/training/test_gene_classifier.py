"""A classifier of gene expression is judged on samples that it has not seen, and chooses genes without them."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError
from core.training.gene_classifier import judge_gene_classifier


def table(samples: int, genes: int, telling: int, seed: int = 0) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Samples of two classes whose first genes tell them apart."""
    rng = np.random.default_rng(seed)
    names = [f"s{number}" for number in range(samples)]
    labels = pd.Series(["a", "b"] * (samples // 2), names)
    values = pd.DataFrame(rng.normal(8, 1, (samples, genes)), names, [f"G{n}" for n in range(genes)])
    values.iloc[:, :telling] += 3 * (labels == "a").to_numpy()[:, None]
    return values, labels, pd.Series([None] * samples, names, dtype=object)


def test_classes_that_genes_tell_apart_are_told_apart_by_cross_validation() -> None:
    verdict = judge_gene_classifier(*table(40, 500, 10))
    assert verdict.balanced_accuracy > 0.9
    assert verdict.guessing == verdict.majority == 0.5
    assert len(verdict.predicted) == verdict.confusion.to_numpy().sum() == 40
    assert "5-fold cross-validation" in verdict.how


def test_noise_is_not_told_apart_though_genes_are_many() -> None:
    """Genes chosen with the judged samples would tell noise apart with near certainty."""
    verdicts = [judge_gene_classifier(*table(40, 5000, 0, seed)).balanced_accuracy for seed in range(5)]
    assert np.mean(verdicts) == pytest.approx(0.5, abs=0.12)


def test_an_official_test_part_is_judged_by_the_training_part_alone() -> None:
    values, labels, split = table(40, 300, 10)
    split[:] = ["train"] * 28 + ["test"] * 12
    verdict = judge_gene_classifier(values, labels, split)
    assert verdict.predicted.index.tolist() == labels.index[28:].tolist()
    changed = values.copy()
    changed.iloc[28:38] = 0
    assert judge_gene_classifier(changed, labels, split).predicted.iloc[-2:].equals(verdict.predicted.iloc[-2:])
    assert "judged on the 12 of the test part" in verdict.how


def test_the_same_seed_gives_the_same_verdict() -> None:
    first, second = (judge_gene_classifier(*table(30, 200, 1), seed=3) for _ in range(2))
    assert first.predicted.equals(second.predicted)


def test_a_class_that_cannot_be_learnt_is_named() -> None:
    values, labels, split = table(10, 20, 1)
    labels["s0"] = "rare"
    with pytest.raises(DataError, match="The class rare has 1 sample to train on"):
        judge_gene_classifier(values, labels, split)
    with pytest.raises(DataError, match="nothing to learn from"):
        judge_gene_classifier(values * 0, table(10, 20, 1)[1], split)


@pytest.mark.real_data
def test_the_leukaemias_of_golub_are_told_apart(real_data) -> None:
    from core.data.gene_catalog import read_gene_table
    from core.data.genes.gene_expression import logged

    golub = read_gene_table(real_data / "golub")
    verdict = judge_gene_classifier(logged(golub.expression), golub.labels, golub.split)
    assert len(verdict.predicted) == 34
    assert verdict.balanced_accuracy > 0.85
