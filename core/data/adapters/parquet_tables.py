"""Tables in Parquet as texts, where they hold texts and numbers alone."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.errors import DataError
from core.base.files import open_regular
from core.base.printable import printable
from core.data.adapters.packed_workbooks import MOST_CELLS
from core.data.adapters.spreadsheets import as_text


def read_parquet(path: Path, most_columns: int) -> pd.DataFrame:
    """The rows of a file as texts, numbered from 1 on, "" where nothing is written.

    Raises:
        DataError: it is damaged, too large, or holds lists or pictures in its rows.
    """
    try:
        with open_regular(path) as file:
            stored = pq.ParquetFile(file)
            simple = [each.name for each in stored.schema_arrow if not pa.types.is_nested(each.type)]
            if len(simple) < len(stored.schema_arrow):
                raise DataError(
                    f"{printable(path)} holds pictures or lists in its rows. Save the pictures as files, with a table "
                    "of their names and classes."
                )
            if len(simple) > most_columns or len(simple) * stored.metadata.num_rows > MOST_CELLS:
                raise DataError(
                    f"{printable(path)} holds more than a table of pictures does. Save a part of it as CSV."
                )
            rows = stored.read().to_pandas().reset_index()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{printable(path)} is damaged and cannot be read as a Parquet file. Save it anew.") from error
    rows = rows.drop(columns=[name for name in ("index", "level_0") if name in rows and name not in simple])
    texts = {str(name): rows[name].map(as_text, na_action="ignore").fillna("") for name in rows}
    return pd.DataFrame(texts, dtype=str).set_axis(range(1, len(rows) + 1))
