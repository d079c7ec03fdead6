"""The charts of the explore page show what the table says, in full words, missing values included."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.data.demo import plan_demo
from core.data.skin import HAM10000_CLASSES
from core.data.spec import ClassSpec
from dashboard.charts import exploration
from dashboard.charts.exploration import UNKNOWN, Chart
from dashboard.charts.palette import NOT_RECORDED, class_colours

NAMES = {c.key: c.name for c in HAM10000_CLASSES}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Tidy metadata of the demo data set, without its pictures."""
    plan = plan_demo(seed=1, lesions=400).replace("unknown", np.nan)
    renamed = {"dx": "label", "localization": "site", "dx_type": "diagnosis_method", "lesion_id": "group_id"}
    return plan.rename(columns=renamed).assign(source=np.nan)


def all_charts(rows: pd.DataFrame) -> Iterator[Chart]:
    """Every chart of the page, of the same rows."""
    for draw in (
        exploration.class_counts,
        exploration.age_histogram,
        exploration.age_by_diagnosis,
        exploration.sex_by_diagnosis,
        exploration.site_by_diagnosis,
    ):
        yield draw(rows, HAM10000_CLASSES)
    for draw in (exploration.sex_counts, exploration.site_counts, exploration.missing_shares):
        yield draw(rows)


def test_bars_of_the_diagnoses_are_the_counts_of_the_table(table: pd.DataFrame) -> None:
    chart = exploration.class_counts(table, HAM10000_CLASSES)
    bars = chart.figure.data[0]
    shown = {about[0]: count for about, count in zip(bars.customdata, bars.x, strict=True)}
    assert shown == table["label"].map(NAMES).value_counts().to_dict()
    assert chart.table["images"].is_monotonic_decreasing
    assert chart.table["share"].sum() == pytest.approx(1)


def test_bars_of_the_diagnoses_have_the_colours_of_their_classes(table: pd.DataFrame) -> None:
    bars = exploration.class_counts(table, HAM10000_CLASSES).figure.data[0]
    by_name = {about[0]: colour for about, colour in zip(bars.customdata, bars.marker.color, strict=True)}
    assert by_name == {NAMES[key]: colour for key, colour in class_colours(HAM10000_CLASSES).items()}


def test_every_image_is_in_the_age_histogram_once(table: pd.DataFrame) -> None:
    chart = exploration.age_histogram(table, HAM10000_CLASSES)
    assert sum(sum(trace.y) for trace in chart.figure.data) == len(table)
    assert chart.table.drop(columns="age").to_numpy().sum() == len(table)


def test_an_age_falls_into_the_bin_that_begins_with_it() -> None:
    rows = pd.DataFrame({"label": "mel", "age": [39.0, 40.0, 44.0, 45.0]})
    behind = exploration.age_histogram(rows, HAM10000_CLASSES).table.set_index("age")["melanoma"]
    assert behind[["35–39 years", "40–44 years", "45–49 years"]].tolist() == [1, 2, 1]


def test_images_without_age_have_a_bar_of_their_own_beyond_the_oldest(table: pd.DataFrame) -> None:
    chart = exploration.age_histogram(table, HAM10000_CLASSES)
    missing = int(table["age"].isna().sum())
    assert missing > 0
    assert sum(trace.y[-1] for trace in chart.figure.data) == missing
    assert min(trace.x[-1] for trace in chart.figure.data) > table["age"].max() + 5
    assert chart.table.iloc[-1]["age"] == "age not recorded"
    assert chart.figure.layout.xaxis.ticktext[-1].replace("<br>", " ") == UNKNOWN


def test_boxes_are_the_quantiles_of_the_known_ages_and_count_the_unknown_ones(table: pd.DataFrame) -> None:
    chart = exploration.age_by_diagnosis(table, HAM10000_CLASSES)
    behind = chart.table.set_index("diagnosis")
    for key, name in NAMES.items():
        ages = table.loc[table["label"] == key, "age"]
        assert behind.loc[name, "median"] == ages.median()
        assert behind.loc[name, "images with age"] == ages.notna().sum()
        assert behind.loc[name, UNKNOWN] == ages.isna().sum()
    assert f"n = {table['age'].notna().sum():,} images" in chart.figure.layout.title.subtitle.text


