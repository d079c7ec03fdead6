"""The training process: `python -m core.engine.training_process RUN_FOLDER` takes one run from start to end.

It is the only writer of the run's status while it lives, and holds a lock so that no second process can
train the same run. With `--standby SECONDS ENGINE_FOLDER` it loads TensorFlow and waits so long for a run.
"""

import contextlib
import json
import os
import resource
import select
import shutil
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import Timeout

from core.base.errors import ConfigurationError, DataError, DiskFullError
from core.base.files import is_disk_full, open_private, write_atomically, write_json
from core.base.heartbeat import StatusWriter
from core.base.printable import one_line
from core.base.processes import ProcessId, host_name
from core.base.progress import Progress
from core.base.versions import versions_here
from core.data.images.cache import ImageCache
from core.data.left_out import MOST_NAMED, lines_of_left_out
from core.data.metadata_encoding import encode_all, fit_encoding
from core.data.spec import Dataset, Skip
from core.data.splits.leakage import LeakageReport, leakage_report
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split, make_split
from core.data.trainable import refuse_untrainable
from core.data.training_examples import Examples, GeneExamples, content_of, open_examples
from core.engine.expected import expected
from core.engine.hardware import hardware_in_words
from core.engine.standby import STANDBY
from core.engine.supervise import GPUS_PER_RUN
from core.engine.system_recorder import SystemRecorder
from core.models.registry import model_spec
from core.models.weights import weights_origin
from core.runs.judging.known_to_trunk import known_to_trunk
from core.runs.judging.results import load_leakage_of
from core.runs.run_folder import RunFolder
from core.runs.run_states import CANCELLED, ErrorKind, Request, State
from core.serving.gate_making import start_gate_job, start_missing_gate_job
from core.serving.gene_names import load_genes, save_genes
from core.training.recipe import refuse_other_examples

if TYPE_CHECKING:
    from core.training.fit import Fit

ALREADY_TRAINED = 3
"""Exit code if another process holds the run."""
RUN_GONE = 4
"""Exit code if the run's folder was taken away."""
LISTEN_SECONDS = 0.2
"""How often a standby process looks whether another run is expected than before."""
LOGGED_PARTS = {TRAIN: "to learn from", VALIDATION: "to choose the epoch by", TEST: "to test on"}
"""What each part is for, in the words of the log."""
LOCK_SECONDS = 2.0
"""How long the lock of the run may be held by those who only change its status."""


class StoppedEarlyError(Exception):
    """Somebody asked to stop before there was anything to evaluate."""


class DivergedError(Exception):
    """The loss became infinite or not a number."""


class RunWriter(StatusWriter):
    """Also says how much memory the process took, and ends it if another one has taken the run over."""

    folder: RunFolder

    def before_writing(self) -> dict[str, Any]:
        if self.folder.written_status().attempt > self.status.attempt:
            os._exit(ALREADY_TRAINED)
        return {"memory": most_memory()}

    def folder_gone(self) -> None:
        os._exit(RUN_GONE)

    def end(self, state: State, **changes: Any) -> None:
        super().end(state, eta_seconds=None, **changes)


