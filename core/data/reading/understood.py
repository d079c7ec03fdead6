"""What the catalog needs to know of a folder that was read, kept until something in it or a decision changes."""

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.errors import DataError, DiskFullError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.printable import printable
from core.base.progress import Progress
from core.base.settings import artifacts_dir, is_data_root
from core.data.adapters.listing import changed_at, settled
from core.data.reading.choices import choices_of, choices_stamp
from core.data.reading.kept_rows import keep_rows, kept_rows
from core.data.reading.reader import read_folder
from core.data.reading.reading import FOLDERS, Reading
from core.data.spec import ClassSpec, Dataset, DatasetSpec, tidy

_VERSION = 4
_MOST_STAMPS = 2000
_MOST_KEPT = 500

_kept: dict[str, "Understood"] = {}


@dataclass(frozen=True)
class Understood:
    """What was understood of a folder: `kind`, its specification, and why it cannot be used, "" if it can.

    `stamps` are paths with modification times (ns), 0 for what is not there; it holds as long as these do.
    """

    kind: str
    spec: DatasetSpec
    problem: str
    stamps: tuple[tuple[str, int], ...]

    def holds(self) -> bool:
        """Whether nothing has changed since."""
        return all(changed_at(path) == changed for path, changed in self.stamps)


def understand(folder: Path) -> Understood:
    """What a folder is; read again only when a folder or table in it, or a decision about it, has changed.

    Raises:
        DataError: the folder cannot be read.
    """
    if (found := _still_understood(folder)) is not None:
        return found
    place, decided = _place(folder), choices_stamp(folder)
    reading = read_folder(folder, choices_of(folder))
    found = Understood(reading.kind, spec_of(reading), reading.problem, (decided, *reading.stamps[:_MOST_STAMPS]))
    if settled(max((changed for _, changed in found.stamps[1:]), default=0)):
        _keep(place, found)
        _write(place, found)
        if reading.kind != "nothing" and not reading.problem and len(reading.stamps) <= _MOST_STAMPS:
            keep_rows(_file(place, "parquet"), dataset_of(reading, found.spec), found.stamps)
    return found


def _still_understood(folder: Path) -> Understood | None:
    """What was understood of a folder, None where nothing is kept or something in it or a decision has changed."""
    place, decided = _place(folder), choices_stamp(folder)
    for found in (_kept.get(place), _on_disk(place)):
        if found is not None and decided in found.stamps and found.holds():
            _keep(place, found)
            return found
    return None


def spec_of(reading: Reading) -> DatasetSpec:
    """The specification of a folder that was read, under its own name."""
    name = reading.folder.name
    names = ", ".join(c.name for c in reading.classes[:8]) + (" …" if len(reading.classes) > 8 else "")
    by_folder = reading.columns.get("label") == FOLDERS or not reading.table
    where = "the folders that they lie in" if by_folder else f"the table {reading.table}"
    return DatasetSpec(
        name=name,
        title=name,
        description=f"Pictures whose classes stand in {where}, {len(reading.classes)} classes: {names}.",
        classes=reading.classes,
        group=reading.noun,
        licence=_licence(reading),
        citation=f"Own data in {name}.",
        caution=" ".join(reading.cautions),
        unsure="" if reading.agreed else " ".join(reading.questions),
        unpictured=not len(reading.rows),
    )


def read_dataset(folder: Path, spec: DatasetSpec, progress: Progress | None = None) -> Dataset:  # noqa: ARG001
    """Read a folder into tidy metadata, with what was decided about it; `spec` gives its name and title.

    Raises:
        DataError: it cannot be used; the message says why.
    """
    found = _still_understood(folder)
    if found is not None:
        renamed = replace(found.spec, name=spec.name, title=spec.title)
        kept = kept_rows(_file(_place(folder), "parquet"), folder.absolute(), renamed, found.stamps)
        if kept is not None:
            return kept
    return _usable(read_folder(folder, choices_of(folder)), spec.name, spec.title)


def read_dataset_of_table(table: Path, name: str) -> Dataset:
    """The pictures that a table names and that lie in its folder, with their classes, as a data set of this name.

    What was decided about the folder counts.

    Raises:
        DataError: it cannot be used; the message says why.
    """
    return _usable(read_folder(table.parent, choices_of(table.parent), table.name), name, table.name)


def _usable(reading: Reading, name: str, title: str) -> Dataset:
    if reading.problem or reading.kind == "nothing":
        nothing = f"Nothing in {printable(reading.folder.name)} is a picture, or a table that describes pictures."
        raise DataError(reading.problem or nothing)
    return dataset_of(reading, replace(spec_of(reading), name=name, title=title))


def unlabelled_pictures(folder: Path) -> pd.DataFrame:
    """The pictures of a folder whose class is not known, with `TIDY_COLUMNS`; none where it holds no pictures.

    Raises:
        DataError: the folder cannot be read.
    """
    rows = read_folder(folder, choices_of(folder)).rows
    return rows[rows["label"].isna() & rows["path"].notna()].reset_index(drop=True) if len(rows) else tidy(rows)


def dataset_of(reading: Reading, spec: DatasetSpec) -> Dataset:
    """The labelled pictures of a reading as a data set."""
    labelled = reading.rows[reading.rows["label"].notna()] if len(reading.rows) else reading.rows
    table = _one_part_is_none(labelled).reset_index(drop=True)
    return Dataset(spec, table, reading.folder, tuple(reading.skipped), _one_part_is_none(reading.described))


def _one_part_is_none(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without their parts where only one part is there, which is no division."""
    return rows.assign(split=None) if len(rows) and rows["split"].nunique() < 2 else rows


def _licence(reading: Reading) -> str:
    column = next((name for name in reading.rows if "licen" in str(name).lower()), None)
    if column is None or not len(reading.rows):
        return "not known"
    said = reading.rows[column].dropna().astype(str).value_counts()
    return ", ".join(f"{name} ({count:,})" for name, count in said.head(5).items()) or "not known"


def _keep(place: str, found: Understood) -> None:
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[place] = found


def _place(folder: Path) -> str:
    """What is kept of a folder goes by its path, and by whether it is a data folder, of which more is asked."""
    return f"{folder.absolute()}{chr(0) if is_data_root(folder) else ''}"


def _file(place: str, ending: str = "json") -> Path:
    name = hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:24]
    return artifacts_dir() / "cache" / "readings" / f"{name}.{ending}"


def _on_disk(place: str) -> Understood | None:
    try:
        said = read_json(_file(place))
        if said["version"] != _VERSION or said["place"] != place:
            return None
        return Understood(
            said["kind"],
            _spec_in(said["spec"]),
            said["problem"],
            tuple((path, changed) for path, changed in said["stamps"]),
        )
    except (*UNREADABLE, TypeError):
        return None


def _spec_in(said: dict[str, Any]) -> DatasetSpec:
    classes = tuple(ClassSpec(**each) for each in said["classes"])
    return DatasetSpec(**{**said, "classes": classes, "untrained": ()})


def _write(place: str, found: Understood) -> None:
    path = _file(place)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"version": _VERSION, "place": place, **asdict(found)})
    except (DiskFullError, OSError, ValueError):
        return  # what cannot be kept is read again
