"""The job that predicts many pictures: reads, answers and writes down some at a time, from where another one ended."""

import io
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.base.errors import CancelledError, DataError, PictureError, RunError
from core.base.files import disk_full_named, open_regular
from core.base.printable import printable
from core.base.progress import Progress
from core.base.settings import artifacts_dir
from core.data.adapters.table_files import is_table_name
from core.data.gathering import Asked, gathered
from core.data.images.pictures import MAX_BYTES
from core.data.metadata_encoding import Patient
from core.data.patients import NOBODY, Patients, read_patients
from core.runs.answers.answering import Answering
from core.runs.answers.drift import Told, counted_of_job, note_answers_of_job
from core.runs.answers.picture_answer import PictureAnswer, notes_on, told_of
from core.runs.answers.reviews import MOST_QUEUED, Recognised, goes_by_itself, put_undecided
from core.runs.judging.caution import load_caution
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture, read_brought
from core.serving.many_pictures import THUMBNAIL, AskedMany, ManyPictures, predictions_folder, read_lines, whole_lines
from core.serving.predictor import PredictorInfo

AT_ONCE = 64
"""Pictures that are decoded and answered together; the memory of a job does not grow with their number."""


def run_predictions_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """Answer the pictures of `prediction` that are not answered yet, as a background job.

    Raises:
        DataError: nothing can be read, or the prediction is gone.
        RunError: the run is gone or has no trained model.
        CancelledError: somebody stopped it; what was answered stays.
    """
    many = ManyPictures(predictions_folder() / str(arguments["prediction"]))
    asked = many.asked()
    run_folder = artifacts_dir() / "runs" / asked.run_id
    if not run_folder.is_dir():
        raise RunError(f"There is no run {asked.run_id} any more.")
    run = RunFolder(run_folder)
    paths = [Path(path) for path in asked.paths] or sorted(
        (file for file in many.pictures.rglob("*") if file.is_file()), key=lambda file: int(file.parent.name)
    )
    patients = _patients(many, paths, PredictorInfo.load(run.predictor_file))
    answering = Answering(run)
    with gathered(paths, progress) as found, disk_full_named(many.path):
        pictures = [(printable(_shown(each, many, asked.paths)), each) for each in found.pictures]
        names, end = whole_lines(many.answers_file)
        if names != [name for name, _ in pictures[: len(names)]]:
            raise DataError("The pictures have changed since this was started. Start again.")
        with many.answers_file.open("ab") as file, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            file.truncate(end)
            uncounted = _count(run, many, len(names), _not_counted_yet(run, many))
            queue = _Queue(run, asked, sum(line.get("queued") is True for line in read_lines(many.answers_file)))
            for start in range(len(names), len(pictures), AT_ONCE):
                if cancelled():
                    raise CancelledError("It was cancelled; what was answered is kept.")
                some = pictures[start : start + AT_ONCE]
                answered = _answered(many, answering, patients, start, some, pool, queue)
                file.writelines((json.dumps(each, allow_nan=False) + "\n").encode() for each in answered)
                file.flush()
                os.fsync(file.fileno())
                uncounted = _count(run, many, start + len(some), [*uncounted, *map(_counted_of, answered)])
                progress(start + len(some), len(pictures), "Predicting pictures")
    return {"pictures": len(pictures), "left_out": dict(found.left_out), "notes": list(patients.notes)}


@dataclass
class _Queue:
    """What of a prediction goes into the review queue by itself; `put` pictures of it are there."""

    run: RunFolder
    asked: AskedMany
    put: int

    @property
    def open(self) -> bool:
        """Whether an instructor has chosen that for the run, and not all that may go there are there."""
        return self.put < MOST_QUEUED and load_caution(self.run).queue

    def recognised(self, picture: BroughtPicture) -> Recognised | None:
        """What is kept of a picture that has to be looked at first; None where nothing goes there."""
        return Recognised.of(picture, self.asked.keep) if self.open else None

    def put_in(self, found: Sequence[tuple[PictureAnswer, Recognised | None]]) -> list[bool]:
        """Whether each is in the queue now."""
        wanted = [
            number for number, (told, seen) in enumerate(found) if seen is not None and goes_by_itself(self.run, told)
        ][: MOST_QUEUED - self.put]
        undecided = [(told, seen) for told, seen in (found[number] for number in wanted) if seen is not None]
        put = dict(zip(wanted, put_undecided(self.run, undecided, self.asked.by), strict=True))
        self.put += sum(put.values())
        return [put.get(number, False) for number in range(len(found))]