def train_run(run: RunFolder, writer: RunWriter) -> None:
    """Prepare, learn, evaluate; leaves the run finished or stopped.

    Raises:
        LesionLabError, DivergedError, MemoryError and whatever TensorFlow raises: the run has failed.
    """
    recipe = run.recipe()
    _forget_earlier_try(run)
    say = _progress_into(writer)
    dataset, examples = open_examples(recipe.dataset, recipe.image_size, load_genes(run.genes_file), say)
    refuse_other_examples(recipe, dataset.spec)  # it may have changed since the run was made
    refuse_untrainable(dataset.spec, dataset.root)
    _say_what_is_left_out(run, (*dataset.skipped, *examples.failures))
    split, leakage = _split(run, dataset, examples, say)
    encoding = fit_encoding(recipe.metadata, dataset.table, split.part(TRAIN)["image_id"])
    metadata = encode_all(encoding, dataset.table, examples.image_ids)
    if isinstance(examples, GeneExamples):
        save_genes(run.genes_file, examples.genes)
    elif isinstance(examples, ImageCache):
        size = examples.values.nbytes / 1e6
        start_gate_job(dataset, examples.fingerprint)
        print(f"Pictures are read by batch from a cache of {size:,.0f} MB.")  # noqa: T201 - standard output is the log

    writer.update(phase="Loading TensorFlow", done=0.0, total=0.0)
    device = _choose_device()
    from core.runs.evaluate import evaluate_run, predictor_info
    from core.training.fit import OutputFiles, fit

    memory_before = most_memory()
    print(f"Learns {recipe.model} from {_parts(split)} of {recipe.dataset}, split {recipe.split}, on {device}.")  # noqa: T201
    writer.update(
        state=State.RUNNING, phase="Learning", device=device, memory_before=memory_before, total=float(recipe.epochs)
    )
    outcome = fit(
        recipe,
        examples,
        split,
        dataset.spec.class_keys,
        OutputFiles(run.best_checkpoint, run.metrics_file, run.tensorboard, run.state_file, run.watched_file),
        metadata=metadata,
        stop_requested=run.stop_requested,
        finish_requested=lambda: run.asked() is Request.FINISH,
        progress=say,
        report=lambda done, total, left: writer.update(
            phase="Learning", done=done, total=float(total), eta_seconds=left
        ),
    )
    print(_learnt(outcome.epochs, outcome.best_epoch, outcome.seconds, recipe.keep))  # noqa: T201
    if run.asked() is Request.CANCEL:
        raise StoppedEarlyError(CANCELLED)
    if outcome.diverged:
        raise DivergedError("The loss is not a finite number any more.")
    stopped = outcome.stopped
    if run.best_checkpoint.is_file():
        writer.update(
            state=State.EVALUATING, phase="Evaluating the epoch that is kept", done=0.0, total=0.0, eta_seconds=None
        )
        with training_noted(run, outcome, device, writer.status.attempt):
            evaluate_run(run, examples, split, predictor_info(run, dataset, leakage, encoding), metadata)
        start_missing_gate_job(dataset.spec.name, dataset.spec.title)  # the one that was started may have been killed
        most, before = most_memory() / 1e6, memory_before / 1e6
        print(f"At most {most:,.0f} MB of memory, {before:,.0f} MB of them before learning; pages of the cache count.")  # noqa: T201
    elif not stopped:
        raise DivergedError("No epoch gave a usable validation figure.")
    close(run, writer, stopped)


def _say_what_is_left_out(run: RunFolder, skipped: Sequence[Skip]) -> None:
    """In few lines of the log; where they are many, each stands in a file beside it."""
    for line in lines_of_left_out(skipped):
        print(f"WARNING: Left out {line}")  # noqa: T201 - standard output is the log
    if len(skipped) <= MOST_NAMED:
        run.left_out_file.unlink(missing_ok=True)
        return
    with open_private(run.left_out_file, "w") as file:
        file.writelines(f"{one_line(skip.image_id)}: {one_line(skip.reason)}\n" for skip in skipped)
    print(f"WARNING: All {len(skipped):,} are listed in {run.left_out_file.name} beside this log.")  # noqa: T201


@contextlib.contextmanager
def training_noted(run: RunFolder, outcome: "Fit", device: str, attempt: int) -> Iterator[None]:
    """Write down how a run learnt while it is evaluated; where that fails, what belongs to its figures stays there."""
    file = run.path / "training.json"
    before = file.read_bytes() if file.is_file() else None
    write_json(
        file,
        {
            "parameters": outcome.parameters,
            "epochs": outcome.epochs,
            "best_epoch": outcome.best_epoch,
            "seconds": outcome.seconds,
            "images_per_second": outcome.images_per_second,
            "cpu_seconds": round(time.process_time(), 1)
            if attempt <= 1
            else None,  # of earlier processes nobody has counted it
            "hardware": hardware_in_words(device),
            "versions": versions_here(),
            "attempt": attempt,
        },
    )
    try:
        yield
    except BaseException:
        if before is not None:
            write_atomically(file, before)
        raise


