"""Giving tasks to the Dask scheduler, over a connection that is kept open."""

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Sequence
from typing import Any

from core.base.errors import EngineError
from core.base.settings import settings_for_processes
from core.engine.worker import serve


def external_scheduler() -> str:
    """Address in `LESIONLAB_SCHEDULER`, empty for the embedded engine."""
    return os.environ.get("LESIONLAB_SCHEDULER", "").strip()


def answers(address: str) -> bool:
    """Whether anybody listens at an address such as tcp://127.0.0.1:8786."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return True
    except (OSError, ValueError):
        return False


class TaskSender:
    """A client of the scheduler that connects when it is first needed, and anew when the scheduler is another one.

    `failures` counts how often in a row the scheduler did not answer.
    """

    def __init__(self) -> None:
        self.failures = 0
        self._client: Any = None
        self._address = ""
        self._lock = threading.Lock()

    def send(self, address: str, keys: Sequence[str] = ()) -> None:
        """Have a device look at the queue, as soon as it is free.

        Args:
            address: of the scheduler.
            keys: names of the tasks, one for each device that should look; one that waits or runs already is not sent
                again. Without names it is one task of its own.

        Raises:
            EngineError: the scheduler does not answer.
        """
        from distributed import fire_and_forget

        with self._lock:
            try:
                client = self._connected(address)
                for key in keys or [f"launch-{secrets.token_hex(8)}"]:
                    future = client.submit(
                        serve, settings_for_processes(), key=key, resources={"device": 1}, pure=False
                    )
                    fire_and_forget(future)
                # The scheduler has taken the tasks in once it answers what comes after them.
                client.sync(client.scheduler.identity)
                self.failures = 0
            except (OSError, TimeoutError, RuntimeError) as error:
                self.failures += 1
                self._forget()
                raise EngineError(f"The engine at {address} does not answer: {error}") from error

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self.failures = 0
            self._forget()

    def _connected(self, address: str) -> Any:
        from distributed import Client

        if self._client is None or self._address != address or self._client.status != "running":
            self._forget()
            self._client, self._address = Client(address, timeout=10, set_as_default=False), address
        return self._client

    def _forget(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # it may have lost its scheduler long ago
                client.close(timeout=1)
