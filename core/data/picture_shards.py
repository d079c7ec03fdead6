"""Pictures inside tables of Parquet, as Hugging Face gives them: `data/train-00000-of-00003.parquet` and the like.

A row has a picture, as the bytes of its file, and its class; the names of numbered classes stand in the file's schema.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.errors import DataError
from core.base.printable import printable
from core.base.progress import Progress, silent
from core.data.adapters.adapter import Adapter
from core.data.adapters.listing import Listing, list_folder
from core.data.adapters.metadata_file import ages, sexes
from core.data.adapters.unpacked import ArrayPart, ensure_unpacked, is_unpacked
from core.data.compact_texts import repeated
from core.data.diagnoses import diagnosis, is_unknown
from core.data.reading.choices import NONE, Choices, choices_of
from core.data.reading.column_names import TIDY_NAMES, columns_named
from core.data.reading.groups import GroupColumn, chosen_groups, group_columns
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
            f"No column beside the pictures is called like a class; there are: {shown or 'none'}. Say which it is: "
            f"python -m core inspect {printable(shards.folder.name)} --set label=COLUMN."
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


def describe_shards(shards: Shards, choices: Choices) -> tuple[DatasetSpec, str]:
    """The specification of such files as a data set, and the column of its groups, "" where there is none.

    Raises:
        DataError: one is damaged, or no column says the class.
    """
    rows = read_columns(shards)
    labels, classes = _classes(shards, rows, choices)
    groups = _group_columns(rows, shards, choices)
    labelled = int((labels != "").sum())
    noun = groups[0].noun if groups else "picture"
    caution = "" if groups else (
        "No column says which pictures belong together: each counts as a group of its own, and pictures of one patient "
        "may stand on both sides of a split."
    )  # fmt: skip
    spec = replace(
        _spec(shards.folder),
        description=f"{labelled:,} pictures in {len(classes)} classes, inside {len(shards.files):,} tables of Parquet.",
        classes=classes,
        group=noun,
        caution=caution,
    )
    return spec, groups[0].column if groups else ""


def _group_columns(rows: pd.DataFrame, shards: Shards, choices: Choices) -> list[GroupColumn]:
    said = choices.columns.get("group")
    if said in shards.columns:
        return group_columns(rows, [], {str(said): "group"})
    free = [name for name in rows if name not in (shards.label, PART) and said != NONE]
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
    rows = read_columns(shards)
    labels, classes = _classes(shards, rows, choices)

    def parts() -> Iterator[ArrayPart]:
        for path in shards.paths:
            names = names_of_files(shards, path)
            yield ArrayPart(pd.DataFrame({"called": names}), partial(pictures_in, shards, path))

    needed = sum(path.stat().st_size for path in shards.paths)
    unpacked = ensure_unpacked(spec.name, shards.paths, parts, needed, progress)
    if len(unpacked) != len(rows):
        raise DataError(f"The tables of {printable(folder.name)} changed while they were being read. Try again.")
    columns = _group_columns(rows, shards, choices)
    notes: list[Skip] = []
    called = unpacked["called"].astype("str")
    numbers = pd.Series([f"{number:07d}" for number in range(len(rows))], dtype="str")
    made: dict[str, Any] = {
        "image_id": called.where((called != "") & ~repeated(called), numbers),
        "path": unpacked["path"],
        "label": labels.where(labels != "", None),
        "group_id": chosen_groups(rows, columns) if columns else None,
        "split": rows[PART].where(rows[PART] != "", None),
    }
    taken = {shards.label, *(each.column for each in columns), PART}
    for what, names in TIDY_NAMES.items():
        column = next((name for name in columns_named(rows, names) if name not in taken), None)
        if column is not None and what != "split":
            texts = rows[column].where(rows[column] != "", None)
            made[what] = ages(texts, notes) if what == "age" else sexes(texts, notes) if what == "sex" else texts
            taken.add(column)
    made |= {name: rows[name].where(rows[name] != "", None) for name in rows if name not in {*taken, *made}}
    table = pd.DataFrame(made)
    empty = unpacked["empty"] if "empty" in unpacked else pd.Series(False, unpacked.index)
    without = table["label"].isna()
    if without.any():
        notes.append(Skip("", "", f"{int(without.sum()):,} pictures have no class; they are left out."))
    if empty.any():
        notes.append(Skip("", "", f"{int(empty.sum()):,} rows hold nothing that is a picture; they are left out."))
    table = with_own_groups(tidy(table[~without & ~empty]))
    spec = replace(spec, classes=classes, group=columns[0].noun if columns else "picture")
    return Dataset(spec, table, folder, tuple(notes))


def read_decided(shards: Shards, choices: Choices) -> tuple[Reading, Dataset | None]:
    """The reading of such files with what was decided about them, and their pictures where these can be used.

    Raises:
        DataError: something else is.
    """
    others = replace(choices, columns={}, merged={}, malignant={}, agreed="") != Choices()
    if others or choices.columns.keys() - {"label", "group"}:
        raise DataError(
            f"{printable(shards.folder.name)} holds its pictures in tables, of which label=COLUMN, group=COLUMN|none, "
            "merge:CLASS=CLASS and malignant:CLASS=yes|no|unknown can be set."
        )
    reading = Reading(shards.folder, choices, "pictures", every=shards.columns, table=shards.files[0][0])
    reading.columns = {"image": shards.picture, "label": shards.label} if shards.label else {"image": shards.picture}
    try:
        spec, group = describe_shards(shards, choices)
        if group:
            reading.columns["group"] = group
        return reading, read_shards(shards.folder, spec, silent, choices)
    except DataError as error:
        return replace(reading, problem=str(error)), None


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    try:
        choices = choices_of(listing.folder)
        shards = find_shards(listing, choices.columns.get("label"))
        return () if shards is None else (describe_shards(shards, choices)[0],)
    except DataError as error:
        return (replace(_spec(listing.folder), description=str(error), problem=str(error)),)


def _note(spec: DatasetSpec, listing: Listing) -> str:
    shards = find_shards(listing)
    if shards is None or is_unpacked(spec.name, shards.paths):
        return ""
    size = sum(path.stat().st_size for path in shards.paths) / 1e6
    return f"Unpacked to picture files on first use, once: about {size:,.0f} MB."


PICTURE_SHARDS = Adapter(_recognise, read_shards, note=_note)
