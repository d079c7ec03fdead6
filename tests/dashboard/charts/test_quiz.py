"""The charts of the quiz say who was right when, and how many of a class did how well."""

import numpy as np
import pandas as pd
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import prediction_table
from core.teaching.quiz.class_results import ClassResults
from dashboard.charts.palette import class_colours
from dashboard.charts.quiz import class_sensitivity_chart, comparison_matrix, dots_chart, race_chart

KEYS = [c.key for c in HAM10000_CLASSES]


@pytest.fixture
def pictures() -> pd.DataFrame:
    """Four pictures: you were right on the first two, the model on the last three."""
    return pd.DataFrame(
        {
            "position": [1, 2, 3, 4],
            "image_id": ["a", "b", "c", "d"],
            "true": ["mel", "nv", "nv", "df"],
            "you": ["mel", "nv", "mel", "nv"],
            "model": ["nv", "nv", "nv", "df"],
            "you_right": [True, True, False, False],
            "model_right": [False, True, True, True],
        }
    )


def class_of(*scores: int, model: int = 3) -> ClassResults:
    sensitivities = pd.DataFrame(
        {
            "key": ["mel", "nv"],
            "pictures": [1, 3],
            "answered": [2, 6],
            "right": [1, 6],
            "model_fraction": [0.0, 1.0],
            "class_fraction": [0.5, 1.0],
        }
    )
    return ClassResults(scores, model, pd.DataFrame(), pd.DataFrame(), sensitivities)


def trace(figure, name: str):
    [found] = [each for each in figure.data if each.name.startswith(name)]
    return found


def test_the_race_adds_up_correct_answers_and_marks_wrong_ones_open(pictures: pd.DataFrame) -> None:
    figure = race_chart(pictures, HAM10000_CLASSES)
    you, model = trace(figure, "you"), trace(figure, "the model")
    assert list(you.y) == [1, 2, 2, 2]
    assert list(model.y) == [0, 1, 2, 3]
    assert [symbol.endswith("-open") for symbol in you.marker.symbol] == [False, False, True, True]
    assert [symbol.endswith("-open") for symbol in model.marker.symbol] == [True, False, False, False]
    assert tuple(you.customdata[2]) == ("melanoma", "wrong, it is melanocytic nevus")
    assert you.line.color != model.line.color
    assert "n = 4 images" in figure.layout.title.subtitle.text


def test_both_matrices_say_whose_they_are() -> None:
    rows = pd.DataFrame({"image_id": ["a", "b"], "group_id": ["a", "b"], "part": "test", "true": ["mel", "nv"]})
    metrics = evaluate(prediction_table(rows, np.eye(7)[[4, 4]], KEYS), KEYS, "nv")
    yours = comparison_matrix(metrics, HAM10000_CLASSES, of_you=True)
    models = comparison_matrix(metrics, HAM10000_CLASSES, of_you=False)
    assert (yours.layout.title.text, yours.layout.xaxis.title.text) == ("Your confusion matrix", "your answer")
    assert (models.layout.title.text, models.layout.xaxis.title.text) == (
        "The model's confusion matrix",
        "the model's answer",
    )


def test_a_matrix_has_full_squares_for_right_answers_open_ones_for_wrong_and_names_at_its_axes() -> None:
    rows = pd.DataFrame({"image_id": [*"abc"], "group_id": [*"abc"], "part": "test", "true": ["mel", "nv", "nv"]})
    metrics = evaluate(prediction_table(rows, np.eye(7)[[4, 4, 4]], KEYS), KEYS, "nv")
    figure = comparison_matrix(metrics, HAM10000_CLASSES, of_you=True)
    full, opened = trace(figure, "right"), trace(figure, "wrong")
    assert (full.x, full.y, full.text, full.marker.symbol) == ((4,), (4,), ("1",), "square")
    assert (opened.x, opened.y, opened.text, opened.marker.symbol) == ((4,), (5,), ("2",), "square-open")
    assert tuple(opened.customdata[0]) == ("melanocytic nevus", "melanoma", 2)
    assert opened.textfont.color is None  # on the page's own ground: in the colour of its text, light or dark
    assert figure.layout.title.subtitle.text == "n = 3 images, full square: right, open square: wrong"
    assert figure.layout.xaxis.ticktext[:2] == ("actinic keratosis", "basal cell carcinoma")
    assert figure.layout.yaxis.ticktext[:2] == ("actinic<br>keratosis", "basal cell<br>carcinoma")
    assert figure.layout.xaxis.tickvals == figure.layout.yaxis.tickvals == (0, 1, 2, 3, 4, 5, 6)


def test_every_participant_has_a_dot_and_the_model_a_line() -> None:
    figure = dots_chart(class_of(5, 3, 5, 8), 10)
    dots = trace(figure, "participants")
    assert sorted(zip(dots.x, dots.y, strict=True)) == [(3, 1), (5, 1), (5, 2), (8, 1)]
    assert trace(figure, "the model: 3").x == (3.0, 3.0)
    assert trace(figure, "mean of the class: 5.2").x[0] == pytest.approx(5.25)
    assert "4 participants" in figure.layout.title.subtitle.text


def test_ones_own_dot_is_a_star_among_the_others() -> None:
    figure = dots_chart(class_of(5, 3, 5, 8), 10, own=5)
    [own], others = zip(trace(figure, "you").x, trace(figure, "you").y, strict=True), trace(figure, "participants")
    assert own == (5, 1)
    assert trace(figure, "you").marker.symbol == "star"
    assert len(others.x) == 3


def test_a_class_of_nobody_still_has_the_models_line() -> None:
    figure = dots_chart(class_of(), 10)
    assert [each.name for each in figure.data] == ["the model: 3"]


def test_the_sensitivity_of_the_class_stands_beside_the_models_in_class_colours() -> None:
    figure = class_sensitivity_chart(class_of().sensitivities, HAM10000_CLASSES, 4)
    bars, model = trace(figure, "the class"), trace(figure, "the model")
    colours = class_colours(HAM10000_CLASSES)
    assert dict(zip(bars.y, bars.x, strict=True)) == {"melanoma": 0.5, "melanocytic nevus": 1.0}
    assert list(bars.marker.color) == [colours["mel"], colours["nv"]]
    assert dict(zip(model.y, model.x, strict=True)) == {"melanoma": 0.0, "melanocytic nevus": 1.0}
    numbers = trace(figure, "numbers")
    assert dict(zip(numbers.y, numbers.text, strict=True)) == {
        "melanoma": "50\u00a0%",
        "melanocytic nevus": "100\u00a0%",
    }
    assert min(numbers.x) > max(*bars.x, *model.x)  # no mark of the model lies on a number
