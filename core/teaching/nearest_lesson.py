"""The leakage lesson in seconds: a model that only remembers its training pictures, judged under each split.

It answers with the class of the nearest training picture (one nearest neighbour, Euclidean distance of small pictures'
pixels; Cover & Hart 1967). Nothing is trained, so the figures are there at once; they are computed on the pictures that
are here and kept, never written down beforehand.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.base.files import UNREADABLE, read_json, write_json
from core.base.progress import Progress, silent
from core.data.images.cache import ImageCache, ensure_cache
from core.data.images.fingerprint import source_fingerprint
from core.data.spec import Dataset
from core.data.splits.splits import TEST, TRAIN, Split, SplitKind
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import prediction_table
from core.teaching.leakage_lesson import lessons_folder

SIZE = 28
"""Side of the pictures that are compared, in pixels."""
MOST_PICTURES = 4_000
"""Of more, the distances would take too long and too much memory for a page."""
RESAMPLES = 500
COLUMNS = (
    "split", "accuracy", "accuracy low", "accuracy high", "floor", "balanced accuracy", "balanced low", "balanced high",
    "pictures",
)  # fmt: skip
_BATCH = 256


def nearest_outcomes(dataset: Dataset, splits: Mapping[SplitKind, Split], progress: Progress = silent) -> pd.DataFrame:
    """Figures of the remembering model on the test part of each split, kept for the next who asks.

    Args:
        dataset: at most `MOST_PICTURES` pictures.
        splits: by kind; of these very pictures.
        progress: told of the pictures that are decoded first.

    Returns:
        `COLUMNS`, a row for each split; shares are 0…1, intervals come from resampling whole groups.

    Raises:
        DataError: no picture can be read.
        DiskFullError: nothing is kept then.
    """
    file = _file(dataset, splits)
    if (known := _read(file, splits)) is not None:
        return known
    cache = ensure_cache(dataset, SIZE, progress)
    readable = set(cache.image_ids)
    rows = [_judged(split, cache, dataset.spec.class_keys, readable) for split in splits.values()]
    outcomes = pd.DataFrame(rows, columns=list(COLUMNS))
    write_json(file, outcomes.astype(object).where(outcomes.notna(), None).to_dict("records"))
    return outcomes


def known_outcomes(dataset: Dataset, splits: Mapping[SplitKind, Split]) -> pd.DataFrame | None:
    """The figures of `nearest_outcomes` where they are kept; None where they are not, or are damaged."""
    return _read(_file(dataset, splits), splits)


def _judged(split: Split, cache: ImageCache, keys: tuple[str, ...], readable: set[str]) -> dict[str, Any]:
    split = split.without(set(split.rows["image_id"]) - readable)
    train, test = split.part(TRAIN), split.part(TEST)
    said = _nearest_labels(
        _pixels(cache, train["image_id"]), train["label"].to_numpy(), _pixels(cache, test["image_id"])
    )
    rows = test[["image_id", "group_id", "part"]].assign(true=test["label"])
    table = prediction_table(rows, (said[:, None] == np.asarray(keys)).astype(np.float32), keys)
    metrics = evaluate(table, keys, str(train["label"].value_counts().idxmax()), resamples=RESAMPLES)
    missing = (None, None)
    low, high = metrics.intervals.get("accuracy", missing)
    balanced_low, balanced_high = metrics.intervals.get("balanced_accuracy", missing)
    return {
        "split": str(split.kind),
        "accuracy": metrics.accuracy,
        "accuracy low": low,
        "accuracy high": high,
        "floor": metrics.majority_accuracy,
        "balanced accuracy": metrics.balanced_accuracy,
        "balanced low": balanced_low,
        "balanced high": balanced_high,
        "pictures": len(rows),
    }


def _pixels(cache: ImageCache, image_ids: pd.Series) -> np.ndarray:
    return np.asarray(cache.images[cache.rows(image_ids)], np.float32).reshape(len(image_ids), -1) / 255


def _nearest_labels(train: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Label of the nearest training picture of each test picture, (test,)."""
    squares = np.square(train).sum(axis=1)
    found = [
        (squares - 2 * test[start : start + _BATCH] @ train.T).argmin(axis=1) for start in range(0, len(test), _BATCH)
    ]
    return labels[np.concatenate(found)] if found else labels[:0]


def _file(dataset: Dataset, splits: Mapping[SplitKind, Split]) -> Path:
    said = "|".join([dataset.spec.name, source_fingerprint(dataset), *(_digest(split) for split in splits.values())])
    name = hashlib.blake2b(said.encode(errors="surrogateescape"), digest_size=12).hexdigest()
    return lessons_folder().parent / "nearest" / f"{name}.json"


def _digest(split: Split) -> str:
    rows = pd.util.hash_pandas_object(split.rows[["image_id", "group_id", "label", "part"]], index=False)
    return f"{split.kind}-{int(rows.sum()) & 0xFFFFFFFFFFFFFFFF:x}"


def _read(file: Path, splits: Mapping[SplitKind, Split]) -> pd.DataFrame | None:
    try:
        table = pd.DataFrame(read_json(file))[list(COLUMNS)]
        figures = table.drop(columns="split").apply(pd.to_numeric)
    except UNREADABLE:
        return None
    table = table[["split"]].join(figures)
    return table if list(table["split"]) == [str(kind) for kind in splits] else None
