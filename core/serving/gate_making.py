"""Making the gate of a data set: the bank, the limits, and how it does on pictures that neither has seen.

It is made in the background, at the lowest priority, once the pictures of a data set are first decoded: by `ingest`, on
a page, for a training, for a model from outside. Where a killed process left none, the end of a training or the first
question to a run has it made again.

The pictures are divided in three by group. One third gives the bank, one the limits, and the last says how many pass.
Pictures that the publishers hold out for a test take no part. No class is looked at but to have each in the bank.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from core.base.errors import DataError, LesionLabError, PictureError
from core.base.progress import Progress, silent, until_cancelled
from core.base.random_streams import Stream, random_stream
from core.base.settings import artifacts_dir, makes_gates
from core.data.catalog import open_dataset
from core.data.images.fingerprint import states_of
from core.data.images.pictures import decode_square, decode_within
from core.data.kept import KeptFolder
from core.data.spec import Dataset
from core.data.splits.dealing import deal_groups
from core.data.splits.splits import TEST
from core.data.statistics.measuring import with_pictures
from core.evaluation.intervals import Ranking, weighted_auc
from core.jobs import JobState, newest_job, start_job
from core.serving.gate import (
    GATE_SIZE,
    PASSED,
    Gate,
    GateTrunk,
    LeftOut,
    PassRate,
    colour_numbers,
    gate_folder,
    kept_gate,
    made_at,
    nearest_likeness,
    unit_rows,
    unusualness,
)
from core.serving.picture_quality import SIDE, QualityMeasures, limits_of, measure_quality
from core.serving.predictor import PredictorInfo

BANK = 500
MOST_HELD_OUT = 1500
"""Pictures that give the limits, and as many again that say how many pass."""
FEWEST_HELD_OUT = 100
"""With fewer hardly a picture lies beyond the limits, which let `PASSED` of them pass."""
KIND = "gate"
"""Of the background job."""
TITLE = "Learn what pictures of {} look like"
FEWEST_LEFT_OUT = 20
"""With fewer pictures of a class, or of all others, nothing is said of it as an unknown diagnosis."""
_PARTS = 3
_CHUNK = 64
_RIDGE = 1e-6

logger = logging.getLogger(__name__)


def ensure_gate(dataset: Dataset, progress: Progress = silent) -> Gate:
    """Open the gate of a data set, making it first where it is missing or a picture has changed.

    Only one process makes it at a time; the others wait for it.

    Raises:
        DataError: there are too few pictures or groups, or the weights of the frozen network are not here.
        DiskFullError: nothing is then left behind.
    """
    return _kept(dataset).ensure(lambda aside: _make(dataset, aside, progress))


def _kept(dataset: Dataset) -> KeptFolder[Gate]:
    state = states_of(with_pictures(dataset))["fingerprint"]
    return kept_gate(gate_folder(dataset.spec.name), lambda: {"passed": PASSED, "pictures": state()})


def run_gate_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`ensure_gate` as a background job; `arguments` has `dataset`."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # a training may have the GPU for itself
    report = until_cancelled(progress, cancelled)
    gate = ensure_gate(open_dataset(arguments["dataset"], report), report)
    return {"dataset": gate.dataset, "pictures": gate.rates[0].pictures, "passed": gate.rates[0].passed}


def start_gate_job(dataset: Dataset, pictures: str = "") -> None:
    """Have the gate of a data set made in the background unless it is there, is being made, or cannot be made.

    Args:
        dataset: whose pictures were just decoded.
        pictures: their fingerprint as it stands in the cache of a size, "" where that is not at hand. With it this
            costs a training no time.
    """
    if dataset.spec.holds != "pictures" or not makes_gates():
        return
    try:
        if _is_there(dataset, pictures):
            return
        _usable(with_pictures(dataset).table)
        start_job(KIND, TITLE.format(dataset.spec.title), {"dataset": dataset.spec.name})
    except (LesionLabError, OSError) as error:  # whoever looked at the pictures has all the same what was wanted
        print(f"No gate: {error}", file=sys.stderr)  # noqa: T201 - which goes to the log of trainings and jobs


def _is_there(dataset: Dataset, pictures: str) -> bool:
    folder = gate_folder(dataset.spec.name)
    if not made_at(folder):
        return False
    known = kept_gate(folder, lambda: {"passed": PASSED, "pictures": pictures})
    return (bool(pictures) and known.is_current()) or _kept(dataset).is_current()


def why_no_gate(dataset: Dataset) -> str:
    """Why no gate can be made for a data set with so few pictures or groups; "" where one can."""
    try:
        _usable(dataset.table)
    except DataError as error:
        return str(error)
    return ""


def start_missing_gate_job(dataset_name: str, title: str) -> None:
    """As `start_gate_job`, for who has not read the data set: where none was made or tried, or a process was killed."""
    if not makes_gates():
        return
    try:
        job = newest_job(KIND, dataset=dataset_name)
        killed = job is not None and job.status().state is JobState.LOST
        if killed or (job is None and not made_at(gate_folder(dataset_name))):
            start_job(KIND, TITLE.format(title), {"dataset": dataset_name})
    except (LesionLabError, OSError):
        logger.exception("no gate is made for %s", dataset_name)


def start_gate_job_of(run_folder: Path) -> None:
    """As `start_missing_gate_job`, for the data set of a run; considered once for each run in a process."""
    if makes_gates() and run_folder.parent == artifacts_dir() / "runs":
        _consider(run_folder)


@lru_cache(maxsize=4096)
def _consider(run_folder: Path) -> None:
    with suppress(LesionLabError):  # whoever asked has all the same what was wanted
        info = PredictorInfo.load(run_folder / "predictor.json")
        start_missing_gate_job(info.dataset, info.dataset_title)


def drawn_parts(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of the pictures of the bank, of those that give the limits, and of those that are counted.

    Args:
        table: tidy metadata with a picture in each row.

    Raises:
        DataError: there are too few pictures or groups.
    """
    rng = random_stream(0, Stream.GATE)
    usable = _usable(table)
    rows = table.iloc[usable]
    counts = pd.crosstab(rows["group_id"], rows["label"])
    dealt = deal_groups(counts.to_numpy(), np.full(_PARTS, 1 / _PARTS), rng)
    part = rows["group_id"].map(pd.Series(dealt, index=counts.index)).to_numpy()
    bank, limits, counted = (rng.permutation(usable[part == number]) for number in range(_PARTS))
    limits, counted = limits[:MOST_HELD_OUT], counted[:MOST_HELD_OUT]
    if min(len(limits), len(counted)) < FEWEST_HELD_OUT:
        raise _too_few(len(usable))
    return _of_each_class(bank, table["label"].to_numpy()[bank]), limits, counted


