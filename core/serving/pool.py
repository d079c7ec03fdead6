"""A small pool of processes that predict and explain, so that the web process never imports TensorFlow."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import EngineError
from core.serving.answer import Answer, answer
from core.serving.predictor import Predictor
from core.training.recipe import Recipe

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 120.0
"""How long an answer may take; the first one after a start also waits for TensorFlow."""
LOADED_MODELS = 4


class PredictionPool:
    """Processes with TensorFlow loaded that answer for finished runs.

    They start warm, end with the process that made them even if it is killed, and are replaced if one of
    them dies.
    """

    def __init__(self, processes: int = 1):
        self.processes = processes
        self._lock = threading.Lock()
        self._executor: ProcessPoolExecutor | None = None
        self._stopped = False

    def start(self) -> None:
        """Start the processes and let them load TensorFlow; returns at once."""
        with self._lock:
            self._stopped = False
        executor = self._running()
        for _ in range(self.processes):
            executor.submit(_warm)

    def answer(self, run_folder: Path, picture: np.ndarray, explain: str | None = None) -> Answer:
        """What `core.serving.answer.answer` says, computed in the pool.

        Raises:
            LesionLabError: as `answer`; `EngineError` if the pool cannot answer or was stopped.
        """
        return self._asked(_answer, run_folder, picture, explain)

    def augment(self, recipe: Recipe, picture: np.ndarray, draws: int) -> np.ndarray:
        """What `core.training.augmentation.augmented_draws` gives, computed in the pool.

        Raises:
            EngineError: the pool cannot answer or was stopped.
        """
        return self._asked(_augment, recipe, picture, draws)

    def _asked(self, function: Callable[..., Any], *question: Any) -> Any:
        """A function's result from the pool; a process that dies meanwhile is replaced and asked once more."""
        for last_try in (False, True):
            executor = self._running()
            try:
                return _ask(executor, function, *question)
            except BrokenProcessPool as error:
                logger.warning("A prediction process died; starting a new one.")
                self._discard(executor)
                if last_try:
                    raise EngineError(
                        "The prediction process ended while answering, twice. The machine may be out of memory."
                    ) from error
            except TimeoutError as error:
                self._discard(executor)
                raise EngineError(f"No answer came within {ANSWER_SECONDS:.0f} s. Try again.") from error
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """End the processes; nothing is answered any more until the next `start`."""
        with self._lock:
            self._stopped = True
            executor, self._executor = self._executor, None
        if executor is not None:
            _end(executor)

    def _running(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._stopped:
                raise EngineError("The server is shutting down. Try again in a moment.")
            if self._executor is None:
                self._executor = ProcessPoolExecutor(
                    self.processes, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare
                )
            return self._executor

    def _discard(self, executor: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._executor is executor:
                self._executor = None
        _end(executor)


def _ask(executor: ProcessPoolExecutor, function: Callable[..., Any], *question: Any) -> Any:
    """The answer of a pool; one that another request has discarded meanwhile counts as broken."""
    try:
        future = executor.submit(function, *question)
    except RuntimeError as error:
        raise BrokenProcessPool("It was shut down.") from error
    try:
        return future.result(ANSWER_SECONDS)
    except CancelledError as error:
        raise BrokenProcessPool("It was shut down before it came to this.") from error


def _end(executor: ProcessPoolExecutor) -> None:
    processes = list((executor._processes or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def _prepare() -> None:
    """In a new process: leave the GPU to training, and end when the parent does."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    parent = multiprocessing.parent_process()

    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(0)


def _warm() -> None:
    import keras  # noqa: F401 - imported for its side effect, so that the first answer is quick


def _answer(run_folder: Path, picture: np.ndarray, explain: str | None) -> Answer:
    written = (run_folder / "model.keras").stat().st_mtime_ns if (run_folder / "model.keras").is_file() else 0
    return answer(_predictor(run_folder, written), picture, explain)


def _augment(recipe: Recipe, picture: np.ndarray, draws: int) -> np.ndarray:
    from core.training.augmentation import augmented_draws

    return augmented_draws(recipe, picture, draws)


@lru_cache(maxsize=LOADED_MODELS)
def _predictor(run_folder: Path, written: int) -> Predictor:  # noqa: ARG001 - a new model is a new entry
    return Predictor.of_run(run_folder)
