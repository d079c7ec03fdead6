"""The one prediction pool of the web process."""

from functools import lru_cache

from core.base.errors import LesionLabError
from core.serving.pool import PredictionPool


@lru_cache(maxsize=1)
def prediction_pool() -> PredictionPool:
    """The pool; started with the server, or by the first prediction where there is no server (tests)."""
    return PredictionPool()


def printed(html: str) -> tuple[bytes | None, str]:
    """A page as PDF, or None and why there is none."""
    try:
        return prediction_pool().print_page(html), ""
    except LesionLabError as error:
        return None, str(error)
