"""For whom a run does how well, and which difference between groups of people or pictures is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from core.evaluation.calibration import DEFAULT_BINS, bin_of
from core.evaluation.calibration_intervals import error_limits
from core.evaluation.intervals import (
    COVERAGE,
    Ranking,
    numbered_groups,
    percentile_interval,
    resampled,
    weighted_auc,
    weighted_average_precision,
)
from core.evaluation.predictions import probabilities, sure_and_right
from core.evaluation.readings import Reading
from core.evaluation.small_samples import share_limits, told_limits

NOT_RECORDED = "not recorded"
AGE_BANDS = (0, 30, 45, 60, 75)
"""Years at which a band begins."""
FEW = 20
"""A figure that rests on fewer groups (lesions, patients) than this is too uncertain to be compared."""

METRICS = (
    "accuracy",
    "balanced accuracy",
    "sensitivity",
    "specificity",
    "precision",
    "F1",
    "AUC",
    "average precision",
    "overconfidence",
    "calibration error",
    "Brier score",
)
"""Those from sensitivity to average precision are of the reading; overconfidence is mean confidence less accuracy.

The calibration error is the expected one; the Brier score is over all classes, 0 to 2.
"""
ACCURACY, BALANCED, SENSITIVITY, SPECIFICITY, PRECISION, F1, AUC, AVERAGE, OVERCONFIDENCE, CALIBRATION, BRIER = METRICS
SHARES = (ACCURACY, SENSITIVITY, SPECIFICITY, PRECISION)
"""Metrics that are shares of pictures."""
COMPARED = (ACCURACY, SENSITIVITY, SPECIFICITY, OVERCONFIDENCE)
"""Metrics that are compared between a subgroup and the rest; the others depend on which classes occur there at all."""


_SUMS = 8 + DEFAULT_BINS
"""Columns of `_sums` before those of the classes."""


@dataclass(frozen=True)
class Gap:
    """A subgroup against all others of whom the column is known, with an interval that holds for all gaps together."""

    column: str
    value: str
    metric: str
    here: float
    elsewhere: float
    lower: float
    upper: float

    @property
    def difference(self) -> float:
        """The subgroup less the others."""
        return self.here - self.elsewhere


@dataclass(frozen=True)
class Subgroups:
    """What `judge_subgroups` finds.

    `table` has a row for each value of each column: `column`, `value`, `images`, `groups`, and for each of `METRICS`
    itself, `<metric> low`, `<metric> high` (95 %, NaN where undefined) and `<metric> on` (groups that it rests on).
    `gaps` are those that are more than chance, the largest first, of `compared` comparisons.
    """

    table: pd.DataFrame
    gaps: tuple[Gap, ...]
    compared: int


def age_bands(ages: pd.Series) -> pd.Series:
    """The band of each age in years as a text, `NOT_RECORDED` where it is missing."""
    ends = [*(start - 1 for start in AGE_BANDS[1:]), None]
    names = [
        f"{start} and over" if end is None else f"under {end + 1}" if start == 0 else f"{start} to {end}"
        for start, end in zip(AGE_BANDS, ends, strict=True)
    ]
    years = pd.to_numeric(ages, errors="coerce")
    bands = pd.cut(years, [*AGE_BANDS, np.inf], right=False, labels=names)
    return bands.astype(object).where(bands.notna(), NOT_RECORDED)


def judge_subgroups(
    table: pd.DataFrame,
    class_keys: Sequence[str],
    columns: pd.DataFrame,
    reading: Reading,
    called: np.ndarray,
    *,
    areas: bool = True,
    resamples: int = 1000,
    seed: int = 0,
) -> Subgroups:
    """Judge a run for each value of each column.

    A gap is more than chance where it is larger than the largest of all gaps is by resampling alone in 95 % of draws
    of whole groups (studentised maximum; Westfall & Young 1993, "Resampling-based multiple testing").

    Args:
        table: predictions of one part.
        class_keys: classes in the order of the probability columns.
        columns: texts that divide the same rows, such as the age band, (rows, columns).
        reading: what sensitivity, specificity and AUC are of.
        called: whether each row is called so, bool (rows,).
        areas: whether AUC and average precision have intervals, which take most of the time.
        resamples: number of draws.
        seed: the same seed gives the same intervals.
    """
    sums = _sums(table, class_keys, reading, called)
    scores = reading.scores(table)
    positive = reading.is_positive(table)
    group_of_row, groups = numbered_groups(table["group_id"])
    cells = [
        _Cell(str(name), str(value), (columns[name] == value).to_numpy())
        for name in columns
        for value in _in_order(columns[name])
    ]
    within = [_by_group(sums, cell.rows, group_of_row) for cell in cells]
    rankings = [_ranking(scores, positive, cell.rows) for cell in cells]
    figures: list[list[np.ndarray]] = [[] for _ in cells]
    rests: list[list[np.ndarray]] = [[] for _ in cells]
    if len(groups) > 1:
        for weights, row_weights in resampled(table["group_id"], resamples, seed):
            of_cells = [_drawn(weights, each) for each in within]
            known = _known(cells, of_cells)
            for number, cell in enumerate(cells):
                under = _areas(rankings[number], row_weights.compress(cell.rows, axis=1)) if areas else None
                figures[number].append(_figures(of_cells[number], under))
                rests[number].append(_figures(cell.rest(known[cell.column], of_cells[number])))
    rows, gaps = [], _Gaps()
    by_group = [_of_all_groups(each, len(groups)) for each in within]
    known_by_group = _known(cells, by_group)
    for number, cell in enumerate(cells):
        whole = np.ones((1, int(cell.rows.sum())), dtype=np.int32)
        rest = cell.rest(known_by_group[cell.column], by_group[number])
        here = _figures(by_group[number].sum(axis=0)[None], _areas(rankings[number], whole))[0]
        elsewhere = _figures(rest.sum(axis=0)[None])[0]
        on, on_rest = _groups_on(by_group[number]), _groups_on(rest)
        drawn = np.concatenate(figures[number]) if figures[number] else np.empty((0, len(METRICS)))
        rows.append(
            {"column": cell.column, "value": cell.value, "images": int(cell.rows.sum()), "groups": int(on[0])}
            | _described(here, drawn, on)
        )
        if len(drawn) and cell.value != NOT_RECORDED:
            drawn_rest = np.concatenate(rests[number])
            for place, metric in enumerate(METRICS):
                if metric in COMPARED and min(on[place], on_rest[place]) >= FEW:
                    share = 0 if metric == OVERCONFIDENCE else place  # whose only part that varies much is accuracy
                    least = np.hypot(
                        _least_error(here[share], on[share]), _least_error(elsewhere[share], on_rest[share])
                    )
                    gaps.add(cell, metric, here[place], elsewhere[place], drawn[:, place] - drawn_rest[:, place], least)
    names = ["column", "value", "images", "groups"]
    names += [f"{metric}{what}" for metric in METRICS for what in ("", " low", " high", " on")]
    return Subgroups(pd.DataFrame(rows, columns=names), gaps.beyond_chance(), gaps.compared)


@dataclass(frozen=True)
class _Cell:
    column: str
    value: str
    rows: np.ndarray

    def rest(self, known: np.ndarray, here: np.ndarray) -> np.ndarray:
        """Sums over the other rows of which the column is known, from those over all of these and over the cell."""
        return known if self.value == NOT_RECORDED else known - here


class _Gaps:
    """Differences with their draws, judged together."""

    def __init__(self) -> None:
        self._found: list[tuple[_Cell, str, float, float, float]] = []
        self._studentised: list[np.ndarray] = []

    @property
    def compared(self) -> int:
        return len(self._found)

    def add(
        self, cell: _Cell, metric: str, here: float, elsewhere: float, draws: np.ndarray, least_error: float
    ) -> None:
        defined = draws[np.isfinite(draws)]
        spread = float(defined.std(ddof=1)) if len(defined) > 1 else 0.0
        if np.isfinite(here - elsewhere):
            self._found.append((cell, metric, float(here), float(elsewhere), max(spread, least_error)))
            # By its own spread: a larger least error must not make the largest gap by chance look smaller.
            apart = np.nan_to_num(np.abs(draws - (here - elsewhere)))
            self._studentised.append(apart / spread if spread > 0 else np.zeros(len(draws)))

    def beyond_chance(self) -> tuple[Gap, ...]:
        if not self._found:
            return ()
        # At least that of one gap alone: where all is right here and all wrong there, draws show no gap by chance.
        alone = NormalDist().inv_cdf((1 + COVERAGE) / 2)
        critical = max(alone, float(np.quantile(np.max(self._studentised, axis=0), COVERAGE)))
        gaps = []
        for cell, metric, here, elsewhere, error in self._found:
            gap, half = here - elsewhere, critical * error
            if abs(gap) > half:
                most = 2 if metric == OVERCONFIDENCE else 1  # as far as two such figures can lie apart
                lower, upper = max(gap - half, -most), min(gap + half, most)
                gaps.append(Gap(cell.column, cell.value, metric, here, elsewhere, lower, upper))
        return tuple(sorted(gaps, key=lambda gap: -abs(gap.difference)))


def _least_error(share: float, groups: int) -> float:
    """Standard error that a share has at least: resampling a subgroup that is always right or wrong shows none.

    With two successes and two failures added (Agresti & Coull 1998, The American Statistician 52:119-126).
    """
    likely = (share * groups + 2) / (groups + 4)
    return float(np.sqrt(likely * (1 - likely) / (groups + 4)))


def _sums(table: pd.DataFrame, class_keys: Sequence[str], reading: Reading, called: np.ndarray) -> np.ndarray:
    """What metrics are sums of, by row, (rows, `_SUMS` + 2·classes).

    Right, confidence, positives, found, others, left alone, called, squared distances of the Brier score; in each bin
    confidence less right; classes; hits.
    """
    true = table["true"].to_numpy(dtype=str)
    confidence, right = sure_and_right(table, class_keys)
    positive = reading.is_positive(table)
    of_class = true[:, None] == np.asarray(class_keys, dtype=str)
    distances = ((probabilities(table, class_keys) - of_class) ** 2).sum(axis=1)
    gaps = np.eye(DEFAULT_BINS)[bin_of(confidence)] * (confidence - right)[:, None]
    return np.column_stack(
        [right, confidence, positive, positive & called, ~positive, ~positive & ~called, called, distances, gaps,
         of_class, of_class & right[:, None]]
    ).astype(float)  # fmt: skip


def _by_group(sums: np.ndarray, rows: np.ndarray, group_of_row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the groups that have such rows, and the sums over these rows of each."""
    of_rows = group_of_row[rows]
    order = np.argsort(of_rows, kind="stable")
    present, starts = np.unique(of_rows[order], return_index=True)
    if not len(present):
        return present, np.zeros((0, sums.shape[1]))
    return present, np.add.reduceat(sums[rows][order], starts, axis=0)


