"""What the leakage lesson says follows from its figures, and claims no more than they allow."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from core.data.demo.demo import DEMO_SPEC
from core.data.spec import Dataset
from core.data.splits.leakage import ClassLeakage, LeakageReport
from core.data.splits.splits import SplitKind
from core.runs.run_folder import RunFolder
from core.teaching.leakage_lesson import KINDS, LeakageLesson
from dashboard.state.leakage_verdict import outcome_table, verdict, what_leaks, why_not_grouped

NAMES = {"mel": "melanoma", "nv": "melanocytic nevus"}


def report(kind: SplitKind, groups: int = 0, related: int = 0, copied: int = 0) -> LeakageReport:
    by_class = (ClassLeakage("mel", 50, min(related, 40), copied), ClassLeakage("nv", 150, max(related - 40, 0), 0))
    return LeakageReport(str(kind), "test", groups, copied, 200, related, copied, by_class)


REPORTS = {
    SplitKind.GROUPED: report(SplitKind.GROUPED),
    SplitKind.RANDOM: report(SplitKind.RANDOM, groups=60, related=70),
    SplitKind.OVERSAMPLE_FIRST: report(SplitKind.OVERSAMPLE_FIRST, groups=90, related=170, copied=160),
}


def outcome(kind: SplitKind, accuracy: float, width: float = 0.02, floor: float = 0.6) -> dict:
    return {
        "split": str(kind),
        "accuracy": accuracy,
        "accuracy low": accuracy - width,
        "accuracy high": accuracy + width,
        "floor": floor,
        "balanced accuracy": 0.5,
        "balanced low": 0.45,
        "balanced high": 0.55,
        "pictures": 200,
        "run": "x",
    }


def outcomes(grouped: float, random: float, copied: float, width: float = 0.02) -> pd.DataFrame:
    return pd.DataFrame(
        [outcome(kind, value, width) for kind, value in zip(KINDS, (grouped, random, copied), strict=True)]
    )


def test_the_three_splits_are_told_with_their_own_figures() -> None:
    said = what_leaks(REPORTS, NAMES, "lesion")
    assert "shares nothing: no lesion and no picture" in said
    assert "60 lesions appear in more than one part, and 35.0\u00a0% of the test pictures" in said
    assert "most of all melanoma, 80\u00a0%" in said
    assert "160 of 200 test pictures (80.0\u00a0%) are in training as the very same file" in said


def test_a_data_set_with_one_picture_a_group_is_not_said_to_leak() -> None:
    clean = {kind: report(kind) for kind in KINDS}
    said = what_leaks(clean, NAMES, "slide")
    assert "leaks no slide" in said
    assert "makes no copies here" in said


def test_identical_pictures_under_different_groups_are_not_hidden() -> None:
    honest = replace(REPORTS[SplitKind.GROUPED], identical_images_shared=3)
    assert "3 identical pictures" in what_leaks({**REPORTS, SplitKind.GROUPED: honest}, NAMES, "lesion")


def test_a_clear_difference_is_called_one_and_explained_by_what_was_seen() -> None:
    said = verdict(outcomes(0.70, 0.71, 0.95), REPORTS)
    assert "honest figure is **70.0\u00a0%** (95 % interval 68.0–72.0\u00a0%), 10.0 points above" in said
    assert "**oversampling first** the same network shows **95.0\u00a0%**, 25.0 points more" in said
    assert "do not touch" in said
    assert "85\u00a0% of its test pictures were seen in training" in said


def test_a_difference_within_the_intervals_is_not_blamed_on_the_leak() -> None:
    said = verdict(outcomes(0.70, 0.72, 0.703), REPORTS)
    assert "**random split** it shows 72.0\u00a0%, 2.0 points more. The intervals overlap" in said
    assert "does not prove" in said
    assert "**oversampling first** it is the same 70.3\u00a0%" in said


def test_a_leaking_split_that_comes_out_lower_is_told_as_it_is() -> None:
    said = verdict(outcomes(0.70, 0.69, 0.60), REPORTS)
    assert "69.0\u00a0%, 1.0 points lower this time. The intervals overlap, so that may be chance" in said
    assert "60.0\u00a0%, 10.0 points lower this time. Chance alone does not explain that" in said


def test_an_honest_figure_below_its_floor_is_said_to_be_below() -> None:
    assert "20.0 points below always giving the most frequent class" in verdict(outcomes(0.4, 0.5, 0.6), REPORTS)


def test_without_the_honest_figure_nothing_is_compared_and_the_others_are_not_trusted() -> None:
    alone = outcomes(0.7, 0.8, 0.9).iloc[1:]
    said = verdict(alone, {kind: REPORTS[kind] for kind in KINDS[1:]})
    assert "honest figure is missing" in said
    assert (
        "With **random split** the network shows 80.0\u00a0%; 35\u00a0% of its test pictures were seen in training"
        in said
    )
    assert "points" not in said
    assert said.count("How it does on new cases cannot be told") == 2


def test_a_split_that_cannot_be_drawn_is_named_and_the_others_are_told() -> None:
    said = what_leaks({kind: REPORTS[kind] for kind in KINDS[1:]}, NAMES, "patient")
    assert "No **grouped** split can be drawn: too few patients." in said
    assert "60 patients appear in more than one part" in said
    assert "**Oversampling first** copies" in said


def test_no_class_is_said_to_leak_most_where_all_leak_alike() -> None:
    alike = replace(
        REPORTS[SplitKind.RANDOM], by_class=(ClassLeakage("mel", 40, 14, 0), ClassLeakage("nv", 160, 56, 0))
    )
    said = what_leaks({**REPORTS, SplitKind.RANDOM: alike}, NAMES, "lesion")
    assert "35.0\u00a0% of the test pictures" in said
    assert "most of all" not in said


def test_why_there_is_no_grouped_split_counts_the_groups_and_says_what_helps() -> None:
    spec = replace(DEMO_SPEC, group="patient", homepage="https://example.org/whole")
    said = why_not_grouped(Dataset(spec, pd.DataFrame({"group_id": ["a", "a", "b"]}), Path()))
    assert "come from 2 patients, too few to fill a training, a validation and a test part" in said
    assert "pictures of more patients" in said
    assert "(https://example.org/whole)" in said


def test_the_table_has_the_figures_of_the_runs_that_were_evaluated(trained: RunFolder) -> None:
    lesson = LeakageLesson("x", "demo", "cnn-59k", 4, 0, 0.8, 0.0, {"grouped": trained.run_id, "random": "gone"})
    table = outcome_table(lesson)
    written = json.loads((trained.evaluation / "metrics.json").read_text())["test"]
    [row] = table.to_dict("records")
    assert row["split"] == "grouped"
    assert row["run"] == trained.run_id
    assert row["accuracy"] == pytest.approx(written["accuracy"])
    assert row["accuracy low"] <= row["accuracy"] <= row["accuracy high"]
    assert row["floor"] == pytest.approx(written["majority_accuracy"])
    assert row["pictures"] == written["images"]


def test_a_lesson_without_an_evaluated_run_has_an_empty_table(artifacts: Path) -> None:
    assert outcome_table(LeakageLesson("x", "demo", "cnn-59k", 4, 0, 0.8, 0.0)).empty
