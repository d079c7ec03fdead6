"""Every page on a phone in the dark: nothing leaves the screen, nothing breaks, and text can be read."""

from pathlib import Path

import pytest

from dashboard.router import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PATIENCE = 180_000
"""Milliseconds to wait for something on a page; machines that test are slow and shared."""

LEAST_CONTRAST = 4.5
"""Between text and what lies behind it (WCAG 2.2, 1.4.3)."""

ADDRESSES = ["", *(entry.name for entry in PAGES[1:])]

READY = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"

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


def test_every_page_fits_a_phone_and_can_be_read_in_the_dark(demo_artifacts: Path, start_server, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    server = start_server()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        page.set_default_timeout(PATIENCE)
        for address in ADDRESSES:
            page.goto(f"{server.url}/{address}")
            page.get_by_role("heading", level=1).wait_for()
            page.wait_for_function(READY)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
            assert page.get_by_test_id("stException").count() == 0, address
            assert "This page could not be shown" not in page.get_by_test_id("stMain").inner_text(), address
            texts = page.evaluate(TEXTS)
            assert len(texts) > 1, address
            pale = {text: round(contrast, 2) for text, contrast in texts if contrast < LEAST_CONTRAST}
            assert not pale, address
        browser.close()
