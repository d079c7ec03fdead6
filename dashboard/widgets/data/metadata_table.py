"""The table itself: its first and last rows, its columns with their types, all of it as CSV."""

import numpy as np
import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.data.spec import Dataset
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.shares_table import shares_written

ENDS = 100
"""Rows shown from the beginning and from the end; the download has all."""


def show_metadata(dataset: Dataset, keep: np.ndarray) -> None:
    """Rows of a data set's metadata, what its columns hold, what was skipped, and the download.

    Args:
        dataset: with all its rows.
        keep: which of them to show, bool (rows,).
    """
    spec, positions = dataset.spec, np.flatnonzero(keep)
    st.header("Metadata", anchor=False)
    first, last = positions[:ENDS], positions[ENDS:][-ENDS:]
    rows, columns = st.tabs(["First and last rows", "Columns"], key="metadata-tab", on_change="rerun")
    if rows.open:
        shown = _listed(dataset, np.concatenate([first, last])).assign(row=[*first + 1, *last + 1])
        shown = shown[["row", *shown.columns.drop("row")]].dropna(axis=1, how="all")
        if len(positions) > 2 * ENDS:
            rows.caption(
                f"The first {ENDS} and the last {ENDS} of {len(positions):,} rows; the download below has all of them."
            )
        rows.dataframe(
            shown,
            hide_index=True,
            height=320,
            column_config={
                "image_id": "image",
                "group_id": spec.group,
                "label": "class key",
                "age": st.column_config.NumberColumn("age (years)", format="%d"),
                "diagnosis_method": "diagnosis made by",
            },
            placeholder="not recorded",
            alt=f"Metadata of the images that pass the filters, of which there are {len(positions):,}",
        )
    if columns.open:
        columns.dataframe(
            shares_written(describe_columns(dataset.table.iloc[positions]), ["missing share"]),
            hide_index=True,
            placeholder="–",
            alt=f"Type, missing values and different values of each column, over {len(positions):,} images",
        )
    csv_button(
        f"Download {counted(len(positions), 'rows')} as CSV",
        lambda: _listed(dataset, positions).dropna(axis=1, how="all"),
        f"{spec.name}_metadata.csv",
    )
    if dataset.skipped:
        number = len(dataset.skipped)
        skipped = f"{number:,} row{'s' * (number != 1)} {'was' if number == 1 else 'were'} skipped when reading"
        with st.expander(skipped, icon=":material/warning:"):
            st.dataframe(
                pd.DataFrame(dataset.skipped).rename(columns={"image_id": "image", "path": "file"}),
                hide_index=True,
                alt="Rows and files that were left out, with the reason for each",
            )


def describe_columns(table: pd.DataFrame) -> pd.DataFrame:
    """One row a column of metadata: what it holds, how much is missing, how many values differ, the most frequent."""
    rows = []
    for name in table.columns.drop("path", errors="ignore"):
        values = table[name]
        missing = int(values.isna().sum())
        counted = values.value_counts()
        number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        kind = "nothing" if missing == len(values) else "number" if number else "text"
        span = f"{values.min():g} to {values.max():g}" if kind == "number" else None
        most = f"{counted.index[0]} ({counted.iloc[0]:,})" if len(counted) and counted.iloc[0] > 1 else None
        rows.append((name, kind, str(values.dtype), missing, missing / max(len(values), 1), len(counted), span, most))
    columns = ["column", "holds", "type", "missing", "missing share", "different values", "range", "most frequent"]
    return pd.DataFrame(rows, columns=columns)


def _listed(dataset: Dataset, positions: np.ndarray) -> pd.DataFrame:
    """Rows for people: without file paths, with the diagnosis in full."""
    rows = dataset.table.iloc[positions].drop(columns="path", errors="ignore")
    rows = rows.assign(diagnosis=rows["label"].map(dataset.spec.class_names))
    return rows[["image_id", "diagnosis", *rows.columns.drop(["image_id", "diagnosis"])]]
