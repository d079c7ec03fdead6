"""The charts of what was measured show every picture once, in full words and in the classes' colours."""

import numpy as np
import pandas as pd
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.data.statistics.class_statistics import by_class
from core.data.statistics.picture_statistics import COLUMNS, MEASURES
from dashboard.charts.palette import class_colours
from dashboard.charts.pictures import class_colours_seen, colour_span, measure_by_class

KEYS = [c.key for c in HAM10000_CLASSES]
MEASURE = {measure.key: measure for measure in MEASURES}


@pytest.fixture
def table() -> pd.DataFrame:
    """Two hundred pictures of all classes but vascular lesions."""
    labels = np.random.default_rng(0).choice([key for key in KEYS if key != "vasc"], 200)
    return pd.DataFrame({"image_id": [f"i{n}" for n in range(200)], "label": labels})


@pytest.fixture
def statistics(table) -> pd.DataFrame:
    """Their figures; three could not be read."""
    values = np.random.default_rng(1).gamma(4, 20, (200, len(COLUMNS))).astype("float32")
    statistics = pd.DataFrame(values, columns=list(COLUMNS), index=pd.Index(table["image_id"]))
    statistics.iloc[:3] = np.nan
    return statistics


@pytest.mark.parametrize("key", ["brightness", "sharpness"])
def test_hills_hold_every_measured_picture_once(key, table, statistics) -> None:
    chart = measure_by_class(table, statistics, HAM10000_CLASSES, MEASURE[key])
    hills = [trace for trace in chart.figure.data if trace.fill == "tonexty"]
    assert len(hills) == 6
    assert sum(row[2] for trace in hills for row in trace.customdata) == 197
    assert "n = 197 images, 3 not measured" in chart.figure.layout.title.subtitle.text
    assert (chart.figure.layout.xaxis.type == "log") == (key == "sharpness")


def test_hills_have_the_colours_of_their_classes_and_full_names(table, statistics) -> None:
    chart = measure_by_class(table, statistics, HAM10000_CLASSES, MEASURE["brightness"])
    colours = {c.name: class_colours(HAM10000_CLASSES)[c.key] for c in HAM10000_CLASSES}
    for trace in chart.figure.data:
        if trace.fill == "tonexty":
            assert trace.line.color == colours[trace.customdata[0][0]]
    assert "vascular lesion" not in set(chart.table["class"])


def test_the_table_behind_is_that_of_the_histology_report(table, statistics) -> None:
    chart = measure_by_class(table, statistics, HAM10000_CLASSES, MEASURE["brightness"])
    assert list(chart.table.columns) == ["class", "images", "mean", "variance", "minimum", "maximum"]
    expected = by_class(table, statistics, KEYS, "brightness")
    assert chart.table["mean"].tolist() == expected["mean"].tolist()


def test_the_words_for_those_who_cannot_see_it_name_the_extremes(table, statistics) -> None:
    chart = measure_by_class(table, statistics, HAM10000_CLASSES, MEASURE["brightness"])
    medians = by_class(table, statistics, KEYS, "brightness")["median"]
    names = {c.key: c.name for c in HAM10000_CLASSES}
    assert f"lowest for {names[medians.idxmin()]}" in chart.alt
    assert f"highest for {names[medians.idxmax()]}" in chart.alt


def test_nothing_measured_is_an_empty_chart_that_says_so(table, statistics) -> None:
    chart = measure_by_class(table.iloc[:3], statistics, HAM10000_CLASSES, MEASURE["brightness"])
    assert chart.alt == "No picture has been measured."
    assert chart.table.empty


def test_colour_squares_are_drawn_in_their_colour_within_shared_axes(table, statistics) -> None:
    span = colour_span(table, statistics)
    for each in HAM10000_CLASSES:
        chart = class_colours_seen(table, statistics, each, span)
        [squares] = chart.figure.data
        of_class = statistics.reindex(table.loc[table["label"] == each.key, "image_id"]).dropna()
        assert sum(row[0] for row in squares.customdata) == len(of_class)
        assert all(span[0] < a < span[1] for a in squares.x)
        assert all(span[2] < b < span[3] for b in squares.y)
        assert chart.figure.layout.xaxis.range == span[:2]
        assert each.name in chart.alt
        if len(of_class):
            first = chart.table.iloc[0]
            red, green, blue = (round(float(first[c])) for c in ("red", "green", "blue"))
            assert squares.marker.color[0] == f"rgb({red},{green},{blue})"


def test_colours_of_nothing_still_have_axes(table, statistics) -> None:
    assert colour_span(table.iloc[:3], statistics)[0] < 0