def _usable(table: pd.DataFrame) -> np.ndarray:
    """Positions of the pictures that take part.

    Raises:
        DataError: there are too few of them, or too few groups.
    """
    usable = np.flatnonzero((table["split"] != TEST).to_numpy())
    if table["group_id"].iloc[usable].nunique() < _PARTS:
        raise DataError(f"At least {_PARTS} groups are needed to tell what the pictures of a data set look like.")
    if len(usable) < _PARTS * FEWEST_HELD_OUT:
        raise _too_few(len(usable))
    return usable


def _too_few(pictures: int) -> DataError:
    return DataError(
        f"At least {_PARTS * FEWEST_HELD_OUT} pictures in groups of about the same size are needed to tell what the "
        f"pictures of a data set look like; there are {pictures}."
    )


def _of_each_class(positions: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """At most `BANK` of the positions, of each class as many as of the others, or all that it has."""
    rank = pd.Series(labels).groupby(labels).cumcount().to_numpy()
    return positions[np.argsort(rank, kind="stable")][:BANK]


def _make(dataset: Dataset, aside: Path, progress: Progress) -> dict[str, Any]:
    table = with_pictures(dataset).table
    parts = drawn_parts(table)
    positions = np.concatenate(parts)
    read = _read(table["path"].iloc[positions], progress)
    readable = np.array([each is not None for each in read])
    part_of = np.repeat(np.arange(_PARTS), [len(each) for each in parts])[readable]
    if min(np.bincount(part_of, minlength=_PARTS)) < FEWEST_HELD_OUT:
        raise DataError("Too few pictures can be read to tell what the pictures of a data set look like.")
    pictures = np.stack([each[0] for each in read if each is not None])
    quality = [each[1] for each in read if each is not None]
    features = unit_rows(_features(pictures, progress))
    colours = colour_numbers(pictures)
    in_bank, in_limits, counted = (part_of == number for number in range(_PARTS))
    seen = _looked_at(features, colours, in_bank, in_limits)
    np.save(aside / "bank.npy", seen.bank)
    np.save(aside / "colours.npy", np.vstack([seen.colour_mean, seen.colour_precision]))
    labels = table["label"].to_numpy()[positions[readable]]
    usual = [each for each, learnt in zip(quality, ~counted, strict=True) if learnt]
    rows = table.iloc[positions[readable][counted]]
    return {
        "dataset": dataset.spec.name,
        "title": dataset.spec.title,
        "least_likeness": seen.least_likeness,
        "most_colours": seen.most_colours,
        "held_out": int(in_limits.sum()),
        "quality": asdict(limits_of(usual, lesions=dataset.spec.group == "lesion")),
        "rates": [asdict(each) for each in _rates(rows, seen.passed[counted])],
        "left_out": [asdict(each) for each in _each_left_out(features, colours, labels, in_bank, in_limits, counted)],
    }


@dataclass(frozen=True)
class _LookedAt:
    """What a bank and its limits come to, and what they make of each picture, (pictures,)."""

    bank: np.ndarray
    colour_mean: np.ndarray
    colour_precision: np.ndarray
    least_likeness: float
    most_colours: float
    likeness: np.ndarray
    passed: np.ndarray


def _looked_at(features: np.ndarray, colours: np.ndarray, in_bank: np.ndarray, in_limits: np.ndarray) -> _LookedAt:
    bank = features[in_bank].astype(np.float16)
    mean = colours[in_bank].mean(axis=0)
    precision = np.linalg.inv(np.cov(colours[in_bank].T) + _RIDGE * np.eye(colours.shape[1]))
    likeness = nearest_likeness(features, bank.astype(np.float32))
    unusual = unusualness(colours, mean, precision)
    least = float(np.quantile(likeness[in_limits], 1 - PASSED, method="lower"))
    most = float(np.quantile(unusual[in_limits], PASSED, method="higher"))
    return _LookedAt(bank, mean, precision, least, most, likeness, (likeness >= least) & (unusual <= most))


def _each_left_out(
    features: np.ndarray,
    colours: np.ndarray,
    labels: np.ndarray,
    in_bank: np.ndarray,
    in_limits: np.ndarray,
    counted: np.ndarray,
) -> list[LeftOut]:
    """How the gate would do on each class if nobody had shown it one of its pictures."""
    found = []
    for label in sorted(set(labels[counted])):
        of = labels == label
        asked, others = of & ~in_bank, ~of & counted
        known, limits = in_bank & ~of, in_limits & ~of
        if min(asked.sum(), others.sum(), known.sum(), limits.sum()) < FEWEST_LEFT_OUT:
            continue
        seen = _looked_at(features, colours, known, limits)
        rows = asked | others
        unlike = Ranking.of(-seen.likeness[rows], asked[rows])
        auc = float(weighted_auc(unlike, np.ones((1, rows.sum()), int))[0])
        found.append(LeftOut(str(label), int(asked.sum()), int(seen.passed[asked].sum()), auc))
    return found


def _rates(rows: pd.DataFrame, passed: np.ndarray) -> list[PassRate]:
    found = [PassRate("", "", len(rows), int(passed.sum()))]
    for column in ("label", "source"):
        of = pd.Series(passed).groupby(rows[column].reset_index(drop=True)).agg(["size", "sum"])
        found += [PassRate(column, str(each.Index), int(each.size), int(each.sum)) for each in of.itertuples()]
    return found


def _read(paths: pd.Series, progress: Progress) -> list[tuple[np.ndarray, QualityMeasures] | None]:
    """Each picture as a square for the gate, with what is measured of it; None where it cannot be read."""
    found: list[tuple[np.ndarray, QualityMeasures] | None] = []
    for start in range(0, len(paths), _CHUNK):
        some = (joblib.delayed(_decoded)(Path(path)) for path in paths.iloc[start : start + _CHUNK])
        found += joblib.Parallel(joblib.cpu_count(), prefer="threads")(some)
        progress(len(found), len(paths), "Reading pictures for the gate")
    return found


def _decoded(path: Path) -> tuple[np.ndarray, QualityMeasures] | None:
    try:
        return decode_square(path, GATE_SIZE), measure_quality(decode_within(path, SIDE, SIDE)[0])
    except PictureError:
        return None


def _features(pictures: np.ndarray, progress: Progress) -> np.ndarray:
    trunk = GateTrunk()
    rows = []
    for start in range(0, len(pictures), _CHUNK):
        rows.append(trunk.features(pictures[start : start + _CHUNK]))
        progress(min(start + _CHUNK, len(pictures)), len(pictures), "Looking at pictures for the gate")
    return np.concatenate(rows)
