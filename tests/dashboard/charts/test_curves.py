"""Charts that go on while a run learns: every point where it belongs, and a specification that never changes."""

import re

import numpy as np
import pytest

from core.data.skin import HAM10000_CLASSES
from dashboard.charts.comparison import comparison_chart, run_colours
from dashboard.charts.curves import (
    ACCURACY,
    LEARNING_RATE,
    LEARNT,
    LOSS,
    SO_FAR,
    WHOLE,
    Chart,
    Look,
    curve_chart,
    sensitivity_chart,
)
from dashboard.charts.palette import class_colours
from dashboard.charts.training import PART_COLOURS

CLASSES = HAM10000_CLASSES[:3]


def epoch(number: int, **more) -> dict:
    figures = {"loss": 2.0 - number / 4, "accuracy": 0.3 + number / 10, "val_loss": 2.2, "val_accuracy": 0.25}
    return {"kind": "epoch", "epoch": number, "learning_rate": 1e-3, **figures, **more}


EPOCHS = [epoch(number) for number in range(4)]
BATCHES = [
    {"kind": "batch", "epoch": at, "step": step, "steps": 10, "loss": 1.5, "accuracy": 0.5}
    for at in (0, 1)
    for step in (5, 10)
]


def drawn(measure=LOSS, epochs=EPOCHS, batches=BATCHES, look=Look(), floor=None, images=1234, run_id="run") -> Chart:  # noqa: B008 - frozen
    return curve_chart(measure, epochs, batches, look, floor=floor, images=images, run_id=run_id)


def points(chart: Chart, part: str, of: str) -> list[tuple[float, float]]:
    return [(r["epoch"], r["shown"]) for r in chart.table.to_pylist() if (r["part"], r["of"]) == (part, of)]


def test_training_and_validation_stand_at_epochs_counted_from_one() -> None:
    chart = drawn()
    assert points(chart, "training", WHOLE) == [(1, 2.0), (2, 1.75), (3, 1.5), (4, 1.25)]
    assert points(chart, "validation", WHOLE) == [(1, 2.2), (2, 2.2), (3, 2.2), (4, 2.2)]


def test_batches_lie_between_the_epochs_and_end_where_their_epoch_ends() -> None:
    assert [at for at, _ in points(drawn(), "training", SO_FAR)] == [0.5, 1.0, 1.5, 2.0]


@pytest.mark.parametrize("measure", [*LEARNT, LEARNING_RATE])
def test_a_chart_says_what_it_shows_of_how_many_images_in_which_unit(measure) -> None:
    spec = drawn(measure, floor=0.4).spec
    assert spec["title"]["text"] == measure.title
    assert spec["title"]["subtitle"] == "n = 1,234 images"
    assert spec["encoding"]["x"]["title"] == "epoch"
    assert {layer["encoding"]["y"].get("title") for layer in spec["layer"][:2]} == {measure.axis}
    assert spec["encoding"]["color"]["scale"]["range"] == [PART_COLOURS["train"], PART_COLOURS["validation"]]


def test_a_growing_run_is_new_data_in_the_same_specification_so_that_the_zoom_stays() -> None:
    first = drawn(epochs=EPOCHS[:1], batches=[]).spec
    assert drawn().spec == first
    assert drawn(run_id="another").spec != first
    assert first["layer"][0]["params"][0]["bind"] == "scales"


def test_nothing_told_yet_is_an_empty_chart() -> None:
    chart = drawn(epochs=[], batches=[])
    assert chart.table.num_rows == 0
    assert chart.table.schema == drawn().table.schema


def test_a_figure_that_is_not_finite_is_a_gap() -> None:
    chart = drawn(epochs=[epoch(0), epoch(1, loss=None), epoch(2)], batches=[])
    assert points(chart, "training", WHOLE)[1] == (2, None)


def test_a_run_that_lacks_a_figure_has_no_points_of_it() -> None:
    assert drawn(LEARNING_RATE, epochs=[{"kind": "epoch", "epoch": 0}], batches=[]).table.num_rows == 0


