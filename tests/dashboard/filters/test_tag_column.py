"""Tags are filtered like all else, also those of pictures that have several."""

from pathlib import Path

import pandas as pd

from core.data.adapters.ham10000 import HAM10000_SPEC
from core.data.picture_tags import tag_pictures, untag_pictures
from core.data.statistics.counts import UNKNOWN
from dashboard.filters.facets import facet_options, facets_of
from dashboard.filters.filter_address import from_address, to_address
from dashboard.filters.filters import Filters, filter_mask
from dashboard.filters.tag_column import TAGS, with_tags


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": list("abcd"),
            "label": ["mel", "nv", "nv", "bcc"],
            "age": [20.0, 40.0, 45.0, 60.0],
            "group_id": list("ssuv"),
        }
    )


def test_a_picture_passes_that_has_any_of_the_tags_that_are_asked_for(artifacts: Path) -> None:
    tag_pictures("demo", "hair", ["a", "b"])
    tag_pictures("demo", "<b>odd</b>", ["b", "c"])
    plain = table()
    tagged = with_tags(plain, plain["image_id"], "demo")
    facet = next(each for each in facets_of(tagged) if each.field == "tags")
    assert facet_options(facet, tagged) == ["<b>odd</b>", "hair", UNKNOWN]
    assert facet.in_words(UNKNOWN, HAM10000_SPEC) == "no tag"
    for wanted, passing in (
        ({"hair"}, "ab"),
        ({"hair", "<b>odd</b>"}, "abc"),
        ({UNKNOWN}, "d"),
        ({"hair", UNKNOWN}, "abd"),
    ):
        keep = filter_mask(tagged, Filters(tags=frozenset(wanted)))
        assert "".join(plain["image_id"][keep]) == passing
    assert TAGS not in plain, "tables that are shown have no such column"
    assert [each.column for each in facets_of(tagged) if each.further] == []


def test_a_tag_stands_in_the_address_and_one_that_is_gone_is_said_to_be_ignored(artifacts: Path) -> None:
    tag_pictures("demo", "hair", ["a"])
    plain = table()
    tagged = with_tags(plain, plain["image_id"], "demo")
    stated = to_address(Filters(tags=frozenset({"hair"})), facets_of(tagged))
    assert stated == {"tag": ["hair"]}
    assert from_address(stated, tagged, HAM10000_SPEC, facets_of(tagged)) == (Filters(tags=frozenset({"hair"})), [])
    untag_pictures("demo", "hair", ["a"])
    bare = with_tags(plain, plain["image_id"], "demo")
    assert from_address(stated, bare, HAM10000_SPEC, facets_of(bare)) == (Filters(), ["tags"])


def test_the_same_table_is_given_until_somebody_tags(artifacts: Path) -> None:
    plain = table()
    first = with_tags(plain, plain["image_id"], "demo")
    assert with_tags(plain, plain["image_id"], "demo") is first
    tag_pictures("demo", "hair", ["a"])
    second = with_tags(plain, plain["image_id"], "demo")
    assert second is not first
    assert with_tags(plain, plain["image_id"], "demo") is second
