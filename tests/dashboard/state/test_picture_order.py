"""Pictures stand in the order asked for, what is not known last, and a loss is never made up."""

import numpy as np
import pandas as pd
import pytest

from dashboard.state.picture_order import ORDERS, place_of, put_in_order

BY_KEY = {order.key: order for order in ORDERS}


@pytest.fixture
def table() -> pd.DataFrame:
    ids = ["d", "a", "c", "b", "e"]
    return pd.DataFrame({"image_id": ids, "age": [40.0, np.nan, 20.0, 60.0, 20.0]}, index=[7, 3, 9, 1, 4])


@pytest.fixture
def statistics() -> pd.DataFrame:
    ids = pd.Index(list("abcd"), name="image_id")
    return pd.DataFrame({"brightness": [10.0, np.nan, 30.0, 20.0], "sharpness": [4.0, 3.0, 2.0, 1.0]}, index=ids)


@pytest.fixture
def losses() -> pd.DataFrame:
    return pd.DataFrame({"loss": [0.5, 2.0]}, index=pd.Index(["c", "e"], name="image_id"))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("id", "abcde"),
        ("youngest", "cedba"),
        ("oldest", "bdcea"),
        ("darkest", "adcbe"),
        ("brightest", "cdabe"),
        ("blurred", "dcbae"),
        ("sharpest", "abcde"),
        ("hardest", "ec"),
        ("easiest", "ce"),
    ],
)
def test_orders(key, expected, table, statistics, losses) -> None:
    ordered = put_in_order(table, BY_KEY[key], statistics, losses)
    assert "".join(table["image_id"].iloc[ordered.positions]) == expected
    assert ordered.left_out == len(table) - len(expected)


def test_each_picture_has_the_value_it_was_sorted_by(table, statistics, losses) -> None:
    assert put_in_order(table, BY_KEY["brightest"], statistics, losses).values[:3].tolist() == [30, 20, 10]
    assert put_in_order(table, BY_KEY["hardest"], statistics, losses).values.tolist() == [2.0, 0.5]
    assert put_in_order(table, BY_KEY["oldest"], statistics, losses).values is None


def test_without_measurements_the_order_is_that_of_the_table(table) -> None:
    assert put_in_order(table, BY_KEY["darkest"], None, None).positions.tolist() == [0, 1, 2, 3, 4]
    assert len(put_in_order(table, BY_KEY["hardest"], None, None)) == 0


def test_pages_hold_every_picture_once(table, statistics) -> None:
    ordered = put_in_order(table, BY_KEY["id"], statistics, None)
    pages = [ordered.page(number, 2).tolist() for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [place for page in pages for place in page] == ordered.positions.tolist()


def test_the_place_of_a_picture_in_the_order(table, losses) -> None:
    ordered = put_in_order(table, BY_KEY["hardest"], None, losses)
    assert place_of(table, ordered, "e") == 0
    assert place_of(table, ordered, "c") == 1
    assert place_of(table, ordered, "a") is None
    assert place_of(table, ordered, "gone") is None
