"""A click or a box on a chart asks for what lies there; once more takes it back."""

import numpy as np
import pandas as pd
import pytest

from core.data.adapters.ham10000 import HAM10000_SPEC
from core.data.adapters.skin import HAM10000_CLASSES
from core.data.statistics.counts import UNKNOWN, encode
from dashboard.charts.exploration import class_counts
from dashboard.charts.exploration_age import age_histogram
from dashboard.charts.exploration_pair import pair_chart
from dashboard.charts.exploration_record import missing_fractions, missing_together
from dashboard.charts.exploration_site import site_by_diagnosis
from dashboard.filters.clicks import picked, with_picks
from dashboard.filters.facets import age_span, facets_of
from dashboard.filters.filters import Filters, UnknownAge, filter_mask


@pytest.fixture
def metadata() -> pd.DataFrame:
    return encode(
        pd.DataFrame(
            {
                "label": ["mel", "nv", "nv", "bcc"] * 5,
                "group_id": range(20),
                "age": [20.0, 42.0, 63.0, 85.0, np.nan] * 4,
                "sex": ["female", "male"] * 10,
                "site": ["back", "face", "foot", "face"] * 5,
            }
        )
    )


def after(metadata: pd.DataFrame, filters: Filters, *asked) -> Filters:
    """Filters after a click that asks for this."""
    return with_picks(filters, asked, HAM10000_SPEC, facets_of(metadata), age_span(metadata["age"]))


def point(trace: int, number: int) -> dict:
    """A selected point, as Streamlit tells it."""
    return {"curve_number": trace, "point_index": number, "point_number": number}


def test_a_click_on_a_bar_asks_for_its_value(metadata: pd.DataFrame) -> None:
    chart = class_counts(metadata, HAM10000_CLASSES)
    assert picked([point(0, 6)], chart.picks) == [("label", "nv")]
    assert after(metadata, Filters(), ("label", "nv")) == Filters(classes=frozenset({"nv"}))


def test_a_second_click_takes_it_back_and_a_click_beside_it_adds(metadata: pd.DataFrame) -> None:
    chosen = Filters(sites=frozenset({"back"}))
    assert after(metadata, chosen, ("site", "back")) == Filters()
    assert after(metadata, chosen, ("site", "face")).sites == {"back", "face"}


def test_a_cell_asks_for_both_of_its_values_and_takes_both_back(metadata: pd.DataFrame) -> None:
    chart = site_by_diagnosis(metadata, HAM10000_CLASSES)
    number = next(n for n, pick in enumerate(chart.picks[1]) if pick == (("site", "face"), ("label", "bcc")))
    asked = picked([point(1, number)], chart.picks)
    both = Filters(sites=frozenset({"face"}), classes=frozenset({"bcc"}))
    assert after(metadata, Filters(), *asked) == both
    assert after(metadata, both, *asked) == Filters()
    assert after(metadata, Filters(sites=frozenset({"face"})), *asked) == both


def test_a_box_over_bars_of_ages_is_one_range_without_unknown_ages(metadata: pd.DataFrame) -> None:
    chart = age_histogram(metadata, HAM10000_CLASSES)
    bins = [pick[0][1][0] for pick in chart.picks[0]]
    box = [point(trace, bins.index(start)) for trace in range(len(chart.picks)) for start in (40, 45, 60)]
    boxed = after(metadata, Filters(), *picked(box, chart.picks))
    assert boxed == Filters(ages=(40, 64), unknown_age=UnknownAge.WITHOUT)
    assert after(metadata, boxed, *picked(box, chart.picks)) == Filters()


def test_a_box_over_all_ages_leaves_out_those_that_are_not_known(metadata: pd.DataFrame) -> None:
    known = Filters(unknown_age=UnknownAge.WITHOUT)
    assert after(metadata, Filters(), ("age", (20.0, 24.0)), ("age", (85.0, 89.0))) == known


def test_a_click_on_unknown_ages_shows_them_alone_and_another_takes_that_back(metadata: pd.DataFrame) -> None:
    charts = age_histogram(metadata, HAM10000_CLASSES), missing_fractions(metadata)
    for chart in charts:
        number = next(n for n, pick in enumerate(chart.picks[0]) if pick == (("age", UNKNOWN),))
        asked = picked([point(0, number)], chart.picks)
        alone = after(metadata, Filters(ages=(20, 44)), *asked)
        assert alone == Filters(unknown_age=UnknownAge.ONLY)
        assert after(metadata, alone, *asked) == Filters()


def test_a_box_that_reaches_unknown_ages_keeps_them(metadata: pd.DataFrame) -> None:
    boxed = after(metadata, Filters(), ("age", (40.0, 44.0)), ("age", UNKNOWN))
    assert boxed == Filters(ages=(40, 44))
    assert after(metadata, boxed, ("age", (40.0, 44.0)), ("age", UNKNOWN)) == Filters()


def test_a_box_over_a_density_of_numbers_is_a_range_of_each_and_once_more_takes_both_back(metadata) -> None:
    metadata = metadata.assign(diameter=np.linspace(2, 12, 20, dtype=np.float32))
    chart = pair_chart(metadata, "age", "diameter", {})
    box = [point(1, number) for number in range(3)]
    asked = picked(box, chart.picks)
    boxed = after(metadata, Filters(), *asked)
    [(column, (low, high))] = boxed.ranges
    assert column == "diameter"
    assert low < high <= 12
    assert boxed.ages is not None
    kept = metadata[filter_mask(metadata, boxed)]
    assert 0 < len(kept) < len(metadata)
    assert kept["diameter"].between(low, high).all()
    assert after(metadata, boxed, *asked).ranges == ()


def test_a_click_on_what_is_missing_together_asks_for_images_that_lack_all_of_it(metadata: pd.DataFrame) -> None:
    metadata = metadata.assign(sex=metadata["sex"].where(metadata["age"].notna()))
    chart = missing_together(metadata)
    number = next(n for n, pick in enumerate(chart.picks[0]) if len(pick) == 2)
    asked = after(metadata, Filters(), *picked([point(0, number)], chart.picks))
    kept = filter_mask(metadata, asked)
    assert (kept == metadata[["age", "sex"]].isna().all(axis=1).to_numpy()).all()
    assert kept.any()


def test_a_click_on_malignant_asks_for_every_malignant_diagnosis(metadata: pd.DataFrame) -> None:
    chosen = after(metadata, Filters(), ("label", "malignant"))
    assert chosen.classes == set(HAM10000_SPEC.malignant_keys)
    assert after(metadata, chosen, ("label", "malignant")) == Filters()


def test_points_that_the_chart_does_not_have_ask_for_nothing(metadata: pd.DataFrame) -> None:
    chart = class_counts(metadata, HAM10000_CLASSES)
    hostile = [point(0, 99), point(7, 0), point(-1, -1), {"curve_number": "0"}, {}]
    assert picked(hostile, chart.picks) == []
    assert after(metadata, Filters(), ("label", "no such class"), ("path", "/etc/passwd")) == Filters()