def _parts(split: Split) -> str:
    """How many pictures or samples learn, choose the epoch and test, for the log."""
    counts = split.rows["part"].value_counts()
    return ", ".join(f"{counts.get(part, 0):,} {what}" for part, what in LOGGED_PARTS.items())


def _learnt(epochs: int, best_epoch: int | None, seconds: float, keep: str) -> str:
    """What learning came to, for the log; epochs are counted from 1 there as on pages."""
    if not epochs:
        return "No epoch was learnt."
    kept = "is kept" if keep == "last" else "was the best"
    best = "none was kept" if best_epoch is None else f"epoch {best_epoch + 1} {kept}"
    return f"Learnt {epochs:,} epochs in {seconds:,.0f} s; {best}."


def close(run: RunFolder, writer: RunWriter, stopped: bool) -> None:
    """Write the end of a run that is judged, then remove what a finished one could go on from.

    In this order: on a full disk the end is not written, and the run, once resumed, must not learn all anew.
    """
    writer.end(State.STOPPED if stopped else State.FINISHED, phase="", message="")
    if not stopped and not writer.status.search:  # a search may let another trial go on from this one's last epoch
        run.state_file.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Train the run in the folder given; the exit code is 0 when it finished or was stopped."""
    if arguments[0] == STANDBY:
        folder = _wait_for_a_run(float(arguments[1]))
        if folder is None:
            return 0
    else:
        folder = arguments[0]
    run = RunFolder(Path(folder))
    try:
        lock = run.lock_named("run.lock")
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        return ALREADY_TRAINED
    except FileNotFoundError:
        return RUN_GONE
    with lock:
        if run.written_status().state.over:
            return 0
        with RunWriter(run) as writer, SystemRecorder(run, writer.status.attempt):
            return _train(run, writer)


def _train(run: RunFolder, writer: RunWriter) -> int:
    writer.update(
        state=State.STARTING,
        phase="Reading the data set",
        started=writer.status.started or time.time(),
        ended=None,
        process=ProcessId.of(os.getpid()),
        host=host_name(),
    )
    try:
        _stop_if_asked(run)
        train_run(run, writer)
    except StoppedEarlyError as stopped:
        writer.end(State.STOPPED, phase="", message=str(stopped))
    except Exception as error:
        traceback.print_exc()
        writer.end(State.FAILED, phase="", error_kind=kind_of(error), message=message_of(error))
        return 1
    return 0


def _stop_if_asked(run: RunFolder) -> None:
    """Raise where there is nothing to keep, or nothing is wanted."""
    asked = run.asked()
    if asked is Request.CANCEL:
        raise StoppedEarlyError(CANCELLED)
    if asked is Request.STOP and not run.best_checkpoint.is_file():
        raise StoppedEarlyError("Stopped before it started to learn.")


def _wait_for_a_run(seconds: float) -> str | None:
    """Load all that a training needs, then wait for a run; None if none came, or nobody is left to give one.

    While it waits it builds the network of the run that is expected next, where there is no GPU. One line of JSON on
    standard input names the run folder and the environment of the training.
    """
    import tensorflow as tf

    import core.runs.evaluate
    import core.training.fit  # noqa: F401
    from core.training.learner import prepare
    from core.training.warm_up import warm_up

    # The memory of GPUs belongs to runs alone, and which of them it gets is not known before the run is.
    may_compute = not tf.config.list_physical_devices("GPU")
    if may_compute:
        warm_up()
    deadline, heard = time.monotonic() + seconds, 0
    while not select.select([sys.stdin], [], [], LISTEN_SECONDS)[0]:
        coming, heard = expected(heard)
        if coming is not None:
            if may_compute:
                try:
                    prepare(coming.recipe, coming.classes, coming.examples)
                except Exception:  # the run itself will say so; whichever comes instead finds a process ready
                    traceback.print_exc()
            deadline = time.monotonic() + seconds
        elif time.monotonic() > deadline:
            return None
    line = sys.stdin.readline()
    if not line:
        return None
    asked = json.loads(line)
    os.environ.update(asked["environment"])
    with open_private(RunFolder(Path(asked["run"])).log) as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    return asked["run"]


def most_memory() -> int:
    """The most that this process had resident so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def kind_of(error: BaseException) -> ErrorKind:
    """The kind of failure that an exception means."""
    name = type(error).__name__
    if isinstance(error, MemoryError) or name == "ResourceExhaustedError":
        return ErrorKind.OUT_OF_MEMORY
    if isinstance(error, DivergedError):
        return ErrorKind.DIVERGED
    if isinstance(error, DiskFullError) or (isinstance(error, OSError) and is_disk_full(error)):
        return ErrorKind.DISK_FULL
    if isinstance(error, DataError):
        return ErrorKind.DATA
    if isinstance(error, ConfigurationError):
        return ErrorKind.CONFIGURATION
    return ErrorKind.OTHER


