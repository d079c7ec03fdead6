"""What a trial costs, as far as earlier runs tell, and what is left of a search, as far as its own trials do."""

import statistics
import time
from collections.abc import Sequence

from core.runs.pace import newest_trained
from core.searches.journal import Trial
from core.searches.search_config import OracleKind, SearchConfig
from core.training.recipe import Recipe


def epoch_seconds(recipe: Recipe) -> float | None:
    """Seconds an epoch of the newest trained run with the same model, data set and picture size; None without one.

    A rough guide: the structure and the batch size change it.
    """
    wanted = recipe.model, recipe.dataset, recipe.image_size
    trained = newest_trained(lambda before: (before.model, before.dataset, before.image_size) == wanted)
    return trained.seconds / trained.epochs if trained is not None and trained.seconds is not None else None


def seconds_left(config: SearchConfig, trials: Sequence[Trial], wanted: int) -> float | None:
    """Seconds until so many trials are over, if they take as long as those with a score and as many have none.

    None before the first score, and for Hyperband, whose trials have more epochs later on.
    """
    took = [trial.ended - trial.proposed for trial in trials if trial.score is not None and trial.ended is not None]
    if not took or config.oracle is OracleKind.HYPERBAND:
        return None
    usual, now = statistics.median(took), time.time()
    running = [trial for trial in trials if not trial.state.over]
    fraction_with_score = len(took) / (len(trials) - len(running))
    to_come = max(0, wanted - len(trials)) * fraction_with_score * usual
    return (to_come + sum(max(0.0, usual - (now - trial.proposed)) for trial in running)) / config.parallel
