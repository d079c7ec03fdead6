"""The engine's task: one device takes runs from the queue, one after another, until none is left for it."""

import os

from core.runs.queue import claim
from core.runs.spare import worker_spare
from core.runs.supervise import quiet_python, supervise


def serve(settings: dict[str, str]) -> int:
    """Take every run that this device can take, to its end; returns how many.

    Runs in a Dask worker that owns one device and executes one task at a time.

    Args:
        settings: environment variables that say where artifacts are.
    """
    os.environ.update(settings)
    taken = 0
    while (claimed := claim()) is not None:
        run, lock = claimed
        supervise(str(run.path), settings, lock, worker_spare)
        taken += 1
    worker_spare.prepare({**settings, **quiet_python()})
    return taken
