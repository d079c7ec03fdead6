"""What a tab is told of a run while it learns: only what is new since it last asked, so that many can watch.

A refresh of a Streamlit fragment costs the server some twenty times as much as such an answer.
"""

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from core.base.errors import LesionLabError
from core.base.heartbeat import STALE_SECONDS, silence
from core.base.percents import percent, percent_range, points
from core.data.catalog import Catalog, look
from core.data.genes.gene_table import classes_of
from core.data.images.thumbnails import kept_thumbnail
from core.data.spec import ClassSpec
from core.evaluation.confusion import row_normalised
from core.evaluation.small_samples import wilson_interval
from core.models.registry import model_spec
from core.runs.index import Snapshot, all_runs
from core.runs.input_wait import input_is_bound, input_wait
from core.runs.run_folder import RunFolder, RunSummary
from core.runs.run_states import State
from core.runs.run_status import Status
from core.runs.watched_file import read_watched
from core.training.recipe import monitor_sign
from dashboard.charts.palette import class_colours
from dashboard.rest.engine_state import engine_runs
from dashboard.rest.run_curves import LOOK_SECONDS, Curves, SplitSize, batch_at, follow, split_size
from dashboard.wording import in_words, input_bound

LIST_SECONDS = 1.0
"""How old the states of runs may be in an answer; its figures are newer."""
PICTURE_HEIGHT = 150
LOST_PATIENCE_SECONDS = 5.0
"""How long a run that has just been lost may take to say why it ended."""
LATE_BATCHES = 10
"""So many of the last lines of batches say how it goes while there is no whole epoch."""
METRICS = ("loss", "accuracy", "balanced_accuracy", "precision", "recall")
BY_EPOCH = ("stage", "learning_rate", *METRICS, *(f"val_{name}" for name in METRICS))
OLD = "This run was made before these were recorded, so it has none."
NOT_YET = "It is known after the first epoch."
_SERVER = uuid4().hex[:8]
"""Another server counts the tellings of a run from the start again."""


@dataclass(frozen=True)
class Known:
    """What a tab has of a run: epochs and the last batch of a telling, and the version of its static part."""

    telling: str = ""
    epochs: int = 0
    batch: float = -1.0
    static_version: str = ""


@dataclass(frozen=True)
class StaticPart:
    """What does not grow while a run learns; `version` is another where its files are others.

    `classes` are in the order in which the network numbers them, empty where the run does not say. `pictures` are
    path and number of the true class of each watched picture; the path is None where the picture is not here. `things`
    is what it learns from, "pictures" or "samples".
    """

    version: str
    classes: tuple[ClassSpec, ...]
    pictures: tuple[tuple[str | None, int], ...] | None
    size: SplitSize
    things: str = "pictures"

    def told(self) -> dict[str, Any]:
        """As JSON."""
        colours = class_colours(self.classes)
        return {
            "version": self.version,
            "classes": [
                {"key": c.key, "short": c.short, "name": c.name, "colour": colours[c.key]} for c in self.classes
            ],
            "pictures": [{"here": path is not None, "label": label} for path, label in self.pictures or ()],
            "images": self.size.images,
            "things": self.things,
            "floor": self.size.majority_baseline,
            # Always giving one class finds all of that one and none of the others.
            "balanced_floor": 1 / len(self.classes) if self.classes else None,
        }


@dataclass(frozen=True)
class _Seen:
    """What all who ask within the same look at the runs are told alike."""

    snapshot: Snapshot
    by_id: dict[str, RunSummary]
    listed: str

    @classmethod
    def now(cls) -> "_Seen":
        """What is seen at the last look, which is worked out for the first who asks."""
        global _seen
        snapshot = all_runs(LIST_SECONDS)
        if _seen is None or _seen.snapshot is not snapshot:
            by_id = {each.summary.run.run_id: each.summary for each in snapshot.runs}
            _seen = cls(snapshot, by_id, listed(snapshot))
        return _seen


_seen: _Seen | None = None


