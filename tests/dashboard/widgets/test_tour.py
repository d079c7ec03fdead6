import pytest
from streamlit.testing.v1 import AppTest

from dashboard.router import PAGES
from dashboard.widgets import tour
from dashboard.widgets.tour import STEPS


def script() -> None:
    """Home and the pages of the tour, each of which says its name alone."""
    import streamlit as st

    from dashboard.widgets.tour import offer_tour, show_tour

    show_tour(st.session_state.get("shown", ""))
    offer_tour()


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch):
    """`visit(first)` opens Home; `go(test, page)` another page in the same session."""
    asked: list[str] = []
    monkeypatch.setattr(tour.st, "switch_page", lambda page: asked.append(page.url_path))

    def visit(first: bool) -> AppTest:
        monkeypatch.setattr(tour, "is_first_visit", lambda: first)
        test = AppTest.from_function(script, default_timeout=120).run()
        test.asked = asked
        return test

    return visit


def press(test: AppTest, label: str) -> AppTest:
    [button] = [each for each in test.button if each.label == label]
    return button.click().run()


def test_the_first_visit_begins_with_a_tour_of_six_steps_which_leads_from_page_to_page(visit) -> None:
    test = visit(first=True)
    for number, step in enumerate(STEPS):
        test.session_state["shown"] = step.page if number else ""
        test.run()
        assert f"step {number + 1} of 6" in test.markdown[0].value
        assert step.says in test.markdown[0].value
        # Buttons of one step that are others than those of the next stood beside these while the page was made.
        assert [each.key for each in test.button] == (["tour-next", "tour-end"] if number < 5 else ["tour-end"])
        if number < 5:
            following = next(entry for entry in PAGES if entry.name == STEPS[number + 1].page)
            press(test, f"Next: {following.title}")
            assert test.asked[-1] == following.name
    press(test, "End the tour")
    assert not test.markdown


def test_a_tour_that_is_skipped_is_not_shown_again_and_can_be_asked_for(visit) -> None:
    test = press(visit(first=True), "Skip the tour")
    assert not test.markdown
    assert not test.run().markdown
    assert "step 1 of 6" in press(test, "Take the tour").markdown[0].value
    assert not visit(first=False).markdown  # the browser says that it knows the tour


def test_whoever_leaves_the_way_is_led_back_to_the_step(visit) -> None:
    test = press(visit(first=True), "Next: Explore")
    test.session_state["shown"] = "map"
    test.run()
    assert "step 2 of 6" in test.markdown[0].value
    assert STEPS[1].says not in test.markdown[0].value


def test_steps_are_on_pages_that_there_are() -> None:
    assert len(STEPS) == 6
    assert {step.page for step in STEPS} <= {entry.name for entry in PAGES}
