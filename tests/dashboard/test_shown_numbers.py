"""Counts in tables have the comma that they have everywhere else."""

import json

import pandas as pd
from streamlit.testing.v1 import AppTest

from dashboard.shown_numbers import count_columns


def script() -> None:
    import pandas as pd
    import streamlit as st

    from dashboard.shown_text import show_texts_as_they_stand

    show_texts_as_they_stand()
    table = pd.DataFrame({"class": ["nevus"], "images": [6705], "groups": [5000], "seed": [123456]})
    st.dataframe(table.style.format("{:.1f}", subset=[]), column_config={"groups": st.column_config.NumberColumn("n")})
    st.data_editor(pd.DataFrame({"class there": ["nevus"], "pictures": [6705]}), disabled=True)


def test_large_whole_numbers_of_a_table_have_a_comma() -> None:
    test = AppTest.from_function(script, default_timeout=120).run()
    assert not test.exception
    columns = json.loads(test.dataframe[0].proto.columns)
    assert columns["images"]["type_config"]["format"] == "%,d"
    assert columns["groups"]["label"] == "n", "what is said of a column stays"
    assert "seed" not in columns
    assert json.loads(test.dataframe[1].proto.columns)["pictures"]["type_config"]["format"] == "%,d"


def test_numbers_of_others_stay_as_they_are() -> None:
    table = pd.DataFrame({"image_id": ["a"], "patient": [12345]})
    assert count_columns(table) == {}
    assert count_columns(pd.DataFrame({"images": [12, 999]})) == {}
    assert count_columns(pd.DataFrame({"share": [1234.5], "name": ["x"]})) == {}
    assert count_columns([1, 2]) == {}
