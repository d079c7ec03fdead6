"""Filters keep exactly the images asked for, and the bar of filters gives them back and remembers them."""

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.data.statistics.counts import UNKNOWN
from dashboard.filters.filters import Filters, UnknownAge, apply_filters


@pytest.fixture
def table() -> pd.DataFrame:
    """Six images; the last one is known by its diagnosis alone."""
    return pd.DataFrame(
        {
            "image_id": list("abcdef"),
            "label": ["mel", "mel", "nv", "nv", "bcc", "nv"],
            "age": [20.0, 40.0, 45.0, 60.0, 80.0, np.nan],
            "sex": ["female", "male", "female", "male", "male", None],
            "site": ["back", "back", "face", "foot", "face", None],
        }
    )


def kept(table: pd.DataFrame, filters: Filters) -> str:
    """Ids of the images that pass, in order."""
    return "".join(apply_filters(table, filters)["image_id"])


def test_no_filter_keeps_every_image(table: pd.DataFrame) -> None:
    assert apply_filters(table, Filters()).equals(table)


def test_diagnoses_are_kept_by_class_key(table: pd.DataFrame) -> None:
    assert kept(table, Filters(classes=frozenset({"mel", "bcc"}))) == "abe"


def test_both_ends_of_an_age_range_are_included(table: pd.DataFrame) -> None:
    assert kept(table, Filters(ages=(40, 60), unknown_age=UnknownAge.WITHOUT)) == "bcd"


def test_images_without_age_stay_in_an_age_range_unless_left_out(table: pd.DataFrame) -> None:
    assert kept(table, Filters(ages=(40, 60))) == "bcdf"
    assert kept(table, Filters(unknown_age=UnknownAge.WITHOUT)) == "abcde"


def test_images_without_age_can_be_looked_at_alone_whatever_range_was_chosen_before(table: pd.DataFrame) -> None:
    assert kept(table, Filters(unknown_age=UnknownAge.ONLY)) == "f"
    assert kept(table, Filters(ages=(40, 60), unknown_age=UnknownAge.ONLY)) == "f"


def test_a_range_of_numbers_leaves_out_images_without_the_number(table: pd.DataFrame) -> None:
    table = table.assign(diameter=[1.0, 2.0, 3.0, None, 5.0, 0.1])
    assert kept(table, Filters(ranges=(("diameter", (0.1, 3.0)),))) == "abcf"
    assert kept(table, Filters(ranges=(("no such column", (0.0, 1.0)),))) == ""


def test_an_unrecorded_sex_or_site_can_be_asked_for(table: pd.DataFrame) -> None:
    assert kept(table, Filters(sexes=frozenset({UNKNOWN}))) == "f"
    assert kept(table, Filters(sexes=frozenset({"female", UNKNOWN}))) == "acf"
    assert kept(table, Filters(sites=frozenset({"foot", UNKNOWN}))) == "df"


def test_a_sex_that_is_asked_for_leaves_out_images_without_one(table: pd.DataFrame) -> None:
    assert kept(table, Filters(sexes=frozenset({"female", "male"}))) == "abcde"


def test_images_must_pass_all_filters_together(table: pd.DataFrame) -> None:
    filters = Filters(frozenset({"nv"}), (40, 90), UnknownAge.WITHOUT, frozenset({"male"}), frozenset({"foot", "face"}))
    assert kept(table, filters) == "d"


def test_filters_that_nothing_passes_give_an_empty_table_with_its_columns(table: pd.DataFrame) -> None:
    empty = apply_filters(table, Filters(classes=frozenset({"bcc"}), sexes=frozenset({"female"})))
    assert empty.empty
    assert list(empty) == list(table)


def test_columns_that_are_wholly_empty_can_be_filtered(table: pd.DataFrame) -> None:
    bare = table.assign(age=np.nan, sex=np.nan, site=np.nan)
    assert kept(bare, Filters(ages=(0, 90))) == "abcdef"
    assert kept(bare, Filters(sites=frozenset({"back"}))) == ""


def page(shown: bool = True) -> None:
    """A page with the bar of filters and what is left, or the same page without the bar."""
    import numpy as np
    import pandas as pd
    import streamlit as st

    from core.data.adapters.ham10000 import HAM10000_SPEC
    from dashboard.filters.filter_bar import filter_bar, nothing_passes
    from dashboard.filters.filter_state import FilterState
    from dashboard.filters.filters import apply_filters

    table = pd.DataFrame(
        {
            "image_id": list("abcdef"),
            "label": ["mel", "mel", "nv", "nv", "bcc", "nv"],
            "age": [20.0, 40.0, 45.0, 60.0, 80.0, np.nan],
            "sex": ["female", "male", "female", "male", "male", None],
            "site": ["back", "back", "face", "foot", "face", None],
        }
    )
    if shown:
        state = FilterState(table, HAM10000_SPEC)
        left = apply_filters(table, filter_bar(state))
        st.code("".join(left["image_id"]))
        if left.empty:
            nothing_passes(state, "image here")


def bar() -> AppTest:
    """The page, run once."""
    return AppTest.from_function(page, default_timeout=120).run()


def press(app: AppTest, label: str) -> AppTest:
    """Press the one button of this label."""
    [button] = [b for b in app.button if b.label == label]
    return button.click().run()


def test_the_bar_begins_without_any_filter() -> None:
    app = bar()
    assert app.code[0].value == "abcdef"
    assert app.markdown[0].value == "**6** of 6 images"


def test_malignant_only_chooses_the_malignant_diagnoses() -> None:
    app = press(bar(), "Malignant only")
    assert app.code[0].value == "abe"
    assert app.markdown[0].value == "**3** of 6 images (50\u00a0%)"
    assert press(app, "Benign only").code[0].value == "cdf"


def test_reset_takes_every_filter_back() -> None:
    app = press(bar(), "Malignant only")
    app.slider[0].set_range(40, 60).run()
    app.segmented_control[0].set_value("no").run()
    app.pills(key="filter-ham10000-sites").set_value(["back"]).run()
    assert app.code[0].value == "b"
    app = press(app, "Reset")
    assert app.code[0].value == "abcdef"
    assert app.slider[0].value == (20, 80)
    assert app.segmented_control[0].value == "yes"


def test_filters_that_nothing_passes_say_so_with_a_button_that_takes_them_back() -> None:
    app = press(bar(), "Malignant only")
    assert not app.info
    app.slider[0].set_range(45, 60).run()
    app.segmented_control[0].set_value("no").run()
    assert [info.value.partition(".")[0] for info in app.info] == ["No image here has all of this together"]
    app = press(app, "Reset the filters")
    assert app.code[0].value == "abcdef"
    assert not app.info


def test_filters_are_still_there_after_another_page() -> None:
    app = bar()
    app.pills(key="filter-ham10000-sexes").set_value(["female"]).run()
    app.slider[0].set_range(20, 40).run()
    app.args = (False,)
    assert not app.run().code
    app.args = (True,)
    assert app.run().code[0].value == "a"


def test_unrecorded_is_offered_only_where_something_is_not_recorded() -> None:
    assert UNKNOWN in bar().pills(key="filter-ham10000-sites").options
    assert not bar().exception