def still_changing(summary: RunSummary) -> bool:
    """True while the state of a run may change by itself.

    A run is lost for a moment whenever its process dies, until its supervisor writes down why.
    """
    status = summary.status
    if status.state is not State.LOST:
        return not status.state.over
    return silence(status) < STALE_SECONDS + LOST_PATIENCE_SECONDS or summary.run.worked_on()


def listed(snapshot: Snapshot) -> str:
    """Another value means that a page with a list of all runs, or with the state of one, has to be drawn anew."""
    changing = [each.summary.run.run_id for each in snapshot.runs if still_changing(each.summary)]
    return f"{snapshot.version}-{hash(tuple(changing)):x}-{stranded(snapshot)}"


def stranded(snapshot: Snapshot) -> bool:
    """True where runs wait for an engine that is not there."""
    return any(each.summary.status.state is State.QUEUED for each in snapshot.runs) and not engine_runs()


def summary_of(run_id: str) -> RunSummary | None:
    """The run as it was at the last look at all; None if there was no such run."""
    return _Seen.now().by_id.get(run_id)


def answer(run_id: str, known: Known) -> dict[str, Any] | None:
    """What is new of a run, as JSON without NaN; None if there is no such run."""
    seen = _Seen.now()
    summary = seen.by_id.get(run_id)
    if summary is None:
        return None
    static, curves, status = static_part_of(summary), follow(summary.run, LOOK_SECONDS), summary.status
    telling = f"{_SERVER}-{curves.telling}"
    if telling != known.telling:
        known = Known(telling, static_version=known.static_version)
    epochs = curves.epochs[known.epochs :]
    told = {
        "telling": telling,
        "start": known.epochs,
        "epochs": [_epoch(line, len(static.classes)) for line in epochs],
        "batches": [_batch(line) for line in curves.batches if batch_at(line) > known.batch],
        "listed": seen.listed,
        "live": still_changing(summary),
        "progress": None if status.state.over else progress(status, curves, engine_missing=stranded(seen.snapshot)),
        "note": note(curves, static),
    }
    if static.version != known.static_version:
        told["facts"] = static.told()
    if epochs:
        kept = best_epoch(curves, summary.recipe.monitor) if summary.recipe.keep == "best" else None
        told["figures"] = best_metrics(curves, static, kept)
        told["matrix"] = matrix(curves, static)
        told["best"] = kept
    return _finite(told)


def picture(run_id: str, number: int) -> bytes | None:
    """One of the watched pictures of a run as a JPEG; None if there is no such run or picture.

    Raises:
        PictureError: the picture cannot be read.
    """
    summary = summary_of(run_id)
    pictures = static_part_of(summary).pictures or () if summary else ()
    path = pictures[number][0] if 0 <= number < len(pictures) else None
    return kept_thumbnail(path, PICTURE_HEIGHT) if path else None


def progress(status: Status, curves: Curves, *, engine_missing: bool) -> dict[str, Any]:
    """What the run is doing in words, the share done, and how many seconds ago it was last heard of."""
    done, total = status.done, status.total
    text = status.phase or status.state.meaning
    if status.state is State.QUEUED and engine_missing:
        text = "Waiting for the engine, which is not running."
    if status.state is State.RUNNING and total:
        whole = sum(line.get("complete", True) for line in curves.epochs)  # a resumed run counts anew for a moment
        text = f"Epoch {min(max(int(done), whole) + 1, int(total))} of {int(total)}"
        lines = [line for line in (*curves.epochs[-1:], *curves.batches[-1:]) if "images_per_second" in line]
        if lines:
            text += f" · {max(lines, key=lambda line: line.get('time', 0))['images_per_second']:,.0f} images/s"
        if (waited := _input_wait_of_late(curves)) is not None:
            text += f" · {percent(waited, 0)} of the time waiting for input"
    elif total:
        text += f": {done:,.0f} of {total:,.0f}"
    if status.eta_seconds is not None:
        text += f" · about {in_words(status.eta_seconds)} left"
    age = None
    if status.state.active:
        age = max(time.time() - max(curves.last_time or 0, status.heartbeat or status.created), 0.0)
    return {"text": text, "share": min(done / total, 1.0) if total else 0.0, "age": age}


