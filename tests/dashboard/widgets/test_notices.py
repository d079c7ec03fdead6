"""Notices: red where a split leaks, violet where pictures are synthetic, silence where there is nothing to say."""

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from core.data.adapters.ham10000 import HAM10000_SPEC
from core.data.demo.demo import DEMO_SPEC
from core.data.splits.leakage import LeakageReport


def page(what: str, about: tuple) -> None:
    from dashboard.widgets import notices

    getattr(notices, what)(*about)


def shown(what: str, *about) -> AppTest:
    test = AppTest.from_function(page, default_timeout=120, args=(what, about)).run()
    assert not test.exception
    return test


def test_synthetic_data_is_marked_and_real_data_is_not() -> None:
    [badge] = shown("synthetic_badge", DEMO_SPEC.synthetic).markdown
    assert "violet-badge" in badge.value
    assert "nothing about real skin" in badge.proto.help
    assert not shown("synthetic_badge", HAM10000_SPEC.synthetic).markdown


def test_a_leaking_run_is_marked_in_red_and_others_are_not() -> None:
    [badge] = shown("leak_badge", True).markdown
    assert badge.value.startswith(":red-badge[")
    assert "leaking split" in badge.value
    assert not shown("leak_badge", False).markdown


def test_a_run_without_a_split_yet_carries_no_leak_mark() -> None:
    assert not shown("leak_badge", None).markdown


def test_what_to_beware_of_is_said_of_data_sets_that_need_it_alone() -> None:
    [caption] = shown("caution_notice", replace(HAM10000_SPEC, caution="Lesions are not known.")).caption
    assert caption.value == ":material/warning: Lesions are not known."
    assert not shown("caution_notice", HAM10000_SPEC).caption


def test_a_leak_is_told_with_its_figures() -> None:
    [error] = shown("leak_warning", LeakageReport("random", "test", 1200, 34, 400, 190, 2, ())).error
    assert error.proto.title == "This split leaks"
    assert error.value.startswith("1,200 groups and 34 identical pictures appear in more than one part.")
    assert "Of the test pictures, 47.5\u00a0% have a picture of the same group" in error.value
    assert "0.5\u00a0% the very same picture" in error.value


def test_a_leak_without_any_held_out_picture_can_still_be_told() -> None:
    [error] = shown("leak_warning", LeakageReport("random", "validation", 3, 0, 0, 0, 0, ())).error
    assert "Of the validation pictures, 0.0\u00a0%" in error.value


def test_where_nothing_leaks_nothing_is_said() -> None:
    test = shown("leak_warning", LeakageReport("grouped", "test", 0, 0, 400, 0, 0, ()))
    assert not test.error
    assert not test.markdown


def test_the_disclaimer_says_that_it_is_no_diagnosis_and_whom_to_ask() -> None:
    [warning] = shown("disclaimer").warning
    for words in ("research and education only", "Not a medical device, not a diagnosis", "see a doctor"):
        assert words in warning.value


def test_citation_and_licence_stand_under_the_charts_of_real_data() -> None:
    [caption] = shown("source_line", HAM10000_SPEC).caption
    assert HAM10000_SPEC.citation in caption.value
    assert HAM10000_SPEC.licence in caption.value
