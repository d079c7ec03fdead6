"""The body map shows where images lie, front and back, and never more than the site tells."""

import numpy as np
import pandas as pd
import pytest

from core.data.adapters.skin import HAM10000_CLASSES
from core.data.body_sites import REGIONS
from dashboard.charts.body_shapes import BACK, CENTRES, EXTENT, FRONT, inside, patches
from dashboard.charts.exploration_body import body_map


@pytest.fixture
def table() -> pd.DataFrame:
    """Six images: three of the back (one malignant), one of the chest, one of the trunk, one without a site."""
    return pd.DataFrame(
        {
            "label": ["nv", "mel", "nv", "nv", "bcc", "nv"],
            "site": ["back", "back", "back", "chest", "trunk", None],
        }
    )


def strength(chart, region: str) -> float:
    """Opacity of a region."""
    shape = chart.figure.layout.shapes[[*REGIONS].index(region)]
    return float(shape.fillcolor.rstrip(")").split(",")[-1])


def hover(chart, region: str) -> str:
    """What stands beside the pointer over a region."""
    [trace] = [trace for trace in chart.figure.data if trace.name == REGIONS[region]]
    return trace.hovertemplate


def test_a_region_is_the_stronger_the_more_images_it_has(table: pd.DataFrame) -> None:
    chart = body_map(table, HAM10000_CLASSES)
    assert strength(chart, "back") > strength(chart, "chest") > strength(chart, "abdomen") > strength(chart, "leg")


def test_a_coarse_site_counts_in_each_of_its_regions_and_that_is_said(table: pd.DataFrame) -> None:
    chart = body_map(table, HAM10000_CLASSES)
    assert "chest: 1 image" in hover(chart, "chest")
    assert "trunk: 1 image, also counted in other regions" in hover(chart, "chest")
    assert "trunk: 1 image, also counted in other regions" in hover(chart, "abdomen")
    assert "“trunk”" in chart.words


def test_images_without_a_site_are_counted_in_the_title(table: pd.DataFrame) -> None:
    chart = body_map(table, HAM10000_CLASSES)
    assert chart.figure.layout.title.subtitle.text == "n = 6 images, 1 without a site"
    assert chart.table["images"].sum() == 6


def test_a_site_that_has_no_place_is_said_to_have_none(table: pd.DataFrame) -> None:
    chart = body_map(table.assign(site="somewhere"), HAM10000_CLASSES)
    assert "6 not on the map" in chart.figure.layout.title.subtitle.text


def test_a_click_asks_for_the_finest_site_of_the_region(table: pd.DataFrame) -> None:
    chart = body_map(table, HAM10000_CLASSES)
    asked = {trace.name: set(picks) for trace, picks in zip(chart.figure.data, chart.picks, strict=False)}
    assert asked["chest"] == {(("site", "chest"),)}
    assert asked["flanks"] == {(("site", "trunk"),)}
    assert asked["legs"] == {()}


def test_malignant_shares_colour_the_map_where_they_are_wanted(table: pd.DataFrame) -> None:
    chart = body_map(table, HAM10000_CLASSES, malignant_fraction=True)
    assert strength(chart, "abdomen") > strength(chart, "back")  # one of one, against one of three
    assert "33.3\u00a0% of “back” malignant" in hover(chart, "back")  # of what a click chooses, without the trunk's


def test_regions_that_a_filter_took_away_can_still_be_clicked(table: pd.DataFrame) -> None:
    chart = body_map(table[table["site"] == "chest"], HAM10000_CLASSES, others=table)
    asked = {trace.name: set(picks) for trace, picks in zip(chart.figure.data, chart.picks, strict=False)}
    assert asked["back"] == {(("site", "back"),)}
    assert "back: 3 images, not chosen" in hover(chart, "back")


def test_every_region_is_drawn_within_the_picture_and_can_be_hit() -> None:
    drawn = patches()
    assert {patch.region for patch in drawn} | {"palm"} == set(REGIONS)
    for patch in drawn:
        low, high = patch.edge.min(axis=0), patch.edge.max(axis=0)
        assert EXTENT[0] < low[0] < high[0] < EXTENT[1]
        assert EXTENT[2] < low[1] < high[1] < EXTENT[3]
        assert len(inside(patch)) >= 1


def test_both_views_are_symmetrical() -> None:
    for view in (FRONT, BACK):
        points = np.concatenate([p.edge for p in patches() if p.view == view and p.region != "sole"])
        across = points[:, 0] - CENTRES[view]
        assert across.min() == pytest.approx(-across.max())
