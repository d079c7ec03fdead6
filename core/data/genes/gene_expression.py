"""What is computed from gene expression: on which scale it is, the genes that vary most, principal components."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.base.percents import with_minus

FLOOR, CEILING = 100.0, 16_000.0
"""Intensities outside are set to these before the logarithm (Dudoit, Fridlyand, Speed 2002)."""
_MOST_AT_FLOOR = 0.75
"""Of the leukaemia set of Golub, 47 % of the values lie below 100."""
MOST_SHOWN = 200
"""So many of the most variable genes can be shown."""
FEWEST_SAMPLES = 3
"""Fewer samples have no two principal components."""


@dataclass(frozen=True)
class Components:
    """Principal components: `scores` (samples, components) and the share of the variance of each, 0…1."""

    scores: pd.DataFrame
    explained: np.ndarray


@dataclass(frozen=True)
class GeneValues:
    """Expression on one scale, (samples, genes), its most variable genes, the first first, and its components."""

    expression: pd.DataFrame
    most_variable: pd.DataFrame
    components: Components


@dataclass(frozen=True)
class ScaleReading:
    """Whether expression is already logarithmic, as most tables of GEO and TCGA are, and by which figures in words."""

    logarithmic: bool
    evidence: str


def read_scale(expression: pd.DataFrame) -> ScaleReading:
    """Tell logarithms from intensities by their quantiles, with the rule of GEO2R.

    Intensities have a 99 % quantile above 100, or a range above 50 with a positive lower quartile (NCBI GEO2R,
    "auto-detect log transform"). Anything else is logarithmic, also with negative values: ratios to a control.

    Args:
        expression: (samples, genes), finite.
    """
    lowest, quartile, high, highest = map(float, np.quantile(expression.to_numpy(), (0, 0.25, 0.99, 1)))
    intensities = high > 100 or (highest - lowest > 50 and quartile > 0)
    evidence = f"they reach from {_in_words(lowest)} to {_in_words(highest)}, and 99 % lie below {_in_words(high)}"
    return ScaleReading(not intensities, evidence)


def _in_words(value: float) -> str:
    """A value of expression as people write it: whole above a thousand, else with four digits."""
    return with_minus(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}")


def logged(expression: pd.DataFrame) -> pd.DataFrame:
    """Base-10 logarithm of intensities between 100 and 16,000; what lies outside is set to these.

    Where that would set most of a table to one constant, as with counts, or values that are logarithms already, it is
    the logarithm of 1 + the value, negative ones counting as 0.
    """
    if most_at_floor(expression):
        return np.log10(1 + expression.clip(lower=0))
    return np.log10(expression.clip(FLOOR, CEILING))


def most_at_floor(expression: pd.DataFrame) -> bool:
    """Whether intensities below the lowest one that counts would be most of a table, finite."""
    return bool((expression.to_numpy() <= FLOOR).mean() > _MOST_AT_FLOOR)


def gene_values(expression: pd.DataFrame, *, logarithm: bool) -> GeneValues:
    """What the page Genes shows of a table, (samples, genes), as it is or as `logged` makes it."""
    values = logged(expression) if logarithm else expression
    return GeneValues(values, most_variable_genes(values, MOST_SHOWN), principal_components(values))


def most_variable_genes(values: pd.DataFrame, count: int) -> pd.DataFrame:
    """The columns of the genes that vary most between samples, the most variable first, (samples, count)."""
    variance = values.var(axis=0)
    return values[variance.sort_values(ascending=False, kind="stable").index[:count]]


def principal_components(values: pd.DataFrame, count: int = 10) -> Components:
    """Principal components of samples by their genes, each gene centred but not scaled (Pearson 1901).

    Signs are chosen so that the largest loading of each component is positive. Fewer than `FEWEST_SAMPLES` samples
    have no components worth the name: there are none then.
    """
    from sklearn.decomposition import PCA

    count = min(count, len(values) - 1, values.shape[1]) if len(values) >= FEWEST_SAMPLES else 0
    names = [f"component {n + 1}" for n in range(count)]
    array = values.to_numpy(dtype=np.float64)
    # Where every sample is the same, there is nothing to explain, and scikit-learn divides by it.
    if count == 0 or (array == array[:1]).all():
        return Components(pd.DataFrame(0.0, values.index, names), np.zeros(count))
    found = PCA(count, random_state=0)
    scores = found.fit_transform(array)
    loadings = found.components_
    scores *= np.sign(loadings[np.arange(count), np.abs(loadings).argmax(axis=1)])
    return Components(pd.DataFrame(scores, values.index, names), found.explained_variance_ratio_)
