import numpy as np
import pytest

from core.explain.randomised import copy_of, randomise, rank_correlation
from core.models.registry import build_model


def randomised(model, seed: int, *, head_alone: bool):
    copy = copy_of(model)
    randomise(copy, model, seed, head_alone=head_alone)
    return copy


def test_weights_are_shuffled_within_each_tensor_and_the_model_itself_stays() -> None:
    model = build_model("cnn-59k", 28, 7)
    before = model.get_weights()
    whole, head = randomised(model, 0, head_alone=False), randomised(model, 0, head_alone=True)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    for weights in (whole.get_weights(), head.get_weights()):
        assert all(sorted(a.ravel()) == sorted(b.ravel()) for a, b in zip(before, weights, strict=True))
    changed = [not (a == b).all() for a, b in zip(before, whole.get_weights(), strict=True)]
    varied = [np.ptp(weight) > 0 for weight in before]
    assert changed == varied
    only_last = [not (a == b).all() for a, b in zip(before, head.get_weights(), strict=True)]
    assert only_last == [False] * (len(before) - 2) + [True, False]  # its biases are all 0 in a new model


def test_the_same_seed_shuffles_alike() -> None:
    model = build_model("cnn-59k", 28, 7)
    one, again, other = (randomised(model, seed, head_alone=True).get_weights()[-2] for seed in (3, 3, 4))
    assert (one == again).all()
    assert not (one == other).all()


def test_rank_correlation_is_that_of_ranks() -> None:
    values = np.random.default_rng(0).random((5, 5))
    assert rank_correlation(values, values**3) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
    assert rank_correlation(values, np.zeros((5, 5))) == 0
    assert rank_correlation(np.zeros((5, 5)), np.zeros((5, 5))) is None