def _input_wait_of_late(curves: Curves) -> float | None:
    """Of the last whole epoch, or of the last batches while there is none."""
    return input_wait(curves.epochs[-1:] or curves.batches[-LATE_BATCHES:])


def _warning_of_input(curves: Curves, things: str) -> str:
    waited = _input_wait_of_late(curves)
    if curves.epochs:
        seconds = curves.epochs[-1].get("seconds", 0.0)
    else:
        times = [line["time"] for line in curves.batches if "time" in line]
        seconds = max(times, default=0.0) - min(times, default=0.0)
    return input_bound(waited, things) if waited is not None and input_is_bound(waited, seconds) else ""


def best_metrics(curves: Curves, static: StaticPart, kept: int | None = None) -> list[dict[str, str]]:
    """The best epochs so far as label, value and what stands under it; never accuracy alone.

    The accuracy has a 95 % interval by Wilson, for as many trials as there are groups in the validation part: pictures
    of one group are not independent. Where it holds the floor, the accuracy is not said to be above that. The epoch
    that is `kept`, from 1, is the best by what the recipe watches, such as the loss; where another has a better
    figure, those of the kept one are said, for they are the model's.
    """
    whole = sum(line.get("complete", True) for line in curves.epochs)
    cut = whole < len(curves.epochs)
    best = max(curves.epochs, key=lambda line: line.get("val_accuracy") or 0.0)
    accuracy = best.get("val_accuracy") or 0.0
    gain, size = "", static.size
    floor = size.majority_baseline
    if floor is not None:
        limits = wilson_interval(round(accuracy * size.groups), size.groups) or (0.0, 1.0)
        said = f"{points(accuracy - floor)} points over the floor of {percent(floor)}"
        if limits[0] <= floor:
            said = f"not shown to be better than always answering “{size.majority}” ({percent(floor)})"
        gain = f"95 % interval {percent_range(*limits)}; {said}"
    balanced = max(line.get("val_balanced_accuracy") or 0.0 for line in curves.epochs)
    reached = f"reached in epoch {best['epoch'] + 1}"
    of_epochs = ["and a part of one" if cut else "", _figures_of_kept(curves, kept, (accuracy, balanced))]
    return [
        {
            "label": "Best validation accuracy",
            "value": percent(accuracy),
            "under": gain or reached,
            "help": reached,
        },
        {"label": "Best validation balanced accuracy", "value": percent(balanced), "under": "", "help": ""},
        {"label": "Epochs", "value": f"{whole}", "under": "; ".join(filter(None, of_epochs)), "help": ""},
    ]


def _figures_of_kept(curves: Curves, kept: int | None, best: tuple[float, float]) -> str:
    """Accuracy and balanced accuracy of the epoch that is kept, from 1; "" where they are the best ones."""
    line = next((line for line in curves.epochs if line["epoch"] + 1 == kept), {})
    own = [line.get(name) for name in ("val_accuracy", "val_balanced_accuracy")]
    if None in own or [percent(each) for each in own] == [percent(each) for each in best]:
        return ""
    return f"epoch {kept} is kept: accuracy {percent(own[0])}, balanced {percent(own[1])}"


def best_epoch(curves: Curves, monitor: str) -> int | None:
    """The epoch, from 1, whose model is kept so far: the best by `monitor`, a whole one where there is any."""
    known = [line for line in curves.epochs if line.get(monitor) is not None]
    known = [line for line in known if line.get("complete", True)] or known
    best = max(known, key=lambda line: monitor_sign(monitor) * line[monitor], default=None)
    return best["epoch"] + 1 if best else None


