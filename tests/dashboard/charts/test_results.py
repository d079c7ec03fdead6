"""The charts of an evaluated run say what the metrics say, cell by cell and class by class."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.data.spec import ClassSpec
from core.evaluation.metrics import Metrics, evaluate
from core.evaluation.predictions import prediction_table
from dashboard.charts.palette import class_colours
from dashboard.charts.results import confusion_chart, probability_chart, sensitivity_chart

KEYS = [c.key for c in HAM10000_CLASSES]
NAMES = {c.key: c.name for c in HAM10000_CLASSES}


def metrics_of(true: list[str], classes=HAM10000_CLASSES, seed: int = 0) -> Metrics:
    """Figures of guesses at these true classes."""
    keys = [c.key for c in classes]
    ids = [f"i{number}" for number in range(len(true))]
    rows = pd.DataFrame({"image_id": ids, "group_id": ids, "part": "test", "true": true}, dtype=str)
    guesses = np.random.default_rng(seed).dirichlet(np.ones(len(keys)), len(true)).reshape(len(true), len(keys))
    return evaluate(prediction_table(rows, guesses, keys), keys, keys[0], resamples=0)


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    """Guesses at 1,200 pictures; vascular lesions do not occur."""
    return metrics_of(np.random.default_rng(1).choice([k for k in KEYS if k != "vasc"], 1200).tolist())


def subtitle(figure: go.Figure) -> str:
    return figure.layout.title.subtitle.text


def test_classes_whose_names_are_numbers_stay_classes(metrics: Metrics) -> None:
    classes = [replace(spec, name=str(number)) for number, spec in enumerate(HAM10000_CLASSES)]
    figure = sensitivity_chart(metrics, classes)
    assert "0" in figure.data[0].y
    assert figure.layout.autotypenumbers == "strict"  # else Plotly draws a scale from 0 to 6


def test_the_matrix_names_classes_whose_keys_are_numbers() -> None:
    classes = (ClassSpec("0", "no invasive carcinoma", False), ClassSpec("1", "invasive carcinoma", True))
    figure = confusion_chart([[3, 1], [0, 4]], classes, normalised=True)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert axis.tickvals == ("0", "1")
        assert [text.replace("<br>", " ") for text in axis.ticktext] == ["no invasive carcinoma", "invasive carcinoma"]
    named = confusion_chart([[3, 1], [0, 4]], HAM10000_CLASSES[:2], normalised=True)
    assert named.layout.xaxis.ticktext == tuple(KEYS[:2])


@pytest.mark.parametrize("normalised", [True, False])
def test_the_matrix_says_what_it_shows_of_how_many_images(normalised: bool, metrics: Metrics) -> None:
    figure = confusion_chart(metrics.confusion, HAM10000_CLASSES, normalised=normalised)
    kind = "by true class" if normalised else "in pictures"
    assert figure.layout.title.text.replace("<br>", " ") == f"Confusion matrix {kind}"
    assert subtitle(figure) == "n = 1,200 images"
    assert figure.layout.yaxis.title.text == "true class"
    assert figure.layout.xaxis.title.text == "predicted class"


def test_rows_are_true_classes_from_the_top_and_columns_predicted_ones(metrics: Metrics) -> None:
    figure = confusion_chart(metrics.confusion, HAM10000_CLASSES, normalised=False)
    cells = figure.data[0]
    assert list(cells.x) == list(cells.y) == KEYS
    assert figure.layout.yaxis.range == (6.5, -0.5)  # from the top
    for i, key in enumerate(KEYS):
        texts = list(cells.text[i])
        assert texts == ([""] * 7 if key == "vasc" else [f"{n:,}" for n in metrics.confusion[i]])


def test_shares_of_a_row_add_up_to_one_and_its_texts_are_percentages(metrics: Metrics) -> None:
    cells = confusion_chart(metrics.confusion, HAM10000_CLASSES, normalised=True).data[0]
    sums = np.array(cells.z, float).sum(axis=1)
    occurring = [key != "vasc" for key in KEYS]
    assert sums[occurring] == pytest.approx(1)
    assert np.isnan(sums[KEYS.index("vasc")])
    assert all(
        re.fullmatch(r"\d+\u00a0%", text)
        for row, there in zip(cells.text, occurring, strict=True)
        if there
        for text in row
    )


def test_cells_take_all_the_room_so_that_the_largest_share_fits_on_a_phone(metrics: Metrics) -> None:
    figure = confusion_chart(metrics.confusion, HAM10000_CLASSES, normalised=True)
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == ((-0.5, 6.5), (6.5, -0.5))
    assert figure.data[0].textfont.size == 12
    many = [ClassSpec(f"c{number}", f"class {number}", None) for number in range(9)]
    figure = confusion_chart(np.diag([5] * 9).tolist(), many, normalised=True)
    assert {text for row in figure.data[0].text for text in row} == {"100", "0"}
    assert figure.layout.title.text == "Confusion matrix by true class, in %"
    assert "in %" not in confusion_chart(np.eye(9, dtype=int).tolist(), many, normalised=False).layout.title.text


def test_markers_that_can_be_clicked_cover_every_cell_once_and_are_not_seen(metrics: Metrics) -> None:
    markers = confusion_chart(metrics.confusion, HAM10000_CLASSES, normalised=True).data[1]
    assert {(y, x) for x, y in zip(markers.x, markers.y, strict=True)} == {(t, p) for t in KEYS for p in KEYS}
    assert len(markers.x) == 49
    assert 0 < markers.marker.opacity < 0.01
    assert markers.marker.symbol == "square"
    assert not markers.showlegend


def test_each_marker_carries_true_key_predicted_key_and_count_of_its_cell(metrics: Metrics) -> None:
    markers = confusion_chart(metrics.confusion, HAM10000_CLASSES, normalised=True).data[1]
    for x, y, (true, predicted, count) in zip(markers.x, markers.y, markers.customdata, strict=True):
        assert (y, x) == (true, predicted)
        assert count == metrics.confusion[KEYS.index(true)][KEYS.index(predicted)]


def test_the_matrix_speaks_in_full_words_under_the_mouse(metrics: Metrics) -> None:
    figure = confusion_chart(metrics.confusion, HAM10000_CLASSES, normalised=True)
    assert figure.data[0].hoverinfo == "skip"
    markers = figure.data[1]
    at = {(true, taken): text for (true, taken, _), text in zip(markers.customdata, markers.text, strict=True)}
    row = metrics.confusion[KEYS.index("mel")]
    said = at["mel", "nv"].replace("<br>", " ").replace("<b>", "").replace("</b>", "")
    assert said == f"{row[KEYS.index('nv')]:,} of {sum(row):,} pictures of melanoma were taken for melanocytic nevus"


def test_a_matrix_of_a_part_without_any_picture_is_empty_not_broken() -> None:
    figure = confusion_chart(metrics_of([]).confusion, HAM10000_CLASSES, normalised=True)
    assert subtitle(figure) == "n = 0 images"
    assert {text for row in figure.data[0].text for text in row} == {""}
    assert figure.to_json()


def test_a_matrix_of_a_single_class_is_one_full_cell() -> None:
    one = [ClassSpec("only", "only class", True)]
    figure = confusion_chart(metrics_of(["only"] * 3, one).confusion, one, normalised=True)
    assert figure.data[0].text[0][0] == "100\u00a0%"
    assert list(figure.data[1].customdata[0]) == ["only", "only", 3]


def test_sensitivities_are_bars_with_the_colours_of_their_classes(metrics: Metrics) -> None:
    bars = sensitivity_chart(metrics, HAM10000_CLASSES).data[0]
    colours = class_colours(HAM10000_CLASSES)
    expected = {NAMES[c.key]: (c.sensitivity, c.support, colours[c.key]) for c in metrics.per_class if c.support}
    shown = {
        name: (x, support, colour)
        for (name, support), x, colour in zip(bars.customdata, bars.x, bars.marker.color, strict=True)
    }
    assert shown == expected
    assert "vascular lesion" not in shown
    assert list(bars.x) == sorted(bars.x), "the best found class stands on top"


def test_the_sensitivity_chart_says_what_it_shows_of_how_many_images(metrics: Metrics) -> None:
    figure = sensitivity_chart(metrics, HAM10000_CLASSES)
    assert figure.layout.title.text == "Sensitivity by class"
    assert subtitle(figure) == "n = 1,200 images"
    assert figure.layout.xaxis.title.text == "sensitivity"
    assert "of %{customdata[1]:,} pictures found" in figure.data[0].hovertemplate


def test_sensitivities_of_no_class_at_all_are_an_empty_chart() -> None:
    figure = sensitivity_chart(metrics_of([]), HAM10000_CLASSES)
    assert subtitle(figure) == "n = 0 images"
    assert len(figure.data[0].x) == 0
    assert figure.to_json()


@pytest.fixture
def probabilities() -> dict[str, float]:
    """Of one picture, by class key in the order of the classes."""
    return dict(zip(KEYS, [0.05, 0.1, 0.15, 0.02, 0.6, 0.07, 0.01], strict=True))


def test_the_most_likely_class_stands_on_top(probabilities) -> None:
    bars = probability_chart(probabilities, HAM10000_CLASSES).data[0]
    assert list(bars.x) == sorted(probabilities.values())  # Plotly draws the last bar on top
    assert {name: x for (name, _), x in zip(bars.customdata, bars.x, strict=True)} == {
        NAMES[key]: fraction for key, fraction in probabilities.items()
    }
    assert list(bars.text)[-1] == "60.0\u00a0%"


def test_classes_of_the_probabilities_have_their_colours_and_are_malignant_or_benign(probabilities) -> None:
    bars = probability_chart(probabilities, HAM10000_CLASSES).data[0]
    colours = class_colours(HAM10000_CLASSES)
    kinds = {c.name: ("malignant" if c.malignant else "benign", colours[c.key]) for c in HAM10000_CLASSES}
    assert {
        name: (kind, colour) for (name, kind), colour in zip(bars.customdata, bars.marker.color, strict=True)
    } == kinds
    assert "%{customdata[0]} (%{customdata[1]})" in bars.hovertemplate


def test_the_probability_chart_rests_on_one_image(probabilities) -> None:
    figure = probability_chart(probabilities, HAM10000_CLASSES)
    assert figure.layout.title.text == "Probability of each class"
    assert subtitle(figure) == "n = 1 image"
    assert figure.layout.xaxis.title.text == "probability"


def test_a_certain_answer_still_has_room_for_its_text() -> None:
    figure = probability_chart({"only": 1.0}, [ClassSpec("only", "only class", False)])
    assert figure.layout.xaxis.range[1] > 1.1
    assert figure.data[0].text[0] == "100.0\u00a0%"


def test_long_class_names_are_broken_on_the_axis_and_whole_under_the_mouse() -> None:
    name = "a very long diagnosis with an unreasonably long description"
    classes = [ClassSpec("long", name, True), ClassSpec("short", "short", False)]
    figure = probability_chart({"long": 0.3, "short": 0.7}, classes)
    assert max(len(line) for line in figure.data[0].y[0].split("<br>")) <= 20
    assert figure.data[0].customdata[0][0] == name
    bars = sensitivity_chart(metrics_of(["long", "short"], classes), classes).data[0]
    assert name in [about[0] for about in bars.customdata]
    assert all(len(line) <= 20 for label in bars.y for line in label.split("<br>"))


def contrast(one: str, other: str) -> float:
    """Of two colours by WCAG 2.2, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_numbers_in_the_matrix_are_read_on_every_colour_of_its_cells_on_light_and_dark_pages(metrics: Metrics) -> None:
    cells = confusion_chart(metrics.confusion, HAM10000_CLASSES, normalised=True).data[0]
    assert min(contrast(colour, cells.textfont.color) for _, colour in cells.colorscale) >= 4.5


def test_the_chosen_cell_is_framed(metrics: Metrics) -> None:
    figure = confusion_chart(metrics.confusion, HAM10000_CLASSES, normalised=True, marked=("mel", "nv"))
    [frame] = figure.layout.shapes
    assert (frame.x0 + frame.x1) / 2 == KEYS.index("nv")
    assert (frame.y0 + frame.y1) / 2 == KEYS.index("mel")
