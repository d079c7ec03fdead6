"""Explore in a real browser: clicks narrow everything, the address tells the view, and one button takes all back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core.data.body_sites import regions_of_sites
from core.data.catalog import open_dataset
from core.data.demo.demo import DEMO_SPEC
from dashboard.charts.body_shapes import BACK, CENTRES
from dashboard.charts.exploration_age import age_by_diagnosis
from tests.pages.patience import becomes, settled, still

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]

PLACE = """(plot, [x, y]) => {
    const { _size, xaxis, yaxis } = plot._fullLayout, box = plot.getBoundingClientRect();
    return [box.left + _size.l + xaxis.l2p(x), box.top + _size.t + yaxis.l2p(y)];
}"""
"""Where a point of a chart, in its own coordinates, lies in the window."""

LISTEN = """() => {
    window.heard = false;
    const asked = new MutationObserver(() => { window.heard = true; asked.disconnect(); });
    const app = document.querySelector('[data-testid=stApp]');
    asked.observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}"""
"""Notes when the page asks the server for something."""


@pytest.fixture
def pages(visitors):
    """Opens pages of one browser: `pages(width, height)`."""
    return lambda width=1440, height=1200: visitors(viewport={"width": width, "height": height})


def click(page, chart: str, x: float, y: float) -> None:
    """Click a point of a chart, given in its coordinates; again where the chart was drawn anew under the pointer."""
    plot = page.locator(f'[class*="st-key-chart-demo-{chart}"] .js-plotly-plot').first
    for last_try in (False,) * 9 + (True,):
        settled(page)
        plot.evaluate("plot => plot.scrollIntoView({block: 'center'})")
        still(page, plot)
        at = plot.evaluate(PLACE, [x, y])
        page.evaluate(LISTEN)
        page.mouse.move(at[0] - 3, at[1])
        page.mouse.move(*at)
        try:  # hover events are throttled, and a click counts for what is hovered
            page.wait_for_function("plot => plot._hoverdata?.length", arg=plot.element_handle(), timeout=10_000)
            page.mouse.click(*at)
            page.wait_for_function("window.heard", timeout=20_000)
            return
        except PlaywrightTimeout:
            if last_try:
                raise


def left(page) -> int:
    """How many images the page says pass the filters."""
    text = page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ images")).first.inner_text()
    return int(text.split()[0].replace(",", ""))


def drawn_on(page, images: int) -> None:
    """Wait until the page and every chart of it says that it rests on so many images, or on fewer without ages."""
    page.wait_for_function(
        """text => {
            const charts = [...document.querySelectorAll('.js-plotly-plot')].map(chart => chart.textContent);
            return charts.length >= 3 && charts.every(shown => shown.includes(text));
        }""",
        arg=f"n = {images:,} image",
    )
    becomes(page, lambda: left(page), images)


def first_chart_at(page) -> float:
    """How many pixels below the title of the page its first chart begins."""
    title, chart = (
        page.get_by_role("heading", level=1).bounding_box(),
        page.locator(".js-plotly-plot").first.bounding_box(),
    )
    return chart["y"] - title["y"]


def test_clicks_narrow_everything_and_the_address_gives_the_view_again(
    demo_artifacts: Path, start_server, pages
) -> None:
    from playwright.sync_api import expect

    table = open_dataset("demo").table
    covered = regions_of_sites(table["site"].dropna().unique())
    site = min((name for name, regions in covered.items() if "back" in regions), key=lambda name: len(covered[name]))
    there = table[table["site"] == site]
    server, page = start_server(), pages()

    page.goto(f"{server.url}/explore?dataset=demo")
    drawn_on(page, len(table))
    still(page, page.locator(".js-plotly-plot").first)
    before = first_chart_at(page)
    click(page, "body", CENTRES[BACK], 115)
    page.get_by_role("button", name=f"Anatomical site: {site}").wait_for()
    drawn_on(page, len(there))
    becomes(page, lambda: abs(first_chart_at(page) - before) <= 2)  # the first filter moves no chart

    most = there["label"].mode()[0]
    both = int((there["label"] == most).sum())
    click(page, "classes", both / 2, 6)  # the uppermost of seven bars: the most frequent diagnosis
    drawn_on(page, both)
    page.get_by_text(f"Drawn by chance from the {both:,} images").wait_for()
    page.wait_for_url(f"**diagnosis={most}*")
    expect(page.locator('[class*="st-key-examples"] img')).to_have_count(min(both, 9))

    again = pages(390, 844)
    again.goto(page.url)
    drawn_on(again, both)
    again.get_by_role("button", name=f"Anatomical site: {site}").wait_for()
    becomes(again, lambda: again.evaluate("document.documentElement.scrollWidth") <= 390)

    click(page, "classes", both / 2, 6)  # once more takes it back
    drawn_on(page, len(there))
    page.get_by_role("button", name="Reset", exact=True).click()
    drawn_on(page, len(table))
    page.wait_for_url(lambda url: "site=" not in url)

    ages = age_by_diagnosis(table, DEMO_SPEC.classes)
    [(_, oldest)] = ages.picks[-1][-1]
    page.get_by_role("tab", name="Age").click()
    click(page, "age-by-diagnosis", ages.figure.layout.xaxis.range[0] + 1, 6)  # the uppermost row, left of its box
    page.get_by_role("button", name=f"Diagnosis: {DEMO_SPEC.class_names[oldest]}").wait_for()
    becomes(page, lambda: left(page), (table["label"] == oldest).sum())


@pytest.mark.long  # the address gives the view again above; this is one more way to it
def test_a_step_back_from_another_page_keeps_the_filters(demo_artifacts: Path, start_server, pages) -> None:
    """Each time that the address is written is a step in the history; a step without the filters would lose them."""
    table = open_dataset("demo").table
    melanomas = int((table["label"] == "mel").sum())
    server, page = start_server(), pages()
    page.goto(f"{server.url}/explore?dataset=demo&diagnosis=mel")
    drawn_on(page, melanomas)
    settled(page)
    steps = page.evaluate("history.length")

    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Pictures").click()
    page.wait_for_url("**/pictures?*")
    page.get_by_role("heading", name="What do the images look like?").wait_for()
    page.wait_for_url("**diagnosis=mel**")
    becomes(page, lambda: left(page), melanomas)
    settled(page)
    assert page.evaluate("history.length") <= steps + 2  # the page, and its address in one piece

    while "/explore?" not in page.url:
        page.go_back()
        page.wait_for_url("**diagnosis=mel**")
        page.wait_for_timeout(500)  # the page begins to run a moment after the step
        settled(page)
        becomes(page, lambda: left(page), melanomas)
    drawn_on(page, melanomas)
