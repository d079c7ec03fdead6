"""The catalog: which data sets are known, which of them are here, and opening one."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from core.data.demo import DEMO_SPEC, generate_demo
from core.data.ham10000 import HAM10000_SPEC, METADATA_FILE, read_ham10000
from core.data.spec import Dataset, DatasetSpec
from core.errors import DatasetNotFoundError
from core.progress import Progress, silent
from core.settings import artifacts_dir, data_roots

DEMO_METADATA = "demo_metadata.csv"

_ADAPTERS: dict[str, tuple[DatasetSpec, str, Callable[[Path], Dataset]]] = {
    HAM10000_SPEC.name: (HAM10000_SPEC, METADATA_FILE, read_ham10000),
}


@dataclass(frozen=True)
class CatalogEntry:
    """A known data set and whether it can be opened now.

    `folder` is where it lies, or would lie; `note` tells in one sentence what to do if it is not here.
    """

    spec: DatasetSpec
    present: bool
    folder: Path
    note: str


def list_datasets() -> tuple[CatalogEntry, ...]:
    """Every known data set, those that are here first. Reads no image and no table."""
    demo = demo_folder()
    drawn = (demo / DEMO_METADATA).is_file()
    entries = [CatalogEntry(DEMO_SPEC, True, demo, "" if drawn else "Drawn on first use, once.")]
    for name, (spec, metadata_file, _) in _ADAPTERS.items():
        folder = _folder_of(name, metadata_file)
        wanted = data_roots()[0] / name
        note = "" if folder else f"Put {metadata_file} and the image folders into {wanted}."
        entries.append(CatalogEntry(spec, folder is not None, folder or wanted, note))
    return tuple(sorted(entries, key=lambda entry: not entry.present))


def dataset_spec(name: str) -> DatasetSpec:
    """Specification of a known data set.

    Raises:
        DatasetNotFoundError: the name is not known.
    """
    if name == DEMO_SPEC.name:
        return DEMO_SPEC
    if name in _ADAPTERS:
        return _ADAPTERS[name][0]
    known = ", ".join([DEMO_SPEC.name, *_ADAPTERS])
    raise DatasetNotFoundError(f"No data set is called “{name}”. Known are: {known}.")


def open_dataset(name: str, progress: Progress = silent) -> Dataset:
    """Read the tidy metadata of a data set; the demo is drawn first where it is not there yet.

    Raises:
        DatasetNotFoundError: the name is unknown or the data set is not in any data root.
        DataError: its files cannot be used.
    """
    if dataset_spec(name) is DEMO_SPEC:
        return read_ham10000(ensure_demo(progress), DEMO_SPEC, DEMO_METADATA)
    spec, metadata_file, read = _ADAPTERS[name]
    folder = _folder_of(name, metadata_file)
    if folder is None:
        places = ", ".join(str(root / name) for root in data_roots())
        raise DatasetNotFoundError(
            f"{spec.title} is not here. Looked for {places}. Put the download there, or set LESIONLAB_DATA "
            "to the folder that holds it."
        )
    return read(folder)


def demo_folder() -> Path:
    """Where the demo pictures are drawn to."""
    return artifacts_dir() / "data" / "demo"


def ensure_demo(progress: Progress = silent) -> Path:
    """Draw the demo data set unless it is there; only one process draws at a time."""
    folder = demo_folder()
    if not (folder / DEMO_METADATA).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / "demo.lock"):
            if not (folder / DEMO_METADATA).is_file():
                for abandoned in folder.parent.glob(f".{folder.name}.*"):
                    shutil.rmtree(abandoned, ignore_errors=True)  # of a process that was killed; we hold the lock
                generate_demo(folder, progress=progress)
    return folder


def _folder_of(name: str, metadata_file: str) -> Path | None:
    """First folder called `name` in a data root, one with its metadata file before one without."""
    folders = [root / name for root in data_roots() if (root / name).is_dir()]
    complete = [folder for folder in folders if (folder / metadata_file).is_file()]
    return next(iter(complete or folders), None)
