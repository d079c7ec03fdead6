"""The catalog: which data sets are known, which of them are here, and opening one.

Each folder in a data root is looked at: what has the layout of a known download is that data set, whatever the
folder is called, and any other folder with a sub-folder per class is a data set under its own name.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from core.base.errors import DataError, DatasetNotFoundError
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir, data_roots
from core.data.adapters.adapter import Adapter
from core.data.adapters.breast_histopathology import BREAST_HISTOPATHOLOGY
from core.data.adapters.class_folders import CLASS_FOLDERS
from core.data.adapters.dermamnist import DERMAMNIST
from core.data.adapters.ham10000 import HAM10000, read_ham10000
from core.data.adapters.hmnist import HMNIST
from core.data.adapters.isic import ISIC_2018, ISIC_2019
from core.data.adapters.listing import list_folder, settled, stamps
from core.data.adapters.one_hot_folder import cache_name
from core.data.adapters.patchcamelyon import PATCHCAMELYON, PATCHCAMELYON_KAGGLE
from core.data.demo.demo import DEMO_SPEC, generate_demo
from core.data.spec import Dataset, DatasetSpec
from core.data.splits.merged_groups import merges_version, with_merged_groups

DEMO_METADATA = "demo_metadata.csv"

ADAPTERS: tuple[Adapter, ...] = (
    HAM10000,
    HMNIST,
    ISIC_2018,
    ISIC_2019,
    *DERMAMNIST,
    PATCHCAMELYON,
    PATCHCAMELYON_KAGGLE,
    BREAST_HISTOPATHOLOGY,
)
_KNOWN = {spec.name: (spec, adapter) for adapter in ADAPTERS for spec in adapter.known}
_MOST_KEPT = 2000


@dataclass(frozen=True)
class CatalogEntry:
    """A known data set and whether it can be opened now.

    `folder` is where it lies, or would lie; `note` tells in one sentence what to do if it is not here, or what
    the first use will cost where pictures have to be drawn or unpacked.
    """

    spec: DatasetSpec
    present: bool
    folder: Path
    note: str


@dataclass(frozen=True)
class _Found:
    """What a folder in a data root is; `problem` says why it cannot be used."""

    folder: Path
    holds: tuple[tuple[DatasetSpec, Adapter], ...]
    problem: str = ""


_recognised: dict[str, tuple[list[tuple[str, int]], _Found]] = {}


def list_datasets() -> tuple[CatalogEntry, ...]:
    """Every known data set, those that are here first. Reads no image and no table but the header of `groups.csv`."""
    demo = demo_folder()
    drawn = (demo / DEMO_METADATA).is_file()
    entries = [CatalogEntry(DEMO_SPEC, True, demo, "" if drawn else "Drawn on first use, once.")]
    here, roots = _present(), data_roots()
    for name, (spec, adapter) in _KNOWN.items():
        if name not in here:
            folder = _folder_called(name, roots)
            wanted = folder or roots[0] / name
            problem = _recognise(folder).problem if folder else ""
            entries.append(CatalogEntry(spec, False, wanted, problem or f"Put {adapter.wanted} into {wanted}."))
    for spec, adapter, folder in here.values():
        entries.append(CatalogEntry(spec, True, folder, adapter.note(spec, list_folder(folder))))
    for found in _folders():
        if found.problem and found.folder.name not in _KNOWN:
            spec = replace(_unusable(found.folder), description=found.problem)
            entries.append(CatalogEntry(spec, False, found.folder, found.problem))
    order = {name: number for number, name in enumerate([DEMO_SPEC.name, *_KNOWN])}
    return tuple(sorted(entries, key=lambda e: (not e.present, order.get(e.spec.name, len(order)), e.spec.name)))


def dataset_spec(name: str) -> DatasetSpec:
    """Specification of a known data set.

    Raises:
        DatasetNotFoundError: the name is not known.
    """
    if name == DEMO_SPEC.name:
        return DEMO_SPEC
    here = _present()
    if name in here:
        return here[name][0]
    if name in _KNOWN:
        return _KNOWN[name][0]
    known = ", ".join(dict.fromkeys([DEMO_SPEC.name, *_KNOWN, *here]))
    raise DatasetNotFoundError(f"No data set is called “{name}”. Known are: {known}.")


def is_synthetic(name: str) -> bool:
    """True if a program drew the pictures of the data set of this name, known or not; no folder is looked at."""
    return name == DEMO_SPEC.name


def open_dataset(name: str, progress: Progress = silent) -> Dataset:
    """Read the tidy metadata of a data set.

    The demo is drawn first, and pictures that come as arrays are unpacked, where that has not been done yet.

    Groups that people merged have one `group_id`.

    Raises:
        DatasetNotFoundError: the name is unknown or the data set is not in any data root.
        DataError: its files cannot be used.
        DiskFullError: there is no space to draw or unpack.
    """
    if name == DEMO_SPEC.name:
        return with_merged_groups(read_ham10000(ensure_demo(progress), DEMO_SPEC, DEMO_METADATA))
    here = _present()
    if name in here:
        spec, adapter, folder = here[name]
        return with_merged_groups(adapter.read(folder, spec, progress))
    for found in _folders():
        if found.problem and found.folder.name == name and name not in _KNOWN:
            raise DataError(found.problem)
    spec = dataset_spec(name)
    folder = _folder_called(name, data_roots())
    if folder is not None:
        return _KNOWN[name][1].read(folder, spec, progress)  # which says what it lacks
    places = ", ".join(str(root / name) for root in data_roots())
    raise DatasetNotFoundError(
        f"{spec.title} is not here. Looked for {places}. Put the download there, or set LESIONLAB_DATA "
        "to the folder that holds it."
    )


def needs_preparing(name: str) -> bool:
    """Whether opening a data set draws or unpacks its pictures first, which may take minutes."""
    return any(e.present and e.spec.name == name and e.note for e in list_datasets())


def open_folder(folder: Path, progress: Progress = silent) -> Dataset | None:
    """Read a folder anywhere that has the layout of a known download or a sub-folder per class, None if it has not.

    Raises:
        DataError: it has such a layout and cannot be used.
    """
    found = _recognise(folder.absolute())
    if found.problem:
        raise DataError(found.problem)
    if not found.holds:
        return None
    spec, adapter = found.holds[0]
    return adapter.read(found.folder, replace(spec, name=cache_name(folder)), progress)


def version_of(name: str) -> str:
    """Changes whenever the answer of `open_dataset` may: settings, folders of data sets, tables and image folders."""
    entry = next((e for e in list_datasets() if e.spec.name == name), None)
    parts = [
        merges_version(name),
        str(artifacts_dir()),
        *map(str, data_roots()),
        *(str(stamp) for r in data_roots() for stamp in stamps(r, 1)),
    ]
    if entry is not None:
        parts += [str(entry.folder), *map(str, stamps(entry.folder, 2))]
    return "|".join(parts)


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


def _present() -> dict[str, tuple[DatasetSpec, Adapter, Path]]:
    """Data sets that are here, by name.

    A known data set takes its own name, the folder that is called so before others, the first data root before
    the second. Further folders of the same kind, and folders per class, go by the names of their folders.
    """
    here: dict[str, tuple[DatasetSpec, Adapter, Path]] = {}
    found = [(each.folder, spec, adapter) for each in _folders() for spec, adapter in each.holds]
    rest = []
    for folder, spec, adapter in sorted(found, key=lambda item: item[0].name != item[1].name):
        if adapter is not CLASS_FOLDERS and spec.name not in here:
            here[spec.name] = (spec, adapter, folder)
        else:
            rest.append((folder, spec, adapter))
    for folder, spec, adapter in rest:
        name = folder.name if spec.name in (folder.name, *_KNOWN) else f"{folder.name}-{spec.name}"
        if name in _KNOWN or name == DEMO_SPEC.name:
            if adapter is not CLASS_FOLDERS:
                continue  # the same download again in another data root; the first one counts
            name = f"{name}-folder"
        title = folder.name if adapter is CLASS_FOLDERS else f"{spec.title} ({folder.name})"
        here.setdefault(name, (replace(spec, name=name, title=title), adapter, folder))
    return here


def _folders() -> Iterator[_Found]:
    """What the folders in the data roots are, by root and name."""
    for root in data_roots():
        for name in list_folder(root).folders:
            yield _recognise(root / name)


def _recognise(folder: Path) -> _Found:
    """What a folder is; kept until something in it changes."""
    now = stamps(folder, 2)
    kept = _recognised.get(str(folder))
    if kept is not None and kept[0] == now:
        return kept[1]
    found = _looked_at(folder)
    if len(_recognised) >= _MOST_KEPT:
        _recognised.clear()
    if settled(max(changed for _, changed in now)):
        _recognised[str(folder)] = (now, found)
    return found


def _looked_at(folder: Path) -> _Found:
    listing = list_folder(folder)
    if listing.problem:
        return _Found(folder, (), f"The folder {folder} cannot be read: {listing.problem}.")
    try:
        holds = [(spec, adapter) for adapter in ADAPTERS for spec in adapter.recognise(listing)]
        holds = holds or [(spec, CLASS_FOLDERS) for spec in CLASS_FOLDERS.recognise(listing)]
    except DataError as error:
        return _Found(folder, (), str(error))
    return _Found(folder, tuple(holds))


def _folder_called(name: str, roots: tuple[Path, ...]) -> Path | None:
    return next((root / name for root in roots if (root / name).is_dir()), None)


def _unusable(folder: Path) -> DatasetSpec:
    """Stands in the list for a folder that would be a data set but for a problem."""
    return DatasetSpec(folder.name, folder.name, "", (), "picture", "not known", "")
