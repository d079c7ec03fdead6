"""Counting by number gives what counting by name gives."""

import numpy as np
import pandas as pd
import pytest

from core.data.statistics.counts import UNKNOWN, cross_counts, encode, further_columns, photos_per_group, value_counts
from core.data.statistics.examples import balanced_draw


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "image_id": [f"i{n}" for n in range(500)],
            "path": [f"/pictures/{n}.jpg" if n % 5 else None for n in range(500)],
            "label": rng.choice(["mel", "nv", "bcc"], 500),
            "group_id": [f"g{n // 2}" for n in range(500)],
            "age": rng.choice([20.0, 40.0, np.nan], 500),
            "sex": rng.choice(["female", "male", None], 500),
            "site": None,
            "fitzpatrick": rng.choice(["I", "II", None], 500),
            "remark": [f"text {n}" for n in range(500)],
            "clicks": rng.integers(0, 900, 500),
        }
    )


def test_cross_counts_are_those_of_the_pairs_of_values_with_missing_ones_last(table: pd.DataFrame) -> None:
    expected = pd.crosstab(table["label"].fillna(UNKNOWN), table["sex"].astype(object).fillna(UNKNOWN))
    for rows in (table, encode(table)):
        counted = cross_counts(rows["label"], rows["sex"])
        assert counted.index[-1] == counted.columns[-1] == UNKNOWN
        assert counted.to_numpy().sum() == len(table)
        assert (counted.loc[expected.index, expected.columns] == expected).all(axis=None)


def test_value_counts_leave_out_what_does_not_occur(table: pd.DataFrame) -> None:
    counted = value_counts(encode(table)[table["label"] == "mel"]["label"])
    assert counted.to_dict() == {"mel": int((table["label"] == "mel").sum())}


def test_encoding_keeps_every_row_and_every_missing_value(table: pd.DataFrame) -> None:
    encoded = encode(table.set_index(table.index + 7))
    assert encoded.index.tolist() == [n + 7 for n in range(500)]
    for column in ("label", "age", "sex", "site", "fitzpatrick"):
        assert encoded[column].isna().tolist() == table[column].isna().tolist()
    assert encoded["pictured"].tolist() == table["path"].notna().tolist()
    assert encoded["group"].nunique() == table["group_id"].nunique()


def test_texts_of_their_own_for_every_image_are_no_kinds_of_images(table: pd.DataFrame) -> None:
    assert further_columns(table) == ["fitzpatrick", "clicks"]
    assert "remark" not in encode(table)


def test_metadata_without_a_column_for_pictures_can_be_encoded(table: pd.DataFrame) -> None:
    assert not encode(table.drop(columns="path"))["pictured"].any()


def test_photos_of_a_group_are_binned_by_their_number() -> None:
    groups = pd.Series(["a"] + ["b"] * 3 + ["c"] * 4 + ["d"] * 100)
    assert [str(photos_per_group(groups)[n]) for n in (0, 1, 4, 8)] == ["1", "3", "4 to 9", "100 or more"]


def test_a_rare_class_is_drawn_as_often_as_a_frequent_one() -> None:
    labels = pd.Series(["nv"] * 1000 + ["mel"] * 10)
    drawn = balanced_draw(labels, 12, seed=4)
    assert (labels[drawn] == "mel").sum() == 6
    assert len(set(drawn)) == 12
    assert drawn.tolist() == balanced_draw(labels, 12, seed=4).tolist() != balanced_draw(labels, 12, seed=5).tolist()


def test_a_draw_larger_than_a_class_is_filled_from_the_others_and_never_repeats() -> None:
    labels = pd.Series(["nv"] * 20 + ["mel"])
    assert len(set(balanced_draw(labels, 12, seed=0))) == 12
    assert sorted(balanced_draw(labels.head(3), 12, seed=0)) == [0, 1, 2]
    assert len(balanced_draw(labels.head(0), 12, seed=0)) == 0
