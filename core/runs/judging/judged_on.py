"""What a run is judged on besides its own parts: opened, its classes mapped to those of the run, what both share."""

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.files import with_home
from core.base.printable import one_line, printable, shortened
from core.base.progress import Progress
from core.data.adapters.one_hot_folder import cache_name, has_ground_truth, open_one_hot_folder
from core.data.adapters.skin import class_in
from core.data.adapters.table_files import is_table_name
from core.data.catalog import list_datasets, open_dataset, open_folder
from core.data.diagnoses.diagnoses import same_diagnosis
from core.data.gathering import unpacked_aside
from core.data.packed import is_archive_name
from core.data.reading.choices import choices_of
from core.data.reading.understood import read_dataset_of_table
from core.data.spec import Dataset
from core.data.splits.splits import TRAIN, Split
from core.data.trainable import how_to_decide
from core.data.training_examples import Examples
from core.runs.judging.other_samples import samples_seen_in_training
from core.runs.judging.seen_pictures import seen_in_training
from core.runs.judging.shared_pictures import SharedPictures
from core.serving.predictor import PredictorInfo

NearDuplicates = Callable[[Dataset, pd.Series, str, pd.Series, Progress], np.ndarray | None]
"""Tells which pictures show a photograph of others, as `core.integrity.shown_in_training` does."""


def propose_classes(theirs: Iterable[str], ours: tuple[str, ...]) -> dict[str, str]:
    """The class of a run that each class of other pictures means, in any spelling; without those that mean none."""
    meant = {key: class_of_run(key, ours) for key in theirs}
    return {key: value for key, value in meant.items() if value in ours}


def mapped_classes(theirs: Iterable[str], ours: tuple[str, ...], said: Mapping[str, str]) -> dict[str, str]:
    """As `propose_classes`, but for what somebody has said.

    Args:
        theirs: classes of the other pictures.
        ours: classes of the run.
        said: class of the run by class of the others; "" leaves one out.

    Raises:
        DataError: a class is none of theirs, or becomes none of ours.
    """
    theirs = list(theirs)
    for key, meant in said.items():
        if key not in theirs:
            raise DataError(
                f"“{_brief(key)}” is not a class of that data set; its classes are {', '.join(map(_brief, theirs))}."
            )
        if meant and meant not in ours:
            raise DataError(
                f"“{_brief(meant)}” is not a class of the run; its classes are {', '.join(map(_brief, ours))}."
            )
    return {key: meant for key, meant in (propose_classes(theirs, ours) | dict(said)).items() if meant}


def find_shared(
    dataset: Dataset,
    rows: pd.DataFrame,
    examples: Examples,
    info: PredictorInfo,
    split: Split,
    near: NearDuplicates | None,
    progress: Progress,
) -> tuple[np.ndarray, SharedPictures]:
    """Which rows the run's own data have as well, bool (rows,), and how many of each kind they are.

    Args:
        dataset: of which `rows` are some, with `image_id` and `group_id`.
        rows: what the run is to be judged on.
        examples: the same, as the network sees them.
        info: of the run.
        split: of the run.
        near: finds changed copies; None to look for whole ones alone.
        progress: told about each step.

    Raises:
        DataError: the run's own data are not here.
    """
    copies = seen(examples, rows["image_id"], info, split, progress, tuple(split.rows["part"].unique()))
    if copies is None:
        raise DataError(
            f"The {info.things} of the run itself are not here, so what both share cannot be found. Bring them back, "
            "or have shared ones counted instead."
        )
    changed, counted = np.zeros(len(rows), bool), None
    if near is not None:
        known = near(dataset, rows["image_id"][~copies], info.dataset, split.rows["image_id"], progress)
        if known is not None:
            changed[~copies] = known
            counted = int(changed.sum())
    found = copies | changed
    related = rows["group_id"].isin(set(rows["group_id"][found])).to_numpy() & ~found
    return found | related, SharedPictures(int(copies.sum()), counted, int(related.sum()))


def seen(
    examples: Examples,
    image_ids: pd.Series,
    info: PredictorInfo,
    split: Split,
    progress: Progress,
    parts: tuple[str, ...] = (TRAIN,),
) -> np.ndarray | None:
    """Whether each example is one of these parts of a run, bool (examples,); None where its data are not here."""
    look = seen_in_training if info.takes == "pictures" else samples_seen_in_training
    return look(examples, image_ids, info, split, progress, parts)


def _brief(key: str) -> str:
    return shortened(one_line(key), 80)


def class_of_run(key: str, keys: tuple[str, ...]) -> str:
    """The class of a run that is meant by a class of other pictures, in any spelling; `key` itself if it is none."""
    if (found := class_in(key, keys)) in keys:
        return found
    meant = [each for each in keys if same_diagnosis(key, each)]
    return meant[0] if len(meant) == 1 else key


@contextmanager
def opened(where: str, info: PredictorInfo, progress: Progress) -> Iterator[Dataset]:
    """The pictures to judge a run on; those of an archive are there until the end of the block."""
    path = with_home(where)
    named = where in [entry.spec.name for entry in list_datasets()]  # also where a folder here is called so
    if not named and os.path.isdir(path):  # noqa: PTH112 - Path.is_dir fails on names that are too long
        yield _certain(_open_folder(path, info, progress), path)
    elif named or not os.path.isfile(path):  # noqa: PTH113
        dataset = open_dataset(where, progress)
        yield _certain(dataset, dataset.root)
    elif is_archive_name(path.name):
        with unpacked_aside(path, progress) as folder:
            dataset = _certain(_open_folder(folder, info, progress), folder, path)
            yield replace(dataset, spec=replace(dataset.spec, name=cache_name(path), title=path.name))
    elif is_table_name(path.name):
        yield _certain(read_dataset_of_table(path, cache_name(path)), path.parent)
    else:
        raise DataError(f"{printable(path)} is no data set, folder, zip, tar or table with labels.")


def _open_folder(folder: Path, info: PredictorInfo, progress: Progress) -> Dataset:
    if choices_of(folder).empty and has_ground_truth(folder, info.classes):
        return open_one_hot_folder(folder, info.classes)
    found = open_folder(folder, progress)
    if found is None:
        raise DataError(
            f"{folder} has no ground-truth CSV with a column “image” and a column per class "
            f"({', '.join(info.class_keys).upper()}), no other table with labels, and no sub-folder with pictures for "
            "each class."
        )
    return found


def _certain(dataset: Dataset, folder: Path, archive: Path | None = None) -> Dataset:
    """The same data set, if nothing is asked about it.

    Raises:
        DataError: somebody has to agree to how it is read; the message says how.
    """
    if not dataset.spec.unsure:
        return dataset
    unpacked = f"Unpack it (python -m core unpack {shlex.quote(printable(archive))}), and a" if archive else "A"
    place = Path("FOLDER") if archive else folder
    raise DataError(
        f"Nothing is judged on {dataset.spec.title} until somebody has agreed to how it is understood: "
        f"{dataset.spec.unsure} {unpacked}nswer on the page Data, or with: {how_to_decide(place)}"
    )
