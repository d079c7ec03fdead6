"""Mixed pictures hold of two pictures what their labels say, and the draws can be had again."""

import numpy as np
import pytest

from core.base.random_streams import Stream, random_stream


def a_batch(size: int = 64, side: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Pictures each of one level, 4 apart, and the picture's own number as its class."""
    levels = (4 * np.arange(size)).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (size, side, side, 3)).copy(), np.eye(size, dtype=np.float32)


def mixed(mixup: float, cutmix: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The batch before, and pictures and labels of it mixed."""
    from core.training.mixing import mixed

    before, shares = a_batch()
    return before, *mixed(before, shares, mixup, cutmix, random_stream(seed, Stream.MIXING, 0, 0))


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.4, 0), (0, 1), (0.4, 1)])
def test_labels_are_the_shares_of_the_pictures(mixup: float, cutmix: float) -> None:
    for seed in range(4):
        before, pictures, shares = mixed(mixup, cutmix, seed)
        assert pictures.dtype == np.uint8
        assert shares.dtype == np.float32
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
        levels = shares @ before[:, 0, 0, 0].astype(np.float32)  # each picture has one level: the mean tells the shares
        np.testing.assert_allclose(pictures.mean(axis=(1, 2, 3)), levels, atol=0.51)
        assert ((shares > 0).sum(axis=1) <= 2).all()
        assert ((shares > 0).sum(axis=1) == 2).any()


def test_cutmix_puts_a_whole_rectangle_of_another_picture_in() -> None:
    before, pictures, _ = mixed(0, 1)
    changed = (pictures != before).any(axis=-1)
    assert changed.any()
    for picture in changed:
        rows, columns = picture.any(axis=1), picture.any(axis=0)
        np.testing.assert_array_equal(picture, rows[:, None] & columns[None, :])


def test_each_batch_and_epoch_has_draws_of_its_own_that_come_again(material) -> None:
    from core.data.images.pipeline import EpochOrder, batches
    from core.training.mixing import mixed_batches
    from core.training.recipe import make_recipe

    recipe = make_recipe(dataset="demo", model="cnn-59k", mixup=0.4, seed=3)
    rows, labels = np.arange(32), np.arange(32) % 3

    def epoch(number: int) -> np.ndarray:
        order = EpochOrder(3)
        order.epoch = number
        examples = batches(material.images, rows, labels, 16)  # in the order of the rows, so that draws alone differ
        found = list(mixed_batches(examples, 3, recipe, order))
        assert [tuple(shares.shape) for _, shares in found] == [(16, 3), (16, 3)]
        return np.concatenate([pictures.numpy() for pictures, _ in found])

    first, again, second = epoch(0), epoch(0), epoch(1)
    np.testing.assert_array_equal(first, again)
    assert (first != second).any(axis=(1, 2, 3)).mean() > 0.5
    same = batches(material.images, np.tile(rows[:16], 2), labels, 16)
    one, other = (pictures.numpy() for pictures, _ in mixed_batches(same, 3, recipe, EpochOrder(3)))
    assert (one != other).any(axis=(1, 2, 3)).mean() > 0.5


def test_a_batch_of_one_stays_as_it_is() -> None:
    from core.training.mixing import mixed

    pictures, shares = a_batch(1)
    for mixup, cutmix in ((0.4, 0), (0, 1)):
        found, labels = mixed(pictures, shares, mixup, cutmix, np.random.default_rng(0))
        np.testing.assert_array_equal(found, pictures)
        np.testing.assert_allclose(labels, shares)
