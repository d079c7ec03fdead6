"""The engine's task: one device takes runs from the queue, one after another, until none is left for it."""

import os

from core.engine.queue import claim
from core.engine.standby import worker_spare
from core.engine.supervise import supervise

EMBEDDED = "LESIONLAB_EMBEDDED"
"""Environment variable of workers that the engine has started itself, for whoever launches runs on this machine."""
_OWN = {name: os.environ[name] for name in ("LESIONLAB_ARTIFACTS", "LESIONLAB_DATA") if name in os.environ}


def serve(settings: dict[str, str]) -> int:
    """Take every run that this device can take, to its end; returns how many.

    Runs in a Dask worker that owns one device and executes one task at a time.

    Args:
        settings: environment variables that say where artifacts and data are for whoever sent the task. A worker of a
            cluster that was started with variables of its own, for its folders are mounted elsewhere, keeps those.
    """
    own = {} if EMBEDDED in os.environ else _OWN
    os.environ.update({**settings, **own})
    taken = 0
    while (claimed := claim()) is not None:
        run, lock = claimed
        supervise(str(run.path), own, lock, worker_spare)
        taken += 1
    worker_spare.prepare()
    return taken
