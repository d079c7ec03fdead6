"""An address gives the same filters back, whoever wrote it, and nothing that the data set does not have."""

import numpy as np
import pandas as pd
import pytest

from core.data.adapters.ham10000 import HAM10000_SPEC
from core.data.statistics.counts import UNKNOWN, encode
from dashboard.filters.facets import facets_of
from dashboard.filters.filter_address import from_address, to_address
from dashboard.filters.filters import Filters, UnknownAge, apply_filters, filter_mask


@pytest.fixture
def table() -> pd.DataFrame:
    """Eight images of five lesions, with a column beyond the tidy ones; little is known of the last one."""
    return pd.DataFrame(
        {
            "image_id": list("abcdefgh"),
            "path": "x.jpg",
            "label": ["mel", "mel", "nv", "nv", "bcc", "nv", "nv", "nv"],
            "group_id": [1, 1, 2, 3, 4, 4, 4, 5],
            "age": [20.0, 40.0, 45.0, 60.0, 80.0, 30.0, 35.0, np.nan],
            "sex": ["female", "male", "female", "male", "male", "male", "female", None],
            "site": ["back", "back", "face", "foot", "face", "a & b/ü", "foot", None],
            "diagnosis_method": ["histo"] * 4 + ["consensus"] * 4,
            "source": None,
            "split": ["train"] * 7 + ["test"],
            "diameter": [1.25, 2.0, 3.5, None, 5.0, 6.0, 7.0, 8.5],
            "fitzpatrick": ["I", "I", "II", "II", "III", "III", None, None],
        }
    )


WIDE = Filters(
    classes=frozenset({"mel", "nv"}),
    ages=(25, 60),
    unknown_age=UnknownAge.WITHOUT,
    sexes=frozenset({"male", UNKNOWN}),
    sites=frozenset({"back", "a & b/ü"}),
    methods=frozenset({"histo"}),
    photos=frozenset({"2", "3"}),
    splits=frozenset({"train"}),
    further=(("fitzpatrick", frozenset({"I", UNKNOWN})),),
    ranges=(("diameter", (2.0, 7.55)),),
)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        WIDE,
        Filters(sites=frozenset({UNKNOWN})),
        Filters(ages=(20, 44)),
        Filters(unknown_age=UnknownAge.ONLY),
    ],
)
def test_an_address_gives_the_same_filters_back(filters: Filters, table: pd.DataFrame) -> None:
    for rows in (table, encode(table)):
        facets = facets_of(rows)
        assert from_address(to_address(filters, facets), rows, HAM10000_SPEC, facets) == (filters, [])


def test_no_filter_needs_no_parameter(table: pd.DataFrame) -> None:
    assert to_address(Filters(), facets_of(table)) == {}


HOSTILE = [
    {"site": ["<script>alert(1)</script>"]},
    {"site": ["../../etc/passwd", "back'; DROP TABLE x"]},
    {"diagnosis": ["MEL", "mel\x00", "", "*"]},
    {"sex": ["**bold**"] * 1000},
    {"age": ["nan-inf"]},
    {"age": ["60-20"]},
    {"age": ["20-60", "20-40"]},
    {"age": ["-5-20"]},
    {"age": ["٢٠-٤٠"]},
    {"age": ["0-999999999999999999999"]},
    {"unknown-age": ["maybe"]},
    {"photos": ["17"]},
    {"x-fitzpatrick": ["VII"]},
    {"x-path": ["/etc/passwd"]},
    {"n-diameter": ["nan:inf"]},
    {"n-diameter": ["0:1e999"]},
    {"n-diameter": ["5:2"]},
    {"n-diameter": ["2:5", "2:6"]},
    {"n-diameter": ["two"]},
    {"n-path": ["1:2"]},
    {"x-__class__": ["type"]},
]


@pytest.mark.parametrize("stated", HOSTILE, ids=lambda stated: next(iter(stated)))
def test_what_the_data_set_does_not_have_is_ignored_and_named_but_never_repeated(
    stated: dict[str, list[str]], table: pd.DataFrame
) -> None:
    metadata = encode(table)
    filters, ignored = from_address(stated, metadata, HAM10000_SPEC, facets_of(metadata))
    assert filters == Filters()
    assert len(ignored) == 1
    assert not any(value and value in ignored[0] for values in stated.values() for value in values)


def test_the_rest_of_an_address_holds_where_a_part_is_ignored(table: pd.DataFrame) -> None:
    stated = {"site": ["back", "moon"], "sex": ["male"]}
    filters, ignored = from_address(stated, table, HAM10000_SPEC, facets_of(table))
    assert filters == Filters(sites=frozenset({"back"}), sexes=frozenset({"male"}))
    assert ignored == ["anatomical site"]


def test_plain_and_encoded_rows_pass_the_same_filters(table: pd.DataFrame) -> None:
    metadata = encode(table)
    for filters in (WIDE, Filters(photos=frozenset({"3"})), Filters(further=WIDE.further), Filters(ages=(20, 44))):
        kept = apply_filters(table, filters)
        assert kept.index.tolist() == apply_filters(metadata, filters).index.tolist()
    assert "".join(apply_filters(table, Filters(photos=frozenset({"3"})))["image_id"]) == "efg"
    assert "".join(apply_filters(table, Filters(further=WIDE.further))["image_id"]) == "abgh"


def test_a_filter_can_be_lifted_to_see_what_it_takes_away(table: pd.DataFrame) -> None:
    filters = Filters(sexes=frozenset({"female"}), ages=(20, 40), unknown_age=UnknownAge.WITHOUT)
    assert "".join(table[filter_mask(table, filters, lifted="sex")]["image_id"]) == "abfg"
    assert "".join(table[filter_mask(table, filters, lifted="age")]["image_id"]) == "acg"


def test_a_column_that_tells_images_apart_is_a_facet_and_no_other(table: pd.DataFrame) -> None:
    fields = ["classes", "sexes", "sites", "methods", "photos", "splits", "n-diameter", "x-fitzpatrick"]
    assert [facet.field for facet in facets_of(table)] == fields
    assert [facet.field for facet in facets_of(encode(table))] == fields


def test_values_of_a_facet_are_shown_as_people_say_them(table: pd.DataFrame) -> None:
    by_field = {facet.field: facet for facet in facets_of(table)}
    assert by_field["classes"].in_words("mel", HAM10000_SPEC) == "melanoma"
    assert by_field["methods"].in_words("histo", HAM10000_SPEC) == "histopathology"
    assert by_field["sites"].in_words("back", HAM10000_SPEC) == "back"
