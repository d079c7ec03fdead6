"""Percentages of figures are texts of ours: in what a pointer shows, and at the ticks."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.charts.percent_texts import round_ticks
from dashboard.charts.plotly_text import unchecked_figure
from tests.dashboard.charts.safe_figure import with_safe_texts


def test_what_a_pointer_shows_has_our_percentages() -> None:
    bar = go.Bar(x=[0.064, None], y=["a", "b"], hovertemplate="<b>%{y}</b><br>%{x:.1%}<extra></extra>")
    shown = with_safe_texts(go.Figure(bar)).data[0]
    assert shown.hovertemplate == "<b>%{y}</b><br>%{customdata[0]}<extra></extra>"
    assert [*map(list, shown.customdata)] == [["6.4\u00a0%"], ["not defined"]]
    assert list(shown.x) == [0.064, None], "the values themselves stay shares"


@pytest.mark.parametrize(
    "behind",
    [[("a", 0.5), ("b", 0.25)], np.array([[1, 0.5], [2, 0.25]]), pd.DataFrame({"n": [1, 2], "s": [0.5, 0.25]})],
)
def test_custom_data_keep_their_place_for_clicks(behind: object) -> None:
    point = go.Scatter(x=[1, 2], y=[1, 2], customdata=behind, hovertemplate="%{customdata[0]}: %{customdata[1]:.0%}")
    shown = with_safe_texts(go.Figure(point)).data[0]
    assert shown.hovertemplate == "%{customdata[0]}: %{customdata[2]}"
    assert [row[1:] for row in shown.customdata] == [[0.5, "50\u00a0%"], [0.25, "25\u00a0%"]]


def test_custom_data_of_one_value_become_a_row() -> None:
    told = go.Scatter(
        x=[0.1, 0.2], y=[1, 2], customdata=np.array([7, 1234]), hovertemplate="%{x:.1%} of %{customdata:,}"
    )
    shown = with_safe_texts(go.Figure(told)).data[0]
    assert shown.hovertemplate == "%{customdata[1]} of %{customdata[0]:,}"
    assert [*map(list, shown.customdata)] == [[7, "10.0\u00a0%"], [1234, "20.0\u00a0%"]]


def test_ticks_stand_at_round_percentages() -> None:
    figure = go.Figure(go.Bar(x=[0.5], y=["a"])).update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    assert list(with_safe_texts(figure).layout.xaxis.ticktext) == [f"{n}\u00a0%" for n in (0, 25, 50, 75, 100)]
    given = figure.update_xaxes(tickvals=[0, 0.5, 1])
    assert list(with_safe_texts(given).layout.xaxis.ticktext) == ["0\u00a0%", "50\u00a0%", "100\u00a0%"]


def test_ticks_of_an_axis_without_a_range_follow_its_values() -> None:
    trace = {"type": "scatter", "x": np.arange(3), "y": np.array([0.6, np.nan, 0.72])}
    figure = unchecked_figure([trace], {"yaxis": {"tickformat": ".0%"}, "shapes": [{"y0": 0.5, "y1": 0.5}]})
    axis = with_safe_texts(figure).layout.yaxis
    assert list(axis.tickvals) == [0.5, 0.55, 0.6, 0.65, 0.7]
    assert axis.ticktext[1] == "55\u00a0%"


def test_a_figure_without_percentages_stays_the_same() -> None:
    figure = go.Figure(go.Bar(x=[1, 2], y=["a", "b"], hovertemplate="%{x:,}")).update_xaxes(tickformat=",")
    assert with_safe_texts(figure) is figure


@pytest.mark.parametrize(
    ("low", "high", "digits"), [(0, 1, 0), (0, 0.004, 1), (0.61, 0.64, 0), (0, 5.3, 0), (0, 900, 0)]
)
def test_there_are_never_more_ticks_than_have_room(low: float, high: float, digits: int) -> None:
    ticks = round_ticks(low, high, digits, 6)
    assert 2 <= len(ticks) <= 7
    assert low <= ticks[0] <= ticks[-1] <= high
