import numpy as np
import pytest

from core.explain.integrated_gradients import Completeness, blurred, integrated_gradients
from core.runs.explanations.explanation_words import of_completeness

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (6, 6, 3), dtype=np.uint8)
BASELINE = RNG.integers(0, 256, (6, 6, 3), dtype=np.uint8)
WEIGHTS = RNG.normal(size=(6, 6, 3))


def test_for_a_weighted_sum_each_pixel_adds_its_weight_times_its_change() -> None:
    def linear(pictures: np.ndarray):
        return (pictures * WEIGHTS).sum(axis=(1, 2, 3)) + 4, np.broadcast_to(WEIGHTS, pictures.shape)

    added, found = integrated_gradients(linear, PICTURE, BASELINE)
    assert added == pytest.approx(WEIGHTS * (PICTURE.astype(float) - BASELINE))
    assert found.converged
    assert found.steps == 32


def test_for_a_sum_of_squares_it_is_the_difference_of_squares() -> None:
    added, found = integrated_gradients(lambda x: ((x**2).sum(axis=(1, 2, 3)), 2 * x), PICTURE, BASELINE)
    assert added == pytest.approx(PICTURE.astype(float) ** 2 - BASELINE.astype(float) ** 2, rel=1e-4, abs=0.1)
    assert found.converged


def narrow_step(pictures: np.ndarray, width: float = 0.01):
    """A score that rises within a hundredth of the way, where 32 midpoints hardly see it."""
    way = (pictures.mean(axis=(1, 2, 3)) - 10) / 200
    rise = (1 + np.tanh((way - 0.503) * 4 / width)) / 2
    slope = rise * (1 - rise) * 8 / width / 200 / pictures[0].size
    return rise, np.broadcast_to(slope[:, None, None, None], pictures.shape)


def test_steps_are_doubled_until_the_sum_is_within_two_percent_of_the_difference() -> None:
    black, white = np.full((4, 4, 3), 10, np.uint8), np.full((4, 4, 3), 210, np.uint8)
    _, first = integrated_gradients(narrow_step, white, black, most_steps=32)
    assert (first.steps, first.converged) == (32, False)
    added, found = integrated_gradients(narrow_step, white, black)
    assert found.steps in (64, 128, 256, 512)
    assert found.converged
    assert found.total == pytest.approx(added.sum())
    assert abs(found.total - found.difference) <= 0.02 * abs(found.difference)


def test_what_never_adds_up_ends_after_the_most_steps_and_says_so() -> None:
    black, white = np.full((4, 4, 3), 10, np.uint8), np.full((4, 4, 3), 210, np.uint8)
    _, found = integrated_gradients(lambda x: narrow_step(x, 1e-5), white, black)
    assert (found.steps, found.converged) == (512, False)


def test_a_step_whose_slope_is_nowhere_to_be_seen_is_said_not_to_have_converged() -> None:
    """No number of steps can do it: the score jumps, and its gradient is zero wherever it is asked for."""
    black, white = np.full((4, 4, 3), 10, np.uint8), np.full((4, 4, 3), 210, np.uint8)

    def jump(pictures: np.ndarray):
        return 3.0 * (pictures.mean(axis=(1, 2, 3)) > 100), np.zeros_like(pictures)

    added, found = integrated_gradients(jump, white, black)
    assert not added.any()
    assert (found.total, found.difference, found.steps, found.converged) == (0, 3, 512, False)
    said = of_completeness(found)
    assert said.good is False
    assert said.sentence == (
        "It did not converge: with 512 steps the pixels add up to 0, but the scores of picture and baseline differ by "
        "3. Do not read single pixels from this map."
    )


def test_two_percent_is_counted_of_the_difference_whatever_its_sign() -> None:
    assert Completeness(-98.1, -100.0, 32).converged
    assert not Completeness(-97.9, -100.0, 32).converged
    assert not Completeness(0.5, 0.0, 32).converged
    assert Completeness(0.0, 0.0, 32).converged


def test_the_blurred_copy_has_the_colours_and_no_detail() -> None:
    picture = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    copy = blurred(picture)
    assert (copy.shape, copy.dtype) == (picture.shape, np.uint8)
    assert copy.mean() == pytest.approx(picture.mean(), abs=3)
    assert copy.std() < 0.1 * picture.std()
