"""The rows of a large folder that was read, kept so that opening it does not read the folder again."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from core.base.errors import DiskFullError
from core.base.files import UNREADABLE, write_atomically
from core.data.spec import Dataset, DatasetSpec, Skip

LARGE = 20_000
"""Pictures; fewer are read anew within two seconds."""
_VERSION = 1


def keep_rows(file: Path, dataset: Dataset, stamps: Sequence[tuple[str, int]]) -> None:
    """Keep the rows of a data set of at least `LARGE` pictures; what cannot be written is read again.

    Args:
        file: a parquet file; rows whose picture is not here go beside it.
        dataset: as the folder was read.
        stamps: paths with modification times (ns) that change whenever the rows may.
    """
    if len(dataset.described) < LARGE:
        return
    said = {
        "version": _VERSION,
        "stamps": _hash(stamps),
        "skipped": [[each.image_id, each.path, each.reason] for each in dataset.skipped],
        "more": len(dataset.described) > len(dataset.table),
        "objects": [name for name in dataset.described if dataset.described[name].dtype == object],
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if said["more"]:
            write_atomically(_beside(file), dataset.described.to_parquet())
        table = dataset.table.copy(deep=False)
        table.attrs = said
        write_atomically(file, table.to_parquet())
    except (DiskFullError, OSError, ValueError, TypeError):
        file.unlink(missing_ok=True)


def kept_rows(file: Path, folder: Path, spec: DatasetSpec, stamps: Sequence[tuple[str, int]]) -> Dataset | None:
    """What was kept under these stamps, None if it is of other ones, or damaged."""
    try:
        table = pd.read_parquet(file)
        said = table.attrs
        if (said["version"], said["stamps"]) != (_VERSION, _hash(stamps)):
            return None
        table = _as_read(table, said["objects"])
        described = _as_read(pd.read_parquet(_beside(file)), said["objects"]) if said["more"] else table
        skipped = tuple(Skip(*each) for each in said["skipped"])
    except (*UNREADABLE, EOFError):
        return None
    return Dataset(spec, table, folder, skipped, described)


def _as_read(rows: pd.DataFrame, objects: Sequence[str]) -> pd.DataFrame:
    """The rows with the same kinds of columns as where the folder itself is read."""
    rows = rows.astype(dict.fromkeys(objects, object))
    rows.attrs = {}
    return rows


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.stem}-described.parquet")


def _hash(stamps: Sequence[tuple[str, int]]) -> str:
    return hashlib.sha256(repr(list(stamps)).encode(errors="surrogateescape")).hexdigest()
