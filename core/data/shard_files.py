"""Files of Parquet that hold pictures: which they are, their columns, and the pictures as they lie in them."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.errors import DataError
from core.base.files import open_regular
from core.base.printable import is_printable, printable
from core.data.adapters.folder_names import part_of_folder
from core.data.adapters.listing import Listing, holds_pictures
from core.data.adapters.parquet_tables import DAMAGED, as_texts, damaged, simple_columns
from core.data.adapters.picture_files import stem
from core.data.adapters.table_files import PARQUET
from core.data.reading.column_names import CLASS_NAMES, columns_named

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
PART = "\0part"
"""Column of the part that each row is of, "" where none is said."""


@dataclass(frozen=True)
class Shards:
    """Files of one data set that hold its pictures.

    `files` has the path of each from the folder and the part that it is of, None where none is said; `picture` and
    `label` are columns, the latter "" where none is called like a class and nobody has said which it is; `names` are
    those of its numbered classes, where the schema has them. `columns` are all that hold one value in a row.
    """

    folder: Path
    files: tuple[tuple[str, str | None], ...]
    picture: str
    label: str
    names: tuple[str, ...] | None
    columns: tuple[str, ...] = ()

    @property
    def paths(self) -> list[Path]:
        """Where the files lie."""
        return [self.folder / inside for inside, _ in self.files]


def find_shards(listing: Listing, label: str | None = None) -> Shards | None:
    """The files with pictures in a folder and those in it, down to the second level; None where there are none.

    Args:
        listing: of the folder.
        label: the column of the class, where somebody has said which.
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
    columns = tuple(name for name in simple_columns(first) if name != picture)
    column, names = _label_column(first, columns, label)
    files = tuple((inside, _part_of(inside)) for inside in found)
    return Shards(listing.folder, files, picture, column, names, columns)


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


def _label_column(schema: pa.Schema, columns: Sequence[str], said: str | None) -> tuple[str, tuple[str, ...] | None]:
    """The column of the class, "" where none is called so, and names of its numbers where the schema has them."""
    features = _features(schema)
    coded = {
        name: tuple(map(str, features[name]["names"]))
        for name in columns
        if features.get(name, {}).get("_type") == "ClassLabel" and isinstance(features[name].get("names"), list)
    }
    if said in columns:
        return str(said), coded.get(str(said))
    for among in (list(coded), columns):
        for names in CLASS_NAMES:
            if called := columns_named(among, names):
                return called[0], coded.get(called[0])
        if len(among) == 1 and among is not columns:
            return among[0], coded[among[0]]
    return "", None


def read_columns(shards: Shards) -> pd.DataFrame:
    """Everything but the pictures, as texts, of all files in their order; with the part of each."""
    tables = []
    for (inside, part), path in zip(shards.files, shards.paths, strict=True):
        try:
            with open_regular(path) as file:
                stored = pq.ParquetFile(file)
                _check_size(stored, shards, path)
                schema = stored.schema_arrow
                simple = [name for name in simple_columns(schema) if name != shards.picture]
                if shards.label not in (*simple, "") or shards.picture not in schema.names:
                    raise DataError(f"{printable(inside)} has other columns than {printable(shards.files[0][0])}.")
                rows = stored.read(columns=simple, use_threads=False).to_pandas()
        except DAMAGED as error:
            raise damaged(inside) from error
        texts = {name: as_texts(rows[name]) for name in simple if name in rows}
        tables.append(pd.DataFrame({**texts, PART: pd.Series([part or ""] * len(rows), dtype=object)}))
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
        raise DataError(f"{printable(path.name)} claims to hold more than any file of pictures can. Save it again.")


def pictures_in(shards: Shards, path: Path) -> Iterator[list[bytes]]:
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


def names_of_files(shards: Shards, path: Path) -> list[str]:
    """What each picture was called, "" where nothing says so."""
    with open_regular(path) as file:
        stored = pq.ParquetFile(file)
        kind = stored.schema_arrow.field(shards.picture).type
        if not pa.types.is_struct(kind) or kind.get_field_index("path") < 0:
            return [""] * stored.metadata.num_rows
        read = stored.read(columns=[f"{shards.picture}.path"], use_threads=False).column(0).combine_chunks()
        said = read.field("path").to_pylist()
    return [stem(each.replace("\\", "/")) if each and is_printable(each) else "" for each in said]
