"""Pictures inside tables of Parquet, as Hugging Face gives them: `data/train-00000-of-00003.parquet` and the like.

A row has a picture, as the bytes of its file, and its class; the names of numbered classes stand in the file's schema.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.errors import DataError
from core.base.files import open_regular
from core.base.printable import is_printable, printable
from core.base.progress import Progress
from core.data.adapters.adapter import Adapter
from core.data.adapters.folder_names import part_of_folder
from core.data.adapters.listing import Listing, holds_pictures, list_folder
from core.data.adapters.metadata_file import ages, sexes
from core.data.adapters.parquet_tables import DAMAGED, as_texts, damaged, simple_columns
from core.data.adapters.picture_files import stem
from core.data.adapters.table_files import PARQUET
from core.data.adapters.unpacked import ArrayPart, ensure_unpacked, is_unpacked
from core.data.compact_texts import repeated
from core.data.diagnoses import diagnosis, is_unknown
from core.data.reading.column_names import CLASS_NAMES, TIDY_NAMES, columns_named
from core.data.reading.groups import chosen_groups, group_columns
from core.data.spec import MOST_CLASSES, ClassSpec, Dataset, DatasetSpec, Skip, tidy, with_own_groups

MOST_PICTURES = 5_000_000
LARGEST_COLUMN = 200_000_000_000
"""Bytes that pictures may take, unpacked from Parquet's own compression, in one file."""
_MOST_RATIO = 1000
"""Pictures are packed already: a file that says its column is so many times larger than the file is no such one."""
_MOST_TEXT = 500_000_000
_AT_ONCE = 64
_MOST_SHARDS = 2000
_SHARD = re.compile(r"^(.*?)[-_]?\d{1,6}(?:[-_]of[-_]\d{1,6})?$")
_PICTURE_NAMES = ("image", "img", "picture", "photo", "image_bytes", "img_bytes", "bytes", "pixels", "tile", "patch")
_PART = "\0part"


@dataclass(frozen=True)
class Shards:
    """Files of one data set that hold its pictures.

    `files` has the path of each from the folder and the part that it is of, None where none is said; `picture` and
    `label` are columns, `names` those of numbered classes, where the schema has them.
    """

    folder: Path
    files: tuple[tuple[str, str | None], ...]
    picture: str
    label: str
    names: tuple[str, ...] | None

    @property
    def paths(self) -> list[Path]:
        """Where the files lie."""
        return [self.folder / inside for inside, _ in self.files]


def find_shards(listing: Listing) -> Shards | None:
    """The files with pictures in a folder and those in it, down to the second level; None where there are none.

    Raises:
        DataError: there are, and which column is the class cannot be told, or one is damaged.
    """
    places = [(name, "") for name in listing.files]
    for inner in listing.inner():
        places += [(name, f"{inner.folder.name}/") for name in inner.files]
        places += [
            (name, f"{inner.folder.name}/{below.folder.name}/") for below in inner.inner() for name in below.files
        ]
    found = sorted(place + name for name, place in places if name.lower().endswith(PARQUET))
    if not found or len(found) > _MOST_SHARDS or holds_pictures(listing.folder, 3):
        return None
    try:
        first = _schema(listing.folder / found[0])
    except DAMAGED:
        return None  # the reader of any folder says so
    picture = _picture_column(first)
    if picture is None:
        return None
    label, names = _label_column(first, picture)
    return Shards(listing.folder, tuple((inside, _part_of(inside)) for inside in found), picture, label, names)


def _part_of(inside: str) -> str | None:
    """The part that a file is of by its name, such as "train-00000-of-00003.parquet", or by the folder it lies in."""
    *folders, name = inside.split("/")
    called = _SHARD.match(name[: -len(PARQUET)])
    said = [called[1] if called else name[: -len(PARQUET)], *reversed(folders)]
    return next((part for each in said if each and (part := part_of_folder(each))), None)


def _schema(path: Path) -> pa.Schema:
    with open_regular(path) as file:
        return pq.ParquetFile(file).schema_arrow


