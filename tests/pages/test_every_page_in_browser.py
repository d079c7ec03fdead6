"""Every page under a path of its host, on a phone, in the dark and in the light.

No page asks for, or links to, anything outside of that path; nothing leaves the screen or breaks; it can be read, heard
by a screen reader (WCAG 2.2 AA by axe-core) and tapped.
"""

import io
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from core.base.processes import ProcessId, host_name
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe
from dashboard.router import PAGES, PageEntry
from tests.conftest import DEMO_PICTURES
from tests.pages.accessibility import MENU, broken_rules, cut_tiles, pale_chart_texts, small_targets
from tests.pages.patience import becomes, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1500)]

PATH = "/some/path"
PHONE = {"width": 390, "height": 844}
LIGHT = "getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === 'light'"
MENU_ENDS = "document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right"
LINKS = "[...document.querySelectorAll('[href], [src]')].map(each => each.href || each.src)"


@pytest.fixture
def at_work(trained, demo_is_measured, start_server) -> Iterator[RunFolder]:
    """A run beside the finished one that says it is trained, by a process that only sleeps.

    It ends before servers and their engine do, for these would wait for it.
    """
    demo_is_measured()
    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    process = subprocess.Popen(["sleep", "3600"], start_new_session=True)
    alive = {"host": host_name(), "process": ProcessId.of(process.pid), "heartbeat": time.time() + 3600}
    run.write_status(replace(run.written_status(), state=State.RUNNING, **alive))
    yield run
    process.kill()
    process.wait()


def check_that_charts_are_saved(page) -> None:
    """By the keyboard, on a dark page: light, with the caption below, and nothing of it fetched from elsewhere."""
    page.locator(".js-plotly-plot .barlayer").first.wait_for()
    settled(page)
    files = {}
    for kind in ("PNG", "SVG"):
        button = page.get_by_role("button", name="Save a chart")
        button.focus()
        page.keyboard.press("Enter")
        one = page.get_by_role("button", name=f"Save “Images by diagnosis” as {kind}")
        one.focus()
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        assert download.value.suggested_filename == f"images-by-diagnosis.{kind.lower()}"
        files[kind] = Path(download.value.path()).read_bytes()
        page.get_by_text("is among your downloads").wait_for()
        page.keyboard.press("Escape")
        one.wait_for(state="hidden")
    with Image.open(io.BytesIO(files["PNG"])) as picture:
        assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
        assert picture.width >= 640
    svg = files["SVG"].decode()
    counted = f"n = {DEMO_PICTURES:,} images"
    for text in ("Images by diagnosis", counted, "Explore · Demo (synthetic)", "Not a medical device"):
        assert text in svg, text
    assert "<script" not in svg
    assert "#e6edf1" not in svg.lower(), "the colour of texts on dark pages"


def check_that_the_menu_closes(page) -> None:
    """On a phone the menu lies over the page: a tap on a page closes it."""
    menu = page.locator("[data-testid=stSidebar]")
    settled(page)  # what closes the menu is loaded
    page.get_by_test_id("stExpandSidebarButton").click()
    page.wait_for_function(f"{MENU_ENDS} > 0")
    menu.get_by_role("link", name="Integrity").click()
    page.wait_for_url("**/integrity*")
    page.wait_for_function(f"{MENU_ENDS} <= 0")


def check_that_one_press_of_back_leaves_a_page(page, run_id: str) -> None:
    """A page that completes its address by itself, as this one does with the data set, is one step of the history."""
    page.wait_for_url("**/integrity?dataset=*")
    settled(page)
    page.go_back()
    page.wait_for_url(re.compile(rf"/runs\?.*run={run_id}"))


def check_that_one_choice_is_one_step(page) -> None:
    """Whatever Streamlit writes to the old path of a page that a person leaves, one press of Back leads back to it.

    How often it does hangs on how busy the page is, so that is played here.
    """
    settled(page)
    before = page.url
    page.evaluate("""() => {
        dispatchEvent(new PointerEvent("pointerdown"));
        for (const address of ["?", "?dataset=demo", "./elsewhere?dataset=demo"]) history.pushState({}, "", address);
    }""")
    page.wait_for_url("**/elsewhere?dataset=demo")
    page.go_back()
    page.wait_for_function("before => location.href === before", arg=before)
    settled(page)


def check_that_the_open_tab_is_in_sight(page) -> None:
    """Who comes by a link to the last of ten tabs sees that it is open, though a phone has room for five."""
    page.get_by_role("tab", name="External test", selected=True).wait_for()
    page.wait_for_function(
        "document.querySelector('[role=tab][aria-selected=true]').getBoundingClientRect().right <= innerWidth"
    )


