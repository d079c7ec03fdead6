"""Charts of maps and of thresholds: every picture once, in its colour, with words for those who cannot see it."""

import numpy as np
import pandas as pd
import pytest

from core.data.demo.demo import DEMO_SPEC
from core.features.separation import ClassSeparation, Separation
from dashboard.charts.exploration import UNKNOWN
from dashboard.charts.integrity import threshold_chart
from dashboard.charts.palette import class_colours
from dashboard.charts.picture_map import MOST_CATEGORIES, categories, map_chart, separation_chart


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "image_id": [f"p{n}" for n in range(60)],
            "x": rng.normal(size=60),
            "y": rng.normal(size=60),
            "label": rng.choice(["mel", "nv"], 60),
            "age": np.where(np.arange(60) < 5, np.nan, rng.uniform(20, 80, 60)),
            "place": [f"place {n % 20}" for n in range(60)],
        }
    )


@pytest.mark.parametrize("column", ["label", "age", "place"])
def test_every_picture_is_one_point_with_its_id(table, column) -> None:
    figure = map_chart(table, column, column, DEMO_SPEC, whole=table[column])
    ids = [point[0] for trace in figure.data for point in trace.customdata]
    assert sorted(ids) == sorted(table["image_id"])
    assert "n = 60 images" in figure.layout.title.subtitle.text


def test_classes_have_their_own_colours_and_full_names(table) -> None:
    colours = class_colours(DEMO_SPEC.classes)
    figure = map_chart(table, "label", "diagnosis", DEMO_SPEC, whole=table["label"])
    assert {t.name: t.marker.color for t in figure.data} == {
        "melanoma": colours["mel"],
        "melanocytic nevus": colours["nv"],
    }


def test_the_diagnosis_stands_once_beside_the_pointer_and_another_colour_beside_it(table) -> None:
    by_diagnosis = map_chart(table, "label", "diagnosis", DEMO_SPEC, whole=table["label"])
    assert not any(trace.name in trace.hovertemplate for trace in by_diagnosis.data)
    by_place = map_chart(table, "place", "place", DEMO_SPEC, whole=table["place"])
    assert all(trace.name in trace.hovertemplate for trace in by_place.data)


def test_numbers_that_are_missing_are_points_of_their_own(table) -> None:
    figure = map_chart(table, "age", "age", DEMO_SPEC, whole=table["age"])
    assert {trace.name: len(trace.x) for trace in figure.data} == {UNKNOWN: 5, "age": 55}


def test_rare_values_of_many_are_put_together(table) -> None:
    values = categories(table["place"])
    assert values.nunique() == MOST_CATEGORIES
    assert (values == "other").sum() == 60 - 3 * (MOST_CATEGORIES - 1)


def test_no_two_values_have_both_colour_and_symbol_in_common_and_filters_change_neither(table) -> None:
    def marks(rows: pd.DataFrame) -> dict[str, tuple[str, str]]:
        figure = map_chart(rows, "place", "place", DEMO_SPEC, whole=table["place"])
        return {trace.name: (trace.marker.color, trace.marker.symbol) for trace in figure.data}

    everything = marks(table)
    assert len(set(everything.values())) == len(everything) == MOST_CATEGORIES
    some = marks(table[table["place"] != "place 0"])
    assert some == {name: mark for name, mark in everything.items() if name != "place 0"}


def test_rare_values_put_together_are_counted_under_the_title(table) -> None:
    figure = map_chart(table, "place", "place", DEMO_SPEC, whole=table["place"])
    assert "5 rarest values as “other”" in figure.layout.title.subtitle.text


def test_points_that_were_chosen_stand_out_in_every_colour(table) -> None:
    chosen = ["p3", "p8", "p59"]
    figure = map_chart(table, "label", "diagnosis", DEMO_SPEC, whole=table["label"], chosen=chosen)
    standing_out = [t.customdata[n][0] for t in figure.data for n in t.selectedpoints]
    assert sorted(standing_out) == sorted(chosen)
    figure = map_chart(table, "label", "diagnosis", DEMO_SPEC, whole=table["label"])
    assert all(trace.selectedpoints is None for trace in figure.data)


def test_diagnosis_methods_are_named_in_full(table) -> None:
    table["diagnosis_method"] = ["histo", "follow_up", "serial imaging"] * 20
    figure = map_chart(table, "diagnosis_method", "method", DEMO_SPEC, whole=table["diagnosis_method"])
    assert {trace.name for trace in figure.data} == {"histopathology", "follow-up", "serial imaging"}


def test_separation_is_shown_beside_chance() -> None:
    by_class = (ClassSeparation("mel", 20, 0.4, 0.1), ClassSeparation("nv", 80, 0.9, 0.8))
    chart = separation_chart(Separation(10, 0.8, 0.66, by_class), DEMO_SPEC, 100)
    assert chart.table["diagnosis"].tolist() == ["melanocytic nevus", "melanoma"]
    assert "80.0\u00a0%" in chart.alt
    assert "66.0\u00a0%" in chart.alt


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_threshold_says_how_many_lie_below(logarithmic) -> None:
    values = pd.Series([1.0, 2.0, 50.0, 100.0, np.nan])
    chart = threshold_chart(values, 10, title="Sharpness", axis="sharpness", logarithmic=logarithmic)
    assert "2 of 4" in chart.alt
    assert chart.table["images"].sum() == 4
