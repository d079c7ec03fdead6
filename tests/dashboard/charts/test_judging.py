"""Charts of curves, thresholds, reliability, subgroups and retests draw what was computed, and say on how much."""

import numpy as np
import pandas as pd
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.evaluation.brier import with_bin_intervals
from core.evaluation.curves import ScoreCurve
from core.evaluation.operating import OperatingCurve, operating_curve
from core.evaluation.readings import Reading
from core.evaluation.subgroups import FEW, METRICS
from dashboard.charts.judging import (
    MOST_POINTS,
    decision_chart,
    precision_recall_chart,
    reliability_chart,
    roc_chart,
    spread_chart,
    subgroup_chart,
    threshold_chart,
)
from dashboard.charts.palette import ACCENT, NOT_RECORDED

MALIGNANT = Reading("malignant", ("mel",))


@pytest.fixture(scope="module")
def scored() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    positive = rng.random(2000) < 0.2
    return np.clip(0.3 * positive + rng.random(2000) * 0.7, 0, 1), positive


@pytest.fixture(scope="module")
def curve(scored) -> OperatingCurve:
    return operating_curve(*scored, pd.Series(np.arange(2000).astype(str)), resamples=50)


def test_long_curves_are_drawn_with_fewer_points_from_end_to_end(scored) -> None:
    drawn = [(MALIGNANT, ScoreCurve.of(*scored))]
    for chart in (roc_chart, precision_recall_chart):
        line = chart(drawn, {"malignant": "#123456"}, 2000).data[0]
        assert len(line.x) <= MOST_POINTS
        assert line.line.color == "#123456"
        assert line.x[-1] == 1
    assert roc_chart(drawn, {"malignant": "#123456"}, 2000).layout.title.subtitle.text == "n = 2,000 images"


def test_the_chosen_threshold_is_marked_at_its_net_benefit(curve: OperatingCurve) -> None:
    figure = decision_chart(curve, 0.3, 0.1, MALIGNANT)
    [marker] = [trace for trace in figure.data if trace.mode == "markers"]
    assert (marker.x[0], marker.y[0]) == pytest.approx((0.3, curve.at(0.3).net_benefit(0.1)), abs=1e-9)
    names = [trace.name for trace in figure.data if trace.mode == "lines"]
    assert names == ["the model", "call all malignant", "call none"]
    assert threshold_chart(curve, 0.3, MALIGNANT).layout.shapes[0].x0 == 0.3


def test_net_benefit_beyond_every_score_is_drawn_without_a_marker_where_it_is_not_defined() -> None:
    benign = operating_curve(np.array([0.1, 0.2]), np.array([False, False]), pd.Series(["a", "b"]), resamples=5)
    assert not [trace for trace in decision_chart(benign, 0.3, 0.1, MALIGNANT).data if trace.mode == "markers"]


def test_only_bins_with_pictures_are_drawn(scored) -> None:
    scores, positive = scored
    diagram = with_bin_intervals(scores, positive, pd.Series(np.arange(2000).astype(str)), resamples=20)
    line = reliability_chart(diagram, "Reliability").data[-1]
    assert len(line.x) == (diagram["images"] > 0).sum()
    assert (np.asarray(line.error_y.array) >= 0).all()


def test_subgroups_that_rest_on_few_groups_are_grey_and_undefined_ones_are_left_out() -> None:
    figures = {f"{metric}{what}": 0.5 for metric in METRICS for what in ("", " low", " high")}
    row = {"images": 50, "groups": 40} | figures
    on = {f"{metric} on": 40 for metric in METRICS}
    table = pd.DataFrame(
        [
            {"column": "sex", "value": "female", **row, **on},
            {"column": "sex", "value": "male", **row, **on, "sensitivity on": FEW - 1},
            {"column": "sex", "value": "not recorded", **row, **on, "sensitivity": np.nan},
        ]
    )
    points = subgroup_chart(table, "sensitivity", "malignant", 100).data[0]
    assert dict(zip(points.y, points.marker.color, strict=True)) == {
        "sex: male": NOT_RECORDED, "sex: female": ACCENT,
    }  # fmt: skip


def test_a_brier_score_is_drawn_as_a_number_and_every_other_figure_as_a_share() -> None:
    figures = {f"{metric}{what}": 0.5 for metric in METRICS for what in ("", " low", " high")}
    on = {f"{metric} on": 40 for metric in METRICS}
    table = pd.DataFrame([{"column": "sex", "value": "female", "images": 50, "groups": 40, **figures, **on}])
    for metric in METRICS:
        figure = subgroup_chart(table, metric, "malignant", 100)
        assert ("%{x:.3f}" in figure.data[0].hovertemplate) is (metric == "Brier score")
        assert (figure.layout.xaxis.tickformat is None) is (metric == "Brier score")


def test_each_class_with_several_photos_has_a_box() -> None:
    lesions = pd.DataFrame({"lesion": ["a", "b", "c"], "true": ["mel", "mel", "nv"], "spread": [0.1, 0.3, 0.2]})
    figure = spread_chart(lesions, HAM10000_CLASSES, "malignant")
    assert [len(box.x) for box in figure.data] == [1, 2]
    assert figure.layout.title.subtitle.text == "n = 3 lesions"
