"""Tables in Parquet as texts, where they hold texts and numbers alone."""

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.files import open_regular
from core.data.adapters.packed_workbooks import MOST_CELLS
from core.data.adapters.spreadsheets import as_text
from core.data.adapters.table_errors import TableError

DAMAGED = (pa.ArrowException, OSError, ValueError, KeyError, TypeError)
"""What Arrow raises for files that are cut, or no such files."""
_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")


def read_parquet(path: Path, most_columns: int) -> pd.DataFrame:
    """The rows of a file as texts, numbered from 1 on, "" where nothing is written.

    Raises:
        TableError: it is damaged, too large, or holds lists or pictures in its rows.
    """
    try:
        with open_regular(path) as file:
            stored = pq.ParquetFile(file)
            simple = simple_columns(stored.schema_arrow)
            if len(simple) < len(stored.schema_arrow):
                raise TableError(
                    path,
                    "holds pictures or lists in its rows. Save the pictures as files, with a table "
                    "of their names and classes.",
                )
            if len(simple) > most_columns or len(simple) * stored.metadata.num_rows > MOST_CELLS:
                raise TableError(path, "holds more than a table of pictures does. Save a part of it as CSV.")
            read = stored.read()
            read.validate(full=True)  # else texts that are no UTF-8 are found out only where somebody looks at them
            # Without what pandas has noted of types and of an index, which is then a column like others.
            rows = read.replace_schema_metadata().to_pandas()
    except DAMAGED as error:
        raise damaged(path) from error
    rows = rows.drop(columns=[name for name in rows if _UNNAMED_INDEX.fullmatch(str(name))])
    texts = {str(name): as_texts(rows[name]) for name in rows}
    return pd.DataFrame(texts, dtype=str).set_axis(range(1, len(rows) + 1))


def simple_columns(schema: pa.Schema) -> list[str]:
    """The columns that hold one value in a row, no lists and no records."""
    return [each.name for each in schema if not pa.types.is_nested(each.type)]


def as_texts(values: pd.Series) -> pd.Series:
    """Values of any kind as texts, "" where there is none."""
    return values.map(as_text, na_action="ignore").fillna("").astype("str")


def damaged(path: Path | str) -> TableError:
    """What is said of a file that Arrow cannot read."""
    return TableError(path, "is damaged and cannot be read as a Parquet file. Save it anew.")
