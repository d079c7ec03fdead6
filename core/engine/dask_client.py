"""Giving work to the workers of a Dask cluster, where `LESIONLAB_SCHEDULER` names its scheduler."""

import contextlib
import os
import socket
import time
import traceback
from typing import Any
from urllib.parse import urlsplit

from core.base.errors import EngineError
from core.base.settings import settings_for_processes
from core.engine.standby import Standby
from core.engine.worker import take_runs

ANSWER_SECONDS = 10.0
"""How long the scheduler may take to answer."""
LONGEST_PAUSE_SECONDS = 10.0
"""How long one that does not answer is left alone at most."""
OWN = {name: os.environ[name] for name in ("LESIONLAB_ARTIFACTS", "LESIONLAB_DATA") if name in os.environ}
"""What a worker was started with, before the first task changed it."""
_standby = Standby()
"""The standby of this Dask worker."""


def external_scheduler() -> str:
    """Address in `LESIONLAB_SCHEDULER`, empty for an engine on this machine."""
    return os.environ.get("LESIONLAB_SCHEDULER", "").strip()


def answers(address: str) -> bool:
    """Whether anybody listens at an address such as tcp://127.0.0.1:8786 or tls://[::1]:8786."""
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2):
            return bool(parts.hostname)
    except (OSError, ValueError):
        return False


def tls() -> dict[str, Any]:
    """What Dask's `Security` needs, from `LESIONLAB_TLS_CA`, `LESIONLAB_TLS_CERT` and `LESIONLAB_TLS_KEY`.

    Without these it is empty, and what Dask itself is configured with holds.

    Raises:
        EngineError: some are named and others not.
    """
    names = {"tls_ca_file": "CA", "tls_client_cert": "CERT", "tls_client_key": "KEY"}
    files = {field: os.environ.get(f"LESIONLAB_TLS_{name}", "").strip() for field, name in names.items()}
    if not any(files.values()):
        return {}
    if not all(files.values()):
        raise EngineError(
            "For a scheduler with TLS set all of LESIONLAB_TLS_CA, LESIONLAB_TLS_CERT, LESIONLAB_TLS_KEY."
        )
    return {**files, "require_encryption": True}


def take_runs_here(settings: dict[str, str]) -> int:
    """The task: every run that this worker's device can take, to its end; returns how many.

    Args:
        settings: environment variables that say where artifacts and data are for whoever sent the task. A worker that
            was started with variables of its own, for its folders are mounted elsewhere, keeps those.
    """
    os.environ.update({**settings, **OWN})
    taken = take_runs(_standby, lambda: OWN)
    _standby.prepare()
    return taken


class Cluster:
    """The workers of a Dask cluster, called whenever there may be work for them; `problem` says why that fails.

    The connection is made when it is first needed, and anew after it failed.
    """

    def __init__(self, address: str):
        self.problem = ""
        self._address = address
        self._client: Any = None
        self._failures, self._not_before = 0, 0.0

    def call(self, key: str) -> None:
        """Have a device look at the queue, as soon as one is free; a task of this name that waits is not sent again.

        A scheduler that does not answer is asked less and less often.
        """
        if time.monotonic() < self._not_before:
            return
        try:
            self._send(key)
            self._failures, self.problem = 0, ""
        # A TypeError is what Dask raises for an address with TLS where no certificates are configured.
        except (OSError, RuntimeError, ValueError, TypeError, EngineError) as error:
            traceback.print_exc()
            self.close()
            self._failures += 1
            self._not_before = time.monotonic() + min(LONGEST_PAUSE_SECONDS, 2.0**self._failures)
            self.problem = f"The scheduler at {self._address} does not answer: {error}"

    def close(self) -> None:
        """End the connection; what was sent is done all the same."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # it may have lost its scheduler long ago
                client.close(timeout=1)

    def _send(self, key: str) -> None:
        from distributed import Client, Security, fire_and_forget

        if self._client is None or self._client.status != "running":
            self.close()
            security = Security(**tls())
            self._client = Client(self._address, timeout=ANSWER_SECONDS, security=security, set_as_default=False)
        task = {"key": key, "resources": {"device": 1}, "pure": False}
        fire_and_forget(self._client.submit(take_runs_here, settings_for_processes(), **task))
        # The scheduler has taken the task in once it answers what comes after it.
        self._client.sync(self._client.scheduler.identity, callback_timeout=ANSWER_SECONDS)
