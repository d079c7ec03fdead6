"""Statistics by class equal a direct computation over the pictures of the class."""

import numpy as np
import pandas as pd
import pytest

from core.data.statistics.class_statistics import (
    COLOUR_STEP,
    by_class,
    colour_means,
    colour_squares,
    distribution,
    random_examples,
)
from core.data.statistics.picture_statistics import COLUMNS
from core.features.neighbours import nearest_pictures

KEYS = ("mel", "nv", "df", "vasc")


@pytest.fixture
def statistics() -> pd.DataFrame:
    """Ninety pictures; the last could not be read."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.uniform(1, 200, (90, len(COLUMNS))).astype("float32"), columns=list(COLUMNS))
    table.index = pd.Index([f"i{n}" for n in range(90)], name="image_id")
    table["reason"] = pd.Series([None] * 89 + ["It is empty."], index=table.index, dtype="str")
    table.loc["i89", list(COLUMNS)] = np.nan
    return table


@pytest.fixture
def table() -> pd.DataFrame:
    """The same pictures with three classes; of the third there is only one, and nothing of vascular lesions."""
    labels = ["mel"] * 30 + ["nv"] * 58 + ["df", "nv"]
    return pd.DataFrame({"image_id": [f"i{n}" for n in range(90)], "label": labels})


def test_figures_by_class_are_those_of_a_direct_computation(table, statistics) -> None:
    found = by_class(table, statistics, KEYS, "brightness")
    of_nevi = statistics["brightness"].iloc[30:88].to_numpy(dtype=float)
    expected = [58, of_nevi.mean(), of_nevi.var(ddof=1), of_nevi.min(), of_nevi.max(), np.median(of_nevi)]
    assert found.loc["nv"].to_numpy(float) == pytest.approx(expected, rel=1e-6)
    assert found.index.tolist() == ["mel", "nv", "df"]
    assert np.isnan(found.at["df", "variance"])


@pytest.mark.parametrize("column", ["brightness", "sharpness"])
def test_every_measured_picture_is_counted_once(table, statistics, column) -> None:
    spread = distribution(table, statistics, KEYS, column)
    assert {key: int(counts.sum()) for key, counts in spread.counts.items()} == {"mel": 30, "nv": 58, "df": 1}
    assert spread.logarithmic == (column == "sharpness")
    assert (np.diff(spread.edges) > 0).all()


def test_a_distribution_of_equal_values_has_room(table, statistics) -> None:
    spread = distribution(table, statistics.assign(minimum=np.float32(0)), KEYS, "minimum")
    assert sum(counts.sum() for counts in spread.counts.values()) == 90


def test_colour_squares_hold_every_picture_in_its_mean_colour(table, statistics) -> None:
    squares = colour_squares(table, statistics, "mel")
    assert squares["images"].sum() == 30
    first = statistics.iloc[0]
    middle = [(np.floor(first[c] / COLOUR_STEP) + 0.5) * COLOUR_STEP for c in ("a", "b")]
    square = squares[(squares["a"] == middle[0]) & (squares["b"] == middle[1])]
    assert len(square) == 1
    inside = statistics.iloc[:30]
    for column, value in zip(("a", "b"), middle, strict=True):
        inside = inside[(inside[column] - value).abs() <= COLOUR_STEP / 2]
    assert square["red"].iloc[0] == pytest.approx(inside["red"].mean(), rel=1e-5)


def test_mean_colours_of_a_class(table, statistics) -> None:
    means = colour_means(table, statistics, KEYS)
    assert means.index.tolist() == ["mel", "nv", "df"]
    assert means.at["mel", "green"] == pytest.approx(statistics["green"].iloc[:30].mean(), rel=1e-5)


def test_examples_are_of_the_class_and_the_same_for_the_same_draw(table) -> None:
    first, again, other = (random_examples(table, "mel", 8, draw) for draw in (0, 0, 1))
    assert (first["label"] == "mel").all()
    assert first["image_id"].is_unique
    assert first["image_id"].tolist() == again["image_id"].tolist() != other["image_id"].tolist()
    assert len(random_examples(table, "df", 8, 0)) == 1


def test_the_nearest_picture_is_the_one_measured_nearly_alike(statistics) -> None:
    statistics.loc["i40", list(COLUMNS)] = statistics.loc["i7", list(COLUMNS)] * 1.001
    found = nearest_pictures(statistics, "i7", 5)
    assert found[0][0] == "i40"
    distances = [distance for _, distance in found]
    assert distances == sorted(distances)
    assert len(found) == 5
    assert "i7" not in dict(found)


def test_a_picture_that_could_not_be_read_is_near_to_none(statistics) -> None:
    assert nearest_pictures(statistics, "i89", 5) == []
    assert nearest_pictures(statistics, "gone", 5) == []
    assert "i89" not in dict(nearest_pictures(statistics, "i7", 200))
    assert len(nearest_pictures(statistics, "i7", 200)) == 88
    assert nearest_pictures(statistics.head(1), "i0", 5) == []