def go_to(page: Any, entry: PageEntry, url: str) -> None:
    """By the link in the menu, as people do, which loads the browser's part of Streamlit no second time; by the
    address where there is no menu yet."""
    link = page.locator(f"[data-testid=stSidebarNavLink][href$='{PATH}/{entry.name}']")
    if link.count():
        link.evaluate("link => link.click()")
        page.wait_for_function("title => document.title.startsWith(`${title} ·`)", arg=entry.title)
    else:
        page.goto(address(entry, url))
    ready(page)


def address(entry: PageEntry, url: str) -> str:
    return f"{url}/{entry.name if entry is not PAGES[0] else ''}"


def ready(page: Any) -> None:
    page.get_by_role("heading", level=1).wait_for()
    settled(page)


def judge(page: Any, entry: PageEntry) -> None:
    """Whether it fits a phone, shows no error, and can be read and tapped, as it looks now."""
    becomes(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"])
    assert page.get_by_test_id("stException").count() == 0, entry.name
    assert "This page could not be shown" not in page.get_by_test_id("stMain").inner_text(), entry.name
    assert not broken_rules(page, without=MENU if entry is not PAGES[0] else ""), entry.name  # it is always the same
    assert not pale_chart_texts(page), entry.name
    assert not small_targets(page), entry.name
    assert not cut_tiles(page), entry.name
    becomes(page, page.locator(".modebar-container:visible").count, 0)  # tool bars lie over titles


def test_every_page_stays_under_its_path_fits_a_phone_and_can_be_read_and_tapped_by_all(
    at_work: RunFolder, trained: RunFolder, visitors, start_server
) -> None:
    """In the light; how they look in the dark is seen below, and on two of them here."""
    server = start_server(options=("--server.baseUrlPath", PATH), path=PATH)
    page = visitors(viewport=PHONE, color_scheme="light")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for entry in PAGES:
        go_to(page, entry, f"{server.url}{PATH}")
        asked += page.evaluate(LINKS)
        judge(page, entry)
    with page.expect_request(f"**{PATH}/api/runs/{at_work.run_id}/live*"):
        page.goto(f"{server.url}{PATH}/runs?run={at_work.run_id}")
    check_that_the_menu_closes(page)
    check_that_one_press_of_back_leaves_a_page(page, at_work.run_id)
    page.goto(f"{server.url}{PATH}/results?run={trained.run_id}&results-view=External+test")
    check_that_the_open_tab_is_in_sight(page)
    wide = visitors(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    wide.on("request", lambda request: asked.append(request.url))
    wide.goto(f"{server.url}{PATH}/explore?dataset=demo")
    check_that_charts_are_saved(wide)
    check_that_one_choice_is_one_step(wide)
    wide.set_viewport_size({"width": 720, "height": 450})  # of the same screen at 200 % zoom
    wide.goto(f"{server.url}{PATH}/results?run={trained.run_id}")
    wide.get_by_test_id("stMetric").first.wait_for()
    ready(wide)
    assert not cut_tiles(wide)
    assert not broken_rules(wide, "color-contrast")
    assert not pale_chart_texts(wide)
    check_paths(asked, server.port)


def check_paths(asked: list[str], port: int) -> None:
    """Nothing that was asked for, or is linked, lies outside of the path of the server."""
    of_the_host = {urlsplit(each).path for each in asked if urlsplit(each).netloc == f"127.0.0.1:{port}"}
    assert {path for path in of_the_host if not f"{path}/".startswith(f"{PATH}/")} == set()


@pytest.mark.long  # in the light, and reached by the menu, every page is looked at above
def test_every_page_by_its_address_can_be_read_in_the_dark_and_in_the_light(
    at_work: RunFolder, trained: RunFolder, visitors, start_server
) -> None:
    server = start_server(options=("--server.baseUrlPath", PATH), path=PATH)
    page = visitors(viewport=PHONE, color_scheme="dark")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for entry in PAGES:
        page.goto(address(entry, f"{server.url}{PATH}"))
        ready(page)
        asked += page.evaluate(LINKS)
        judge(page, entry)
        _in_the_light(page)
        assert not pale_chart_texts(page), entry.name
        assert not broken_rules(page, "color-contrast"), entry.name
        page.emulate_media(color_scheme="dark")
    check_paths(asked, server.port)


def _in_the_light(page: Any) -> None:
    """Turns a page that is open in the dark to the light.

    Streamlit puts back the old colours of a chart that was still being drawn when they changed; such a page is loaded
    anew, for how a chart looks in the light is what is judged.
    """
    page.emulate_media(color_scheme="light")
    page.wait_for_function(LIGHT)
    if pale_chart_texts(page):
        page.reload()
        ready(page)
        page.wait_for_function(LIGHT)
