"""A figure taken apart: what is left without copies, and without groups that training knows."""

from pathlib import Path

import pandas as pd
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.data.splits.splits import Split, SplitKind
from core.evaluation.predictions import prediction_table, save_predictions
from core.reproduction.gaps import taken_apart_sentence
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from core.teaching.taken_apart import rows_of, take_apart

TWO = tuple(c for c in HAM10000_CLASSES if c.key in ("mel", "nv"))
KEYS = [c.key for c in TWO]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Melanomas are judged on copies and all right; of the nevi one is new, one of a known lesion; both are wrong."""
    rows = [
        ("a", "A", "mel", "train"), ("b", "B", "nv", "train"), ("c", "C", "nv", "train"),
        ("a", "A", "mel", "validation"), ("a", "A", "mel", "validation"),
        ("b2", "B", "nv", "validation"), ("d", "D", "nv", "validation"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["image_id", "group_id", "label", "part"])
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    Split(SplitKind.OVERSAMPLE_FIRST, 0, table).save(run.split_file)
    held_out = table[table["part"] == "validation"].rename(columns={"label": "true"})
    answers = pd.DataFrame({key: [0.9 if key == "mel" else 0.1] * 4 for key in KEYS}).to_numpy()
    save_predictions(run.evaluation / "predictions.parquet", prediction_table(held_out, answers, KEYS))
    PredictorInfo("r", "cnn-pyramid", 28, TWO, "x", "X", False, "", "", "oversample-first", True).save(
        run.predictor_file
    )
    return run


def test_what_is_left_is_judged_anew(run: RunFolder) -> None:
    apart = take_apart(run, resamples=0)
    assert apart.part == "validation"
    assert apart.copied == pytest.approx(0.5)
    assert [rows_of(m) for m in (apart.whole, apart.without_copies, apart.without_relatives)] == [4, 2, 1]
    assert [m.accuracy for m in (apart.whole, apart.without_copies, apart.without_relatives)] == [0.5, 0.0, 0.0]
    recall = {c.key: c.sensitivity for c in apart.whole.per_class}
    assert recall == {"mel": 1.0, "nv": 0.0}
    assert {c.key: c.sensitivity for c in apart.without_copies.per_class} == {"mel": None, "nv": 0.0}


def test_where_all_are_copies_nothing_is_left(run: RunFolder) -> None:
    rows = Split.load(run.split_file).rows
    again = rows[rows["part"] == "validation"].assign(part="train")
    Split(SplitKind.OVERSAMPLE_FIRST, 0, pd.concat([rows, again], ignore_index=True)).save(run.split_file)
    apart = take_apart(run, resamples=0)
    assert (apart.copied, apart.without_copies, apart.without_relatives) == (1.0, None, None)


def test_what_it_consists_of_is_said_from_the_figures(run: RunFolder) -> None:
    said = taken_apart_sentence(take_apart(run, resamples=0), TWO)
    assert said == (
        "50.0\u00a0% of the 4 rows that are judged are pictures that training has in copy. Mean recall is "
        "100.0\u00a0% of the malignant classes and 0.0\u00a0% of the benign ones. Without them 2 are left, "
        "100.0\u00a0% of them melanocytic nevus: accuracy 0.0\u00a0% instead of 50.0\u00a0%, balanced accuracy "
        "0.0\u00a0% instead of 50.0\u00a0%. Of groups that training has not seen 1 are left: accuracy 0.0\u00a0%, "
        "balanced accuracy 0.0\u00a0%."
    )
