"""The image cache: every picture of a data set decoded once per size, in one memory-mapped array.

A cache is a folder `artifacts/cache/<data set>/<size>/` with `images.npy`, `rows.parquet` (the image ids in
the order of the array), `failures.json` and `manifest.json`. It is built aside and moved into place whole.
Pictures that could not be read leave as many unused rows at the end of the array.
"""

import logging
import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, BinaryIO

import joblib
import numpy as np
import pandas as pd
from joblib.externals.loky.process_executor import TerminatedWorkerError

from core.base.errors import ConfigurationError, DataError, PictureError
from core.base.files import read_json, write_json
from core.base.processes import main_unknown
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.images.fingerprint import states_of
from core.data.images.picture_refusals import ADVICE, subject
from core.data.images.pictures import decode_square
from core.data.kept import KeptFolder, Space
from core.data.spec import Dataset, Skip

MIN_SIZE, MAX_SIZE = 8, 1024
RESIZE_METHOD = "whole picture to a square, bilinear with antialiasing, JPEG decoded at half scale or less"
_VERSION = 2
_CHUNK = 128
_PAGE, _BLOCK = 4096, 2**20


@dataclass(frozen=True)
class ImageCache:
    """Decoded pictures of one data set at one size.

    `images` is (pictures, size, size, 3) uint8 RGB, memory-mapped read-only; `image_ids` names its rows.
    `failures` are the pictures that could not be read; they have no row.
    """

    images: np.ndarray
    image_ids: pd.Index
    failures: tuple[Skip, ...]
    fingerprint: str
    folder: Path

    @property
    def values(self) -> np.ndarray:
        """The pictures, as `core.data.training_examples.Examples` calls them."""
        return self.images

    @property
    def size(self) -> int:
        """Side of a picture in pixels."""
        return self.images.shape[1]

    def rows(self, image_ids: pd.Series) -> np.ndarray:
        """Row of each image id, int64, −1 where the picture could not be read."""
        return self.image_ids.get_indexer(image_ids)


def cache_folder(dataset_name: str, size: int) -> Path:
    """Where the cache of a data set at a size lies."""
    return artifacts_dir() / "cache" / dataset_name / str(size)


def open_cache(dataset: Dataset, size: int) -> ImageCache | None:
    """The cache if there is a whole one made from the files as they are now, else None."""
    return _kept(dataset, size).open()


def ensure_cache(dataset: Dataset, size: int, progress: Progress = silent) -> ImageCache:
    """Open the cache, building it first where it is missing or out of date.

    Only one process builds a cache at a time; the others wait for it.

    Raises:
        ConfigurationError: `size` is outside 8…1024 pixels.
        DataError: not one picture could be read.
        DiskFullError: the array does not fit; nothing is left behind.
    """
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ConfigurationError(f"The image size must be {MIN_SIZE} to {MAX_SIZE} pixels, not {size}.")
    space = Space(
        len(dataset.table) * size * size * 3,
        "The image cache needs {needed}",
        "Choose a smaller image size, free some space, or set LESIONLAB_ARTIFACTS to a larger disk.",
    )
    return _kept(dataset, size).ensure(lambda aside: _build(dataset, size, aside, progress), space)


def _kept(dataset: Dataset, size: int) -> KeptFolder[ImageCache]:
    def load(folder: Path, manifest: dict[str, Any]) -> ImageCache:
        images = np.load(folder / "images.npy", mmap_mode="r")
        image_ids = pd.Index(pd.read_parquet(folder / "rows.parquet")["image_id"])
        failures = tuple(Skip(**failure) for failure in read_json(folder / "failures.json"))
        if images.shape != (len(image_ids) + len(failures), size, size, 3):
            raise ValueError("The array has another shape than its rows say.")
        return ImageCache(images[: len(image_ids)], image_ids, failures, manifest["fingerprint"], folder)

    folder = cache_folder(dataset.spec.name, size)
    return KeptFolder(folder, _VERSION, work="read", load=load, **states_of(dataset))


