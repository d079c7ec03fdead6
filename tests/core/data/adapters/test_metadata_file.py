"""Ages as they stand in metadata tables, those that can be none left out, wherever the table is read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.adapters.metadata_file import ages, sexes
from core.data.adapters.one_hot_folder import open_one_hot_folder
from core.data.adapters.skin import HAM10000_CLASSES
from core.data.catalog import open_dataset
from core.data.spec import Dataset, Skip

Put = Callable[..., Path]


def test_numbers_that_are_no_ages_are_missing_and_counted() -> None:
    skipped: list[Skip] = []
    texts = pd.Series(["0", "130", "85.0", "-1", "19990101", "130.5", "inf", "forty", None], dtype=object)
    years = ages(texts, skipped)
    assert years.iloc[:3].tolist() == [0.0, 130.0, 85.0]
    assert years.iloc[3:].isna().all()
    assert years.dtype == np.float64
    assert [skip.reason for skip in skipped] == [
        "1 of the ages are no single number, the first is “forty”; they count as not recorded.",
        "4 of the ages lie below 0 or above 130 years, the first is -1; they count as not recorded. Correct them to "
        "use them.",
    ]


def test_ages_with_units_and_decimal_commas_are_read_and_ranges_are_counted() -> None:
    skipped: list[Skip] = []
    texts = pd.Series(["45 years", "6 months", "60,5", "7y", "45-50", "<18", "85+", "unknown", ""], dtype=object)
    assert ages(texts, skipped).tolist()[:4] == [45.0, 0.5, 60.5, 7.0]
    assert ages(texts, []).iloc[4:].isna().all()
    assert [skip.reason for skip in skipped] == [
        "3 of the ages are no single number, the first is “45-50”; they count as not recorded."
    ]


def test_sexes_are_read_in_several_languages_and_what_nobody_knows_is_counted() -> None:
    skipped: list[Skip] = []
    texts = pd.Series(
        ["F", "MALE", "w", "weiblich", "homme", "mujer", "0", "1", "other", "unknown", None], dtype=object
    )
    found = sexes(texts, skipped)
    assert found.tolist()[:6] == ["female", "male", "female", "female", "male", "female"]
    assert found.iloc[6:].isna().all()
    assert "3 of the sexes are written as “0”, “1”, “other”" in skipped[0].reason


@pytest.mark.parametrize(
    ("written", "meant"),
    [("HMMH", "male female female male"), ("HFFH", "male female female male"), ("MFFM", "male female female male")],
)
def test_m_is_a_woman_beside_h_and_a_man_beside_f(written: str, meant: str) -> None:
    assert sexes(pd.Series(list(written), dtype=object)).tolist() == meant.split()


def test_possible_and_missing_ages_are_not_mentioned() -> None:
    skipped: list[Skip] = []
    assert ages(pd.Series(["40", None]), skipped).isna().tolist() == [False, True]
    assert skipped == []


def _class_folders(folder: Path, put: Put) -> Dataset:
    for label in ("mel", "nv"):
        put(folder / "clinic" / label / f"{label}.jpg")
    (folder / "clinic" / "groups.csv").write_text("image,patient,age\nmel,1,200000\nnv,2,50\n")
    return open_dataset("clinic")


def _ham10000(folder: Path, put: Put) -> Dataset:
    put(folder / "ham10000" / "a.jpg")
    put(folder / "ham10000" / "b.jpg")
    rows = "lesion_id,image_id,dx,age\nA,a,nv,200000\nB,b,nv,50\n"
    (folder / "ham10000" / "HAM10000_metadata.csv").write_text(rows)
    return open_dataset("ham10000")


def _isic2019(folder: Path, put: Put) -> Dataset:
    put(folder / "isic2019" / "a.jpg")
    put(folder / "isic2019" / "b.jpg")
    (folder / "isic2019" / "ISIC_2019_Training_GroundTruth.csv").write_text("image,MEL,NV\na,1,0\nb,0,1\n")
    (folder / "isic2019" / "ISIC_2019_Training_Metadata.csv").write_text("image,age_approx\na,200000\nb,50\n")
    return open_dataset("isic2019")


def _one_hot_folder(folder: Path, put: Put) -> Dataset:
    put(folder / "any" / "a.jpg")
    put(folder / "any" / "b.jpg")
    (folder / "any" / "truth.csv").write_text("image,MEL,NV\na,1,0\nb,0,1\n")
    (folder / "any" / "metadata.csv").write_text("image,age_approx\na,200000\nb,50\n")
    return open_one_hot_folder(folder / "any", HAM10000_CLASSES)


@pytest.mark.parametrize("read", [_class_folders, _ham10000, _isic2019, _one_hot_folder])
def test_no_data_set_has_a_person_of_two_hundred_thousand_years(
    data_root: Path, put: Put, read: Callable[[Path, Put], Dataset]
) -> None:
    dataset = read(data_root, put)
    assert dataset.table["age"].max() == 50
    assert dataset.table["age"].isna().sum() == 1
    assert any(skip.reason.startswith("1 of the ages lie below 0") for skip in dataset.skipped)
