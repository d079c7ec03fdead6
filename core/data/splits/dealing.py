"""Dealing whole groups to parts, so that each part has its share of the pictures of every class.

Groups with the same pictures of each class are interchangeable and dealt together: a thousand lesions with one photo of
a nevus each are one kind. So the work grows with the number of kinds, not of groups, and within a kind chance decides.
"""

import numpy as np

_LOOKED_AT = 400
"""Kinds of groups among which an exchange is looked for at a time; more are drawn by chance."""
_TRIES = 8
"""Deals from which the best is taken, while one leaves out a class of a part that could have it."""
_UNTRAINED, _EMPTY, _NOT_HELD_OUT = 1e15, 1e12, 1e9
"""What it costs that training lacks a class, that a part has nothing, that another part lacks a class: more than any
distance of the one below. The sums are exact in floating point.
"""


def deal_groups(
    counts: np.ndarray, fractions: np.ndarray, rng: np.random.Generator, *, folds: bool = False
) -> np.ndarray:
    """Part of each group, int64 (groups,).

    Groups are dealt in an order of chance, each to the part that lacks most of what it has; then groups are moved and
    exchanged as long as the parts come nearer to their shares of each class (by the chi-square distance of their
    pictures). Before that come, in this order: training has every class, no part is empty, and every class is in
    validation, then in test, where it has enough groups.

    Args:
        counts: pictures of each group by class, int (groups, classes).
        fractions: share of the pictures that each part is to have, all above 0, (parts,); the first is training.
        rng: what the order follows from.
        folds: the parts are folds, of which none is training: no part is empty, then every class is in as many of
            them as it can be.
    """
    kinds, kind, groups = np.unique(counts, axis=0, return_inverse=True, return_counts=True)
    kind = kind.reshape(-1)
    of_class = groups @ (kinds > 0)
    unavoidable = _NOT_HELD_OUT * np.maximum(len(fractions) - of_class, 0).sum() if folds else 0.0
    deals = []
    for _ in range(_TRIES):
        deal = _Deal(kinds, groups, fractions, rng, folds)
        deal.improve()
        deals.append(deal)
        if deal.lacking() <= unavoidable:
            break
    allotted = min(deals, key=lambda deal: (deal.lacking(), deal.deviation())).allotted
    parts = np.empty(len(counts), dtype=np.int64)
    for number, positions in enumerate(np.split(np.argsort(kind, kind="stable"), np.cumsum(groups)[:-1])):
        parts[rng.permutation(positions)] = np.repeat(np.arange(len(fractions)), allotted[number])
    return parts


class _Deal:
    """How many groups of each kind each part has, `allotted` (kinds, parts), and what follows from that."""

    def __init__(
        self, kinds: np.ndarray, groups: np.ndarray, fractions: np.ndarray, rng: np.random.Generator, folds: bool
    ):
        self.kinds, self.rng = kinds.astype(float), rng
        self.has = np.column_stack([kinds > 0, np.ones(len(kinds), bool)]).astype(float)  # the last is "anything"
        wanted = np.outer(fractions, groups @ kinds)
        self.weights = 1 / wanted
        self.costs = np.full((len(fractions), self.has.shape[1]), _NOT_HELD_OUT)
        if not folds:
            self.costs[0] = _UNTRAINED
            self.costs[1] *= 2  # a class of two groups is in validation rather than in test
        self.costs[:, -1] = _EMPTY
        self.allotted = np.floor(groups[:, None] * fractions + 1e-9).astype(np.int64)
        self.off = self.allotted.T @ kinds - wanted
        left = np.repeat(np.arange(len(kinds)), groups - self.allotted.sum(axis=1))
        for number in rng.permutation(left):
            more = self.kinds[number]
            self._give(number, int((self.weights * self.off @ more).argmin()), 1)

    def improve(self) -> None:
        """Move and exchange groups, each time the pair that gains most, until none gains."""
        while exchange := self._best_exchange():
            for number, source, target in exchange:
                self._give(number, source, -1)
                self._give(number, target, 1)

    def lacking(self) -> float:
        """Cost of what parts do not have and are to have; 0 if nothing is lacking."""
        return float(self.costs[self.allotted.T @ self.has == 0].sum())

    def deviation(self) -> float:
        """Chi-square distance of the pictures by part and class from what is wanted."""
        return float((self.weights * self.off**2).sum())

    def _give(self, number: int, part: int, groups: int) -> None:
        self.allotted[number, part] += groups
        self.off[part] += groups * self.kinds[number]

    def _best_exchange(self) -> list[tuple[int, int, int]]:
        """Moves (kind, from, to): one, or one each way; none where nothing gains."""
        looked_at = np.arange(len(self.kinds))
        if len(looked_at) > _LOOKED_AT:
            looked_at = self.rng.choice(looked_at, _LOOKED_AT, replace=False)
        # The last row is no group: what is exchanged for it is moved.
        kinds, has = (np.pad(array[looked_at], ((0, 1), (0, 0))) for array in (self.kinds, self.has))
        there = self.allotted.T @ self.has
        best, moves = -1e-6, []
        for p in range(len(self.off)):
            for q in range(p):
                gain = self._change(p, q, kinds, has, there)
                gain[np.append(self.allotted[looked_at, p] == 0, False), :] = np.inf
                gain[:, np.append(self.allotted[looked_at, q] == 0, False)] = np.inf
                one, other = np.unravel_index(gain.argmin(), gain.shape)
                if gain[one, other] < best:
                    best = gain[one, other]
                    pair = ((one, p, q), (other, q, p))
                    moves = [(int(looked_at[n]), a, b) for n, a, b in pair if n < len(looked_at)]
        return moves

    def _change(self, p: int, q: int, kinds: np.ndarray, has: np.ndarray, there: np.ndarray) -> np.ndarray:
        """How the distance and what is lacking change if a group of a kind (rows) goes from p to q, another back."""
        both = self.weights[p] + self.weights[q]
        slope = 2 * (self.weights[q] * self.off[q] - self.weights[p] * self.off[p])
        change = (kinds**2 @ both + kinds @ slope)[:, None] + (kinds**2 @ both - kinds @ slope)[None, :]
        change -= 2 * (kinds * both) @ kinds.T
        leaves = self.costs[p] * (there[p] == 1) - self.costs[q] * (there[q] == 0)
        comes = self.costs[q] * (there[q] == 1) - self.costs[p] * (there[p] == 0)
        return change + ((has * leaves) @ (1 - has).T + (1 - has) @ (has * comes).T)  # exact: see _UNTRAINED
