"""Every page under a path of its host, on a phone in the dark.

No page asks for, or links to, anything outside of that path; nothing leaves the screen or breaks, and text can be read.
"""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from core.base.processes import ProcessId, host_name
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe
from dashboard.router import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PATH = "/some/path"
READY = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
LINKS = "[...document.querySelectorAll('[href], [src]')].map(each => each.href || each.src)"

LEAST_CONTRAST = 4.5
"""Between text and what lies behind it (WCAG 2.2, 1.4.3)."""

TEXTS = """() => {
    const rgba = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
    const over = (top, below) => below.map((under, i) => top[i] * top[3] + under * (1 - top[3]));
    const luminance = colour => {
        const [r, g, b] = colour.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [];
    for (const element of document.querySelectorAll('[data-testid=stMain] :is(h1, h2, h3, p)')) {
        if (!element.checkVisibility({opacityProperty: true}) || !element.innerText.trim()) continue;
        if (element.closest(':disabled, [aria-disabled=true], [data-testid=stSliderThumbValue]')) continue;
        const around = [];
        for (let each = element; each; each = each.parentElement) around.push(getComputedStyle(each));
        const behind = around.map(style => rgba(style.backgroundColor)).reverse()
            .reduce((below, top) => over(top, below), [255, 255, 255]);
        const [r, g, b, alpha] = rgba(around[0].color);
        const opacity = around.reduce((product, style) => product * style.opacity, alpha);
        const lights = [luminance(over([r, g, b, opacity], behind)), luminance(behind)].sort((a, b) => b - a);
        found.push([element.innerText, (lights[0] + 0.05) / (lights[1] + 0.05)]);
    }
    return found;
}"""
"""Headings, paragraphs and labels that can be seen, each with its contrast to what lies behind.

Disabled controls are left out, and the values of sliders, which stand above the thumb that holds them.
"""


@pytest.fixture
def at_work(trained, start_server) -> Iterator[RunFolder]:
    """A run beside the finished one that says it is trained, by a process that only sleeps.

    It ends before servers and their engine do, for these would wait for it.
    """
    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    alive = {"host": host_name(), "process": ProcessId.of(process.pid), "heartbeat": time.time() + 600}
    run.write_status(replace(run.written_status(), state=State.RUNNING, **alive))
    yield run
    process.kill()
    process.wait()


def test_every_page_stays_under_its_path_fits_a_phone_and_can_be_read_in_the_dark(
    at_work: RunFolder, visitors, start_server
) -> None:
    server = start_server(options=("--server.baseUrlPath", PATH), path=PATH)
    page = visitors(viewport={"width": 390, "height": 844}, color_scheme="dark")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for entry in PAGES:
        page.goto(f"{server.url}{PATH}/{entry.name if entry is not PAGES[0] else ''}")
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_function(READY)
        asked += page.evaluate(LINKS)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, entry.name
        assert page.get_by_test_id("stException").count() == 0, entry.name
        assert "This page could not be shown" not in page.get_by_test_id("stMain").inner_text(), entry.name
        texts = page.evaluate(TEXTS)
        assert len(texts) > 1, entry.name
        pale = {text: round(contrast, 2) for text, contrast in texts if contrast < LEAST_CONTRAST}
        assert not pale, entry.name
    with page.expect_request(f"**{PATH}/api/runs/{at_work.run_id}/live*"):
        page.goto(f"{server.url}{PATH}/runs?run={at_work.run_id}")
    of_the_host = {urlsplit(each).path for each in asked if urlsplit(each).netloc == f"127.0.0.1:{server.port}"}
    assert {path for path in of_the_host if not f"{path}/".startswith(f"{PATH}/")} == set()
