"""Predictions of a folder as the table that a competition with two classes takes: `id` and `label`, a probability."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.base.csv_text import csv_text
from core.base.errors import CancelledError, ConfigurationError, DataError, PictureError, RunError
from core.base.files import write_for_owner
from core.base.printable import printable
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.adapters.metadata_file import read_texts
from core.data.catalog import look, unlabelled_in
from core.data.gathering import Asked
from core.data.images.pictures import decode_square
from core.data.patients import NOBODY, Patients
from core.data.spec import Skip
from core.serving.predictor import BATCH, Predictor, PredictorInfo

SAMPLE = "sample_submission.csv"
"""Beside the pictures or above their folder: the ids that are wanted, in their order, and the names of the columns."""


@dataclass(frozen=True)
class Submission:
    """What was written: `rows` answers for `ids` that were wanted.

    `missing` are the wanted ids that have no row, and why; `not_wanted` counts pictures that the sample does not name.
    """

    file: Path
    rows: int
    positive: tuple[str, ...]
    missing: tuple[Skip, ...]
    not_wanted: int


@dataclass(frozen=True)
class _Wanted:
    """Names of the two columns, and the pictures to answer for by id in order; None where one is not there."""

    columns: tuple[str, str]
    pictures: dict[str, Asked | None]
    not_wanted: int = 0


def positive_classes(info: PredictorInfo) -> tuple[str, ...]:
    """Keys of the classes whose probability is the label: the malignant ones, or the second of two.

    Raises:
        ConfigurationError: nothing tells which of several classes are the positive ones.
    """
    malignant = tuple(c.key for c in info.classes if c.malignant)
    if all(c.malignant is not None for c in info.classes) and 0 < len(malignant) < len(info.classes):
        return malignant
    if len(info.classes) == 2:
        return (info.class_keys[1],)
    raise ConfigurationError(
        "A submission has one probability for each picture, and it is not known which of the "
        f"{len(info.classes)} classes of the run {info.run_id} are malignant. Write the probabilities "
        "of all classes with --csv instead."
    )


def write_submission(
    run_folder: Path,
    pictures: Sequence[Asked],
    target: Path,
    progress: Progress = silent,
    patients: Patients = NOBODY,
) -> Submission:
    """Predict pictures batch by batch, and write `id,label`: ids are file names without their extension.

    Rows come in the order of the pictures, or in that of a `sample_submission.csv` in or above their folder, whose
    columns are taken over too. A picture that cannot be read has no row, and is told. A model that is told more than
    the picture learns of `patients`; of whoever is not among them, nothing is known.

    Raises:
        RunError: the run has no trained model.
        ConfigurationError: as `positive_classes`.
        DataError: two pictures have one id, the sample is another kind of table, nothing can be read, or the file
            cannot be written.
    """
    info = PredictorInfo.load(run_folder / "predictor.json")
    positive = positive_classes(info)
    wanted = _wanted(pictures)
    predictor = Predictor.of_run(run_folder)
    columns = [info.class_keys.index(key) for key in positive]
    labels: dict[str, float] = {}
    missing = [Skip(name, "", "There is no such picture.") for name, each in wanted.pictures.items() if each is None]
    here = [(name, each) for name, each in wanted.pictures.items() if each is not None]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for start in range(0, len(here), BATCH):
            some = here[start : start + BATCH]
            decoded = list(pool.map(lambda each: _decoded(each[0], each[1], info.image_size), some))
            missing += [each for each in decoded if isinstance(each, Skip)]
            readable = {name: each for (name, _), each in zip(some, decoded, strict=True) if not isinstance(each, Skip)}
            if readable:
                known = predictor.encoded([patients.of(each.path) for name, each in some if name in readable])
                given = np.stack(list(readable.values()))
                answers = predictor.probabilities(given, metadata=known)[:, columns].sum(axis=1)
                labels |= zip(readable, answers.tolist(), strict=True)
            progress(min(start + BATCH, len(here)), len(here), "Predicting pictures")
    if not labels:
        raise DataError(f"None of the {len(wanted.pictures):,} pictures could be read: {missing[0].reason}")
    # As many digits as float32 holds: what compares submissions ranks them.
    rows = [(name, f"{labels[name]:.9g}") for name in wanted.pictures if name in labels]
    try:
        table = pd.DataFrame(rows, columns=list(wanted.columns), dtype=object)
        write_for_owner(target, csv_text(table))
    except OSError as error:
        raise DataError(f"The submission cannot be written to {target}: {error.strerror}.") from error
    return Submission(target, len(rows), positive, tuple(missing), wanted.not_wanted)


def submission_file(run_id: str, dataset: str) -> Path:
    """Where the page keeps the submission of a run for a data set's pictures without a class."""
    return artifacts_dir() / "submissions" / run_id / f"{dataset}.csv"