def _of_all_groups(per_group: tuple[np.ndarray, np.ndarray], groups: int) -> np.ndarray:
    """The sums of each group, 0 in those that have no such rows, (groups, sums)."""
    present, sums = per_group
    found = np.zeros((groups, sums.shape[1]))
    found[present] = sums
    return found


def _known(cells: Sequence[_Cell], of_cells: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """By column, the sums over all rows of which it is known, from those of its cells."""
    found: dict[str, np.ndarray] = {}
    for cell, sums in zip(cells, of_cells, strict=True):
        known = np.zeros_like(sums) if cell.value == NOT_RECORDED else sums
        found[cell.column] = found[cell.column] + known if cell.column in found else known
    return found


def _drawn(weights: np.ndarray, per_group: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    present, sums = per_group
    return weights.take(present, axis=1) @ sums  # indexing takes several times as long


def _figures(sums: np.ndarray, areas: np.ndarray | None = None) -> np.ndarray:
    """`METRICS` of each draw, (draws, metrics), NaN where undefined."""
    right, confidence, positives, found, others, left_alone, called, distances = sums[:, : _SUMS - DEFAULT_BINS].T
    gaps = np.abs(sums[:, _SUMS - DEFAULT_BINS : _SUMS]).sum(axis=1)
    classes = (sums.shape[1] - _SUMS) // 2
    support, hits = sums[:, _SUMS : _SUMS + classes], sums[:, _SUMS + classes :]
    images = support.sum(axis=1)
    occurring = (support > 0).sum(axis=1)
    sensitivities = np.divide(hits, support, out=np.zeros_like(hits), where=support > 0).sum(axis=1)
    return np.column_stack(
        [
            _ratio(right, images),
            _ratio(sensitivities, occurring),
            _ratio(found, positives),
            _ratio(left_alone, others),
            _ratio(found, called),
            _ratio(2 * found, positives + called),
            np.full((len(sums), 2), np.nan) if areas is None else areas,
            _ratio(confidence - right, images),
            _ratio(gaps, images),
            _ratio(distances, images),
        ]
    )


def _groups_on(sums: np.ndarray) -> list[int]:
    """Number of groups that each of `METRICS` rests on, from the sums of each group."""
    groups = int((sums[:, [2, 4]].sum(axis=1) > 0).sum())  # positives and others are all rows
    positives, others, called = (int((sums[:, place] > 0).sum()) for place in (2, 4, 6))
    both = min(positives, others)
    return [groups, groups, positives, others, called, positives, both, both, groups, groups, groups]


def _described(here: np.ndarray, drawn: np.ndarray, on: Sequence[int]) -> dict[str, float]:
    told: dict[str, float] = {}
    for place, metric in enumerate(METRICS):
        limits = percentile_interval(drawn[:, place])
        if metric == CALIBRATION:
            limits = error_limits(here[place], drawn[:, place])
        elif metric in SHARES:
            limits = share_limits(here[place], limits, int(on[place]))
        low, high = told_limits(limits) or (np.nan, np.nan)
        told |= {metric: here[place], f"{metric} low": low, f"{metric} high": high, f"{metric} on": on[place]}
    return told


def _ranking(scores: np.ndarray, positive: np.ndarray, rows: np.ndarray) -> Ranking | None:
    of_rows = positive[rows]
    return Ranking.of(scores[rows], of_rows) if 0 < of_rows.sum() < len(of_rows) else None


def _areas(ranking: Ranking | None, weights: np.ndarray) -> np.ndarray | None:
    """AUC and average precision of each draw, (draws, 2); None where not both kinds of rows are there."""
    if ranking is None:
        return None
    return np.column_stack([weighted_auc(ranking, weights), weighted_average_precision(ranking, weights)])


def _in_order(values: pd.Series) -> list[str]:
    """Values of a column: age bands by age, others by name, what is not recorded last."""
    bands = list(dict.fromkeys(age_bands(pd.Series(AGE_BANDS))))
    return sorted(set(values), key=lambda each: (each == NOT_RECORDED, bands.index(each) if each in bands else 0, each))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
