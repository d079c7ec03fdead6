"""A run is a folder: its files, and reading them while another process writes."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import LesionLabError, RunError
from core.base.files import UNREADABLE, disk_full_named, folders_in, read_json, write_json
from core.base.heartbeat import lives_here, silence
from core.base.ids import new_id, newest_first
from core.base.processes import host_name
from core.base.record import Record
from core.base.settings import artifacts_dir, configured_roots
from core.base.typed_json import fields_as, read_as
from core.models.model_file import model_file_in
from core.runs.metric_lines import json_line, metric_line
from core.runs.run_states import ErrorKind, Request, State
from core.runs.run_status import Status

if TYPE_CHECKING:
    from core.training.recipe import Recipe

LONGEST_ID = 200
RUN_ID = re.compile(r"(?!\.)[\w.-]+")
"""What an id consists of: no part of a path, and nothing hidden."""
"""File systems take names of up to 255 bytes."""


@dataclass(frozen=True)
class RunFolder(Record[Status]):
    """One run, by its folder. Every property reads the files as they are now."""

    status_type = Status
    error = RunError
    noun = "run"

    @property
    def run_id(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def model_file(self) -> Path:
        """The best epoch, as a Keras file; a model that was brought as ONNX is that file."""
        return model_file_in(self.path)

    @property
    def best_checkpoint(self) -> Path:
        """The best epoch so far."""
        return self.path / "checkpoints" / "best.keras"

    @property
    def state_file(self) -> Path:
        """Everything that learning goes on from after the last whole epoch."""
        return self.path / "checkpoints" / "state.npz"

    @property
    def watched_file(self) -> Path:
        """The validation pictures whose probabilities are followed from epoch to epoch."""
        return self.path / "watched.json"

    @property
    def recipe_file(self) -> Path:
        """What it was asked to do."""
        return self.path / "recipe.json"

    @property
    def split_file(self) -> Path:
        """Which picture was in which part."""
        return self.path / "split.parquet"

    @property
    def left_out_file(self) -> Path:
        """Each picture or row that was left out and why, where they are too many for the log."""
        return self.path / "left_out.txt"

    @property
    def leakage_file(self) -> Path:
        """The leakage report of the split."""
        return self.path / "leakage.json"

    @property
    def weights_file(self) -> Path:
        """Where the weights come from that it began with; not there if it began with chance."""
        return self.path / "weights.json"

    @property
    def calibration_file(self) -> Path:
        """The temperature of the predictor, and what it has changed."""
        return self.evaluation / "calibration.json"

    @property
    def predictor_file(self) -> Path:
        """Classes, size and origin: what is needed to answer with the model."""
        return self.path / "predictor.json"

    @property
    def genes_file(self) -> Path:
        """Names of the genes that a model of expression takes, in their order."""
        return self.path / "genes.json"

    @property
    def metrics_file(self) -> Path:
        """Curves: one JSON line per epoch and per few batches."""
        return self.path / "metrics.jsonl"

    @property
    def system_file(self) -> Path:
        """What it took of its machine: one JSON line every few seconds."""
        return self.path / "system.jsonl"

    @property
    def tensorboard(self) -> Path:
        """Folder of TensorBoard logs."""
        return self.path / "tensorboard"

    @property
    def evaluation(self) -> Path:
        """Folder of predictions and metrics."""
        return self.path / "evaluation"

    @property
    def predictions_file(self) -> Path:
        """What the model says of every held-out picture."""
        return self.evaluation / "predictions.parquet"

    @property
    def threshold_file(self) -> Path:
        """From which probability on a picture is called malignant, once somebody has saved that."""
        return self.path / "threshold.json"

    @property
    def folds_file(self) -> Path:
        """How each fold of a cross-validation did; of the run alone in which they have come together."""
        return self.evaluation / "folds.json"

    def recipe(self) -> Recipe:
        """What was asked.

        Raises:
            RunError: the file cannot be read.
            ConfigurationError: it asks for what is not known here any more, such as a model.
        """
        from core.training.recipe import Recipe  # brings pandas, which the engine's own processes do without

        with self.unreadable_named("recipe.json"):
            return Recipe.from_json(read_json(self.recipe_file))

    def if_lost(self, status: Status) -> dict[str, Any]:
        """What of the status is otherwise once its process is not heard of any more."""
        message = f"The run was {status.state} and has not been heard of for {silence(status):.0f} s."
        return {"state": State.LOST, "message": message, "error_kind": ErrorKind.LOST}

    def worked_on(self) -> bool:
        """True if the file says active and its process lives on this machine, heard of or not."""
        status = self.written_status()
        return status.state.active and lives_here(status)

    def resumable(self) -> bool:
        """True if it ended before it was finished, so that it can go on, from its last whole epoch if it has one."""
        return self.status().state in (State.STOPPED, State.FAILED, State.LOST) and not self.worked_on()

    def asked(self) -> Request | None:
        """The request of highest rank that was left."""
        return next(filter(self.asked_for, reversed(Request)), None)

    def forget_requests(self) -> None:
        """Remove what was asked of an earlier try."""
        for request in Request:
            self.take_back(request)

    def stop_requested(self) -> bool:
        """True once somebody asked to stop or to cancel."""
        return self.asked() in (Request.STOP, Request.CANCEL)

    def metrics(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Metric lines from a byte offset on, and the offset to read from next time."""
        lines, end = read_lines(self.metrics_file, offset)
        return [line for line in map(metric_line, lines) if line is not None], end


