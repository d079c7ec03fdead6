"""Groups are dealt by their pictures of each class: what comes out over many seeds, and in tiny data sets."""

from itertools import product

import numpy as np
import pytest

from core.data.splits.dealing import deal_groups
from tests.alike import long_but

FRACTIONS = np.array([0.70, 0.15, 0.15])
SEEDS = 200


def patients(seed: int = 0, count: int = 60) -> np.ndarray:
    """Patches of patients by class, (patients, 2): 20 to 2,500 patches, both classes in each, unevenly."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(20, 2501, count)
    positive = np.clip(np.round(sizes * rng.beta(2, 4, count)), 1, sizes - 1).astype(int)
    return np.column_stack([sizes - positive, positive])


def dealt(counts: np.ndarray, seed: int, fractions: np.ndarray = FRACTIONS) -> np.ndarray:
    return deal_groups(counts, fractions, np.random.default_rng(seed))


def of_parts(counts: np.ndarray, parts: np.ndarray, number: int = len(FRACTIONS)) -> np.ndarray:
    """Pictures by part and class."""
    return np.stack([counts[parts == part].sum(axis=0) for part in range(number)])


@pytest.mark.parametrize("data", long_but(range(3), 0))
def test_patients_of_unequal_size_fill_the_parts_over_all_seeds(data: int) -> None:
    counts = patients(data)
    shares, shifts = [], []
    for seed in range(SEEDS):
        there = of_parts(counts, dealt(counts, seed))
        shares.append(there.sum(axis=1) / counts.sum())
        shifts.append(there[:, 1] / there.sum(axis=1) - counts[:, 1].sum() / counts.sum())
    assert np.abs(np.array(shares) - FRACTIONS).max() < 0.005
    assert np.abs(shifts).max() < 0.01


def test_every_patient_is_held_out_by_some_seeds_and_none_by_most() -> None:
    counts = patients()
    parts = np.stack([dealt(counts, seed) for seed in range(SEEDS)])
    held_out = (parts == 2).mean(axis=0)
    assert held_out.min() > 0.05
    assert held_out.max() < 0.35
    assert len({tuple(np.flatnonzero(row == 2)) for row in parts}) > 0.95 * SEEDS


def test_the_same_seed_deals_the_same_and_another_seed_another() -> None:
    counts = patients()
    assert dealt(counts, 3).tolist() == dealt(counts, 3).tolist() != dealt(counts, 4).tolist()


def test_groups_that_cannot_be_told_apart_have_equal_chances() -> None:
    counts = np.ones((40, 1), int)
    held_out = np.mean([dealt(counts, seed) == 2 for seed in range(1000)], axis=0)
    assert np.abs(held_out - 0.15).max() < 0.05


@pytest.mark.parametrize("classes", [1, 2, 7])
def test_small_groups_of_one_class_leave_no_part_a_picture_or_two_away(classes: int) -> None:
    rng = np.random.default_rng(classes)
    counts = np.zeros((3000, classes), int)
    counts[np.arange(3000), rng.integers(0, classes, 3000)] = rng.choice([1, 2, 3, 4], 3000, p=[0.7, 0.2, 0.06, 0.04])
    for seed in range(5):
        there = of_parts(counts, dealt(counts, seed))
        assert np.abs(there - np.outer(FRACTIONS, counts.sum(axis=0))).max() < 2


def test_more_kinds_of_groups_than_are_looked_at_together_are_dealt_as_well() -> None:
    counts = patients(count=2000)
    there = of_parts(counts, dealt(counts, 0))
    assert np.abs(there / counts.sum(axis=0) - FRACTIONS[:, None]).max() < 0.002


def lacking(counts: np.ndarray, parts: np.ndarray) -> tuple[int, bool, int, int]:
    """Classes that training lacks, whether a part is empty, and classes that validation and test lack."""
    there = of_parts(counts, parts)
    without = (there == 0).sum(axis=1)
    return int(without[0]), bool((there.sum(axis=1) == 0).any()), int(without[1]), int(without[2])


@pytest.mark.parametrize("case", range(40))
def test_in_tiny_data_sets_no_other_deal_gives_more_classes_to_the_parts(case: int) -> None:
    rng = np.random.default_rng(case)
    counts = rng.poisson(rng.choice([0.7, 2, 10]), (rng.integers(3, 7), rng.integers(1, 5)))
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    every = (np.array(parts) for parts in product(range(3), repeat=len(counts)))
    best = min((a, b, 2 * c + d) for a, b, c, d in (lacking(counts, parts) for parts in every))
    a, b, c, d = lacking(counts, dealt(counts, case))
    assert (a, b, 2 * c + d) == best


def test_a_class_in_one_group_is_learnt_and_one_in_two_is_learnt_and_validated() -> None:
    counts = np.array([[9, 0, 0]] * 20 + [[0, 5, 0]] * 2 + [[0, 0, 3]])
    for seed in range(20):
        parts = dealt(counts, seed)
        assert sorted(parts[20:22]) == [0, 1]
        assert parts[22] == 0


def test_one_large_group_is_learnt_and_the_small_ones_are_held_out() -> None:
    counts = np.array([[5000, 100], [20, 5], [30, 2]])
    for seed in range(10):
        assert dealt(counts, seed)[0] == 0
        assert sorted(dealt(counts, seed)) == [0, 1, 2]


def test_two_parts_can_be_asked_for() -> None:
    counts = patients()
    parts = dealt(counts, 0, np.array([0.8, 0.2]))
    assert set(parts) == {0, 1}
    assert counts[parts == 1].sum() / counts.sum() == pytest.approx(0.2, abs=0.005)
