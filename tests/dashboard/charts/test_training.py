"""The charts of a training show its split and its curves, with what they rest on and in full words."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.data.skin import HAM10000_CLASSES
from core.data.spec import ClassSpec
from core.data.splits import PARTS, Split, SplitKind
from dashboard.charts.training import PART_COLOURS, curves_chart, split_chart

KEYS = [c.key for c in HAM10000_CLASSES]
NAMES = {c.key: c.name for c in HAM10000_CLASSES}


@pytest.fixture
def counts() -> pd.DataFrame:
    """Seven classes of very different size in three parts."""
    rng = np.random.default_rng(0)
    table = rng.integers(1, 40, (len(KEYS), len(PARTS))) * np.array([[70], [1], [5], [9], [20], [2], [3]])
    return pd.DataFrame(table, index=pd.Index(KEYS, name="label"), columns=list(PARTS))


@pytest.fixture
def epochs() -> pd.DataFrame:
    """Four epochs as in `metrics.jsonl`."""
    return pd.DataFrame(
        {
            "epoch": [0, 1, 2, 3],
            "loss": [2.0, 1.5, 1.2, 1.1],
            "accuracy": [0.3, 0.5, 0.6, 0.65],
            "val_loss": [2.1, 1.6, 1.5, 1.7],
            "val_accuracy": [0.25, 0.45, 0.5, 0.48],
            "val_balanced_accuracy": [0.2, 0.3, 0.35, 0.33],
            "images_per_second": [100.0, 200.0, 210.0, 190.0],
        }
    )


@pytest.fixture
def batches() -> pd.DataFrame:
    """Two batch points in each of two epochs."""
    return pd.DataFrame(
        {
            "epoch": [0, 0, 1, 1],
            "step": [5, 10, 5, 10],
            "steps": [10, 10, 10, 10],
            "loss": [2.2, 2.0, 1.6, 1.5],
            "accuracy": [0.2, 0.3, 0.45, 0.5],
        }
    )


def trace(figure: go.Figure, name: str) -> go.Scatter | go.Bar:
    """The one trace of this name."""
    [found] = [each for each in figure.data if each.name == name]
    return found


def subtitle(figure: go.Figure) -> str:
    return figure.layout.title.subtitle.text


def test_every_count_of_the_split_is_a_bar_of_its_part(counts: pd.DataFrame) -> None:
    figure = split_chart(counts, HAM10000_CLASSES)
    assert {bars.name for bars in figure.data} == set(PARTS)
    for part in PARTS:
        bars = trace(figure, part)
        shown = dict(zip(bars.customdata, bars.x, strict=True))
        assert shown == {NAMES[key]: n for key, n in counts[part].items()}


def test_the_split_chart_says_what_it_shows_of_how_many_images(counts: pd.DataFrame) -> None:
    figure = split_chart(counts, HAM10000_CLASSES)
    assert figure.layout.title.text == "Pictures by class and part"
    assert subtitle(figure) == f"n = {counts.to_numpy().sum():,} images"
    assert "logarithmic" in figure.layout.xaxis.title.text
    assert figure.layout.xaxis.type == "log"


def test_every_part_has_its_own_colour_and_full_words_under_the_mouse(counts: pd.DataFrame) -> None:
    figure = split_chart(counts, HAM10000_CLASSES)
    for bars in figure.data:
        assert bars.marker.color == PART_COLOURS[bars.name]
        assert "%{customdata}" in bars.hovertemplate
        assert f"pictures in {bars.name}" in bars.hovertemplate
        assert set(bars.customdata) == set(NAMES.values())
    assert len(set(PART_COLOURS.values())) == len(PARTS)


def test_the_longest_bar_and_the_shortest_fit_on_the_axis(counts: pd.DataFrame) -> None:
    low, high = split_chart(counts, HAM10000_CLASSES).layout.xaxis.range
    assert low <= 0, "one picture must be seen"
    assert 10**high > counts.to_numpy().max()


def test_a_split_without_test_part_has_no_empty_entry_in_its_legend(counts: pd.DataFrame) -> None:
    figure = split_chart(counts.assign(test=0), HAM10000_CLASSES)
    assert [bars.name for bars in figure.data] == ["train", "validation"]


def test_classes_of_a_split_that_do_not_occur_are_left_out(counts: pd.DataFrame) -> None:
    rows = pd.DataFrame(
        {"image_id": ["a", "b"], "group_id": ["a", "b"], "label": "mel", "part": ["train", "validation"]}
    )
    figure = split_chart(Split(SplitKind.GROUPED, 0, rows).counts(), HAM10000_CLASSES)
    assert [list(bars.customdata) for bars in figure.data] == [["melanoma"], ["melanoma"]]
    assert subtitle(figure) == "n = 2 images"
    assert figure.to_json()


def test_a_long_class_name_is_broken_on_the_axis_and_whole_under_the_mouse() -> None:
    name = "a very long diagnosis with an unreasonably long description and supercalifragilisticexpialidocious"
    counts = pd.DataFrame({"train": [3], "validation": [1], "test": [0]}, index=["long"])
    bars = split_chart(counts, [ClassSpec("long", name, True)]).data[0]
    lines = bars.y[0].split("<br>")
    assert len(lines) > 2
    assert " ".join(lines) == name
    assert bars.customdata[0] == name


def test_curves_show_training_and_validation_by_epoch_counted_from_one(epochs, batches) -> None:
    figure = curves_chart(epochs, batches, 0.4, 1234, "run")
    for name, column in {
        "training loss": "loss",
        "validation loss": "val_loss",
        "training accuracy": "accuracy",
        "validation accuracy": "val_accuracy",
        "validation balanced accuracy": "val_balanced_accuracy",
    }.items():
        curve = trace(figure, name)
        assert list(curve.x) == [1, 2, 3, 4]
        assert list(curve.y) == epochs[column].tolist()
        assert name in curve.hovertemplate
        assert curve.line.color == PART_COLOURS["train" if name.startswith("training") else "validation"]
        assert curve.yaxis == ("y" if "loss" in name else "y2")
    assert figure.layout.title.text == "Learning curves"
    assert subtitle(figure) == "n = 1,234 images"


def test_axes_of_the_curves_have_names_and_units(epochs, batches) -> None:
    layout = curves_chart(epochs, batches, None, 10, "run").layout
    assert layout.yaxis.title.text == "cross-entropy (nats)"
    assert layout.yaxis2.title.text == "share right"
    assert layout.xaxis2.title.text == "epoch"


def test_batches_lie_between_the_epochs_and_end_where_their_epoch_ends(epochs, batches) -> None:
    figure = curves_chart(epochs, batches, None, 10, "run")
    faint = [each for each in figure.data if each.name is None]
    assert [list(each.x) for each in faint] == [[0.5, 1.0, 1.5, 2.0]] * 2
    assert [list(each.y) for each in faint] == [batches["loss"].tolist(), batches["accuracy"].tolist()]
    assert not any(each.showlegend for each in faint)


def test_the_floor_is_a_line_across_the_accuracies_once_it_is_known(epochs, batches) -> None:
    figure = curves_chart(epochs, batches, 0.475, 10, "run")
    [line] = figure.layout.shapes
    assert (line.y0, line.y1, line.yref) == (0.475, 0.475, "y2")
    assert any("most frequent class: 47.5%" in note.text for note in figure.layout.annotations)
    assert not curves_chart(epochs, batches, None, 10, "run").layout.shapes


def test_curves_can_be_drawn_before_the_first_epoch_or_batch_is_over(epochs, batches) -> None:
    nothing = pd.DataFrame([])
    assert len(curves_chart(nothing, batches, 0.4, 10, "run").data) == 2
    assert len(curves_chart(epochs, nothing, 0.4, 10, "run").data) == 5
    figure = curves_chart(nothing, nothing, None, 0, "run")
    assert not figure.data
    assert subtitle(figure) == "n = 0 images"
    assert figure.to_json()


def test_a_figure_that_is_not_finite_leaves_a_gap_and_no_error(epochs, batches) -> None:
    figure = curves_chart(epochs.assign(loss=[2.0, None, None, 1.0]), batches, None, 10, "run")
    assert np.isnan(np.array(trace(figure, "training loss").y, float)).tolist() == [False, True, True, False]
    assert figure.to_json()


def test_the_zoom_stays_while_a_chart_grows_and_goes_with_the_run(epochs, batches) -> None:
    before = curves_chart(epochs.head(2), batches, None, 10, "one")
    after = curves_chart(epochs, batches, None, 10, "one")
    other = curves_chart(epochs, batches, None, 10, "two")
    assert before.layout.uirevision == after.layout.uirevision != other.layout.uirevision
