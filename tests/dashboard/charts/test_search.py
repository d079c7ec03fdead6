import pandas as pd
import pytest

from core.searches.importance import Importance
from core.searches.journal import Trial
from core.searches.search_config import SearchConfig, make_search_config
from core.searches.search_states import TrialState
from core.searches.space import narrowed_space
from core.training.recipe import make_recipe
from dashboard.charts.search import (
    best_so_far_chart,
    importance_chart,
    objective_text,
    parallel_chart,
    trial_curves_chart,
)


def config(monitor: str = "val_accuracy") -> SearchConfig:
    tune = ["blocks", "learning_rate=1e-4:1e-2", "optimizer", "augmentation"]
    recipe = make_recipe(dataset="demo", model="cnn-pyramid", monitor=monitor)
    return make_search_config(recipe=recipe, space=narrowed_space("cnn-pyramid", tune))


def trial(number: int, score: float | None, ended: float) -> Trial:
    values = {"blocks": 3, "learning_rate": 1e-3, "optimizer": "rmsprop", "augmentation": 0.5}
    return Trial(f"{number - 1:04d}", values, 0.0, TrialState.FINISHED, "run", score, 0, ended)


TRIALS = [trial(1, 0.5, 700.0), trial(2, None, 710.0), trial(3, 0.4, 400.0), trial(4, 0.7, 1000.0)]


@pytest.mark.parametrize(
    ("against_time", "at", "scores", "best"),
    [(False, (1, 3, 4), (0.5, 0.4, 0.7), (0.5, 0.5, 0.7)), (True, (5, 10, 15), (0.4, 0.5, 0.7), (0.4, 0.5, 0.7))],
)
def test_the_best_so_far_never_falls_whatever_it_is_drawn_against(against_time, at, scores, best) -> None:
    figure = best_so_far_chart(config(), TRIALS, began=100.0, against_time=against_time, majority_baseline=0.6)
    line, dots = figure.data
    assert (tuple(line.x), tuple(line.y)) == (at, best)
    assert (tuple(dots.x), tuple(dots.y)) == (at, scores)
    assert "learning rate: 0.001" in dots.customdata[0][1]
    assert figure.layout.title.subtitle.text == "n = 3 trials"
    assert figure.layout.shapes[0].y0 == 0.6
    assert against_time or figure.layout.xaxis.dtick == 1  # there is no trial 1.5


def test_for_a_loss_the_best_so_far_never_rises() -> None:
    figure = best_so_far_chart(config("val_loss"), TRIALS, began=0, against_time=False, majority_baseline=None)
    assert tuple(figure.data[0].y) == (0.5, 0.4, 0.4)
    assert not figure.layout.shapes
    assert objective_text(config("val_loss"), 0.5) == "0.5000"
    assert objective_text(config(), 0.5) == "50.0\u00a0%"


def test_parallel_coordinates_have_an_axis_for_each_parameter_and_the_score_on_the_right() -> None:
    every = [parameter.name for parameter in config().space]
    [lines] = parallel_chart(config(), TRIALS, every).data
    axes = {axis.label: axis for axis in lines.dimensions}
    assert list(axes) == ["blocks", "learning rate", "optimizer", "augmentation", "accuracy"]
    assert tuple(axes["learning rate"]["values"]) == (-3.0, -3.0, -3.0)
    assert axes["learning rate"].ticktext[0] == "0.0001"
    assert tuple(axes["optimizer"]["values"]) == (2, 2, 2)
    assert tuple(axes["optimizer"].ticktext) == ("adam", "adamw", "rmsprop", "sgd")
    assert tuple(axes["accuracy"]["values"]) == tuple(lines.line.color) == (0.5, 0.4, 0.7)
    assert not lines.line.reversescale
    assert parallel_chart(config("val_loss"), TRIALS, every).data[0].line.reversescale
    [fewer] = parallel_chart(config(), TRIALS, ["optimizer", "blocks"]).data
    assert [axis.label for axis in fewer.dimensions] == ["blocks", "optimizer", "accuracy"]


def test_the_most_important_parameter_stands_on_top() -> None:
    figure = importance_chart([Importance("learning_rate", 0.8, 0.1), Importance("blocks", 0.2, 0.0)], 9)
    assert tuple(figure.data[0].y) == ("blocks", "learning rate")
    assert figure.layout.title.subtitle.text == "n = 9 trials"
    assert tuple(figure.layout.xaxis.range) == pytest.approx((0, 0.945))


def test_the_axis_of_importance_ends_where_shares_do() -> None:
    figure = importance_chart([Importance("learning_rate", 0.8, 0.5)], 9)
    assert tuple(figure.layout.xaxis.range) == (0, 1)


def test_the_curve_of_the_best_trial_lies_on_top_and_is_named() -> None:
    table = pd.DataFrame({"epoch": [0, 1], "val_accuracy": [0.3, 0.5]})
    figure = trial_curves_chart(config(), {1: table, 2: table, 3: table}, best=2, majority_baseline=None)
    assert [line.name for line in figure.data] == ["trial 1", "trial 3", "trial 2, the best"]
    assert [line.showlegend for line in figure.data] == [False, False, True]
    assert tuple(figure.data[0].x) == (1, 2)
