"""How the engine stands, asked by every tab that is open and looked up once for all of them."""

import time
from functools import lru_cache

from core.base.settings import artifacts_dir
from core.engine.engine import EngineStatus, engine_status

LOOK_SECONDS = 3.0


def known_engine_status() -> EngineStatus:
    """How the engine stood at most `LOOK_SECONDS` ago."""
    return _status(str(artifacts_dir()), int(time.monotonic() // LOOK_SECONDS))


def engine_runs() -> bool:
    """Whether an engine is there to take queued runs, as it was at most `LOOK_SECONDS` ago."""
    return known_engine_status().running


def look_again() -> None:
    """Forget what was seen: the engine has just been started or stopped."""
    _status.cache_clear()


@lru_cache(maxsize=1)
def _status(artifacts: str, look: int) -> EngineStatus:  # noqa: ARG001 - the key
    return engine_status()