def run_submission_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`write_submission` as a background job, for the pictures without a class of `dataset` and the run `run_id`."""

    def told(done: int, total: int, what: str) -> None:
        if cancelled():
            raise CancelledError("The submission was cancelled.")
        progress(done, total, what)

    run_id, dataset = arguments["run_id"], arguments["dataset"]
    paths = unlabelled_in(look().entry(dataset))["path"]
    if paths.empty:
        raise DataError(f"{dataset} has no pictures without a class any more.")
    run_folder = artifacts_dir() / "runs" / run_id
    if not run_folder.is_dir():
        raise RunError(f"There is no run {run_id} any more.")
    asked = [Asked(path, Path(path)) for path in paths]
    done = write_submission(run_folder, asked, submission_file(run_id, dataset), told)
    return {
        "file": str(done.file),
        "rows": done.rows,
        "positive": list(done.positive),
        "missing": len(done.missing),
        "first_missing": f"{done.missing[0].image_id}: {done.missing[0].reason}" if done.missing else "",
        "not_wanted": done.not_wanted,
    }


def _wanted(pictures: Sequence[Asked]) -> _Wanted:
    by_id: dict[str, Asked] = {}
    twice: Counter[str] = Counter()
    for each in pictures:
        twice[_id_of(each)] += 1
        by_id.setdefault(_id_of(each), each)
    sample = _sample(pictures)
    if sample is None:
        named: dict[str, Asked | None] = dict(by_id)
        found = _Wanted(("id", "label"), named)
    else:
        first, second = sample.columns
        ids = [name if name in by_id else Path(name).stem for name in sample[first]]
        named = {said: by_id.get(name) for said, name in zip(sample[first], ids, strict=True)}
        found = _Wanted((first, second), named, len(by_id.keys() - set(ids)))
        twice = Counter({name: twice[name] for name in ids})
    if again := [name for name, count in twice.items() if count > 1]:
        raise DataError(
            f"{len(again):,} {'id stands' if len(again) == 1 else 'ids stand'} for several pictures, the first is "
            f"“{printable(again[0])}”: a submission needs an id for each picture. Name the folder of the test pictures "
            "alone."
        )
    return found


def _id_of(asked: Asked) -> str:
    """The name of a picture's file without its ending; of one that is not there, of what names it."""
    name = Path(asked.name if asked.problem else asked.path)
    return name.name if " " in name.suffix else name.stem  # "list.csv, line 6" has no ending


def _sample(pictures: Sequence[Asked]) -> pd.DataFrame | None:
    """The table of wanted ids that lies in or above a folder of the pictures and names one of them, None without."""
    folders = dict.fromkeys(each.path.parent for each in pictures)
    places = dict.fromkeys(place / SAMPLE for folder in folders for place in (folder, folder.parent))
    stems = {_id_of(each) for each in pictures}
    for place in places:
        if not place.is_file():
            continue
        table = read_texts(place)
        if len(table.columns) != 2:
            raise DataError(
                f"{printable(place)} asks for the columns {', '.join(map(str, table.columns[:12]))}; an id and one "
                "label can be written."
            )
        rows = table.dropna(subset=[table.columns[0]]).drop_duplicates(table.columns[0])
        if rows[table.columns[0]].map(lambda name: name in stems or Path(name).stem in stems).any():
            return rows
    return None


def _decoded(image_id: str, asked: Asked, size: int) -> np.ndarray | Skip:
    try:
        if asked.problem:
            raise PictureError(asked.problem)
        if not asked.path.is_file():
            raise PictureError(f"There is no file {printable(asked.path)}.")
        return decode_square(asked.path, size)
    except (PictureError, OSError) as error:
        return Skip(image_id, str(asked.path), str(error))
