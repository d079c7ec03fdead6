"""The leakage lesson in a real browser: three real trainings grow side by side and end in one chart."""

from collections.abc import Iterator

import pytest

from core.engine.engine import stop_engine
from core.runs.run_folder import list_runs
from core.runs.run_states import State
from core.teaching.leakage_lesson import list_leakage_lessons
from tests.pages.patience import settled

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1100)]

PATIENCE = 600_000
"""Milliseconds to wait for something on the page: three trainings on a slow and shared machine."""


@pytest.fixture
def server(fewer_pictures, start_server, chromium: str) -> Iterator:
    server = start_server()
    yield server
    server.end()
    stop_engine()


@pytest.fixture
def page(visitors):
    page = visitors(viewport={"width": 1440, "height": 1200})
    page.set_default_timeout(PATIENCE)
    return page


@pytest.mark.long  # pressing is tested on the page, and training three times beside the lesson
def test_one_press_trains_three_times_live_and_ends_with_honest_and_flattering_figure(server, page) -> None:
    page.goto(f"{server.url}/leakage")
    page.get_by_text("Nobody has run this lesson on this data set yet").wait_for()
    settled(page)
    field = page.get_by_label("Epochs", exact=True)
    field.fill("2")
    field.press("Enter")
    settled(page)
    page.get_by_role("button", name="Train under all three splits").dblclick()
    page.wait_for_url("**lesson=*")
    address = page.url
    page.get_by_text("Waiting for its turn.").first.wait_for()
    page.get_by_text("Grouped: accuracy by epoch").first.wait_for()
    page.goto("about:blank")  # the tab is closed, the lesson goes on

    page.goto(address)
    for name in ("Grouped", "Random", "Oversample first"):
        page.get_by_text(f"{name}: accuracy by epoch").first.wait_for()
    page.get_by_text("How to read this").wait_for()
    page.get_by_text("One network under several splits").first.wait_for()
    page.get_by_text("The honest figure is").wait_for()
    runs = list_runs()
    assert len(runs) == 3  # pressed twice, started once
    assert {run.status().state for run in runs} == {State.FINISHED}
    [lesson] = list_leakage_lessons("demo")
    assert lesson.lesson_id in address
    assert lesson.epochs == 2