def _features(schema: pa.Schema) -> dict[str, Any]:
    """What Hugging Face's own metadata say of the columns; nothing where there are none."""
    try:
        said = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {str(name): each for name, each in said.items() if isinstance(each, dict)}
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _picture_column(schema: pa.Schema) -> str | None:
    """The column with the bytes of a picture's file: alone, or beside their path."""
    features = _features(schema)
    for each in schema:
        if pa.types.is_struct(each.type):
            inner = {each.type.field(n).name: each.type.field(n).type for n in range(each.type.num_fields)}
            if "bytes" in inner and _is_binary(inner["bytes"]):
                return str(each.name)
        elif _is_binary(each.type) and (
            features.get(each.name, {}).get("_type") == "Image" or each.name.casefold() in _PICTURE_NAMES
        ):
            return str(each.name)
    return None


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _label_column(schema: pa.Schema, picture: str) -> tuple[str, tuple[str, ...] | None]:
    """The column that says the class, and names of its numbers where the schema has them.

    Raises:
        DataError: there is none, or several as good.
    """
    features = _features(schema)
    simple = [name for name in simple_columns(schema) if name != picture]
    coded = {
        name: tuple(map(str, features[name]["names"]))
        for name in simple
        if features.get(name, {}).get("_type") == "ClassLabel" and isinstance(features[name].get("names"), list)
    }
    for among in (list(coded), simple):
        for names in CLASS_NAMES:
            if called := columns_named(among, names):
                return called[0], coded.get(called[0])
        if len(among) == 1 and among is not simple:
            return among[0], coded[among[0]]
    shown = ", ".join(map(printable, simple[:8])) or "none"
    raise DataError(f"No column beside the pictures is called like a class; there are: {shown}. Call one “label”.")


def _read_columns(shards: Shards) -> pd.DataFrame:
    """Everything but the pictures, as texts, of all files in their order; with the part of each."""
    tables = []
    for (inside, part), path in zip(shards.files, shards.paths, strict=True):
        try:
            with open_regular(path) as file:
                stored = pq.ParquetFile(file)
                _check_size(stored, shards, path)
                schema = stored.schema_arrow
                simple = [name for name in simple_columns(schema) if name != shards.picture]
                if shards.label not in simple or shards.picture not in schema.names:
                    raise DataError(f"{printable(inside)} has other columns than {printable(shards.files[0][0])}.")
                rows = stored.read(columns=simple, use_threads=False).to_pandas()
        except DAMAGED as error:
            raise damaged(inside) from error
        texts = {name: as_texts(rows[name]) for name in simple if name in rows}
        tables.append(pd.DataFrame({**texts, _PART: pd.Series([part or ""] * len(rows), dtype=object)}))
    return pd.concat(tables, ignore_index=True).fillna("")


def _check_size(stored: pq.ParquetFile, shards: Shards, path: Path) -> None:
    """Refuse what a file says of itself before any of it is unpacked."""
    told = stored.metadata
    columns = [
        told.row_group(group).column(number)
        for group in range(told.num_row_groups)
        for number in range(told.num_columns)
    ]
    of_pictures = sum(c.total_uncompressed_size for c in columns if c.path_in_schema.split(".")[0] == shards.picture)
    others = sum(c.total_uncompressed_size for c in columns if c.path_in_schema.split(".")[0] != shards.picture)
    most = min(LARGEST_COLUMN, _MOST_RATIO * path.stat().st_size)
    if told.num_rows > MOST_PICTURES or of_pictures > most or others > _MOST_TEXT:
        raise DataError(f"{printable(path.name)} says that it holds more than any file of pictures does. Save it anew.")


def _pictures(shards: Shards, path: Path) -> Iterator[list[bytes]]:
    """The files of the pictures, some at a time, b"" where there is none."""
    try:
        with open_regular(path) as file:
            for batch in pq.ParquetFile(file).iter_batches(_AT_ONCE, columns=[shards.picture], use_threads=False):
                values = batch.column(0)
                if pa.types.is_struct(values.type):
                    values = values.field("bytes")
                yield [each or b"" for each in values.to_pylist()]
    except DAMAGED as error:
        raise DataError(f"{printable(path.name)} is damaged further on. Download it again.") from error


def _names_of_files(shards: Shards, path: Path) -> list[str]:
    """What each picture was called, "" where nothing says so."""
    with open_regular(path) as file:
        stored = pq.ParquetFile(file)
        kind = stored.schema_arrow.field(shards.picture).type
        if not pa.types.is_struct(kind) or kind.get_field_index("path") < 0:
            return [""] * stored.metadata.num_rows
        read = stored.read(columns=[f"{shards.picture}.path"], use_threads=False).column(0).combine_chunks()
        said = read.field("path").to_pylist()
    return [stem(each.replace("\\", "/")) if each and is_printable(each) else "" for each in said]


