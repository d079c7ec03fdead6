"""How strongly two columns of metadata hang together, and what to beware of.

Photos of one lesion (or patient) are not independent observations: where a data set has groups, one row of each is
used, the first. Nothing here says what causes what.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.statistics.counts import cross_counts

FEW = 5
"""An expected count below this makes the chi-square approximation doubtful (Cochran 1954, Biometrics 10:417–451)."""

STRENGTHS = (
    (0.1, "hardly any"),
    (0.3, "a weak"),
    (0.5, "a moderate"),
    (np.inf, "a strong"),
)
"""Words for |rho| and for w = V·√(min(rows, columns) − 1), by the value below which they hold: 0.1, 0.3 and 0.5 of
Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, 2nd ed., chapters 3 and 7."""

FRACTION_STRENGTHS = (
    (0.01, "hardly any"),
    (0.06, "a weak"),
    (0.14, "a moderate"),
    (np.inf, "a strong"),
)
"""Words for a share of explained variance (epsilon squared): 0.01, 0.06 and 0.14 of Cohen 1988, chapter 8."""


@dataclass(frozen=True)
class Association:
    """The association of two columns.

    `value` is the effect size named by `measure`, `statistic` the test's ("χ²", "H" or "ρ" by `test`), `p` its
    two-sided p value. `rows` were used, one for each group, of `images` that have both; `few` is the share of cells
    with an expected count below `FEW` (None without cells). `strength` is the effect in words. `table` holds counts
    of both columns, or, with a number, its quartiles by value.
    """

    first: str
    second: str
    measure: str
    value: float
    test: str
    statistic: float
    p: float
    rows: int
    images: int
    few: float | None
    strength: str
    table: pd.DataFrame

    @property
    def p_in_words(self) -> str:
        """p as papers print it; never as zero."""
        return "p < 0.001" if self.p < 0.001 else f"p = {self.p:.3f}"


def associate(table: pd.DataFrame, first: str, second: str) -> Association | None:
    """The association of two columns: Cramér's V, Kruskal–Wallis or Spearman, as their kinds ask for.

    Args:
        table: tidy metadata, plain or encoded (`core.data.statistics.counts.encode`), (images,) rows; columns of
            numbers count as numeric, all others as categorical.
        first: name of a column.
        second: name of another.

    Returns:
        The association over one row of each group that has both columns; None where fewer than two groups remain or
        a column has a single value in them.
    """
    both = table[first].notna() & table[second].notna()
    pair = table.loc[both, [first, second]]
    images = len(pair)
    groups = table.loc[both, "group" if "group" in table else "group_id"]
    pair = pair[~groups.duplicated().to_numpy()]
    if pair[first].nunique() < 2 or pair[second].nunique() < 2:
        return None
    numeric = [name for name in (first, second) if pd.api.types.is_numeric_dtype(pair[name])]
    if len(numeric) == 2:
        return _spearman(pair, images)
    if len(numeric) == 1:
        return _kruskal_wallis(pair, numeric[0], images)
    return _cramer(pair, images)


def cramers_v(counts: np.ndarray) -> float:
    """Cramér's V without its bias: 0 for independent columns on average, 1 for columns that tell each other.

    W. Bergsma 2013, A bias-correction for Cramér's V and Tschuprow's T, Journal of the Korean Statistical Society
    42:323–328.

    Args:
        counts: a contingency table, int (rows, columns), without empty rows or columns, at least 2×2.
    """
    from scipy.stats import chi2_contingency

    n, (rows, columns) = counts.sum(), counts.shape
    statistic = chi2_contingency(counts, correction=False).statistic
    squared = max(0.0, statistic / n - (rows - 1) * (columns - 1) / (n - 1))
    rows_corrected = rows - (rows - 1) ** 2 / (n - 1)
    columns_corrected = columns - (columns - 1) ** 2 / (n - 1)
    least = min(rows_corrected, columns_corrected) - 1
    return float(min(1.0, np.sqrt(squared / least))) if least > 0 else 0.0


def _cramer(pair: pd.DataFrame, images: int) -> Association:
    from scipy.stats import chi2_contingency

    first, second = pair.columns
    crossed = cross_counts(pair[first], pair[second])
    crossed = crossed.loc[crossed.sum(axis=1) > 0, crossed.sum() > 0]
    counts = crossed.to_numpy()
    test = chi2_contingency(counts, correction=False)
    value = cramers_v(counts)
    return Association(
        first, second, "Cramér's V, bias-corrected", value, "χ²", float(test.statistic), float(test.pvalue),
        len(pair), images, float((test.expected_freq < FEW).mean()),
        _in_words(value * np.sqrt(min(counts.shape) - 1), STRENGTHS), crossed,
    )  # fmt: skip


def _kruskal_wallis(pair: pd.DataFrame, number: str, images: int) -> Association:
    """Kruskal–Wallis H with ε² = H / (n − 1) (Tomczak & Tomczak 2014, Trends in Sport Sciences 1:19–25)."""
    from scipy.stats import kruskal

    kind = next(name for name in pair.columns if name != number)
    values = {str(key): of[number].to_numpy(np.float64) for key, of in pair.groupby(kind, observed=True, sort=True)}
    statistic, p = kruskal(*values.values())
    rows = []
    for key, of in values.items():
        low, median, high = np.quantile(of, [0.25, 0.5, 0.75])
        rows.append((key, len(of), low, median, high))
    behind = pd.DataFrame(rows, columns=[kind, "rows", "lower quartile", "median", "upper quartile"]).set_index(kind)
    value = float(statistic / (len(pair) - 1))
    few = float(np.mean([len(of) < FEW for of in values.values()]))
    return Association(
        number, kind, "ε² (epsilon squared)", value, "H", float(statistic), float(p), len(pair), images, few,
        _in_words(value, FRACTION_STRENGTHS), behind,
    )  # fmt: skip


def _spearman(pair: pd.DataFrame, images: int) -> Association:
    from scipy.stats import spearmanr

    first, second = pair.columns
    result = spearmanr(pair[first], pair[second])
    quarters = pd.qcut(pair[first], 4, duplicates="drop")
    behind = pair.groupby(quarters, observed=True)[second].describe()[["count", "25%", "50%", "75%"]]
    behind = behind.set_axis(["rows", "lower quartile", "median", "upper quartile"], axis=1)
    behind = behind.astype({"rows": int}).set_axis(behind.index.astype(str), axis=0)
    value = float(result.statistic)
    return Association(
        first, second, "Spearman's ρ", value, "ρ", value, float(result.pvalue), len(pair), images, None,
        _in_words(abs(value), STRENGTHS), behind,
    )  # fmt: skip


def _in_words(size: float, words: tuple[tuple[float, str], ...]) -> str:
    return next(word for limit, word in words if size < limit)
