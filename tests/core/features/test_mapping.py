"""Maps: alike pictures near each other, the same every time, cancelled for certain, apart as computed by hand."""

import numpy as np
import pandas as pd
import pytest

from core.base.errors import CancelledError, DataError
from core.data.catalog import open_dataset
from core.data.spec import Dataset
from core.features import mapping
from core.features.features import FeatureKind, FeatureSource
from core.features.mapping import draw_map, open_map, run_map_job
from core.features.separation import separation

COLOURS = FeatureSource(FeatureKind.COLOUR_TEXTURE)


def three_heaps(size: int = 20) -> np.ndarray:
    """Three heaps of unit rows in 16 dimensions."""
    rng = np.random.default_rng(0)
    rows = np.repeat(np.eye(16)[:3], size, axis=0) + rng.normal(0, 0.05, (3 * size, 16))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def few(demo_artifacts) -> Dataset:
    dataset = open_dataset("demo")
    return Dataset(dataset.spec, dataset.table.head(40), dataset.root)


def test_a_map_is_kept_until_a_picture_changes(few) -> None:
    assert open_map(few, COLOURS) is None
    drawn = draw_map(few, COLOURS)
    assert set(drawn.points["image_id"]) == set(few.table["image_id"])
    assert open_map(few, COLOURS).points.equals(drawn.points)
    other = Dataset(few.spec, few.table.head(39), few.root)
    assert open_map(other, COLOURS) is None


def test_a_data_set_too_large_is_drawn_from_some_of_its_pictures(few, monkeypatch) -> None:
    monkeypatch.setattr(mapping, "MOST_POINTS", 25)
    drawn = draw_map(few, COLOURS)
    assert (len(drawn.points), drawn.pictures) == (25, 40)


def test_a_handful_of_pictures_is_too_few_for_a_map(few) -> None:
    with pytest.raises(DataError, match="at least"):
        draw_map(Dataset(few.spec, few.table.head(5), few.root), COLOURS)


def test_the_job_ends_when_it_is_cancelled(few, monkeypatch) -> None:
    monkeypatch.setattr(mapping, "open_dataset", lambda *_: few)
    arguments = {"dataset": "demo", "kind": "colour-texture", "run_id": ""}
    looks = []

    def cancelled() -> bool:
        looks.append(1)
        return len(looks) > 6

    with pytest.raises(CancelledError):
        run_map_job(arguments, lambda *_: None, cancelled)
    assert open_map(few, COLOURS) is None
    assert run_map_job(arguments, lambda *_: None, lambda: False)["points"] == 40


def test_separate_heaps_have_all_neighbours_of_their_own_class() -> None:
    labels, groups = pd.Series(np.repeat(["a", "b", "c"], 20)), pd.Series(range(60))
    apart = separation(three_heaps(), labels, groups)
    assert apart.same == 1
    assert apart.chance == pytest.approx(19 / 59)
    assert [c.pictures for c in apart.by_class] == [20, 20, 20]


def test_labels_without_a_meaning_separate_no_better_than_chance() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(600, 8)).astype(np.float32)
    apart = separation(rows, pd.Series(rng.choice(["a", "b"], 600, p=[0.8, 0.2])), pd.Series(range(600)))
    assert apart.same == pytest.approx(apart.chance, abs=0.03)


def test_siblings_do_not_count_as_neighbours() -> None:
    """Pairs of identical pictures with labels by pair: every neighbour of the same class would be the sibling."""
    rng = np.random.default_rng(2)
    rows = np.repeat(rng.normal(size=(100, 8)), 2, axis=0).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    labels = pd.Series(np.repeat(rng.choice(["a", "b"], 100), 2))
    counted = separation(rows, labels, pd.Series(range(200)), neighbours=1)
    left_out = separation(rows, labels, pd.Series(np.repeat(range(100), 2)), neighbours=1)
    assert counted.same == 1
    assert left_out.same < 0.7


def test_pictures_of_one_group_have_a_map_and_nothing_to_keep_apart(few) -> None:
    one = Dataset(few.spec, few.table.assign(group_id="p1"), few.root)
    assert draw_map(one, COLOURS).separation is None
    assert open_map(one, COLOURS).separation is None
    assert separation(three_heaps(), pd.Series(["a"] * 60), pd.Series(["p1"] * 60)) is None


def test_one_large_group_and_a_few_pictures_of_another_are_compared_with_those() -> None:
    labels = pd.Series(["a"] * 59 + ["b"])
    apart = separation(three_heaps(), labels, pd.Series(["p1"] * 58 + ["p2"] * 2))
    assert apart.neighbours == 2
    assert 0 < apart.same < 1