def read_lines(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Whole JSON lines from a byte offset on, and the offset after the last whole one.

    A last line still being written is left for the next call; a line that is not JSON is passed over.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read()
    except OSError:
        return [], offset
    whole = data[: data.rfind(b"\n") + 1]
    lines = [line for line in map(json_line, whole.splitlines()) if line is not None]
    return lines, offset + len(whole)


def runs_folder() -> Path:
    """Where all runs are."""
    return artifacts_dir() / "runs"


def create_run(
    recipe: Recipe,
    *,
    owner: str = "",
    priority: int = 0,
    search: str = "",
    cross_validation: str = "",
    queued: bool = True,
) -> RunFolder:
    """Make the folder of a new run.

    Args:
        recipe: what to do.
        owner: who launches it.
        priority: runs of higher priority start earlier.
        search: id of the search of which it is a trial.
        cross_validation: id of the one of whose folds it is one.
        queued: False for a run that its maker trains itself, so that no engine takes it.

    Raises:
        DatasetNotFoundError: the data set is not known.
        DataError: it is not trained on as it is, such as while nobody has agreed to how it is read; or it cannot be
            divided as the recipe asks.
        ConfigurationError: the model is for pictures and the data set holds genes, or the other way round; metadata
            that the recipe asks for are not known; or the weights that it begins with are not here.
        DiskFullError: no run was made.
    """
    from core.data.catalog import open_dataset, trainable_spec  # bring pandas, which the engine does without
    from core.data.metadata_encoding import refuse_unknown
    from core.data.splits.splits import make_split
    from core.training.recipe import refuse_other_examples

    spec = trainable_spec(recipe.dataset)
    refuse_other_examples(recipe, spec)
    unusual = recipe.divides_unusually and spec.holds == "pictures" and not cross_validation  # whose folds are tried
    if recipe.metadata or unusual:
        table = open_dataset(recipe.dataset).table
        refuse_unknown(table, recipe.metadata, recipe.dataset)
        if unusual:
            make_split(table, recipe.split, recipe.seed, recipe.fractions, recipe.most_pictures, recipe.test_fold)
    folder = RunFolder(runs_folder() / new_id(recipe.model, recipe.dataset))
    with disk_full_named(folder.path):
        folder.path.mkdir(parents=True)
    try:
        write_json(folder.path / "recipe.json", recipe.to_json(), durable=True)
        now = time.time()
        status = Status(
            State.QUEUED if queued else State.STARTING,
            created=now,
            heartbeat=None if queued else now,
            host="" if queued else host_name(),
            owner=owner,
            priority=priority,
            order=now,
            search=search,
            cross_validation=cross_validation,
            fold=recipe.fold if cross_validation else 0,
            data_roots=tuple(map(str, configured_roots())),
        )
        folder.write_status(status)
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return folder


def open_run(run_id: str) -> RunFolder:
    """A run by its id, or by the part of it that is enough to tell it from all others.

    Raises:
        RunError: there is none, or there are several.
    """
    if not RUN_ID.fullmatch(run_id):
        raise RunError("A run id has only letters, digits, dots, dashes and underscores.")
    if len(run_id) > LONGEST_ID:
        raise RunError(f"A run id has at most {LONGEST_ID} characters; this one has {len(run_id):,}.")
    folder = RunFolder(runs_folder() / run_id)
    if is_run(folder.path):
        return folder
    matching = [run for run in list_runs() if run_id in run.run_id]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise RunError(f"“{run_id}” fits {len(matching)} runs: {', '.join(r.run_id for r in matching[:5])} …")
    raise RunError(f"There is no run “{run_id}” in {runs_folder()}.")


def list_runs() -> list[RunFolder]:
    """All runs, newest first."""
    return [RunFolder(path) for path in newest_first(filter(is_run, folders_in(runs_folder())), "recipe.json")]


def is_run(path: Path) -> bool:
    """True if the folder has the two files that every run has."""
    return (path / "recipe.json").is_file() and (path / "status.json").is_file()


@dataclass(frozen=True)
class RunSummary:
    """One line of a list of runs.

    `leaking` tells whether the split leaks; None before there is a split, or where it cannot be read.
    """

    run: RunFolder
    recipe: Recipe
    status: Status
    leaking: bool | None = None
    metrics: dict[str, Any] = field(default_factory=dict)


def summarise(run: RunFolder) -> RunSummary | None:
    """Read what a list of runs shows of one; None if its recipe, status or metrics cannot be read."""
    try:
        recipe, status = run.recipe(), run.status()
        file = run.evaluation / "metrics.json"
        metrics = _listed_metrics(read_json(file)) if file.is_file() else {}
    except (LesionLabError, *UNREADABLE):
        return None
    return RunSummary(run, recipe, status, _leaking(run), metrics)


@dataclass(frozen=True)
class _Listed:
    """Figures of one part that lists show."""

    accuracy: float | None = None
    balanced_accuracy: float | None = None
    majority_accuracy: float | None = None
    images: int | None = None


def _listed_metrics(value: dict[str, Any]) -> dict[str, Any]:
    """The part that speaks for a run, as `headline`, and by part what lists show of its metrics."""
    parts = {part: fields_as(_Listed, values) for part, values in value.items() if part != "headline"}
    headline = read_as(str, value["headline"])
    if headline not in parts:
        raise ValueError(f"The part “{headline}” has no metrics.")
    return {"headline": headline, **parts}


def _leaking(run: RunFolder) -> bool | None:
    for file in (run.leakage_file, run.predictor_file):  # a trained run says it in both
        with contextlib.suppress(*UNREADABLE):
            return read_as(bool, read_json(file)["leaking"])
    return None
