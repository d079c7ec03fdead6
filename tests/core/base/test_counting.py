"""Numbers of things are said as people say them."""

import pytest

from core.base.counting import are, counted


@pytest.mark.parametrize(
    ("number", "things", "said"),
    [
        (0, "pictures", "0 pictures are"),
        (1, "pictures", "1 picture is"),
        (1200, "samples", "1,200 samples are"),
        (1, "pictures or samples", "1 picture or sample is"),
    ],
)
def test_one_thing_is_not_said_as_several(number: int, things: str, said: str) -> None:
    assert f"{counted(number, things)} {are(number)}" == said
