"""Alike pictures near each other, the same every time, and told how far it is by what scikit-learn prints."""

import numpy as np

from core.features.projection import project
from tests.core.features.test_mapping import three_heaps


def test_what_is_near_in_features_is_near_on_the_map() -> None:
    places = project(three_heaps())
    centres = places.reshape(3, 20, 2).mean(axis=1)
    nearest = np.linalg.norm(places[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (nearest == np.repeat([0, 1, 2], 20)).all()


def test_the_same_features_give_the_same_map() -> None:
    assert np.array_equal(project(three_heaps()), project(three_heaps()))


def test_the_arranging_is_told_step_by_step_and_never_goes_back() -> None:
    told: list[tuple[int, int, str]] = []
    project(three_heaps(), lambda *told_now: told.append(told_now))
    steps = [done for done, _, _ in told]
    assert steps == sorted(steps)
    assert len(set(steps)) > 5
    assert steps[-1] == 750
