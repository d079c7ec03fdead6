"""Numbers of things are said as people say them."""

import pytest

from core.base.counting import are, counted, plural


@pytest.mark.parametrize(
    ("number", "things", "said"),
    [
        (0, "pictures", "0 pictures are"),
        (1, "pictures", "1 picture is"),
        (1200, "samples", "1,200 samples are"),
        (1, "pictures or samples", "1 picture or sample is"),
        (1, "classes", "1 class is"),
        (1, "studies", "1 study is"),
        (1, "series", "1 series is"),
        (1, "slices", "1 slice is"),
    ],
)
def test_one_thing_is_not_said_as_several(number: int, things: str, said: str) -> None:
    assert f"{counted(number, things)} {are(number)}" == said


@pytest.mark.parametrize(
    ("noun", "several"),
    [("picture", "pictures"), ("study", "studies"), ("series", "series"), ("class", "classes"), ("day", "days")],
)
def test_a_noun_has_its_plural(noun: str, several: str) -> None:
    assert plural(noun) == several
    assert counted(1, several) == f"1 {noun}"
