"""Pictures that come as arrays, written once as PNG files, so that all that reads pictures can read them.

They lie in `artifacts/data/<data set>/` with `pictures.parquet`, a table of what is known of each, and
`source.json`, from which files they were made.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock
from PIL import Image

from core.base.errors import DataError, DiskFullError
from core.base.files import folder_built_aside, read_json, write_atomically, write_json
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir

_VERSION = 1
_PER_FOLDER = 4096


@dataclass(frozen=True)
class ArrayPart:
    """A run of pictures in one array.

    `rows` has one row per picture with at least `image_id`; `batches` yields uint8 arrays (n, height, width, 3)
    that together have as many pictures.
    """

    rows: pd.DataFrame
    batches: Callable[[], Iterable[np.ndarray]]


def unpacked_folder(name: str) -> Path:
    """Where the pictures of a data set are written to."""
    return artifacts_dir() / "data" / name


def is_unpacked(name: str, sources: Iterable[Path]) -> bool:
    """Whether the pictures are there and were made from the files as they are now."""
    try:
        return read_json(unpacked_folder(name) / "source.json") == _made_from(sources)
    except (OSError, ValueError):
        return False


def ensure_unpacked(
    name: str,
    sources: Iterable[Path],
    parts: Callable[[], Iterable[ArrayPart]],
    needed_bytes: int,
    progress: Progress = silent,
) -> pd.DataFrame:
    """The table of the pictures with their `path`, after writing them where they are missing or out of date.

    Only one process writes at a time; the others wait for it.

    Args:
        name: of the data set.
        sources: files from which everything is made; if one changes, it is made again.
        parts: reads the sources; called only if something must be written.
        needed_bytes: space that the pictures take, about; asked for before the first is written.

    Raises:
        DiskFullError: there is not enough space; nothing is left behind.
        DataError: the arrays cannot be read, or do not hold what their rows say.
    """
    sources, folder = list(sources), unpacked_folder(name)
    if not is_unpacked(name, sources):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f"{name}.lock"):
            if not is_unpacked(name, sources):
                _unpack(folder, sources, parts, needed_bytes, progress)
    table = pd.read_parquet(folder / "pictures.parquet")
    return table.assign(path=[f"{folder}/{file}" for file in table["file"]]).drop(columns="file")


def _unpack(
    folder: Path,
    sources: list[Path],
    parts: Callable[[], Iterable[ArrayPart]],
    needed_bytes: int,
    progress: Progress,
) -> None:
    for abandoned in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(abandoned, ignore_errors=True)  # of a process that was killed; we hold the lock
    free = shutil.disk_usage(folder.parent).free
    if needed_bytes > free:
        raise DiskFullError(
            f"The pictures of {folder.name} take about {needed_bytes / 1e9:.1f} GB as files and {folder.parent} has "
            f"{free / 1e9:.1f} GB free. Free some space, or set LESIONLAB_ARTIFACTS to a larger disk."
        )
    made_from = _made_from(sources)
    with folder_built_aside(folder) as aside, ThreadPoolExecutor() as pool:
        known = list(parts())
        total = sum(len(part.rows) for part in known)
        files: list[str] = []
        progress(0, total, "Unpacking pictures")
        for part in known:
            expected = len(files) + len(part.rows)
            for pictures in part.batches():
                names = list(_names(len(files), len(pictures)))
                if len(files) + len(names) > expected:
                    raise _miscounted(sources)
                for sub in {name.split("/")[0] for name in names}:
                    (aside / sub).mkdir(exist_ok=True)
                # Pillow lets go of Python's lock while it compresses, so threads do it side by side.
                list(pool.map(_save, pictures, [aside / name for name in names]))
                files += names
                progress(len(files), total, "Unpacking pictures")
            if len(files) != expected:
                raise _miscounted(sources)
        table = pd.concat([part.rows for part in known], ignore_index=True).assign(file=files)
        write_atomically(aside / "pictures.parquet", table.to_parquet())
        write_json(aside / "source.json", made_from)


def _miscounted(sources: list[Path]) -> DataError:
    return DataError(
        f"An array in {sources[0].parent} has another number of pictures than of labels. Download it again."
    )


def _names(start: int, count: int) -> Iterator[str]:
    for number in range(start, start + count):
        yield f"{number // _PER_FOLDER:04d}/{number:07d}.png"


def _save(rgb: np.ndarray, path: Path) -> None:
    Image.fromarray(rgb).save(path, compress_level=1)


def _made_from(sources: Iterable[Path]) -> dict:
    files = [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in sources]
    return {"version": _VERSION, "sources": files}
