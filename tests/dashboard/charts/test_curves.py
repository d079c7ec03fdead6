"""Curves of several runs beside each other: every point where it belongs, and a specification that never changes."""

import re

import pytest

from dashboard.charts.comparison import comparison_chart, run_colours
from dashboard.charts.curves import ACCURACY, LEARNING_RATE, LEARNT, LOSS, Look, smoothed


def epoch(number: int, **more) -> dict:
    figures = {"loss": 2.0 - number / 4, "accuracy": 0.3 + number / 10, "val_loss": 2.2, "val_accuracy": 0.25}
    return {"kind": "epoch", "epoch": number, "learning_rate": 1e-3, **figures, **more}


EPOCHS = [epoch(number) for number in range(4)]


@pytest.mark.parametrize("measure", [*LEARNT, LEARNING_RATE])
def test_a_chart_says_what_it_shows_in_which_unit(measure) -> None:
    spec = comparison_chart(measure, {"one": EPOCHS}, Look()).spec
    assert spec["title"]["text"] == measure.title
    assert spec["encoding"]["x"]["title"] == "epoch"
    assert {layer["encoding"]["y"].get("title") for layer in spec["layer"][:2]} == {measure.axis}


def test_growing_runs_are_new_data_in_the_same_specification_so_that_the_zoom_stays() -> None:
    first = comparison_chart(LOSS, {"one": EPOCHS[:1]}, Look()).spec
    assert comparison_chart(LOSS, {"one": EPOCHS}, Look()).spec == first
    assert comparison_chart(LOSS, {"another": EPOCHS}, Look()).spec != first
    assert first["layer"][0]["params"][0]["bind"] == "scales"


def test_a_figure_that_is_not_finite_is_a_gap_and_one_that_is_not_there_no_point() -> None:
    lines = [epoch(0), epoch(1, loss=None), {"kind": "epoch", "epoch": 2}]
    rows = comparison_chart(LOSS, {"one": lines}, Look()).table.to_pylist()
    assert [(row["epoch"], row["value"]) for row in rows if row["part"] == "training"] == [(1, 2.0), (2, None)]


def test_the_loss_can_have_a_logarithmic_axis_and_a_share_cannot() -> None:
    charts = [comparison_chart(measure, {"one": EPOCHS}, Look(log=True)) for measure in (LOSS, ACCURACY)]
    scales = [chart.spec["layer"][0]["encoding"]["y"]["scale"] for chart in charts]
    assert scales[0] == {"type": "log"}
    assert "type" not in scales[1]


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


def test_smoothing_is_the_mean_of_what_came_before_with_falling_weights() -> None:
    assert smoothed([1.0, 3.0], 0.5) == pytest.approx([1.0, (0.25 * 1 + 0.5 * 3) / 0.75])
    assert smoothed([2.0] * 5, 0.9) == pytest.approx([2.0] * 5)
    assert smoothed([1.0, 5.0, 2.0], 0.0) == [1.0, 5.0, 2.0]


def test_gaps_stay_gaps_and_do_not_pull_the_smoothed_line() -> None:
    with_gaps = smoothed([1.0, None, float("nan"), 3.0], 0.5)
    assert with_gaps[1:3] == [None, None]
    assert [with_gaps[0], with_gaps[3]] == pytest.approx(smoothed([1.0, 3.0], 0.5))


def test_a_chart_of_nothing_yet_has_an_epoch_axis_with_an_end() -> None:
    spec = comparison_chart(LOSS, {"one": []}, Look()).spec
    assert spec["encoding"]["x"]["scale"]["domain"] == [0, 1]
    assert "domain" not in comparison_chart(LOSS, {"one": EPOCHS}, Look()).spec["encoding"]["x"]["scale"]
