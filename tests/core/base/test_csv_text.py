"""CSV for spreadsheets: nothing becomes a formula, numbers stay numbers."""

import io

import pandas as pd

from core.base.csv_text import csv_text, without_apostrophe


def test_texts_that_look_like_formulas_are_quoted_also_as_names_of_columns() -> None:
    table = pd.DataFrame({"=cmd": ["@sum(A1)", "plain"], "age": [-5.0, 7.5], "kind": pd.Categorical(["+1", None])})
    lines = csv_text(table).splitlines()
    assert lines[0] == "'=cmd,age,kind"
    assert lines[1] == "'@sum(A1),-5.0,'+1"
    assert lines[2] == "plain,7.5,"


def test_what_cannot_be_written_is_escaped_and_the_rest_comes_back() -> None:
    text = csv_text(pd.DataFrame({"image": ["broken \udcff name", 'Übermaß, "quoted"']}, dtype=object))
    text.encode()
    back = pd.read_csv(io.StringIO(text))["image"].tolist()
    assert back == ["broken \\udcff name", 'Übermaß, "quoted"']


def test_every_text_comes_back_from_behind_its_apostrophe() -> None:
    texts = ["=1+1", "'=1+1", "''=1", "'quoted'", "-", "'", "", "plain", "@x", "+\n"]
    back = pd.read_csv(io.StringIO(csv_text(pd.DataFrame({"text": texts}))), dtype=str, keep_default_na=False)
    assert not back["text"].str.startswith(("=", "+", "-", "@")).any()
    assert back["text"].map(without_apostrophe).tolist() == texts
