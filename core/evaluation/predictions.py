"""The table of predictions, from which every metric, curve and comparison of a run is computed.

One row per answer of the model, with the columns `image_id`, `group_id` (str), `part` ("train", "validation", "test",
or "out-of-fold", where each row comes from the model that had its fold held out), `true` (class key) and one float32
column `p_<class key>` per class, in the order of the classes; each row's probabilities lie in 0…1 and sum to 1. An
`image_id` may occur more than once where the split oversampled it.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import DataError, RunError
from core.base.files import write_atomically

OUT_OF_FOLD = "out-of-fold"
PARTS = ("train", "validation", "test", OUT_OF_FOLD)
ROW_COLUMNS = ("image_id", "group_id", "part", "true")
SUM_TOLERANCE = 0.01
"""How far the probabilities of one row may sum from 1; float16 softmax stays well below it."""


def prediction_table(rows: pd.DataFrame, probabilities: np.ndarray, class_keys: Sequence[str]) -> pd.DataFrame:
    """Put what was predicted beside what it was predicted for.

    Args:
        rows: one row per prediction with `image_id`, `group_id`, `part` and `true`; others are left out.
        probabilities: shape (n, classes), any float type, columns in the order of `class_keys`; rows that sum
            to 1 but for rounding are scaled to sum to 1.
        class_keys: keys of the classes in the order in which the model numbers them.

    Raises:
        DataError: a column is missing or has gaps, a part or class is unknown, or the probabilities have
            another shape, are not finite, or are not probabilities.
    """
    missing = [column for column in ROW_COLUMNS if column not in rows.columns]
    if missing:
        raise DataError(f"The rows to predict for lack the column(s) {', '.join(missing)}.")
    incomplete = [column for column in ROW_COLUMNS if rows[column].isna().any()]
    if incomplete:
        raise DataError(
            f"The column(s) {', '.join(incomplete)} have missing values; every prediction needs its image, "
            "group, part and true class."
        )
    unknown_parts = sorted(set(rows["part"].astype(str)) - set(PARTS))
    if unknown_parts:
        raise DataError(f"Unknown part(s) {', '.join(unknown_parts)}: a part is one of {', '.join(PARTS)}.")
    unknown_classes = sorted(set(rows["true"].astype(str)) - set(class_keys))
    if unknown_classes:
        raise DataError(
            f"True class(es) {', '.join(unknown_classes)} are not among the model's classes ({', '.join(class_keys)})."
        )
    checked = _checked_probabilities(np.asarray(probabilities, dtype=np.float64), len(rows), len(class_keys))
    identity = {column: rows[column].astype(str).to_numpy() for column in ROW_COLUMNS}
    columns = {f"p_{key}": checked[:, number] for number, key in enumerate(class_keys)}
    return pd.DataFrame(identity | columns)


def _checked_probabilities(values: np.ndarray, n_rows: int, n_classes: int) -> np.ndarray:
    if values.shape != (n_rows, n_classes):
        raise DataError(
            f"The model answered with an array of shape {values.shape}, but there are {n_rows} rows and "
            f"{n_classes} classes: ({n_rows}, {n_classes}) was expected."
        )
    broken = int((~np.isfinite(values)).any(axis=1).sum())
    if broken:
        raise DataError(
            f"For {broken} of {n_rows} rows the model's answer is not a finite number: its training has "
            "diverged. Train it again with a lower learning rate."
        )
    sums = values.sum(axis=1, keepdims=True)
    if n_rows and (values.min() < 0 or np.abs(sums - 1).max() > SUM_TOLERANCE):
        raise DataError(
            "The model's answers are not probabilities: each must lie between 0 and 1 and each row must sum "
            "to 1. Apply softmax to the model's output."
        )
    return (values / sums).astype(np.float32)


def probabilities(table: pd.DataFrame, class_keys: Sequence[str]) -> np.ndarray:
    """Predicted probabilities, shape (n, classes), float64, range 0…1, columns in class order."""
    return table[[f"p_{key}" for key in class_keys]].to_numpy(dtype=np.float64, copy=True)


def predicted_labels(table: pd.DataFrame, class_keys: Sequence[str]) -> np.ndarray:
    """Key of the most probable class of each row, shape (n,), str; the first one where several tie."""
    return np.asarray(class_keys, dtype=str)[probabilities(table, class_keys).argmax(axis=1)]


def sure_and_right(table: pd.DataFrame, class_keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the most likely class, float (n,), 0…1, and whether that is the true one, bool (n,)."""
    sure = probabilities(table, class_keys).max(axis=1, initial=0.0)
    return sure, predicted_labels(table, class_keys) == table["true"].to_numpy(dtype=str)


