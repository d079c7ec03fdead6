"""The leakage lesson: one recipe trained under three splits, kept so that it can be linked to and come back to.

A lesson is a file `artifacts/lessons/leakage/<lesson_id>.json` that names its runs. Everything else is read
from the runs themselves.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from core.base.errors import EngineError, RunError
from core.base.files import read_json, write_json
from core.base.ids import new_id
from core.base.settings import artifacts_dir
from core.data.splits.splits import SplitKind
from core.engine.launch import launch
from core.runs.run_folder import RunFolder, is_run, runs_folder
from core.runs.run_states import State
from core.training.recipe import Recipe, make_recipe

KINDS = (SplitKind.GROUPED, SplitKind.RANDOM, SplitKind.OVERSAMPLE_FIRST)
"""The splits of a lesson in the order in which they are handed to the engine: the honest one first."""
MODELS = ("cnn-pyramid", "cnn-59k")
"""Networks small enough for a lesson on a laptop."""
TEST_FRACTION = 0.15
LAUNCH_SECONDS = 120.0
"""After so long a lesson that lacks a run was left half started, by a server that was ended meanwhile."""


@dataclass(frozen=True)
class LeakageLesson:
    """What a lesson was asked to show, and the run of each split.

    `runs` holds run ids by split; `problems` says by split why there is no run. `created` is in seconds since
    the epoch.
    """

    lesson_id: str
    dataset: str
    model: str
    epochs: int
    seed: int
    train_fraction: float
    created: float
    runs: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def fractions(self) -> tuple[float, float, float]:
        """Shares of train, validation and test."""
        return fractions(self.train_fraction)

    def run(self, kind: SplitKind) -> RunFolder | None:
        """The run of one split, None where it was never made or is gone."""
        folder = RunFolder(runs_folder() / self.runs.get(kind, ""))
        return folder if kind in self.runs and is_run(folder.path) else None

    def live(self) -> bool:
        """True while a run of it is queued or worked on, or is still to be made."""
        handled = {*self.runs, *self.problems}
        if len(handled) < len(KINDS) and time.time() - self.created < LAUNCH_SECONDS:
            return True
        runs = [run for run in map(self.run, KINDS) if run is not None]
        return any(not _over(run) for run in runs)

    def same_settings(self, other: "LeakageLesson") -> bool:
        """True if both ask for the very same trainings."""
        blank: dict[str, Any] = {"lesson_id": "", "created": 0.0, "runs": {}, "problems": {}}
        return replace(self, **blank) == replace(other, **blank)


def fractions(train_fraction: float) -> tuple[float, float, float]:
    """Shares of train, validation and test of a lesson; the test part is always the same."""
    return train_fraction, round(1 - train_fraction - TEST_FRACTION, 6), TEST_FRACTION


def lesson_recipes(dataset: str, model: str, epochs: int, seed: int, train_fraction: float) -> tuple[Recipe, ...]:
    """One recipe per split, alike in all else.

    Raises:
        ConfigurationError: a value cannot be used.
    """
    parts = dict(
        zip(("train_fraction", "validation_fraction", "test_fraction"), fractions(train_fraction), strict=True)
    )
    values = {"dataset": dataset, "model": model, "epochs": epochs, "seed": seed, **parts}
    return tuple(make_recipe(split=kind, **values) for kind in KINDS)


def start_leakage_lesson(
    dataset: str,
    model: str,
    epochs: int = 12,
    seed: int = 0,
    train_fraction: float = 0.8,
    impossible: Mapping[SplitKind, str] | None = None,
    owner: str = "",
) -> LeakageLesson:
    """Hand the trainings to the engine, and return the lesson as soon as they are queued.

    A lesson with the same settings that is still live is returned instead of starting another.

    Args:
        dataset, model, epochs, seed, train_fraction: of every recipe.
        impossible: splits that these data do not allow, which are not trained, and why; kept as the lesson's problems.
        owner: who starts it.

    Raises:
        ConfigurationError, DatasetNotFoundError: nothing was started.
        EngineError: the engine took none of them. If it took some, the lesson says what is wrong with the rest.
    """
    recipes = lesson_recipes(dataset, model, epochs, seed, train_fraction)
    lesson = LeakageLesson(new_id(), dataset, model, epochs, seed, train_fraction, time.time())
    lesson.problems.update({str(kind): why for kind, why in (impossible or {}).items()})
    folder = lessons_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "start.lock"):
        for other in list_leakage_lessons(dataset):
            if lesson.same_settings(other) and other.live():
                return other
        refused: EngineError | None = None
        for recipe in recipes:
            if recipe.split in lesson.problems:
                continue
            try:
                lesson.runs[str(recipe.split)] = launch(recipe, owner=owner).run_id
            except EngineError as error:
                refused = error
                lesson.problems[str(recipe.split)] = str(error)
            if lesson.runs:
                write_json(folder / f"{lesson.lesson_id}.json", asdict(lesson))
        if refused is not None and not lesson.runs:
            raise refused
    return lesson


def open_leakage_lesson(lesson_id: str) -> LeakageLesson:
    """A lesson by its id.

    Raises:
        RunError: there is none, or its file is damaged.
    """
    if not re.fullmatch(r"[0-9a-f-]{1,60}", lesson_id):
        raise RunError("A lesson id has only digits, dashes and the letters a to f.")
    lesson = _read(lessons_folder() / f"{lesson_id}.json")
    if lesson is None:
        raise RunError(f"There is no lesson {lesson_id} here.")
    return lesson


def list_leakage_lessons(dataset: str) -> list[LeakageLesson]:
    """The lessons given on a data set, newest first."""
    lessons = (_read(file) for file in sorted(lessons_folder().glob("*.json"), reverse=True))
    return [lesson for lesson in lessons if lesson is not None and lesson.dataset == dataset]


def lessons_folder() -> Path:
    """Where lessons are kept."""
    return artifacts_dir() / "lessons" / "leakage"


def seconds_left(lesson: LeakageLesson, train_pictures: dict[SplitKind, int]) -> float | None:
    """Time until the last run of a lesson is over; None before the first epoch has shown how fast it goes.

    Measured on this lesson's own runs: seconds of an epoch per training picture, and what a run takes beside
    its epochs. Other people's runs that are ahead in the queue are not counted.

    Args:
        lesson: a live lesson.
        train_pictures: rows of the training part by split; one that is not in it has nothing to wait for.
    """
    runs = {kind: run for kind in train_pictures if (run := lesson.run(kind)) is not None}
    status = {kind: run.status() for kind, run in runs.items()}
    learnt, pictures, beside = 0.0, 0.0, [0.0]
    for kind, run in runs.items():
        epochs = [line for line in run.metrics()[0] if line.get("kind") == "epoch"]
        usual = epochs[1:] or epochs  # the first one also traces the graph
        learnt += sum(line["seconds"] for line in usual)
        pictures += len(usual) * train_pictures[kind]
        if epochs and (started := status[kind].started):
            # Until the first of them is over, its start alone tells what a run takes beside its epochs.
            until = status[kind].ended or epochs[-1]["time"]
            beside.append(max(0.0, until - started - sum(line["seconds"] for line in epochs)))
    if not pictures:
        return None
    pace = learnt / pictures
    waiting = []
    for kind, now in status.items():
        if now.state.over:
            continue
        whole = max(beside) + pace * train_pictures[kind] * lesson.epochs
        if now.state is State.EVALUATING:  # no epoch is to come, also where it was stopped early
            waiting.append(max(beside))
        else:
            waiting.append(whole if now.eta_seconds is None else now.eta_seconds)
    at_once = max(1, sum(now.state.active for now in status.values()))
    return max([sum(waiting) / at_once, *waiting]) if waiting else 0.0


def runs_ahead(lesson: LeakageLesson, others: Sequence[RunFolder]) -> int:
    """How many runs that are not of this lesson are queued or worked on and were made before it."""
    ours = set(lesson.runs.values())
    earlier = [run for run in others if run.run_id not in ours and _made_before(run, lesson.created)]
    return sum(not _over(run) for run in earlier)


def _made_before(run: RunFolder, moment: float) -> bool:
    try:
        return run.written_status().created < moment
    except RunError:
        return False


def _over(run: RunFolder) -> bool:
    try:
        return run.status().state.over
    except RunError:  # damaged: nothing more will come of it
        return True


def _read(file: Path) -> LeakageLesson | None:
    try:
        return LeakageLesson(**read_json(file))
    except (OSError, ValueError, TypeError):
        return None