def message_of(error: BaseException) -> str:
    """The first lines of an exception, for a page; the whole stands in the log."""
    text = str(error).strip() or type(error).__name__
    return text if len(text) <= 600 else text[:600] + " …"


def _forget_earlier_try(run: RunFolder) -> None:
    """Remove what a process left that died in its first epoch; a later one goes on from the last whole epoch."""
    if run.state_file.is_file():
        return
    run.metrics_file.unlink(missing_ok=True)
    for folder in (run.best_checkpoint.parent, run.tensorboard):
        shutil.rmtree(folder, ignore_errors=True)


def _split(run: RunFolder, dataset: Dataset, examples: Examples, progress: Progress) -> tuple[Split, LeakageReport]:
    recipe, things = run.recipe(), "samples" if dataset.spec.holds == "genes" else "pictures"
    if run.state_file.is_file():  # what it has learnt from must not be held out now
        split = Split.load(run.split_file)
        if gone := set(split.rows["image_id"]) - set(examples.image_ids):
            raise DataError(
                f"{len(gone):,} {things} that the run has been learning from or is judged on are gone, so it cannot "
                f"go on. Clone it to start anew with the {things} as they are."
            )
        return split, load_leakage_of(run)
    if dataset.table["label"].nunique() < 2:
        raise DataError(
            f"All {len(dataset.table):,} {things} of {dataset.spec.title} that are here are of one class: there is "
            "nothing to tell apart."
        )
    split = make_split(
        dataset.table, recipe.split, recipe.seed, recipe.fractions, recipe.most_pictures, recipe.test_fold
    )
    split = split.without({failure.image_id for failure in examples.failures})
    leakage = leakage_report(split, content_of(dataset, examples), dataset)
    run.weights_file.unlink(missing_ok=True)
    if begun := weights_origin(model_spec(recipe.model), recipe.weights):
        write_json(run.weights_file, begun.to_json())
        leakage = leakage.with_trunk(begun.sentence, known_to_trunk(begun, dataset, split, progress))
        print(f"Begins with the weights of {begun.sentence}.")  # noqa: T201 - standard output is the log
    split.save(run.split_file)
    write_json(run.leakage_file, leakage.to_json())
    return split, leakage


def _progress_into(writer: RunWriter) -> Progress:
    def say(done: int, total: int, what: str) -> None:
        _stop_if_asked(writer.folder)
        writer.progress(done, total, what)

    return say


def _choose_device() -> str:
    """Let TensorFlow take as many of the GPUs it sees as a run gets, growing their memory as needed; names them."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")[: int(os.environ.get(GPUS_PER_RUN, "1"))]
    if gpus:
        tf.config.set_visible_devices(gpus, "GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if not gpus:
        return "CPU"
    details = tf.config.experimental.get_device_details(gpus[0])
    many = f"{len(gpus)} × " if len(gpus) > 1 else ""
    return f"{many}GPU ({details.get('device_name', 'unnamed')})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
