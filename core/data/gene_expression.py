"""What is computed from gene expression: the scale, the genes that vary most, principal components."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

FLOOR, CEILING = 100.0, 16_000.0
"""Intensities outside are set to these before the logarithm (Dudoit, Fridlyand, Speed 2002)."""
FEWEST_SAMPLES = 3
"""Fewer samples have no two principal components."""


@dataclass(frozen=True)
class Components:
    """Principal components: `scores` (samples, components) and the share of the variance of each, 0…1."""

    scores: pd.DataFrame
    explained: np.ndarray


def logged(expression: pd.DataFrame) -> pd.DataFrame:
    """Base-10 logarithm of intensities between 100 and 16,000; what lies outside is set to these."""
    return np.log10(expression.clip(FLOOR, CEILING))


def most_variable_genes(values: pd.DataFrame, count: int) -> pd.DataFrame:
    """The columns of the genes that vary most between samples, the most variable first, (samples, count)."""
    variance = values.var(axis=0)
    return values[variance.sort_values(ascending=False, kind="stable").index[:count]]


def principal_components(values: pd.DataFrame, count: int = 10) -> Components:
    """Principal components of samples by their genes, each gene centred but not scaled (Pearson 1901).

    Signs are chosen so that the largest loading of each component is positive. Fewer than `FEWEST_SAMPLES` samples
    have no components worth the name: there are none then.
    """
    centred = (values - values.mean(axis=0)).to_numpy(dtype=np.float64)
    # There are far fewer samples than genes, so the products of samples are decomposed, not those of genes.
    variance, vectors = np.linalg.eigh(centred @ centred.T)
    largest_first = np.argsort(variance)[::-1]
    variance, vectors = np.maximum(variance[largest_first], 0.0), vectors[:, largest_first]
    count = min(count, len(values) - 1) if len(values) >= FEWEST_SAMPLES else 0
    loadings = centred.T @ vectors[:, :count]
    signs = np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(count)])
    scores = vectors[:, :count] * np.sqrt(variance[:count]) * signs
    table = pd.DataFrame(scores, values.index, [f"component {n + 1}" for n in range(count)])
    return Components(table, variance[:count] / max(variance.sum(), 1e-300))
