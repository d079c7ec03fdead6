"""Predicting many pictures in the background: what was answered is written down at once, so that nothing is lost.

Each such prediction is a folder in `artifacts/predictions`: `asked.json` (which run, which pictures), `answers.jsonl`
(a line for each picture that was answered or could not be read, in the order in which they come), `thumbnails/`,
`patients.csv` (a table of the persons in the pictures, if one was brought), and `pictures/` with what was brought from
a browser. A job works on it; where its process is killed, another one goes on.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.errors import DataError, DiskFullError, JobError
from core.base.files import (
    UNREADABLE,
    disk_full_named,
    folders_in,
    parse_json,
    private_folder,
    read_json,
    unreadable_named,
    write_json,
)
from core.base.ids import new_id, newest_first
from core.base.printable import printable, shortened
from core.base.settings import artifacts_dir
from core.base.typed_json import read_as
from core.jobs import Job, JobState, list_jobs, start_job
from core.jobs import newest_job as newest_job_with
from core.serving.gate import GATE_WORDS

THUMBNAIL = 72
"""Height of a thumbnail in pixels."""
KIND = "predictions"
MOST_TRIES = 6
"""Processes that are started for a prediction by themselves: a picture may end each of them."""
BEGUN = "begun"
"""A file that is there while a job should be working on the prediction."""
ASKED, ANSWERS, PICTURES, THUMBNAILS = "asked.json", "answers.jsonl", "pictures", "thumbnails"
PATIENTS = "patients.csv"

COLUMNS = (
    "number",
    "name",
    "answer",
    "label",
    "probability",
    "malignant",
    "score",
    "threshold",
    "set",
    "always in set",
    "gate",
    "reasons",
    "notes",
    "error",
    "queued",
)
"""Of the table of answers, before the probabilities."""


@dataclass(frozen=True)
class AskedMany:
    """Which run answers, for which pictures, and when that was asked (seconds since the epoch).

    `paths` are files, folders, archives and tables as `core.data.gathering` takes them; none where the pictures were
    brought, which lie in the folder of the prediction. `keep` is whether undecided pictures may be kept in the review
    queue, and `by` the e-mail address of whoever asks, empty for a person at the machine.
    """

    run_id: str
    title: str
    paths: tuple[str, ...] = ()
    created: float = 0.0
    keep: bool = False
    by: str = ""


@dataclass(frozen=True)
class ManyPictures:
    """One prediction of many pictures, by its folder."""

    path: Path

    @property
    def prediction_id(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def answers_file(self) -> Path:
        """A JSON line for each picture that is done."""
        return self.path / ANSWERS

    @property
    def pictures(self) -> Path:
        """Where pictures lie that were brought, each in a folder of its own."""
        return self.path / PICTURES

    @property
    def patients_file(self) -> Path | None:
        """The table of the persons in the pictures; None if none was brought."""
        file = self.path / PATIENTS
        return file if file.is_file() else None

    def asked(self) -> AskedMany:
        """What was asked.

        Raises:
            DataError: the file cannot be read.
        """
        problem = DataError(f"The prediction {self.prediction_id} cannot be used: its {ASKED} is missing or damaged.")
        with unreadable_named(problem):
            return read_as(AskedMany, read_json(self.path / ASKED))

    def thumbnail(self, number: int) -> Path:
        """Where the thumbnail of the picture of this number lies, if it could be read."""
        return self.path / THUMBNAILS / f"{number}.jpg"


def predictions_folder() -> Path:
    """Where all predictions of many pictures are."""
    return artifacts_dir() / "predictions"


def list_predictions() -> list[ManyPictures]:
    """All of them, newest first."""
    return [ManyPictures(path) for path in newest_first(folders_in(predictions_folder()), ASKED)]


def begin(
    run_id: str, title: str, paths: Sequence[str], patients: bytes | None = None, *, keep: bool = False, by: str = ""
) -> ManyPictures:
    """Write down what is asked; a job of the kind "predictions" then answers it.

    Args:
        run_id: which run answers.
        title: what the prediction is called.
        paths: what `core.data.gathering` takes.
        patients: content of a table of the persons in the pictures, for a model that takes it.
        keep: whether undecided pictures may be kept in the review queue.
        by: e-mail address of whoever asks.

    Raises:
        DataError: nothing is named, or what is named is not there.
        DiskFullError: there is no space for it.
    """
    if not paths:
        raise DataError("Name a folder, an archive or a table with pictures.")
    for path in paths:
        if not os.path.lexists(path):
            raise DataError(f"There is nothing at {shortened(printable(path))}.")
    return _begin(AskedMany(run_id, title, tuple(paths), time.time(), keep, by), patients)


def begin_brought(
    run_id: str, title: str, brought: Path, patients: bytes | None = None, *, keep: bool = False, by: str = ""
) -> ManyPictures:
    """As `begin`, for pictures that were brought into a folder, which becomes part of the prediction.

    Raises:
        DataError: nothing was brought, or another prediction has just taken it.
        DiskFullError: there is no space for it.
    """
    if not brought.is_dir() or not any(brought.iterdir()):
        raise DataError("No picture has arrived yet. Drop them once more.")
    many = _begin(AskedMany(run_id, title, (), time.time(), keep, by), patients)
    try:
        brought.rename(many.pictures)
    except FileNotFoundError as error:
        delete(many)
        raise DataError("These pictures are being predicted already.") from error
    return many


def delete(many: ManyPictures) -> None:
    """Delete a prediction with its thumbnails and what was brought for it."""
    shutil.rmtree(many.path, ignore_errors=True)


def whole_lines(file: Path) -> tuple[list[str], int]:
    """Names of the pictures up to the first without a whole line, and the byte where that begins.

    A killed process may leave half a line, a disk one that cannot be read: from there on all is answered again.
    """
    names: list[str] = []
    end = 0
    with contextlib.suppress(FileNotFoundError), file.open("rb") as lines:
        for line in lines:
            if (told := _told_in(line)) is None:
                break
            names.append(told["name"])
            end += len(line)
    return names, end


def _told_in(line: bytes) -> dict[str, Any] | None:
    """What a line of an answers file says; None of half a line, or a damaged one."""
    with contextlib.suppress(*UNREADABLE):
        told = parse_json(line)
        if line.endswith(b"\n") and isinstance(told["name"], str):
            return dict(told)
    return None


def answers_table(many: ManyPictures, keys: Sequence[str]) -> pd.DataFrame:
    """What was answered so far, a row for each picture.

    Args:
        many: the prediction.
        keys: class keys of its run.

    Returns:
        Columns number (of the thumbnail), name, answer (high, low, review, refused), label, probability (of that),
        malignant, score and threshold (from where on it is high), set (a tuple of class keys), always in set (those in
        every set, for want of lesions), gate (passed or refused), reasons, notes, error, queued (whether it is in the
        review queue), then one with the probability of each class under "p " and its key; missing or "" where a picture
        could not be read or that is not known.

    Raises:
        DataError: a line is damaged.
    """
    with unreadable_named(_damaged()):
        return _table(many, keys)


def _table(many: ManyPictures, keys: Sequence[str]) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(read_lines(many.answers_file)):
        fractions = line.get("probabilities", {})
        passed = line.get("gate", {}).get("passed")
        rows.append(
            {
                "number": number,
                "name": line["name"],
                "answer": line.get("answer") or "",
                "label": line.get("label"),
                "probability": fractions.get(line.get("label")),
                **{name: line.get(name) for name in ("malignant", "score", "threshold")},
                "set": _classes(line.get("set")),
                "always in set": _classes(line.get("always_in_set")),
                "gate": GATE_WORDS[passed],
                **{name: " ".join(line.get(name, ())) for name in ("reasons", "notes")},
                "error": line.get("error", ""),
                "queued": line.get("queued") is True,
                **{f"p {key}": fractions.get(key) for key in keys},
            }
        )
    of_classes = [f"p {key}" for key in keys]
    table = pd.DataFrame(rows, columns=[*COLUMNS, *of_classes])
    numbers = ["probability", "malignant", "score", "threshold", *of_classes]
    return table.astype(dict.fromkeys(numbers, "float64") | {"number": "int64"})


def _classes(keys: list[Any] | None) -> tuple[str, ...] | None:
    return None if keys is None else tuple(map(str, keys))


def submission_table(table: pd.DataFrame, positive: Sequence[str]) -> pd.DataFrame:
    """What a competition takes: `id` (the file's name without its ending) and `label`, the probability of `positive`.

    Args:
        table: as `answers_table` gives it; pictures that could not be read have no row.
        positive: class keys, as `core.serving.submission.positive_classes` gives them.

    Raises:
        DataError: several pictures have one id.
    """
    read = table[table["error"] == ""]
    ids = read["name"].map(lambda name: Path(name).stem)
    if (again := ids[ids.duplicated()]).size:
        raise DataError(
            f"{again.size:,} pictures have the id of another picture, the first is "
            f"“{printable(again.iloc[0])}”: a submission needs an id for each picture."
        )
    labels = read[[f"p {key}" for key in positive]].sum(axis=1)
    return pd.DataFrame({"id": ids, "label": [f"{label:.9g}" for label in labels]}).reset_index(drop=True)


def read_lines(file: Path) -> Iterator[dict[str, Any]]:
    """Every whole line of an answers file.

    Raises:
        DataError: one is damaged.
    """
    with contextlib.suppress(FileNotFoundError), file.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                return  # it is being written
            if (told := _told_in(line)) is None:
                raise _damaged()
            yield told


def _damaged() -> DataError:
    return DataError("What was answered is damaged. Let it go on: from there on the pictures are answered again.")


def go_on() -> None:
    """Start the jobs again whose process was killed, each up to `MOST_TRIES` times; to be asked every few seconds."""
    begun = [ManyPictures(path) for path in folders_in(predictions_folder()) if (path / BEGUN).is_file()]
    jobs = list_jobs(KIND) if begun else []
    for many in begun:
        tries = [job for job in jobs if job.arguments.get("prediction") == many.prediction_id]
        try:
            state = tries[0].status().state if tries else None
            if state is JobState.LOST and not tries[0].worked_on() and len(tries) < MOST_TRIES:
                start_answering(many)
            elif state is None or not (state.active or state is JobState.LOST):
                (many.path / BEGUN).unlink(missing_ok=True)
        except (JobError, DataError):  # damaged; the page says so
            (many.path / BEGUN).unlink(missing_ok=True)


def start_answering(many: ManyPictures) -> Job:
    """Start the job that answers what is not answered yet; one that works already is returned.

    Raises:
        DataError: the prediction is damaged.
        JobError, DiskFullError: it could not be started.
    """
    job = start_job(KIND, many.asked().title, {"prediction": many.prediction_id})
    with disk_full_named(many.path):
        (many.path / BEGUN).touch()
    return job


def newest_job(many: ManyPictures) -> Job | None:
    """The job that was started last for it, None where it is not known any more."""
    return newest_job_with(KIND, prediction=many.prediction_id)


def _begin(asked: AskedMany, patients: bytes | None) -> ManyPictures:
    many = ManyPictures(predictions_folder() / new_id())
    try:
        with disk_full_named(many.path):
            private_folder(many.path)
            (many.path / THUMBNAILS).mkdir()
            if patients is not None:
                (many.path / PATIENTS).write_bytes(patients)
            write_json(many.path / ASKED, asdict(asked))
    except DiskFullError:
        delete(many)
        raise
    return many
