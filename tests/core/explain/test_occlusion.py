import numpy as np
import pytest

from core.explain.occlusion import mean_colour, occlusion
from core.explain.row_saliency import row_saliency


def test_for_a_weighted_sum_a_pixel_has_the_mean_of_what_the_patches_over_it_take() -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    weights = rng.normal(size=(8, 8, 3))
    fallen = occlusion(lambda pictures: (pictures * weights).sum(axis=(1, 2, 3)), picture)
    taken = (weights * (picture.astype(float) - mean_colour(picture))).sum(axis=2)
    # Patches are 2×2 and move by 1 pixel, so that a corner lies under one of them and a pixel inside under four.
    patches = taken[:-1, :-1] + taken[1:, :-1] + taken[:-1, 1:] + taken[1:, 1:]
    assert fallen[0, 0] == pytest.approx(patches[0, 0])
    assert fallen[7, 7] == pytest.approx(patches[6, 6])
    assert fallen[3, 5] == pytest.approx(patches[2:4, 4:6].mean())


@pytest.mark.parametrize("side", [4, 7, 28, 30, 128])
def test_every_pixel_is_covered_at_every_size(side: int) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (side, side, 3), dtype=np.uint8)
    sums = []

    def score(pictures: np.ndarray) -> np.ndarray:
        sums.append((pictures != picture).any(axis=(0, 3)))
        return np.zeros(len(pictures))

    assert np.isfinite(occlusion(score, picture)).all()
    assert np.mean(sums) > 0.97  # but pixels that have the mean colour already


def test_the_place_that_matters_is_the_hottest() -> None:
    picture = np.full((32, 32, 3), 200, np.uint8)
    picture[4:12, 18:26] = 30
    fallen = occlusion(lambda pictures: 255 - pictures[:, 6:10, 20:24].mean(axis=(1, 2, 3)), picture)
    top, left = np.unravel_index(fallen.argmax(), fallen.shape)
    assert 2 <= top <= 13
    assert 16 <= left <= 27
    assert fallen[20:, :10].max() == pytest.approx(0)


def test_the_saliency_of_a_row_is_the_sum_of_its_absolute_gradients() -> None:
    gradients = np.zeros((3, 2, 3))
    gradients[1] = [[1, -2, 0], [0.5, 0, 0]]
    assert row_saliency(gradients).tolist() == [[0], [3.5], [0]]
