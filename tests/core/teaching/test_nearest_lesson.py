"""The leakage lesson in seconds: figures of a model that only remembers, computed on the pictures and kept."""

from pathlib import Path

import pytest

from core.data.catalog import open_dataset
from core.data.splits.splits import SplitKind, make_split
from core.teaching import nearest_lesson
from core.teaching.leakage_lesson import KINDS
from core.teaching.nearest_lesson import COLUMNS, known_outcomes, nearest_outcomes


def splits_of(dataset, seed: int = 0):
    return {kind: make_split(dataset.table, kind, seed, (0.6, 0.2, 0.2)) for kind in KINDS}


def test_copies_in_training_lift_the_figure_of_a_model_that_only_remembers(small_demo: Path) -> None:
    dataset = open_dataset("demo")
    splits = splits_of(dataset)
    assert known_outcomes(dataset, splits) is None
    outcomes = nearest_outcomes(dataset, splits)
    assert tuple(outcomes.columns) == COLUMNS
    assert outcomes["split"].tolist() == [str(kind) for kind in KINDS]
    by_split = outcomes.set_index("split")
    for kind, split in splits.items():
        test = split.part("test")
        assert by_split.at[kind, "pictures"] == len(test)
        assert by_split.at[kind, "floor"] == pytest.approx(
            (test["label"] == split.part("train")["label"].value_counts().idxmax()).mean()
        )
        assert by_split.at[kind, "accuracy low"] <= by_split.at[kind, "accuracy"] <= by_split.at[kind, "accuracy high"]
    copied, honest = by_split.loc[SplitKind.OVERSAMPLE_FIRST], by_split.loc[SplitKind.GROUPED]
    assert copied["accuracy"] > honest["accuracy"]


def test_figures_are_kept_for_these_very_splits_and_pictures(small_demo: Path, monkeypatch) -> None:
    dataset = open_dataset("demo")
    splits = splits_of(dataset)
    outcomes = nearest_outcomes(dataset, splits)

    def not_again(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(nearest_lesson, "ensure_cache", not_again)
    assert nearest_outcomes(dataset, splits).equals(outcomes)
    assert known_outcomes(dataset, splits_of(dataset, seed=1)) is None
    [file] = (small_demo.parents[1] / "lessons" / "nearest").iterdir()
    for damaged in ("", "[]", '[{"split": "grouped"}]'):
        file.write_text(damaged)
        assert known_outcomes(dataset, splits) is None
    next(small_demo.glob("demo_images/*.jpg")).touch()
    assert known_outcomes(open_dataset("demo"), splits) is None
