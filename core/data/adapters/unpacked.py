"""Pictures that come as arrays, written once as PNG files, so that all that reads pictures can read them.

They lie in `artifacts/data/<data set>/` with `pictures.parquet`, a table of what is known of each, and
`source.json`, from which files they were made.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from core.base.errors import DataError
from core.base.files import write_atomically
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.kept import KeptFolder, Space

_VERSION = 1
_PER_FOLDER = 4096
_BEGINNINGS = (
    (b"\xff\xd8", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"RIFF", ".webp"),
    (b"II*\0", ".tif"), (b"MM\0*", ".tif"), (b"II+\0", ".tif"), (b"\0\0\0\x0cjP", ".jp2"), (b"P5", ".pgm"),
    (b"P6", ".ppm"),
)  # fmt: skip
"""How files of pictures begin."""
_BRANDS = {b"ftypavif": ".avif", b"ftypavis": ".avif", b"ftypheic": ".heic", b"ftypmif1": ".heic"}
"""What stands behind the first four bytes of some."""


@dataclass(frozen=True)
class ArrayPart:
    """A run of pictures in one array.

    `rows` has one row per picture; `batches` yields uint8 arrays (n, height, width, 3), or (n, height, width) of grey
    pictures, that together have as many pictures; or lists of picture files as they are, of which what is no picture is
    marked in a column `empty`.
    """

    rows: pd.DataFrame
    batches: Callable[[], Iterable[np.ndarray | list[bytes]]]


def unpacked_folder(name: str) -> Path:
    """Where the pictures of a data set are written to."""
    return artifacts_dir() / "data" / name


def is_unpacked(name: str, sources: Collection[Path]) -> bool:
    """Whether the pictures are there and were made from the files as they are now."""
    return _kept(name, sources).is_current()


def ensure_unpacked(
    name: str,
    sources: Collection[Path],
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
    kept = _kept(name, sources)
    space = Space(
        needed_bytes,
        f"The pictures of {name} take about {{needed}} as files",
        "Free some space, or set LESIONLAB_ARTIFACTS to a larger disk.",
    )
    return kept.ensure(lambda aside: _unpack(aside, list(sources), parts, progress), space)


def _kept(name: str, sources: Collection[Path]) -> KeptFolder[pd.DataFrame]:
    def load(folder: Path, _: dict[str, Any]) -> pd.DataFrame:
        table = pd.read_parquet(folder / "pictures.parquet")
        return table.assign(path=[f"{folder}/{file}" for file in table["file"]]).drop(columns="file")

    def states() -> list[list[Any]]:
        return [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in sources]

    return KeptFolder(unpacked_folder(name), _VERSION, states, "unpacked", load, "source.json", "sources")


def _unpack(
    aside: Path, sources: list[Path], parts: Callable[[], Iterable[ArrayPart]], progress: Progress
) -> dict[str, Any]:
    with ThreadPoolExecutor() as pool:
        known = list(parts())
        total = sum(len(part.rows) for part in known)
        files: list[str] = []
        empty: list[bool] = []
        progress(0, total, "Unpacking pictures")
        for part in known:
            expected = len(files) + len(part.rows)
            for pictures in part.batches():
                endings = [_ending(each) for each in pictures]
                names = [name + end for name, end in zip(_names(len(files), len(pictures)), endings, strict=True)]
                if len(files) + len(names) > expected:
                    raise _miscounted(sources)
                for sub in {name.split("/")[0] for name in names}:
                    (aside / sub).mkdir(exist_ok=True)
                # Pillow lets go of Python's lock while it compresses, so threads do it side by side.
                list(pool.map(_save, pictures, [aside / name for name in names]))
                files += names
                empty += [not end for end in endings]
                progress(len(files), total, "Unpacking pictures")
            if len(files) != expected:
                raise _miscounted(sources)
        table = pd.concat([part.rows for part in known], ignore_index=True).assign(file=files)
        if any(empty):
            table["empty"] = empty
        write_atomically(aside / "pictures.parquet", table.to_parquet())
        return {}


def _miscounted(sources: list[Path]) -> DataError:
    return DataError(
        f"An array in {sources[0].parent.name} has another number of pictures than of labels. Download it again."
    )


def _names(start: int, count: int) -> Iterator[str]:
    for number in range(start, start + count):
        yield f"{number // _PER_FOLDER:04d}/{number:07d}"


def _ending(picture: np.ndarray | bytes) -> str:
    """What the file of a picture ends in: of one that is a file already, by its first bytes; "" if it is none."""
    if not isinstance(picture, bytes):
        return ".png"
    begins = (ending for beginning, ending in _BEGINNINGS if picture.startswith(beginning))
    return next(begins, _BRANDS.get(picture[4:12], ""))


def _save(picture: np.ndarray | bytes, path: Path) -> None:
    if isinstance(picture, bytes):
        path.write_bytes(picture)
    else:
        Image.fromarray(picture).save(path, compress_level=1)