def test_smoothing_keeps_the_values_and_draws_them_faintly_behind() -> None:
    chart = drawn(look=Look(smoothing=0.5), batches=[])
    rows = [row for row in chart.table.to_pylist() if row["part"] == "training"]
    assert [row["value"] for row in rows] == [2.0, 1.75, 1.5, 1.25]
    assert rows[1]["shown"] == pytest.approx((0.25 * 2.0 + 0.5 * 1.75) / 0.75)
    fields = [layer["encoding"]["y"]["field"] for layer in chart.spec["layer"]]
    assert fields == ["value", "shown", "shown"]
    assert chart.spec["layer"][0]["mark"]["opacity"] < chart.spec["layer"][2]["mark"]["opacity"]


def test_the_loss_can_have_a_logarithmic_axis_and_a_share_cannot() -> None:
    axis = [drawn(m, look=Look(log=True)).spec["layer"][0]["encoding"]["y"]["scale"] for m in (LOSS, ACCURACY)]
    assert axis[0] == {"type": "log"}
    assert "type" not in axis[1]


def test_the_floor_is_a_line_once_it_is_known() -> None:
    assert len(drawn(ACCURACY).spec["layer"]) == 2
    rule, text = drawn(ACCURACY, floor=0.475).spec["layer"][2:]
    assert rule["data"]["values"] == [{"floor": 0.475, "says": "always the most frequent class: 47.5%"}]
    assert text["mark"]["text"] == "floor 47.5%"


COUNTS = np.array([[6, 2, 0], [1, 3, 0], [0, 0, 0]])


def test_sensitivities_follow_from_the_confusion_and_classes_that_do_not_occur_are_left_out() -> None:
    lines = [epoch(0), epoch(1, confusion=COUNTS.tolist(), train_sensitivity=[0.9, None, 0.5])]
    chart = sensitivity_chart(lines, CLASSES, "run")
    rows = {(row["class"], row["part"]): row for row in chart.table.to_pylist()}
    assert rows[CLASSES[0].name, "validation"]["sensitivity"] == 0.75
    assert rows[CLASSES[0].name, "validation"]["of"] == "8 validation pictures"
    assert rows[CLASSES[1].name, "validation"]["sensitivity"] == 0.75
    assert rows[CLASSES[0].name, "training"]["sensitivity"] == 0.9
    assert (CLASSES[2].name, "validation") not in rows
    assert (CLASSES[1].name, "training") not in rows
    assert {row["epoch"] for row in chart.table.to_pylist()} == {2}
    assert chart.spec["title"]["subtitle"].startswith("n = 12 images")


def test_classes_have_their_own_colours_in_their_lines() -> None:
    spec = sensitivity_chart([epoch(0, confusion=COUNTS.tolist())], CLASSES, "run").spec
    colours = class_colours(CLASSES)
    assert spec["encoding"]["color"]["scale"]["domain"] == [c.name for c in CLASSES[:2]]
    assert spec["encoding"]["color"]["scale"]["range"] == [colours[c.key] for c in CLASSES[:2]]


def test_runs_compared_have_one_colour_each_for_both_of_their_lines() -> None:
    chart = comparison_chart(LOSS, {"one": EPOCHS, "two": EPOCHS[:2]}, Look())
    rows = chart.table.to_pylist()
    assert [row["epoch"] for row in rows if (row["run"], row["part"]) == ("two", "validation")] == [1, 2]
    assert chart.spec["encoding"]["color"]["scale"]["domain"] == ["one", "two"]
    assert chart.spec["title"]["subtitle"].startswith("2 runs")


def test_the_names_of_many_runs_take_nothing_from_their_curves_and_stand_in_as_many_columns_as_fit() -> None:
    spec = comparison_chart(LOSS, {f"run number {number}": EPOCHS for number in range(12)}, Look()).spec
    assert spec["autosize"]["type"] == "fit-x"
    columns = spec["encoding"]["color"]["legend"]["columns"]["expr"]
    [needed] = map(int, re.findall(r"width / (\d+)", columns))
    assert 300 // needed == 2  # on a phone


@pytest.mark.parametrize("count", [1, 6, 7, 25])
def test_every_run_has_another_colour(count: int) -> None:
    colours = run_colours(count)
    assert len(set(colours)) == count
    assert all(len(colour) == 7 for colour in colours)
