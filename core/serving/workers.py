"""Processes that answer questions one at a time, are replaced when they die, and are ended when they take too long."""

import contextlib
import logging
import multiprocessing
import os
import pickle
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import psutil

from core.base.errors import EngineError
from core.base.processes import main_unknown

logger = logging.getLogger(__name__)

END_SECONDS = 10.0
"""How long the end of a killed process is waited for."""


class AnswerTimeoutError(EngineError):
    """No answer came in time; the process that was asked has been ended."""


class WorkerDiedError(EngineError):
    """The process that was asked ended before it answered."""


class Workers:
    """At most so many processes, each started when it is first needed.

    They end with the process that made them, even if that is killed.
    """

    def __init__(self, processes: int, prepare: Callable[[], None] | None = None, memory: int | None = None):
        """`prepare` is called first in each process; `memory` is how many bytes each may take beyond that."""
        self.processes = processes
        self._prepare, self._memory = prepare, memory
        self._changed = threading.Condition()
        self._free: list[_Worker] = []
        self._busy: list[_Worker] = []
        self._stopped = False

    def start(self, warm: Callable[[], object] | None = None) -> None:
        """Answer, again if it was stopped; returns at once. With `warm`, all processes start now and call it."""
        with self._changed:
            self._stopped = False
            while warm is not None and len(self._free) + len(self._busy) < self.processes:
                self._free.append(_Worker(self._prepare, self._memory, warm))

    def stop(self) -> None:
        """End the processes, whatever they are doing; nothing is answered any more until the next `start`."""
        with self._changed:
            self._stopped = True
            workers = [*self._free, *self._busy]
            self._free.clear()
            self._changed.notify_all()
        for worker in workers:
            worker.kill()

    def pids(self) -> list[int]:
        """Ids of the processes there are."""
        with self._changed:
            return [worker.pid for worker in (*self._free, *self._busy)]

    def ask(self, function: Callable[..., Any], *question: Any, seconds: float) -> Any:
        """What a function of a module returns, called in one of the processes.

        A process that dies meanwhile is replaced and another one asked once more. Waiting for a free one and for its
        answer may each take `seconds`.

        Raises:
            AnswerTimeoutError: it took longer.
            WorkerDiedError: the process died, and so did the next.
            EngineError: the processes were stopped.
            Exception: whatever the function raises.
        """
        try:
            with self._borrowed(seconds) as worker:
                return worker.ask(function, question, seconds)
        except WorkerDiedError:
            logger.warning("A serving process died; starting a new one.")
        with self._borrowed(seconds) as worker:
            return worker.ask(function, question, seconds)

    @contextlib.contextmanager
    def _borrowed(self, seconds: float) -> Iterator["_Worker"]:
        worker = self._take(seconds)
        try:
            yield worker
        except WorkerDiedError:
            self._raise_if_stopped()
            raise
        finally:
            with self._changed:
                self._busy.remove(worker)
                if worker.usable and not self._stopped:
                    self._free.append(worker)
                else:
                    worker.end()
                self._changed.notify()

    def _take(self, seconds: float) -> "_Worker":
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                self._raise_if_stopped()
                self._free = [worker for worker in self._free if worker.usable]
                if self._free or len(self._busy) < self.processes:
                    worker = self._free.pop() if self._free else _Worker(self._prepare, self._memory)
                    self._busy.append(worker)
                    return worker
                if not self._changed.wait(max(deadline - time.monotonic(), 0)):
                    raise AnswerTimeoutError(f"The server was busy with other requests for {seconds:.0f} s. Try again.")

    def _raise_if_stopped(self) -> None:
        if self._stopped:
            raise EngineError("The server is shutting down. Try again in a moment.")


class _Worker:
    """One process and the line to it."""

    def __init__(
        self, prepare: Callable[[], None] | None, memory: int | None, warm: Callable[[], object] | None = None
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, prepare, memory, warm), daemon=True)
        with main_unknown():
            self._process.start()
        theirs.close()
        self._waited_for = True  # for an answer that is still wanted

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def usable(self) -> bool:
        """Whether it lives and owes nobody an answer."""
        return self._waited_for and self._process.is_alive()

    def ask(self, function: Callable[..., Any], question: tuple[Any, ...], seconds: float) -> Any:
        self._waited_for = False
        overdue = threading.Event()
        # Killed from outside: sending, too, waits for ever where the process does not listen.
        timer = threading.Timer(seconds, self._give_up, [overdue])
        timer.daemon = True
        timer.start()
        try:
            _send(self._line, (function, question))
            answer, error = _receive(self._line)
        except (EOFError, OSError) as broken:
            if overdue.is_set():
                raise AnswerTimeoutError(f"No answer came within {seconds:.0f} s. Try again.") from broken
            raise WorkerDiedError(
                "The prediction process ended while answering, twice. The machine may be out of memory."
            ) from broken
        finally:
            timer.cancel()
        self._waited_for = True
        if error is not None:
            raise error
        return answer

    def _give_up(self, overdue: threading.Event) -> None:
        overdue.set()
        self.kill()

    def kill(self) -> None:
        """Kill the process: one that hangs hears nothing milder. Whoever waits for its answer gets none."""
        self._process.kill()
        self._process.join(END_SECONDS)

    def end(self) -> None:
        """Kill the process and give up the line, which nobody listens to."""
        self.kill()
        self._line.close()


def _work(
    line: Connection, prepare: Callable[[], None] | None, memory: int | None, warm: Callable[[], object] | None
) -> None:
    """In the process: answer until the other end of the line is gone."""
    _end_with_parent()
    if prepare is not None:
        prepare()
    if memory is not None:
        _limit_memory(memory)
    if warm is not None:
        warm()
    with contextlib.suppress(EOFError, ConnectionError):  # whoever asks is gone
        while True:
            function, question = _receive(line)
            told = _called(function, question)
            try:
                _send(line, told)
            except (AttributeError, TypeError, ValueError, pickle.PicklingError) as error:
                _send(line, (None, EngineError(f"The answer cannot be sent: {error}")))


def _send(line: Connection, thing: Any) -> None:
    """Send anything that can be pickled; arrays, and bytes in a `PickleBuffer`, without copying them first."""
    buffers: list[pickle.PickleBuffer] = []
    line.send_bytes(pickle.dumps(thing, protocol=5, buffer_callback=buffers.append))
    line.send(len(buffers))
    for buffer in buffers:
        line.send_bytes(buffer.raw())


def _receive(line: Connection) -> Any:
    pickled = line.recv_bytes()
    return pickle.loads(pickled, buffers=[line.recv_bytes() for _ in range(line.recv())])


def _called(function: Callable[..., Any], question: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    try:
        return function(*question), None
    except Exception as error:
        error.add_note(traceback.format_exc())  # the log of whoever asked then has where it happened
        return None, error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(0)


def _limit_memory(more: int) -> None:
    """Let this process take at most so many bytes beyond what it has; where the system knows no such limit, none."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit = psutil.Process().memory_info().vms + more
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
