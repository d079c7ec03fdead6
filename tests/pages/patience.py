"""Waiting, in a browser, for what comes a moment later: machines that test are slow and shared."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import TimeoutError as PlaywrightTimeout

PATIENCE = 240_000
"""Milliseconds to wait for something on a page."""

SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app?.dataset.testScriptState === 'notRunning' && !!(window.showsOpenTabs || window.presents);
}"""
"""The last script of the frame of pages, or that of the presenter view, is there."""


def settled(page: Any) -> None:
    """Wait until the server has answered everything, and what makes cards, popovers and keys work is loaded."""
    page.wait_for_function(SETTLED)


def becomes(page: Any, read: Callable[[], Any], wanted: Any = True) -> None:
    """Wait until what is read of a page is what is wanted: a page is drawn piece by piece, and once more at times."""
    until = time.monotonic() + PATIENCE / 1000
    while (shown := read()) != wanted and time.monotonic() < until:
        page.wait_for_timeout(100)
    assert shown == wanted


def still(page: Any, shown: Any) -> dict[str, float]:
    """Where something lies in the window, once it has stopped moving there."""
    until, last, looks = time.monotonic() + PATIENCE / 1000, None, 0
    while looks < 5:
        assert time.monotonic() < until, f"{shown} goes on moving: {last}"
        box = shown.bounding_box()
        looks = looks + 1 if box and box == last else 0
        last = box
        page.wait_for_timeout(100)
    return last


def choose(page: Any, label: str, option: str, *, exact: bool = False) -> None:
    """Choose from a list; where the page closes it by running at that moment, open it again, as a person would."""
    for last_try in (False,) * 9 + (True,):
        settled(page)
        page.get_by_role("combobox", name=label).click()
        try:
            page.get_by_role("option", name=option, exact=exact).click(timeout=PATIENCE / 12)
            return
        except PlaywrightTimeout:
            page.keyboard.press("Escape")
            if last_try:
                raise
