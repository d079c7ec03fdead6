"""Two columns against each other: what is drawn is what the table says, and every cell asks for what it shows."""

import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.data.statistics.counts import UNKNOWN, encode
from dashboard.charts.exploration_pair import MOST_KINDS, pair_chart

NAMES = {"mel": "melanoma", "nv": "naevus", "label": "diagnosis"}


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return encode(
        pd.DataFrame(
            {
                "label": rng.choice(["mel", "nv"], 300),
                "group_id": range(300),
                "sex": rng.choice(["female", "male", None], 300),
                "age": rng.choice([np.nan, 20.0, 40.0, 60.0], 300),
                "diameter": rng.normal(5, 1, 300),
                "ward": rng.choice([f"ward {n}" for n in range(20)], 300),
            }
        )
    )


def test_two_kinds_are_shares_within_the_first_and_a_cell_asks_for_both(rows: pd.DataFrame) -> None:
    chart = pair_chart(rows, "label", "sex", NAMES)
    heat, markers = chart.figure.data
    assert np.allclose(np.array(heat.z).sum(axis=0), 1)
    for about, pick in zip(markers.customdata, chart.picks[1], strict=True):
        (_, label), (_, sex) = pick
        of = rows["sex"].isna() if sex == UNKNOWN else rows["sex"] == sex
        assert about[3] == int((of & (rows["label"] == label)).sum())
        assert about[:2] == (NAMES[label], sex)
    assert chart.table.drop(columns="sex").to_numpy().sum() == len(rows)


def test_a_number_by_kind_is_its_quartiles(rows: pd.DataFrame) -> None:
    for columns in (("age", "label"), ("label", "age")):
        chart = pair_chart(rows, *columns, NAMES)
        behind = chart.table.set_index("diagnosis")
        ages = rows["age"][rows["label"] == "mel"].dropna()
        assert behind.loc["melanoma", "median"] == ages.median()
        assert behind.loc["melanoma", "images"] == len(ages)
        assert set(chart.picks[1]) == {(("label", "mel"),), (("label", "nv"),)}


def test_two_numbers_are_a_density_over_the_images_that_have_both(rows: pd.DataFrame) -> None:
    chart = pair_chart(rows, "age", "diameter", NAMES)
    both = rows[["age", "diameter"]].notna().all(axis=1).sum()
    assert np.array(chart.figure.data[0].z).sum() == both == chart.table["images"].sum()


def test_rare_kinds_are_left_out_of_the_chart_said_and_in_the_table(rows: pd.DataFrame) -> None:
    for chart in (pair_chart(rows, "sex", "ward", NAMES), pair_chart(rows, "age", "ward", NAMES)):
        assert len(chart.figure.data[1].y) <= MOST_KINDS * 3
        assert "8 less frequent values" in chart.words
        assert len(chart.table) == 20


@pytest.mark.parametrize("columns", [("label", "sex"), ("age", "label"), ("age", "diameter"), ("ward", "photos")])
def test_every_pair_is_as_plotly_would_have_checked_it(columns: tuple[str, str], rows: pd.DataFrame) -> None:
    figure = pair_chart(rows, *columns, NAMES).figure
    assert json.loads(go.Figure(figure.to_dict()).to_json()) == json.loads(figure.to_json())
