"""Texts in figures are shown as they stand, and only our own marks are HTML."""

import json
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly import tools

from core.data.catalog import open_dataset
from dashboard.charts.exploration_body import body_map
from dashboard.charts.plotly_text import LONGEST_LABEL, safe_label, safe_text, sent_once
from tests.dashboard.charts.safe_figure import with_safe_texts

EVIL = "<a href='http://evil.example'>x</a>"


def test_a_text_keeps_our_marks_and_no_other_html() -> None:
    assert safe_text(f"<b>{EVIL}</b><br>n") == ("<b>&lt;a href='http://evil.example'&gt;x&lt;/a&gt;</b><br>n")
    assert safe_text("a & b &lt; c\nd\u202ee") == "a & b &amp;lt; c de"


def test_an_ordinary_figure_stays_the_same() -> None:
    figure = go.Figure(go.Bar(x=["a<br>b"], y=[1], hovertemplate="<b>%{x}</b><extra></extra>"))
    assert with_safe_texts(figure) is figure


def test_names_in_every_part_of_a_figure_are_safe() -> None:
    bar = go.Bar(x=[EVIL], y=[1], name=EVIL, text=[EVIL], customdata=[(EVIL, EVIL)], hovertemplate="%{customdata[1]}")
    figure = go.Figure(bar).update_layout(title={"text": EVIL}, xaxis={"ticktext": [EVIL], "tickvals": [0]})
    shown = with_safe_texts(figure)
    assert shown.data[0].customdata[0][0] == EVIL, "a click is understood by what no template shows"
    shown.data[0].customdata = [shown.data[0].customdata[0][1]]
    assert "<a" not in json.dumps(shown.to_plotly_json())


def test_long_labels_lose_their_middle_and_stay_apart() -> None:
    names = ["W" * 300 + "1" * 30, "W" * 301 + "1" * 30]
    assert len(safe_label(names[0]).replace("<br>", "")) <= LONGEST_LABEL
    shown = with_safe_texts(go.Figure(go.Bar(x=names, y=[1, 2])))
    assert len(set(shown.data[0].x)) == 2


def test_long_hover_texts_keep_all_in_several_lines() -> None:
    assert safe_text("W" * 300).replace("<br>", "") == "W" * 300
    assert max(map(len, safe_text("W" * 300).split("<br>"))) <= 60


def test_what_nobody_reads_stays_as_it_is_beside_a_text_that_does_not() -> None:
    """Outlines, pictures, and arrays of numbers, which Plotly writes as one long text."""
    outline, picture = "M 10.5 20.25 L " + "30.75 40.125 " * 40 + "Z", "data:image/png;base64," + "iVBORw0KGgo" * 50
    figure = go.Figure(go.Scatter(x=np.linspace(0, 1, 99), y=np.arange(99.0), hovertemplate="<b>a</b><br><i>click</i>"))
    figure.add_shape(type="path", path=outline).add_layout_image(source=picture)
    assert with_safe_texts(figure) is figure
    before = json.loads(figure.to_json())
    after = json.loads(with_safe_texts(go.Figure(figure).update_layout(title={"text": EVIL})).to_json())
    assert "<a" not in after["layout"].pop("title")["text"]
    before["layout"].pop("title", None)
    assert after == before


def test_the_charts_of_the_demo_need_no_mending(demo_artifacts: Path) -> None:
    """Nothing but names that people chose is ever odd; a chart of ordinary names goes out as it was made."""
    dataset = open_dataset("demo")
    chart = body_map(dataset.table, dataset.spec.classes)
    assert with_safe_texts(chart.figure) is chart.figure


def test_a_figure_is_sent_with_safe_texts_and_without_another_copy() -> None:
    figure = go.Figure(go.Bar(x=["<a href='http://evil'>one</a>", "two"], y=[1, 2])).update_layout(title={"text": EVIL})
    sent = sent_once(figure)
    assert isinstance(sent, go.Figure), "else Streamlit checks it as a dictionary of unknown origin"
    assert tools.return_figure_from_figure_or_data(sent, validate_figure=True) is sent.to_dict()
    assert sent.to_dict() == with_safe_texts(figure).to_dict()
    plain = go.Figure(go.Bar(x=["a"], y=np.array([0.5]), hovertemplate="%{y:.1%}"))
    assert sent_once(plain).to_dict() == with_safe_texts(plain).to_dict()
