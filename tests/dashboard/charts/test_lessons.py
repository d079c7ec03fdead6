"""The charts of the leakage lesson show what was counted, on axes that can be compared."""

import pandas as pd
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.data.splits.leakage import ClassLeakage, LeakageReport
from core.data.splits.splits import SplitKind
from dashboard.charts.lessons import (
    SPLIT_COLOURS,
    leak_chart,
    leak_table,
    lesson_curves_chart,
    outcome_chart,
)

NAMES = {c.key: c.name for c in HAM10000_CLASSES}
REPORT = LeakageReport(
    "oversample-first",
    "test",
    50,
    40,
    200,
    150,
    120,
    (ClassLeakage("mel", 100, 100, 90), ClassLeakage("nv", 100, 50, 30)),
)


def test_copies_and_other_photos_add_up_to_what_was_seen() -> None:
    figure = leak_chart(REPORT, HAM10000_CLASSES, "lesion")
    copies, photos = figure.data
    assert (copies.name, photos.name) == ("the same picture", "another picture of the lesion")
    fractions = {name[0]: c + p for name, c, p in zip(copies.customdata, copies.x, photos.x, strict=True)}
    assert fractions == pytest.approx({"melanoma": 1.0, "melanocytic nevus": 0.5})
    assert "n = 200 images" in figure.layout.title.subtitle.text
    assert list(figure.layout.xaxis.range) == [0, 1.18]


def test_the_table_behind_it_has_all_classes_first_and_each_by_itself() -> None:
    table = leak_table([REPORT], NAMES)
    assert table["class"].tolist() == ["all classes", "melanoma", "melanocytic nevus"]
    assert table["with another picture in training"].tolist() == [150, 100, 50]
    assert table["share"].tolist() == pytest.approx([0.75, 1.0, 0.5])


def test_the_three_curves_have_the_same_axes_and_colours_of_their_own() -> None:
    epochs = pd.DataFrame({"epoch": [0, 1], "accuracy": [0.4, 0.5], "val_accuracy": [0.3, 0.45]})
    figures = [lesson_curves_chart(kind, epochs, pd.DataFrame(), 12, 0.6, 100) for kind in SPLIT_COLOURS]
    assert {tuple(figure.layout.xaxis.range) for figure in figures} == {(0, 12.5)}
    assert {tuple(figure.layout.yaxis.range) for figure in figures} == {(0, 1.02)}
    assert len({figure.data[0].line.color for figure in figures}) == 3
    for figure in figures:
        assert [trace.name for trace in figure.data] == ["training", "validation"]
        assert list(figure.data[1].x) == [1, 2]
        assert "60.0\u00a0%" in figure.layout.annotations[0].text


def test_the_first_batches_are_drawn_before_there_is_an_epoch() -> None:
    batches = pd.DataFrame({"epoch": [0, 0], "step": [1, 5], "steps": [10, 10], "accuracy": [0.2, 0.3]})
    figure = lesson_curves_chart(SplitKind.RANDOM, pd.DataFrame(), batches, 3, None, 100)
    assert [list(trace.x) for trace in figure.data] == [[0.1, 0.5]]


def test_every_figure_stands_beside_its_floor_and_interval() -> None:
    row = {
        "split": "grouped",
        "accuracy": 0.7,
        "accuracy low": 0.65,
        "accuracy high": 0.76,
        "floor": 0.6,
        "balanced accuracy": 0.5,
        "balanced low": 0.4,
        "balanced high": 0.6,
        "pictures": 200,
    }
    table = pd.DataFrame([row, {**row, "split": "random", "accuracy": 0.72}])
    figure = outcome_chart(table)
    accuracy, balanced = figure.select_traces({"type": "bar"})
    *whiskers, floor = figure.select_traces({"type": "scatter"})
    assert list(accuracy.y) == [0.7, 0.72]
    assert [whisker.error_y.array[0] for whisker in whiskers] == pytest.approx([0.06, 0.06, 0.1, 0.1])
    assert [whisker.error_y.arrayminus[0] for whisker in whiskers] == pytest.approx([0.05, 0.05, 0.1, 0.1])
    assert [list(whisker.x) for whisker in whiskers] == [
        list(bar.x) for bar in (accuracy, accuracy, balanced, balanced)
    ]
    assert list(accuracy.marker.color) == [SPLIT_COLOURS[SplitKind.GROUPED], SPLIT_COLOURS[SplitKind.RANDOM]]
    assert list(balanced.y) == [0.5, 0.5]
    assert list(floor.y) == [0.6, 0.6]


def test_every_split_says_how_many_test_pictures_its_figures_rest_on() -> None:
    columns = (
        "accuracy",
        "accuracy low",
        "accuracy high",
        "floor",
        "balanced accuracy",
        "balanced low",
        "balanced high",
    )
    row = dict.fromkeys(columns, 0.5)
    table = pd.DataFrame([{"split": "grouped", "pictures": 1482, **row}, {"split": "random", "pictures": 1502, **row}])
    figure = outcome_chart(table)
    assert list(figure.layout.xaxis.ticktext) == ["Grouped<br>n = 1,482", "Random<br>n = 1,502"]
    assert "n = 2,984 test pictures" in figure.layout.title.subtitle.text


def test_whiskers_and_figures_are_readable_on_light_and_dark() -> None:
    row = dict.fromkeys(("accuracy", "floor", "balanced accuracy"), 0.5)
    row |= {f"{of} {end}": 0.5 for of in ("accuracy", "balanced") for end in ("low", "high")}
    figure = outcome_chart(pd.DataFrame([{"split": "grouped", "pictures": 20, **row}]))
    whiskers = [trace.error_y for trace in figure.select_traces({"type": "scatter"}) if trace.error_y.array is not None]
    assert [(whisker.color, whisker.thickness) for whisker in whiskers] == [("white", 4), ("black", 2)] * 2
    for drawn in (figure, leak_chart(REPORT, HAM10000_CLASSES, "lesion")):
        labels = [note for note in drawn.layout.annotations if note.text.endswith("%")]
        assert labels
        assert {(label.font.size, label.font.color) for label in labels} == {(14, None)}  # the page gives the colour