def matrix(curves: Curves, static: StaticPart) -> dict[str, Any] | None:
    """Counts of the last epoch that has recorded them, classes × classes, rows true; None without any."""
    recorded = [line for line in curves.epochs if line.get("confusion")]
    return (
        {"epoch": recorded[-1]["epoch"] + 1, "counts": recorded[-1]["confusion"]}
        if recorded and static.classes
        else None
    )


def note(curves: Curves, static: StaticPart) -> dict[str, str]:
    """What stands in place of something that is not there, by what that is; empty where it is there."""
    recorded = bool(static.classes) and any(line.get("confusion") for line in curves.epochs)
    missing = OLD if curves.epochs else NOT_YET
    return {
        "input": _warning_of_input(curves, static.things),
        "curves": "" if curves.epochs or curves.batches else "The curves start with the first batches.",
        "pictures": f"Watched pictures: {OLD}" if curves.epochs and static.pictures is None else "",
        "class": "" if recorded else missing,
        "matrix": "" if recorded else missing,
        "rate": "" if curves.epochs else NOT_YET,
    }


def static_part_of(summary: RunSummary) -> StaticPart:
    """What of a run does not grow, read again only when its files have changed."""
    run = summary.run
    written = tuple(_written(file) for file in (run.split_file, run.watched_file))
    with _lock_of(str(run.path)):  # a class that opens a run at once has its data set read once
        return _read_static_part(run, summary.recipe.dataset, summary.recipe.model, *written)


def _written(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=200)
def _lock_of(run: str) -> threading.Lock:  # noqa: ARG001 - one lock for each
    return threading.Lock()


@lru_cache(maxsize=200)
def _read_static_part(run: RunFolder, dataset: str, model: str, split_written: int, watched_written: int) -> StaticPart:
    watched = read_watched(run) if watched_written else None
    here = look()
    try:
        known = {each.key: each for each in here.spec(dataset).classes}
    except LesionLabError:
        known = {}
    keys = watched.class_keys if watched else ()
    genes = model_spec(model).takes == "genes"
    if genes:
        known = {each.key: each for each in classes_of(keys)}
    pictures = None
    if watched:
        paths = _paths(dataset, here, [image_id for image_id, _ in watched.pictures])
        pictures = tuple(
            (paths.get(image_id), keys.index(label)) for image_id, label in watched.pictures if label in keys
        )
    size = split_size(str(run.split_file), split_written) if split_written else SplitSize()
    if size.majority in known:
        size = replace(size, majority=known[size.majority].name)
    return StaticPart(
        version=f"{split_written:x}-{watched_written:x}",
        classes=tuple(known.get(key, ClassSpec(key, key, None)) for key in keys),
        pictures=pictures,
        size=size,
        things="samples" if genes else "pictures",
    )


def _paths(dataset: str, here: Catalog, image_ids: Sequence[str]) -> dict[str, str]:
    """Files of pictures that are here, by image id."""
    try:
        if here.needs_preparing(dataset):
            return {}
        table = here.open(dataset).table
    except LesionLabError:
        return {}
    found = table.loc[table["image_id"].isin(image_ids), ["image_id", "path"]]
    return {image_id: str(path) for image_id, path in found.itertuples(index=False) if Path(path).is_file()}


def _batch(line: Mapping[str, Any]) -> dict[str, Any]:
    return {"at": batch_at(line)} | {name: line[name] for name in METRICS if name in line}


def _epoch(line: Mapping[str, Any], classes: int) -> dict[str, Any]:
    """One epoch, counted from 1; `found` and `found_train` are sensitivities by class, None without pictures of it."""
    told = {"at": line["epoch"] + line.get("learnt", 1)} | {name: line[name] for name in BY_EPOCH if name in line}
    if not line.get("complete", True):
        told["cut"] = True
    if line.get("pictures"):
        told["pictures"] = line["pictures"]
    if line.get("confusion") and len(line["confusion"]) == classes:
        told["found"] = row_normalised(np.array(line["confusion"])).diagonal().tolist()
        told["found_train"] = line.get("train_sensitivity")
    return told


def _finite(value: Any) -> Any:
    """The same without NaN and infinity, which JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
