"""Telling whether the files of a data set have changed, and which of them are byte-identical."""

import contextlib
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict

import pandas as pd

from core.base.files import open_regular
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.kept import KeptTable
from core.data.spec import Dataset


def source_fingerprint(dataset: Dataset, *, whole_paths: bool = False) -> str:
    """A hash over the ids, paths, sizes and modification times of all pictures, hexadecimal.

    Paths are those within the data set, so that what was made from it stays when it is moved as it is. Costs one
    directory scan per image folder; no file is opened. A picture that is gone counts as changed. With `whole_paths` it
    is as it was until they were those within the data set.
    """
    paths = dataset.table["path"].tolist()
    known: dict[str, str] = {}
    for folder in sorted({os.path.dirname(path) for path in paths}):  # noqa: PTH120 - 10,000 Paths are slow
        with contextlib.suppress(OSError), os.scandir(folder) as entries:  # a folder may be gone since it was read
            for entry in entries:
                try:
                    stat = entry.stat()
                except OSError:  # so may a file, or what a link points to
                    continue
                known[entry.path] = f"{stat.st_size}|{stat.st_mtime_ns}"
    ids, root = dataset.table["image_id"].tolist(), "" if whole_paths else f"{dataset.root}{os.sep}"
    lines = [
        f"{image_id}|{path.removeprefix(root)}|{known.get(path, 'gone')}\n"
        for image_id, path in zip(ids, paths, strict=True)
    ]
    return hashlib.blake2b("".join(lines).encode(), digest_size=16).hexdigest()


class States(TypedDict):
    """In what state pictures are, as `core.data.kept.Kept` is told it: now, and as earlier versions put it."""

    fingerprint: Callable[[], str]
    earlier: Callable[[], str]


def states_of(dataset: Dataset) -> States:
    """The states of the pictures of a data set."""
    return {
        "fingerprint": lambda: source_fingerprint(dataset),
        "earlier": lambda: source_fingerprint(dataset, whole_paths=True),
    }


def content_hashes(dataset: Dataset, progress: Progress = silent) -> pd.Series:
    """Hash of every picture file's bytes, by image id; two pictures with one hash are the same file twice.

    Kept under the artifacts folder until a source changes. A file that cannot be read has no entry.

    Raises:
        DataError: files changed meanwhile.
    """

    def make() -> pd.DataFrame:
        paths = dataset.table["path"].tolist()
        hashes: list[str | None] = []
        with ThreadPoolExecutor() as pool:
            for done, value in enumerate(pool.map(_content_hash, paths, chunksize=64), start=1):
                hashes.append(value)
                if done % 256 == 0 or done == len(paths):
                    progress(done, len(paths), "Comparing files")
        return pd.Series(hashes, index=dataset.table["image_id"], name="content").dropna().to_frame()

    file = artifacts_dir() / "cache" / dataset.spec.name / "content.parquet"
    kept = KeptTable(file, 1, work="compared", columns=("content",), **states_of(dataset))
    return kept.ensure(make)["content"]


def _content_hash(path: str) -> str | None:
    try:
        with open_regular(Path(path)) as file:
            return hashlib.blake2b(file.read(), digest_size=16).hexdigest()
    except OSError:
        return None
