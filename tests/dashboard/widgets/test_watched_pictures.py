"""A watched picture tells its true class, where the probability of that went, and those of all classes."""

import pytest

from core.data.spec import ClassSpec
from dashboard.widgets.watched_pictures import MOST_COLUMNS, watched_card

CLASSES = (ClassSpec("a<b", "<script>alert(1)</script>", None), ClassSpec("mel", "melanoma", True))


def test_a_card_holds_its_picture_the_true_class_and_every_probability() -> None:
    card = watched_card(b"jpeg", [[0.6, 0.4], [0.3, 0.7]], CLASSES, "mel")
    assert "data:image/jpeg;base64,anBlZw==" in card
    assert "True class: <b>melanoma</b>" in card
    assert ">70%<" in card
    assert "+30 points" in card
    assert "melanoma: 70.0%" in card
    assert "width:30.0%" in card


def test_names_of_classes_are_text_and_nothing_else() -> None:
    card = watched_card(None, [[0.6, 0.4]], CLASSES, "a<b")
    assert "<script>" not in card
    assert "a&lt;b" in card


def test_before_the_first_epoch_nothing_is_said_of_the_picture() -> None:
    card = watched_card(b"jpeg", [], CLASSES, "mel")
    assert ">–<" in card
    assert "points" not in card


@pytest.mark.parametrize("epochs", [1, MOST_COLUMNS, 1000])
def test_a_long_history_has_no_more_columns_than_can_be_seen(epochs: int) -> None:
    card = watched_card(b"jpeg", [[0.5, 0.5]] * epochs, CLASSES, "mel")
    assert 1 <= card.count("<i ") <= MOST_COLUMNS
