"""An address that names what is not here says so: nothing else is shown in its place without a word."""

import pytest
from streamlit.testing.v1 import AppTest


def warned(test: AppTest) -> list[str]:
    """What the page says of names that it does not know."""
    assert not test.exception
    assert not test.error
    return [each.value for each in test.warning if each.icon == ":material/search_off:"]


@pytest.mark.parametrize(
    ("page", "parameter"),
    [
        ("20_data.py", "reading"),
        ("30_train.py", "clone"),
        ("30_train.py", "model"),
        ("30_train.py", "preset"),
        ("38_references.py", "row"),
    ],
)
def test_a_page_says_what_its_address_names_and_is_not_here(
    page: str, parameter: str, demo_artifacts, open_page
) -> None:
    [said] = warned(open_page(page, **{parameter: "long-gone"}))
    assert "There is no" in said
    assert "`long-gone`" in said


def test_answers_of_a_quiz_that_are_not_kept_any_more_are_said_to_be_gone(demo_artifacts, open_page) -> None:
    test = open_page("42_quiz.py", attempt="long-gone")
    assert ["not kept any more" in each.value for each in test.error] == [True]
    assert "attempt" not in test.query_params


def test_what_a_bound_field_does_not_know_is_said_until_something_else_is_chosen() -> None:
    def page() -> None:
        import streamlit as st

        from dashboard.widgets.notices import say_what_is_gone

        say_what_is_gone("table", "table", ["a", "b"], "The first one is shown.")
        st.selectbox("Table", ["a", "b"], key="table", bind="query-params")

    test = AppTest.from_function(page, default_timeout=120)
    test.query_params["table"] = "gone"
    test.run()
    assert ["`gone`" in each for each in warned(test)] == [True]
    test.selectbox(key="table").set_value("b").run()
    test.query_params["table"] = "b"
    assert warned(test.run()) == []
