"""Map and integrity in a real browser: computed in the background, drawn around, merged."""

import contextlib
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core.data.catalog import open_dataset
from core.data.demo.demo import generate_demo
from core.data.splits.merged_groups import list_merges
from tests.pages.patience import settled, still

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def turned_copy(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A small demo data set in which a turned copy of a picture is a lesion of its own; both image ids."""
    monkeypatch.delenv("LESIONLAB_WEIGHTS", raising=False)
    folder = artifacts / "data" / "demo"
    folder.parent.mkdir()
    generate_demo(folder, lesions=40)
    table = pd.read_csv(folder / "demo_metadata.csv")
    row = table.drop_duplicates("lesion_id", keep=False).iloc[0]
    with Image.open(folder / "demo_images" / f"{row['image_id']}.jpg") as image:
        turned = image.transpose(Image.Transpose.ROTATE_90)
    turned.save(folder / "demo_images" / "TURNED.jpg", "JPEG", quality=60)
    table.loc[len(table)] = {**row.to_dict(), "image_id": "TURNED", "lesion_id": "OTHER"}
    table.to_csv(folder / "demo_metadata.csv", index=False)
    return row["image_id"], "TURNED"


@pytest.fixture
def page(visitors):
    return visitors(viewport={"width": 1440, "height": 1200})


def lasso_everything(page) -> None:
    """Draw around all points of the map, again where the chart was drawn anew under the pointer."""
    chosen = page.get_by_text("pictures chosen")
    for _ in range(10):
        settled(page)  # a chart that is drawn anew forgets a lasso
        page.locator(".modebar-btn[data-val=lasso]").first.click()
        area = page.locator(".js-plotly-plot .nsewdrag").first
        area.scroll_into_view_if_needed()
        box = still(page, area)
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        for x, y in ((0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.02)):
            page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=8)
        page.mouse.up()
        with contextlib.suppress(PlaywrightTimeout):
            chosen.wait_for(timeout=30_000)
            return
    chosen.wait_for()


def click_a_point(page) -> None:
    """Click one point of the map, with the chart as it comes."""
    page.wait_for_function("document.querySelector('.js-plotly-plot')?._fullData?.some((trace) => trace.x.length)")
    chart = page.locator(".js-plotly-plot").first
    for last_try in (False,) * 9 + (True,):
        settled(page)
        chart.evaluate("chart => chart.scrollIntoView({block: 'center'})")
        still(page, chart)
        at = chart.evaluate(
            """chart => {
                const {xaxis, yaxis} = chart._fullLayout, {left, top} = chart.getBoundingClientRect();
                const {x, y} = chart._fullData.find((trace) => trace.x.length);
                return [left + xaxis._offset + xaxis.d2p(x[0]), top + yaxis._offset + yaxis.d2p(y[0])];
            }"""
        )
        page.mouse.move(at[0] - 4, at[1])
        page.mouse.move(*at, steps=4)
        try:  # again where the chart was drawn anew under the pointer
            page.locator(".hoverlayer .hovertext").first.wait_for(timeout=15_000)
            break
        except PlaywrightTimeout:
            if last_try:
                raise
    page.locator(".hover-picture").wait_for()  # the picture of the point, beside the pointer
    page.mouse.click(*at)


def swiped(page) -> float:
    """How far the page scrolls when a finger moves up by 100 pixels over the first chart."""
    chart = page.locator(".js-plotly-plot .nsewdrag").first
    chart.wait_for(state="attached")
    settled(page)
    chart.evaluate("chart => chart.scrollIntoView({block: 'center'})")
    box, scrolled = still(page, chart), "document.querySelector('[data-testid=stMain]').scrollTop"
    x, y, before = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, page.evaluate(scrolled)
    finger = page.context.new_cdp_session(page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 10 * step}]})
        page.wait_for_timeout(30)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(1000)
    return page.evaluate(scrolled) - before


@pytest.mark.long  # pairs are found and merged on the page and beside the check, too
def test_a_turned_copy_is_found_and_merged(turned_copy, start_server, page) -> None:
    server = start_server()
    page.goto(f"{server.url}/integrity?dataset=demo")
    page.get_by_role("button", name="Check the pictures").click()
    page.get_by_text("Across lesions (1)").wait_for()
    page.get_by_text("aligned to").wait_for()
    settled(page)
    page.get_by_role("button", name="Merge this pair into one group for splitting").click()
    page.get_by_text("Merged so far: 1").wait_for()
    page.get_by_text("Across lesions (0)").wait_for()
    assert {frozenset(merge.image_ids) for merge in list_merges("demo")} == {frozenset(turned_copy)}
    group = open_dataset("demo").table.set_index("image_id")["group_id"]
    assert group[turned_copy[0]] == group[turned_copy[1]]


@pytest.mark.long
def test_a_lasso_on_a_map_drawn_in_the_background_shows_pictures(small_demo, start_server, page, visitors) -> None:
    server = start_server()
    page.goto(f"{server.url}/map?dataset=demo")
    page.get_by_role("button", name="Draw the map").click()
    page.get_by_text("How well are the classes separated?").wait_for()
    click_a_point(page)
    page.get_by_text("1 picture chosen").wait_for()
    lasso_everything(page)
    page.get_by_text(f"{len(open_dataset('demo').table)} pictures chosen").wait_for()
    page.get_by_role("button", name="DEMO_").first.wait_for()
    page.get_by_role("button", name="rows as CSV").wait_for()
    page.wait_for_url("**area=**")
    settled(page)
    page.reload()
    page.get_by_text("pictures chosen").wait_for()

    small = visitors(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    small.goto(f"{server.url}/map?dataset=demo")
    assert any(swiped(small) > 30 for _ in range(5)), "where a machine is crowded, a browser misses a swipe at times"
    small.locator(".modebar-btn[data-val=lasso]").first.tap()
    assert swiped(small) == 0
