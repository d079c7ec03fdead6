"""Pictures inside tables of Parquet, as Hugging Face gives them: `data/train-00000-of-00003.parquet` and the like.

A row has a picture, as the bytes of its file, and its class; the names of numbered classes stand in the file's schema.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.counting import plural
from core.base.errors import DataError
from core.base.printable import printable
from core.base.progress import Progress, silent
from core.data.adapters.adapter import Adapter
from core.data.adapters.folder_names import part_of_value
from core.data.adapters.listing import Listing, changed_at, list_folder
from core.data.adapters.metadata_file import ages, sexes
from core.data.adapters.unpacked import ArrayPart, ensure_unpacked, is_unpacked, unpacked_folder
from core.data.compact_texts import repeated
from core.data.diagnoses.diagnoses import diagnosis, is_unknown
from core.data.reading.choices import NONE, Choices, choices_of
from core.data.reading.column_names import TIDY_NAMES, columns_named
from core.data.reading.groups import GroupColumn, chosen_groups, group_columns, in_one_spelling
from core.data.reading.reading import Reading
from core.data.shard_files import PART, Shards, find_shards, names_of_files, pictures_in, read_columns
from core.data.spec import MOST_CLASSES, ClassSpec, Dataset, DatasetSpec, Skip, tidy, with_own_groups


def _classes(shards: Shards, rows: pd.DataFrame, choices: Choices) -> tuple[pd.Series, tuple[ClassSpec, ...]]:
    """The class of each picture, "" where none is known, and what the classes are.

    Raises:
        DataError: no column says the class, or there are too few or too many.
    """
    if not shards.label:
        may_be = [name for name in shards.columns if 2 <= rows[name].nunique() <= MOST_CLASSES] or shards.columns
        shown = ", ".join(map(printable, may_be[:8])) + (" …" if len(may_be) > 8 else "")
        raise DataError(
            "No column beside the pictures has a name such as label or class; there are: "
            f"{shown or 'none'}. Say which one has the class: python -m core inspect "
            f"{printable(shards.folder.name)} --set label=COLUMN."
        )
    labels = rows[shards.label].map({text: _class_of(text, shards.names) for text in rows[shards.label].unique()})
    labels = labels.replace(dict(choices.merged))
    keys = sorted(set(labels) - {""})
    if shards.names is not None:
        keys = [name for name in shards.names if name in set(keys)]
    if len(keys) < 2:
        raise DataError(
            f"Every picture with a class has “{keys[0]}”: there is nothing to tell apart."
            if keys
            else f"No picture has a class in the column {printable(shards.label)}."
        )
    if len(keys) > MOST_CLASSES:
        raise DataError(f"{len(keys):,} classes in {printable(shards.label)}; a data set has at most {MOST_CLASSES}.")
    meant = {key: diagnosis(key, keys) for key in keys}
    return labels, tuple(
        ClassSpec(k, m.name if m.known else k.replace("_", " "), choices.malignant.get(k, m.malignant))
        for k, m in meant.items()
    )


def _class_of(text: str, names: tuple[str, ...] | None) -> str:
    if names is None:
        return "" if is_unknown(text) else text
    number = text.removesuffix(".0")
    return names[int(number)] if number.isdecimal() and int(number) < len(names) else ""


def describe_shards(shards: Shards, choices: Choices) -> DatasetSpec:
    """The specification of such files as a data set.

    Raises:
        DataError: one is damaged, or no column says the class.
    """
    return _described(shards, _told(shards, choices, read_columns(shards)))


@dataclass(frozen=True)
class _Told:
    """What the columns beside the pictures say: `rows` as texts, and of each the class, "" where none is known."""

    rows: pd.DataFrame
    labels: pd.Series
    classes: tuple[ClassSpec, ...]
    groups: list[GroupColumn]


def _told(shards: Shards, choices: Choices, rows: pd.DataFrame) -> _Told:
    labels, classes = _classes(shards, rows, choices)
    return _Told(rows, labels, classes, _group_columns(rows, shards, choices))


def _described(shards: Shards, told: _Told) -> DatasetSpec:
    caution = "" if told.groups else (
        "No column says which pictures belong together: each counts as a group of its own, and pictures of one patient "
        "may stand on both sides of a split."
    )  # fmt: skip
    labelled, files = int((told.labels != "").sum()), len(shards.files)
    return replace(
        _spec(shards.folder),
        description=f"{labelled:,} pictures in {len(told.classes)} classes, inside {files:,} tables of Parquet.",
        classes=told.classes,
        group=told.groups[0].noun if told.groups else "picture",
        caution=caution,
    )


def _group_columns(rows: pd.DataFrame, shards: Shards, choices: Choices) -> list[GroupColumn]:
    said = choices.columns.get("group")
    if said in shards.columns:
        in_one_spelling(rows, [str(said)])
        return group_columns(rows, [], {str(said): "group"})
    free = [name for name in rows if name not in (shards.label, PART) and said != NONE]
    in_one_spelling(rows, [each.column for each in group_columns(rows, free, {}) if each.sure])
    return [each for each in group_columns(rows, free, {}) if each.sure]


def _spec(folder: Path) -> DatasetSpec:
    name = printable(folder.name)
    return DatasetSpec(name, name, "", (), "picture", "not known", f"Own data in {name}.")


def read_shards(folder: Path, spec: DatasetSpec, progress: Progress, choices: Choices | None = None) -> Dataset:
    """Read a folder of such files; their pictures become files the first time, byte for byte.

    Args:
        folder: where they lie.
        spec: the data set; its classes are told anew.
        progress: of unpacking.
        choices: what was decided, by default what is kept.

    Raises:
        DataError: a file is damaged, or has no classes.
        DiskFullError: the pictures do not fit.
    """
    folder = folder.absolute()
    choices = choices or choices_of(folder)
    shards = find_shards(list_folder(folder), choices.columns.get("label"))
    if shards is None:
        raise DataError(f"{printable(folder.name)} holds no table of Parquet with pictures. Put them there.")
    return _unpacked(shards, spec, _told(shards, choices, read_columns(shards)), choices, progress)


def _unpacked(shards: Shards, spec: DatasetSpec, told: _Told, choices: Choices, progress: Progress) -> Dataset:
    """The pictures as files, which they become the first time."""

    def parts() -> Iterator[ArrayPart]:
        for path in shards.paths:
            names = names_of_files(shards, path)
            yield ArrayPart(pd.DataFrame({"called": names}), partial(pictures_in, shards, path))

    needed = sum(path.stat().st_size for path in shards.paths)
    unpacked = ensure_unpacked(spec.name, shards.paths, parts, needed, progress)
    if len(unpacked) != len(told.rows):
        raise DataError(f"The tables of {printable(shards.folder.name)} changed while they were being read. Try again.")
    notes: list[Skip] = []
    table = _tidy(shards, told, choices, notes)
    called = unpacked["called"].astype("str")
    table["image_id"] = called.where((called != "") & ~repeated(called), table["image_id"])
    table["path"] = unpacked["path"]
    empty = unpacked["empty"] if "empty" in unpacked else pd.Series(False, unpacked.index)
    without = table["label"].isna()
    if without.any():
        notes.append(Skip("", "", f"{int(without.sum()):,} pictures have no class; they are left out."))
    if empty.any():
        notes.append(Skip("", "", f"{int(empty.sum()):,} rows hold nothing that is a picture; they are left out."))
    table = with_own_groups(tidy(table[~without & ~empty]))
    spec = replace(spec, classes=told.classes, group=told.groups[0].noun if told.groups else "picture")
    return Dataset(spec, table, shards.folder, tuple(notes))


def _tidy(shards: Shards, told: _Told, choices: Choices, notes: list[Skip]) -> pd.DataFrame:
    """What is known of each picture, numbered, before any of them is unpacked."""
    rows = told.rows
    made: dict[str, Any] = {
        "image_id": pd.Series([f"{number:07d}" for number in range(len(rows))], dtype="str"),
        "path": None,
        "label": told.labels.where(told.labels != "", None),
        "group_id": chosen_groups(rows, told.groups) if told.groups else None,
        "split": _parts(rows, choices.columns.get("split")),
    }
    taken = {shards.label, *(each.column for each in told.groups), PART}
    for what, column in _meanings(shards, told, choices).items():
        texts = rows[column].where(rows[column] != "", None)
        made[what] = ages(texts, notes) if what == "age" else sexes(texts, notes) if what == "sex" else texts
        taken.add(column)
    made |= {name: rows[name].where(rows[name] != "", None) for name in rows if name not in {*taken, *made}}
    return pd.DataFrame(made)


def _parts(rows: pd.DataFrame, said: str | None) -> pd.Series:
    """The part of each picture: that of its file, or what the column says that somebody has chosen."""
    if said in rows:
        return rows[said].map({text: part_of_value(text) for text in rows[said].unique()}).astype(object)
    return rows[PART].where((rows[PART] != "") & (said != NONE), None)


def _meanings(shards: Shards, told: _Told, choices: Choices) -> dict[str, str]:
    """The column of age, sex and the like: the one that somebody has chosen, or that is called so."""
    taken = {shards.label, *(each.column for each in told.groups), PART}
    found: dict[str, str] = {}
    for what, names in TIDY_NAMES.items():
        said = choices.columns.get(what)
        may_be = [] if said == NONE else [said] if said in told.rows else columns_named(told.rows, names)
        column = next((name for name in may_be if name not in taken), None)
        if column is not None and what != "split":
            found[what] = column
            taken.add(column)
    return found


def read_decided(shards: Shards, choices: Choices, *, unpack: bool = True) -> tuple[Reading, Dataset | None]:
    """The reading of such files with what was decided about them, and their pictures where these can be used.

    Args:
        shards: the files.
        choices: what was decided.
        unpack: whether pictures that are not yet files become so; else there is no data set, and rows have no path.

    Raises:
        DataError: something else is decided.
    """
    others = replace(choices, columns={}, merged={}, malignant={}, agreed="") != Choices()
    if others or choices.columns.get("image", shards.picture) != shards.picture:
        raise DataError(
            f"{printable(shards.folder.name)} keeps its pictures in tables. There you can set: "
            "label=COLUMN, group=COLUMN|none, split, age, sex, site, diagnosis_method and source, "
            "merge:CLASS=CLASS and malignant:CLASS=yes|no|unknown."
        )
    reading = Reading(shards.folder, choices, "pictures", every=shards.columns, table=shards.files[0][0])
    places = (*shards.paths, unpacked_folder(_spec(shards.folder).name))
    reading.stamps = tuple((str(place), changed_at(str(place))) for place in places)
    reading.columns = {"image": shards.picture, "label": shards.label} if shards.label else {"image": shards.picture}
    reading.how["image"] = f"{shards.picture} holds the files of the pictures"
    reading.offered = {"label": [shards.label] if shards.label else list(shards.columns)}
    try:
        rows = read_columns(shards)
        reading.undecided = _undecided(shards, rows, choices)
        told = _told(shards, choices, rows)
        spec = _described(shards, told)
        chosen = "somebody chose the column" if "label" in choices.columns else "the column is called"
        reading.how["label"] = f"{chosen} {shards.label}"
        reading.classes, reading.cautions = told.classes, [spec.caution] if spec.caution else []
        if told.groups:
            reading.group, reading.columns["group"] = told.groups[0], told.groups[0].column
            reading.how["group"] = f"{told.groups[0].groups:,} {plural(told.groups[0].noun)} in {told.groups[0].column}"
        if (split := choices.columns.get("split", NONE)) in shards.columns:
            reading.columns["split"] = split
        reading.columns |= _meanings(shards, told, choices)
        if unpack or is_unpacked(spec.name, shards.paths):
            dataset = _unpacked(shards, spec, told, choices, silent)
            reading.rows = reading.described = dataset.table
            return reading, dataset
        reading.rows = with_own_groups(tidy(_tidy(shards, told, choices, [])))
        return reading, None
    except DataError as error:
        return replace(reading, problem=str(error)), None


def _undecided(shards: Shards, rows: pd.DataFrame, choices: Choices) -> list[str]:
    """What nobody has said and no name of a column or file tells, and how to say it."""
    asked = []
    may_be = [name for name in shards.columns if name not in (shards.label, PART)]
    if not shards.label:
        few = [name for name in may_be if 2 <= rows[name].nunique() <= MOST_CLASSES]
        asked.append(f"Which column is the class{_that_may_be(few or may_be)}? --set label=COLUMN.")
    if "group" not in choices.columns and not _group_columns(rows, shards, choices):
        groups = [each.column for each in group_columns(rows, may_be, {})]
        asked.append(
            f"Which column says what belongs together, such as the patient{_that_may_be(groups)}? --set group=COLUMN, "
            "or group=none."
        )
    parts = columns_named(may_be, TIDY_NAMES["split"])
    if "split" not in choices.columns and parts and (rows[PART] == "").all():
        asked.append(f"Does {printable(parts[0])} say the part of each picture? --set split=COLUMN, or split=none.")
    return asked


def _that_may_be(columns: Sequence[str]) -> str:
    shown = ", ".join(map(printable, columns[:8])) + (" …" if len(columns) > 8 else "")
    return f" ({shown})" if shown else ""


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    try:
        choices = choices_of(listing.folder)
        shards = find_shards(listing, choices.columns.get("label"))
        return () if shards is None else (describe_shards(shards, choices),)
    except DataError as error:
        return (replace(_spec(listing.folder), description=str(error), problem=str(error)),)


def _note(spec: DatasetSpec, listing: Listing) -> str:
    shards = find_shards(listing)
    if shards is None or is_unpacked(spec.name, shards.paths):
        return ""
    size = sum(path.stat().st_size for path in shards.paths) / 1e6
    return f"Will be unpacked to picture files when you first use it: about {size:,.0f} MB."


PICTURE_SHARDS = Adapter(_recognise, read_shards, note=_note)
