"""One process or thread at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from core.base.errors import LesionLabError


@contextmanager
def locked(lock: Path | BaseFileLock, busy: LesionLabError, seconds: float = 0, every: float = 0.05) -> Iterator[None]:
    """Hold a lock.

    Args:
        lock: the file that is locked, in a folder that is there; or a lock of its own kind, such as that of a record.
        busy: what is raised where somebody else holds it.
        seconds: how long to wait for them.
        every: how often to look meanwhile, in seconds.
    """
    lock = FileLock(lock) if isinstance(lock, Path) else lock
    try:
        lock.acquire(timeout=seconds, poll_interval=every)
    except Timeout as error:
        raise busy from error
    try:
        yield
    finally:
        lock.release()