def _build(dataset: Dataset, size: int, aside: Path, progress: Progress) -> dict[str, Any]:
    started = time.perf_counter()
    paths = dataset.table["path"].tolist()
    if not paths:
        raise DataError(f"{dataset.spec.title} has no picture here. {_first_reason(dataset)}".strip())
    shape = (len(paths), size, size, 3)
    target = aside / "images.npy"
    array = np.lib.format.open_memmap(target, mode="w+", dtype=np.uint8, shape=shape)
    with target.open("r+b") as file:
        _claim(file, target.stat().st_size)
    reasons = dict(_decode_all(paths, size, target, progress))
    failures = [
        Skip(row.image_id, row.path, reasons[position])
        for position, row in enumerate(dataset.table.itertuples())
        if position in reasons
    ]
    if len(failures) == len(paths):
        raise DataError(f"None of the {len(paths):,} pictures could be read. First: {failures[0].reason}")
    image_ids = dataset.table["image_id"]
    if failures:
        good = np.setdiff1d(np.arange(len(paths)), list(reasons))
        for row, position in enumerate(good):  # one by one: the array may be larger than the memory
            array[row] = array[position]
        image_ids = image_ids.iloc[good]
    array.flush()
    del array
    pd.DataFrame({"image_id": image_ids.to_numpy()}).to_parquet(aside / "rows.parquet")
    write_json(aside / "failures.json", [asdict(failure) for failure in failures])
    return {
        "dataset": dataset.spec.name,
        "size": size,
        "resize": RESIZE_METHOD,
        "images": len(image_ids),
        "failures": len(failures),
        "seconds": round(time.perf_counter() - started, 2),
    }


def _first_reason(dataset: Dataset) -> str:
    return dataset.skipped[0].reason if dataset.skipped else ""


def _claim(file: BinaryIO, size: int) -> None:
    """Ask for the space of a file now: a write into a sparse memory map on a full disk kills the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    file.seek(_PAGE)  # macOS has no such call, so all but the first page, with the header, is written once
    for start in range(_PAGE, size, _BLOCK):
        file.write(bytes(min(_BLOCK, size - start)))


def _decode_all(paths: list[str], size: int, target: Path, progress: Progress) -> Iterator[tuple[int, str]]:
    """Decode into the array on all cores; yields (position, reason) of each picture that failed.

    A few pictures are decoded right here: starting processes would take longer.
    """
    starts = range(0, len(paths), _CHUNK)
    processes = min(len(starts), joblib.cpu_count())
    work = (joblib.delayed(_decode_chunk)(paths[s : s + _CHUNK], s, size, target) for s in starts)
    left = dict.fromkeys(range(len(paths)))
    progress(0, len(paths), "Decoding images")
    try:
        for decoded, failed in joblib.Parallel(processes, return_as="generator_unordered")(work):
            for position in decoded:
                del left[position]
            progress(len(paths) - len(left), len(paths), "Decoding images")
            yield from failed
    except TerminatedWorkerError:
        logging.getLogger(__name__).warning("A process that decoded pictures ended; the others are decoded alone")
        yield from _decode_one_by_one(paths, list(left), size, target, progress)


def _decode_one_by_one(
    paths: list[str], positions: list[int], size: int, target: Path, progress: Progress
) -> Iterator[tuple[int, str]]:
    """As `_decode_all`, in one process beside this one: a picture that ends it, as decoders in C may, is found out."""
    waiting = deque(positions)
    while waiting:
        with ProcessPoolExecutor(1, get_context("spawn")) as beside:
            while waiting:
                position = waiting.popleft()
                try:
                    with main_unknown():
                        answer = beside.submit(_decode_chunk, [paths[position]], position, size, target)
                    _, failed = answer.result()
                except BrokenProcessPool:
                    yield position, f"{subject(Path(paths[position]).name)} ended the process that decoded it. {ADVICE}"
                    break
                progress(len(paths) - len(waiting), len(paths), "Decoding images")
                yield from failed


def _decode_chunk(paths: list[str], start: int, size: int, target: Path) -> tuple[range, list[tuple[int, str]]]:
    array = np.load(target, mmap_mode="r+")
    failed = []
    for position, path in enumerate(paths, start=start):
        try:
            array[position] = decode_square(Path(path), size)
        except PictureError as error:
            failed.append((position, str(error)))
    return range(start, start + len(paths)), failed