def _classes(shards: Shards, rows: pd.DataFrame) -> tuple[pd.Series, tuple[ClassSpec, ...]]:
    """The class of each picture, "" where none is known, and what the classes are.

    Raises:
        DataError: there are too few or too many.
    """
    labels = rows[shards.label].map({text: _class_of(text, shards.names) for text in rows[shards.label].unique()})
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
        ClassSpec(k, m.name if m.known else k.replace("_", " "), m.malignant) for k, m in meant.items()
    )


def _class_of(text: str, names: tuple[str, ...] | None) -> str:
    if names is None:
        return "" if is_unknown(text) else text
    number = text.removesuffix(".0")
    return names[int(number)] if number.isdecimal() and int(number) < len(names) else ""


def _described(listing: Listing, shards: Shards) -> DatasetSpec:
    rows = _read_columns(shards)
    labels, classes = _classes(shards, rows)
    groups = _group_columns(rows, shards)
    labelled = int((labels != "").sum())
    noun = groups[0].noun if groups else "picture"
    caution = "" if groups else (
        "No column says which pictures belong together: each counts as a group of its own, and pictures of one patient "
        "may stand on both sides of a split."
    )  # fmt: skip
    return replace(
        _spec(listing),
        description=f"{labelled:,} pictures in {len(classes)} classes, inside {len(shards.files):,} tables of Parquet.",
        classes=classes,
        group=noun,
        caution=caution,
    )


def _group_columns(rows: pd.DataFrame, shards: Shards) -> list[Any]:
    free = [name for name in rows if name not in (shards.label, _PART)]
    return [each for each in group_columns(rows, free, {}) if each.sure]


def _spec(listing: Listing) -> DatasetSpec:
    name = printable(listing.folder.name)
    return DatasetSpec(name, name, "", (), "picture", "not known", f"Own data in {name}.")


def read_shards(folder: Path, spec: DatasetSpec, progress: Progress) -> Dataset:
    """Read a folder of such files; their pictures become files the first time, byte for byte.

    Raises:
        DataError: a file is damaged, or has no classes.
        DiskFullError: the pictures do not fit.
    """
    folder = folder.absolute()
    shards = find_shards(list_folder(folder))
    if shards is None:
        raise DataError(f"{printable(folder.name)} holds no table of Parquet with pictures. Put them there.")
    rows = _read_columns(shards)
    labels, classes = _classes(shards, rows)

    def parts() -> Iterator[ArrayPart]:
        for path in shards.paths:
            names = _names_of_files(shards, path)
            yield ArrayPart(pd.DataFrame({"called": names}), partial(_pictures, shards, path))

    needed = sum(path.stat().st_size for path in shards.paths)
    unpacked = ensure_unpacked(spec.name, shards.paths, parts, needed, progress)
    if len(unpacked) != len(rows):
        raise DataError(f"The tables of {printable(folder.name)} changed while they were being read. Try again.")
    columns = _group_columns(rows, shards)
    notes: list[Skip] = []
    called = unpacked["called"].astype("str")
    numbers = pd.Series([f"{number:07d}" for number in range(len(rows))], dtype="str")
    made: dict[str, Any] = {
        "image_id": called.where((called != "") & ~repeated(called), numbers),
        "path": unpacked["path"],
        "label": labels.where(labels != "", None),
        "group_id": chosen_groups(rows, columns) if columns else None,
        "split": rows[_PART].where(rows[_PART] != "", None),
    }
    taken = {shards.label, *(each.column for each in columns), _PART}
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
    return Dataset(replace(spec, classes=classes), table, folder, tuple(notes))


def _recognise(listing: Listing) -> tuple[DatasetSpec, ...]:
    try:
        shards = find_shards(listing)
        return () if shards is None else (_described(listing, shards),)
    except DataError as error:
        return (replace(_spec(listing), description=str(error), problem=str(error)),)


def _note(spec: DatasetSpec, listing: Listing) -> str:
    shards = find_shards(listing)
    if shards is None or is_unpacked(spec.name, shards.paths):
        return ""
    size = sum(path.stat().st_size for path in shards.paths) / 1e6
    return f"Unpacked to picture files on first use, once: about {size:,.0f} MB."


PICTURE_SHARDS = Adapter(_recognise, read_shards, note=_note)