def _not_counted_yet(run: RunFolder, many: ManyPictures) -> list[Told | None]:
    """What an earlier process wrote down and did not come to count for the drift watch."""
    lines = islice(read_lines(many.answers_file), counted_of_job(run, many.prediction_id), None)
    return [_counted_of(line) for line in lines]


def _counted_of(line: dict[str, Any]) -> Told | None:
    """What the drift watch counts of an answer as it is written down; None of a picture that could not be read."""
    with suppress(KeyError, TypeError):  # written by another version
        return Told(str(line["label"]), float(line["probabilities"][line["label"]]), line["gate"]["passed"])
    return None


def _count(run: RunFolder, many: ManyPictures, through: int, told: list[Told | None]) -> list[Told | None]:
    """Count what is written down; what is not counted, because others count just now, is left for the next time."""
    if told and not note_answers_of_job(run, many.prediction_id, through, told):
        return told
    return []


def _patients(many: ManyPictures, paths: Sequence[Path], info: PredictorInfo) -> Patients:
    """Who is in the pictures: from the table that came with them, else from the tables that name the pictures.

    Raises:
        DataError: the table that came with them cannot be used.
    """
    if info.metadata is None:
        return NOBODY
    if many.patients_file is not None:
        return read_patients(many.patients_file)
    found: dict[str, Patient] = {}
    notes: list[str] = []
    for path in paths:
        if path.is_file() and is_table_name(path.name):
            with suppress(DataError):  # a table that names pictures alone
                told = read_patients(path)
                found |= told.by_picture
                notes += told.notes
    return Patients(found, notes=tuple(notes))


def _shown(asked: Asked, many: ManyPictures, paths: Sequence[str]) -> str:
    """What a picture is called in the table: its path from what was named."""
    name = Path(asked.name)
    if not paths and name.is_relative_to(many.pictures):
        return name.name
    for path in paths:
        if name != Path(path) and name.is_relative_to(path):
            return str(name.relative_to(path))
    return name.name if str(name) in paths else asked.name


def _answered(
    many: ManyPictures,
    answering: Answering,
    patients: Patients,
    start: int,
    some: Sequence[tuple[str, Asked]],
    pool: ThreadPoolExecutor,
    queue: _Queue,
) -> list[dict[str, Any]]:
    """What is written down of each picture; thumbnails are written, and what is undecided goes into the queue."""

    def read(number: int, asked: Asked) -> tuple[BroughtPicture, Recognised | None] | str:
        try:
            return _read(asked, answering.sides, many.thumbnail(number), queue)
        except PictureError as error:
            return str(error)

    brought = list(pool.map(read, range(start, start + len(some)), [asked for _, asked in some]))
    readable = [
        (*each, patients.of(asked.path))
        for each, (_, asked) in zip(brought, some, strict=True)
        if not isinstance(each, str)
    ]
    answers = answering.of_many([each for each, *_ in readable], [patient for *_, patient in readable])
    put = queue.put_in([(found, seen) for found, (_, seen, _) in zip(answers, readable, strict=True)])
    waiting = zip(answers, put, strict=True)
    return [
        {"name": name} | ({"error": each} if isinstance(each, str) else _told(each[0], *next(waiting)))
        for (name, _), each in zip(some, brought, strict=True)
    ]


def _told(picture: BroughtPicture, found: PictureAnswer, queued: bool) -> dict[str, Any]:
    return {**told_of(found), "notes": notes_on(picture, found), **({"queued": True} if queued else {})}


def _read(
    asked: Asked, sides: Sequence[int], thumbnail: Path, queue: _Queue
) -> tuple[BroughtPicture, Recognised | None]:
    """A picture as the model and the gate see it, with no more to be shown than its thumbnail, which is written.

    Raises:
        PictureError: as for what somebody brings to the page Predict.
    """
    if asked.problem:
        raise PictureError(asked.problem)
    name = asked.path.name
    try:
        with open_regular(asked.path) as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PictureError(f"{printable(name)} cannot be opened.") from error
    if len(content) > MAX_BYTES:
        raise PictureError(f"{printable(name)} is larger than {MAX_BYTES // 1024**2} MB.")
    picture = read_brought(content, name, sides)
    seen = queue.recognised(picture)
    shown = Image.fromarray(picture.shown)
    shown.thumbnail((4 * THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR)
    written = io.BytesIO()
    shown.save(written, "JPEG", quality=80)
    thumbnail.write_bytes(written.getvalue())
    return replace(picture, shown=np.asarray(shown)), seen
