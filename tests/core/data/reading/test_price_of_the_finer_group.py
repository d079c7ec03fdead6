"""Choosing lesions where patients are known shows its price in the leakage report (PAD-UFES-20)."""

from pathlib import Path

import pandas as pd
import pytest

from core.data.reading.choices import Choices
from core.data.reading.reader import read_folder
from core.data.reading.understood import dataset_of, spec_of
from core.data.spec import Dataset
from core.data.splits.leakage import leakage_report
from core.data.splits.splits import make_split


def read(folder: Path, **columns: str) -> Dataset:
    reading = read_folder(folder, Choices(columns=columns))
    return dataset_of(reading, spec_of(reading))


@pytest.mark.parametrize("seed", range(3))
def test_with_lesions_a_third_of_the_test_pictures_has_its_patient_in_training_with_patients_none(
    layouts: Path, seed: int
) -> None:
    folder = layouts / "lesion-and-patient" / "pad-ufes-full"
    shares = {}
    for columns in ({}, {"group": "lesion_id"}):
        dataset = read(folder, **columns)
        report = leakage_report(make_split(dataset.table, "grouped", seed), pd.Series(dtype=object), dataset)
        [patients] = [level for level in report.levels if level.noun == "patient"]
        shares[dataset.spec.group] = patients.with_group_in_train / report.held_out
        assert patients.groups == 1373
        assert report.leaking == (dataset.spec.group == "lesion")
    assert shares["patient"] == 0
    assert 0.30 < shares["lesion"] < 0.41
