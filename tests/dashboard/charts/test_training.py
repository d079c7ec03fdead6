"""The chart of a split shows every count, with what it rests on and in full words."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.data.spec import ClassSpec
from core.data.splits.splits import PARTS, Split, SplitKind
from dashboard.charts.training import PART_COLOURS, split_chart

KEYS = [c.key for c in HAM10000_CLASSES]
NAMES = {c.key: c.name for c in HAM10000_CLASSES}


@pytest.fixture
def counts() -> pd.DataFrame:
    """Seven classes of very different size in three parts."""
    rng = np.random.default_rng(0)
    table = rng.integers(1, 40, (len(KEYS), len(PARTS))) * np.array([[70], [1], [5], [9], [20], [2], [3]])
    return pd.DataFrame(table, index=pd.Index(KEYS, name="label"), columns=list(PARTS))


def trace(figure: go.Figure, name: str) -> go.Bar:
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
    assert figure.layout.xaxis.type != "log"  # 59 to 1 must not look like 2 to 1


def test_every_bar_has_its_number_and_training_stands_on_top(counts: pd.DataFrame) -> None:
    figure = split_chart(counts, HAM10000_CLASSES)
    for bars in figure.data:
        assert list(bars.text) == [f"{number:,}" for number in bars.x]
    assert figure.data[-1].name == "train"
    assert figure.layout.legend.traceorder == "reversed"  # so that the legend begins with it, too
    assert {bars.constraintext for bars in figure.data} == {"none"}  # numbers as narrow as a bar cannot be read


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
    assert low == 0
    assert high > counts.to_numpy().max()


def test_a_split_without_test_part_has_no_empty_entry_in_its_legend(counts: pd.DataFrame) -> None:
    figure = split_chart(counts.assign(test=0), HAM10000_CLASSES)
    assert [bars.name for bars in figure.data] == ["validation", "train"]


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
