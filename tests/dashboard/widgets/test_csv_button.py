"""The button for a CSV: the text is made when it is pressed, from a table or from what makes one."""

import io

import pandas as pd
from streamlit.testing.v1 import AppTest


def page() -> None:
    import pandas as pd
    import streamlit as st

    from dashboard.widgets.csv_button import csv_button

    table = pd.DataFrame({"image_id": ["a", "b"], "age": [40, None], "site": ["back", "ö"]})

    def rows() -> pd.DataFrame:
        st.session_state["made"] = st.session_state.get("made", 0) + 1
        return table.tail(1)

    csv_button("All as CSV", table, "all.csv")
    csv_button("Some as CSV", rows, "some.csv", help="The last one.")


def test_a_table_is_given_without_its_index(pressed) -> None:
    test = AppTest.from_function(page, default_timeout=120).run()
    assert not test.exception
    assert [button.proto.label for button in test.get("download_button")] == ["All as CSV", "Some as CSV"]
    table = pd.read_csv(io.BytesIO(pressed["all.csv"]()))
    assert table.columns.tolist() == ["image_id", "age", "site"]
    assert table["site"].tolist() == ["back", "ö"]


def test_what_makes_the_table_is_asked_only_when_the_button_is_pressed(pressed, monkeypatch) -> None:
    made = []
    to_csv = pd.DataFrame.to_csv
    monkeypatch.setattr(pd.DataFrame, "to_csv", lambda table, **more: made.append(len(table)) or to_csv(table, **more))
    test = AppTest.from_function(page, default_timeout=120).run().run()
    assert "made" not in test.session_state
    assert made == []
    assert pressed["some.csv"]().decode().splitlines() == ["image_id,age,site", "b,,ö"]
    assert made == [1]
