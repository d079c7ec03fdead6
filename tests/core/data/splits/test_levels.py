"""Every level at which pictures are known to belong together is counted, so that the finer one shows its price."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.percents import percent
from core.data.spec import ClassSpec, Dataset, DatasetSpec, tidy
from core.data.splits.leakage import LeakageReport, LevelLeakage, leakage_report
from core.data.splits.splits import make_split

CLASSES = (ClassSpec("mel", "melanoma", True), ClassSpec("nv", "nevus", False))
NONE = pd.Series(dtype=object)


def data_set(table: pd.DataFrame, group: str) -> Dataset:
    spec = DatasetSpec("some", "Some", "", CLASSES, group, "", "")
    return Dataset(spec, tidy(table), Path())


def report_of(dataset: Dataset, kind: str = "grouped") -> LeakageReport:
    return leakage_report(make_split(dataset.table, kind), NONE, dataset)


def with_patients(grouped_by: str, *, numbered_anew: bool = False) -> Dataset:
    """300 patients with two lesions of two photos each, grouped by one of both."""
    number = np.arange(1200)
    patient, lesion = number // 4, number // 2
    table = pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in number],
            "label": np.where(patient % 3 == 0, "mel", "nv"),
            "patient_id": [f"P{n}" for n in patient],
            "lesion_id": [f"L{n % 2 if numbered_anew else n}" for n in lesion],
            "age_group": np.where(number % 2, "old", "young"),
        }
    )
    column = f"{grouped_by}_id"
    return data_set(table.assign(group_id=table[column]).drop(columns=column), grouped_by)


def test_grouping_by_lesions_shows_how_many_patients_are_on_both_sides() -> None:
    report = report_of(with_patients("lesion"))
    lesions, patients = report.levels
    assert lesions == LevelLeakage("lesion", "", 600, 0)
    assert (patients.noun, patients.column, patients.groups) == ("patient", "patient_id", 300)
    assert patients.with_group_in_train / report.held_out > 0.5
    assert report.groups_shared == 0
    assert report.leaking
    [said] = report.level_sentences
    assert said.startswith(f"{percent(patients.with_group_in_train / report.held_out)} of the test pictures")
    assert said.endswith("have a picture of their patient (patient_id) in training.")


@pytest.mark.parametrize("numbered_anew", [False, True])
def test_grouping_by_patients_keeps_their_lesions_together_also_where_each_numbers_them_anew(
    numbered_anew: bool,
) -> None:
    report = report_of(with_patients("patient", numbered_anew=numbered_anew))
    assert report.levels == (LevelLeakage("patient", "", 300, 0), LevelLeakage("lesion", "lesion_id", 600, 0))
    assert not report.leaking
    assert report.level_sentences == ()


def test_a_picture_whose_patient_is_not_known_is_nobodys() -> None:
    dataset = with_patients("lesion")
    dataset.table["patient_id"] = np.where(np.arange(1200) % 2, None, "unknown")
    assert report_of(dataset).level_sentences == ()


def test_a_column_that_says_the_same_or_too_little_is_no_level() -> None:
    dataset = with_patients("patient")
    dataset.table["subject"] = dataset.table["group_id"].str.lower()
    dataset.table["case"] = "all of one"
    assert [level.column for level in report_of(dataset).levels] == ["", "lesion_id"]


def test_where_nobody_knows_the_group_a_known_patient_still_counts() -> None:
    dataset = with_patients("lesion")
    pictures = data_set(dataset.table.assign(group_id=dataset.table["image_id"]), "picture")
    report = report_of(pictures, "random")
    assert [level.column for level in report.levels] == ["patient_id"]
    assert report.leaking


def test_a_report_is_read_back_with_its_levels_and_one_of_before_has_none() -> None:
    report = report_of(with_patients("lesion"))
    assert LeakageReport.from_json(report.to_json()) == report
    before = {name: value for name, value in report.to_json().items() if name not in ("levels", "cautions")}
    assert LeakageReport.from_json(before).levels == ()
