"""The table of predictions is checked when made and comes back from disk as it was."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError, RunError
from core.evaluation.predictions import (
    load_predictions,
    predicted_labels,
    prediction_table,
    probabilities,
    save_predictions,
)

CLASSES = ("nv", "mel", "bcc")


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": ["a", "b", "b"],
            "group_id": ["g1", "g2", "g2"],
            "part": "test",
            "true": ["nv", "mel", "mel"],
            "age": [30.0, 40.0, 40.0],
        }
    )


ANSWERS = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.4, 0.4, 0.2]])


def test_the_table_holds_one_float32_column_per_class_in_class_order() -> None:
    table = prediction_table(rows(), ANSWERS, CLASSES)
    assert list(table.columns) == ["image_id", "group_id", "part", "true", "p_nv", "p_mel", "p_bcc"]
    assert (table.dtypes[["p_nv", "p_mel", "p_bcc"]] == np.float32).all()
    np.testing.assert_allclose(probabilities(table, CLASSES), ANSWERS, atol=1e-7)
    assert probabilities(table, CLASSES).dtype == np.float64


def test_the_index_of_the_rows_does_not_matter() -> None:
    shuffled = rows().set_index(pd.Index([7, 3, 9]))
    pd.testing.assert_frame_equal(
        prediction_table(shuffled, ANSWERS, CLASSES), prediction_table(rows(), ANSWERS, CLASSES)
    )


def test_the_most_probable_class_is_the_label_and_ties_go_to_the_first() -> None:
    table = prediction_table(rows(), ANSWERS, CLASSES)
    assert predicted_labels(table, CLASSES).tolist() == ["nv", "bcc", "nv"]


def test_rounding_of_half_precision_is_evened_out() -> None:
    table = prediction_table(rows(), (ANSWERS * 1.002).astype(np.float16), CLASSES)
    np.testing.assert_allclose(probabilities(table, CLASSES).sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (ANSWERS[:2], "shape"),
        (ANSWERS[:, :2], "shape"),
        (np.where(ANSWERS == 0.8, np.nan, ANSWERS), "1 of 3 rows .* diverged"),
        (np.where(ANSWERS == 0.8, np.inf, ANSWERS), "diverged"),
        (ANSWERS * 2, "not probabilities"),
        (ANSWERS - [[0.3, -0.3, 0.0]], "not probabilities"),
    ],
)
def test_answers_that_are_no_probabilities_are_refused(answers: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        prediction_table(rows(), answers, CLASSES)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (rows().drop(columns="group_id"), "group_id"),
        (rows().assign(group_id=["g1", None, "g2"]), "missing values"),
        (rows().assign(part="holdout"), "holdout"),
        (rows().assign(true="scc"), "scc"),
    ],
)
def test_rows_that_do_not_say_what_was_predicted_are_refused(broken: pd.DataFrame, words: str) -> None:
    with pytest.raises(DataError, match=words):
        prediction_table(broken, ANSWERS, CLASSES)


def test_saved_predictions_come_back_unchanged(tmp_path: Path) -> None:
    table = prediction_table(rows(), ANSWERS, CLASSES)
    path = tmp_path / "evaluation" / "predictions.parquet"
    save_predictions(path, table)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    pd.testing.assert_frame_equal(load_predictions(path), table)
    assert [file.name for file in path.parent.iterdir()] == ["predictions.parquet"]


def test_missing_predictions_are_a_matter_of_the_run_and_damaged_ones_of_the_data(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    with pytest.raises(RunError, match="not been evaluated yet"):
        load_predictions(path)
    save_predictions(path, prediction_table(rows(), ANSWERS, CLASSES))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="damaged"):
        load_predictions(path)
    with pytest.raises(DataError, match="cannot be read"):
        load_predictions(tmp_path)


def test_another_table_is_not_taken_for_predictions(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    save_predictions(path, rows())
    with pytest.raises(DataError, match="p_<class>"):
        load_predictions(path)
