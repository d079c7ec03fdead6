"""The one prediction pool of the web process."""

from functools import lru_cache

from core.serving.pool import PredictionPool


@lru_cache(maxsize=1)
def prediction_pool() -> PredictionPool:
    """The pool; started with the server, or by the first prediction where there is no server (tests)."""
    return PredictionPool()