def check_predictions(table: pd.DataFrame, class_keys: Sequence[str], where: str) -> None:
    """Refuse a table that is not of a model with these classes.

    Args:
        table: as `load_predictions` gives it.
        class_keys: keys of the model's classes.
        where: what the table is, for the message, such as “The predictions of the run x”.

    Raises:
        DataError: it has other classes, gaps, or rows whose probabilities are none.
    """
    have = [column.removeprefix("p_") for column in table.columns if column.startswith("p_")]
    if sorted(have) != sorted(class_keys):
        raise DataError(
            f"{where} are of another model: they have probabilities of {', '.join(have)}, and the run knows "
            f"{', '.join(class_keys)}. Evaluate the run again."
        )
    if table[list(ROW_COLUMNS)].isna().any(axis=None):
        raise DataError(f"{where} have gaps. Evaluate the run again.")
    for column in ROW_COLUMNS:
        if pd.api.types.infer_dtype(table[column]) not in ("string", "categorical", "empty"):
            raise DataError(f"{where} are damaged: the column {column} holds something else than text. Evaluate the "
                            "run again.")  # fmt: skip
    if unknown := sorted(set(table["true"]) - set(class_keys)):
        raise DataError(
            f"{where} have classes that the run does not know ({', '.join(unknown)}). Evaluate the run again."
        )
    if not all(pd.api.types.is_numeric_dtype(table[f"p_{key}"]) for key in class_keys):
        raise DataError(f"{where} hold probabilities that are no numbers. Evaluate the run again.")
    values = probabilities(table, class_keys)
    within = np.isfinite(values).all(axis=1) & (np.nan_to_num(values, nan=-1).min(axis=1, initial=0) >= 0)
    wrong = int((~within | (np.abs(values.sum(axis=1) - 1) > SUM_TOLERANCE)).sum())
    if wrong:
        raise DataError(
            f"{where} are damaged: in {wrong:,} of {len(table):,} rows the probabilities do not lie between 0 and 1 or "
            "do not sum to 1. Evaluate the run again."
        )


def save_predictions(path: Path, table: pd.DataFrame) -> None:
    """Write the table as Parquet, atomically, for nobody else to read: it names pictures of people."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_atomically(path, buffer.getvalue(), private=True)


def load_predictions(path: Path) -> pd.DataFrame:
    """Read a table that `save_predictions` wrote.

    Raises:
        RunError: there is no such file; the run has not been evaluated yet.
        DataError: the file is not a table of predictions.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise RunError(
            f"There are no predictions at {path}: this run has not been evaluated yet. Wait until it has "
            "finished, or evaluate it again."
        ) from error
    except OSError as error:
        raise DataError(f"The predictions at {path} cannot be read: {error.strerror or error}.") from error
    try:
        table = pd.read_parquet(io.BytesIO(content))
    except Exception as error:  # pyarrow raises a dozen kinds for a damaged file
        raise DataError(f"The predictions at {path} are damaged and cannot be read. Evaluate the run again.") from error
    missing = [column for column in ROW_COLUMNS if column not in table.columns]
    if missing or not any(column.startswith("p_") for column in table.columns):
        lacking = ", ".join(missing) or "p_<class>"
        raise DataError(
            f"The file {path} is not a table of predictions: it lacks the column(s) {lacking}. Evaluate the run again."
        )
    return table