@pytest.mark.parametrize(("draw", "column"), [("sex_counts", "sex"), ("site_counts", "site")])
def test_unrecorded_sexes_and_sites_are_a_grey_bar(draw: str, column: str, table: pd.DataFrame) -> None:
    chart = getattr(exploration, draw)(table)
    bars = chart.figure.data[0]
    shown = dict(zip(bars.y, bars.x, strict=True))
    assert shown.pop(UNKNOWN) == table[column].isna().sum() > 0
    assert shown == table[column].value_counts().to_dict()
    assert bars.marker.color[list(bars.y).index(UNKNOWN)] == NOT_RECORDED
    assert chart.table["images"].sum() == len(table)


def test_shares_of_the_sexes_add_up_to_one_in_every_diagnosis(table: pd.DataFrame) -> None:
    chart = exploration.sex_by_diagnosis(table, HAM10000_CLASSES)
    assert [trace.name for trace in chart.figure.data] == ["female", "male", UNKNOWN]
    assert np.allclose(sum(np.array(trace.x) for trace in chart.figure.data), 1)
    behind = chart.table.set_index("diagnosis")
    melanomas = table[table["label"] == "mel"]
    assert behind.loc["melanoma", "female"] == (melanomas["sex"] == "female").sum()
    assert behind.loc["melanoma", "images"] == len(melanomas)
    assert behind[UNKNOWN].sum() == table["sex"].isna().sum()


def test_shares_of_the_sites_add_up_to_one_in_every_diagnosis(table: pd.DataFrame) -> None:
    chart = exploration.site_by_diagnosis(table, HAM10000_CLASSES)
    cells = chart.figure.data[0]
    assert np.allclose(np.array(cells.z).sum(axis=0), 1)
    assert set(cells.y) == {*table["site"].dropna(), UNKNOWN}
    assert chart.table.drop(columns="site").to_numpy().sum() == len(table)


def test_what_is_missing_is_the_share_of_images_without_it(table: pd.DataFrame) -> None:
    behind = exploration.missing_shares(table).table.set_index("what")
    assert behind.loc["age", "share"] == table["age"].isna().mean()
    assert behind.loc["anatomical site", UNKNOWN] == table["site"].isna().sum()
    assert behind.loc["source", "share"] == 1
    assert behind.loc["how the diagnosis was made", UNKNOWN] == 0


def test_every_chart_says_on_how_many_images_it_rests(table: pd.DataFrame) -> None:
    for chart in all_charts(table[table["age"].notna()]):
        assert chart.figure.layout.title.text
        assert chart.figure.layout.title.subtitle.text == f"n = {table['age'].notna().sum():,} images"
        assert chart.alt.endswith(".")


def test_hover_texts_and_legends_name_diagnoses_in_full(table: pd.DataFrame) -> None:
    for chart in all_charts(table):
        words = set(" ".join(_hover_texts(chart.figure)).replace("<", " ").replace(">", " ").split())
        assert not words & set(NAMES), chart.figure.layout.title.text


@pytest.mark.parametrize("only", ["age", "sex", "site"])
def test_charts_can_be_drawn_of_images_of_which_nothing_is_recorded(only: str, table: pd.DataFrame) -> None:
    rows = table[table[only].isna()].assign(**{only: np.nan})
    for chart in all_charts(rows):
        assert "nan" not in chart.alt
        assert chart.figure.to_json()


def test_charts_can_be_drawn_of_a_single_image(table: pd.DataFrame) -> None:
    for chart in all_charts(table.head(1)):
        assert chart.figure.layout.title.subtitle.text.startswith("n = 1 image")
        assert chart.figure.to_json()


def test_sexes_the_palette_does_not_know_are_shown() -> None:
    rows = pd.DataFrame({"label": ["a", "a", "a"], "sex": ["female", "intersex", np.nan]})
    chart = exploration.sex_by_diagnosis(rows, [ClassSpec("a", "adenoma", False)])
    assert {trace.name: list(trace.x) for trace in chart.figure.data}["intersex"] == [pytest.approx(1 / 3)]
    assert set(exploration.sex_counts(rows).table["sex"]) == {"female", "male", "intersex", UNKNOWN}


def _hover_texts(figure: go.Figure) -> Iterator[str]:
    for trace in figure.data:
        yield trace.hovertemplate or ""
        yield trace.name or ""
        for about in np.ravel(np.array(trace.customdata if trace.customdata is not None else [], dtype=object)):
            yield str(about)
