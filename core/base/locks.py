"""One process or thread at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.base.errors import LesionLabError


@contextmanager
def locked(file: Path, busy: LesionLabError, seconds: float = 0, every: float = 0.05) -> Iterator[None]:
    """Hold a lock; its folder must be there.

    Args:
        file: what is locked.
        busy: what is raised where somebody else holds it.
        seconds: how long to wait for them.
        every: how often to look meanwhile, in seconds.
    """
    lock = FileLock(file, timeout=seconds)
    try:
        lock.acquire(poll_interval=every)
    except Timeout as error:
        raise busy from error
    try:
        yield
    finally:
        lock.release()
