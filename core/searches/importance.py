"""How much each hyperparameter mattered to what a search has found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.models.parameters import Parameter
from core.searches.journal import Trial
from core.searches.search_config import SearchConfig

FEWEST_TRIALS = 8
"""Fewer scores say nothing about which of several parameters they hang on."""
_REPEATS = 10


@dataclass(frozen=True)
class Importance:
    """Of one parameter: share of all importances, 0…1, mean and standard deviation over shuffles."""

    name: str
    fraction: float
    spread: float


def importances(config: SearchConfig, trials: Sequence[Trial]) -> tuple[list[Importance], int]:
    """Permutation importance (Breiman 2001) of each parameter in a random forest of the scores, the largest first.

    Where shuffling one parameter's values among the trials makes the forest predict their scores worse, these hang on
    it. The forest is asked about the trials that it has learnt from, so a small share may be chance.

    Returns:
        The importances, none if fewer than `FEWEST_TRIALS` have a score or nothing mattered, and how many have one.
    """
    scored = [trial for trial in trials if trial.score is not None]
    varied = [p for p in config.space if len({trial.values[p.name] for trial in scored}) > 1]
    if len(scored) < FEWEST_TRIALS or not varied:
        return [], len(scored)
    # Imported only here: it takes 85 MB of a server that shows a page of searches, most of which are not asked about.
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    features = np.array([[coded(p, trial.values[p.name]) for p in varied] for trial in scored])
    scores = np.array([trial.score for trial in scored])
    forest = RandomForestRegressor(100, min_samples_leaf=2, random_state=0).fit(features, scores)
    found = permutation_importance(forest, features, scores, n_repeats=_REPEATS, random_state=0)
    means = np.clip(found.importances_mean, 0, None)
    if not means.sum() > 0:
        return [], len(scored)
    ordered = np.argsort(-means)
    return [
        Importance(varied[i].name, float(means[i] / means.sum()), float(found.importances_std[i] / means.sum()))
        for i in ordered
    ], len(scored)


def coded(parameter: Parameter, value: Any) -> float:
    """A value as a number: itself, the logarithm of one whose magnitude matters, or the place of a choice."""
    if parameter.kind in ("int", "float"):
        return float(np.log10(value)) if parameter.log else float(value)
    return float((parameter.values or ()).index(parameter.checked(value)))
