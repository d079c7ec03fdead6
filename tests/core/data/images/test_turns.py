"""The eight ways of mirroring and turning a square picture."""

import numpy as np

from core.data.images.turns import Turns, turned


def pictures(many: int = 3, side: int = 5) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (many, side, side, 3), dtype=np.uint8)


def test_the_eight_ways_are_those_of_a_square() -> None:
    [picture] = pictures(1)
    expected = {np.rot90(each, turns).tobytes() for each in (picture, picture[:, ::-1]) for turns in range(4)}
    assert {turned(picture[None], way)[0].tobytes() for way in range(8)} == expected
    assert len(expected) == 8


def test_the_first_way_changes_nothing_and_flips_come_before_turns() -> None:
    given = pictures()
    assert np.array_equal(turned(given, 0), given)
    flips = {turned(given, way).tobytes() for way in range(Turns.FLIPS.ways)}
    assert flips == {
        given[:, a, b].tobytes()
        for a in (slice(None), slice(None, None, -1))
        for b in (slice(None), slice(None, None, -1))
    }
