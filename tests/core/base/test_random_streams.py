"""Nothing that is drawn with one seed repeats what the same seed has drawn for something else."""

from itertools import pairwise

import numpy as np
import pandas as pd

from core.base.random_streams import Stream, random_stream
from core.data.splits.balance import Balance, balanced_positions
from core.data.splits.splits import make_split


def test_each_use_epoch_and_seed_has_numbers_of_its_own() -> None:
    keys = [(use,) for use in Stream] + [(use, n) for use in Stream for n in range(20)]
    first = [tuple(random_stream(seed, *key).integers(2**63, size=2)) for seed in range(5) for key in keys]
    assert len(set(first)) == len(first)


def test_the_same_use_of_a_seed_draws_the_same() -> None:
    draws = [random_stream(7, Stream.ORDER, 3).permutation(50).tolist() for _ in range(3)]
    assert all(one == other for one, other in pairwise(draws))


def test_the_numbers_of_a_use_stay_for_they_stand_in_exported_code() -> None:
    assert {use.name: use.value for use in Stream} == {
        "SPLIT": 0, "BALANCING": 1, "ORDER": 2, "AUGMENTATION": 3, "WATCHED": 4, "PROPOSALS": 5, "LEAKED_PAIR": 6,
        "QUIZ": 7, "MIXING": 8, "SOME_OF": 9, "WAYS": 10, "HIDDEN": 11, "GATE": 13, "CALIBRATION": 14,
    }  # fmt: skip


def test_the_order_of_no_epoch_is_the_draw_of_the_split_or_of_balancing() -> None:
    from core.data.images.pipeline import EpochOrder

    labels = pd.Series(["mel"] * 40)
    table = pd.DataFrame({"image_id": range(40), "group_id": range(40), "label": labels})
    trained = make_split(table, "random", 5, (0.5, 0.25, 0.25)).rows["part"].to_numpy() == "train"
    both = pd.concat([labels.iloc[:20], pd.Series(["nv"] * 40)], ignore_index=True)
    drawn = balanced_positions(both, Balance.UNDERSAMPLE, 5)
    for epoch in range(4):
        order = EpochOrder(5)
        order.epoch = epoch
        positions = order.positions(40)
        assert set(positions[:20]) != set(np.flatnonzero(trained))
        assert set(positions[:20]) != set(drawn[drawn >= 20] - 20)
