"""What keeps people from a page: judged in the browser, on the page as it is drawn."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

LEAST_CONTRAST = 4.5
"""Between text and what lies behind it (WCAG 2.2, 1.4.3)."""

LEAST_TARGET = 44
"""Pixels of what a finger taps, in both directions (WCAG 2.2, 2.5.5)."""

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""Tags of axe-core's rules that together are WCAG 2.2 AA."""

OF_STREAMLIT = {
    # The list of pages has a `div` for each section between `ul` and `li`; a page cannot draw it otherwise.
    "list": "[data-testid=stSidebarNavItems]",
    "listitem": "[data-testid=stSidebarNavItems] li",
}
"""Rules of axe-core that Streamlit's own elements break, and these elements; elsewhere the rules hold."""

SETTLE = """() => {
    for (const change of document.getAnimations()) {
        try { change.finish(); } catch { /* one that never ends, of something that waits */ }
    }
}"""
"""Ends what still fades from one colour to another."""

MENU = "[data-testid=stSidebar]"

BROKEN = """async ([options, allowed, without]) => {
    const { violations } = await axe.run(without ? { exclude: [[without]] } : document, options);
    const found = [];
    for (const { id, impact, nodes } of violations) {
        if (!['serious', 'critical'].includes(impact)) continue;
        for (const { target, html, failureSummary } of nodes) {
            const element = document.querySelector(target[0]);
            if (!(allowed[id] && element?.matches(allowed[id]))) found.push([id, html.slice(0, 300), failureSummary]);
        }
    }
    return found;
}"""

CHART_TEXTS = """() => {
    const rgba = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
    const over = (top, below) => below.map((under, i) => top[i] * top[3] + under * (1 - top[3]));
    const luminance = colour => {
        const [r, g, b] = colour.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const inside = '.heatmap-label, .bartext-inside, .slicetext';
    const found = [];
    for (const element of document.querySelectorAll('.js-plotly-plot text')) {
        if (!element.checkVisibility({opacityProperty: true}) || !element.textContent.trim()) continue;
        if (element.closest(inside)) continue;
        const around = [];
        for (let each = element; each; each = each.parentElement) around.push(getComputedStyle(each));
        const behind = around.map(style => rgba(style.backgroundColor)).reverse()
            .reduce((below, top) => over(top, below), [255, 255, 255]);
        const [r, g, b, alpha] = rgba(around[0].fill);
        const opacity = around.reduce((product, style) => product * style.opacity, alpha * around[0].fillOpacity);
        const lights = [luminance(over([r, g, b, opacity], behind)), luminance(behind)].sort((a, b) => b - a);
        found.push([element.textContent, (lights[0] + 0.05) / (lights[1] + 0.05)]);
    }
    return found;
}"""
"""Ticks, titles and legends of charts, which axe-core does not judge, each with its contrast to what lies behind.

Texts on marks lie on colours that only the marks know, and are left out.
"""

TARGETS = """least => {
    const words = element => element.textContent.trim();
    const inText = each => each.matches('p a, li a') && words(each.closest('p, li')) !== words(each);
    const found = [];
    const all = 'a[href], button, summary, input:not([type=file]), [role=tab], [role=switch], [role=combobox]';
    for (const element of document.querySelectorAll(`[data-testid=stApp] :is(${all})`)) {
        if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
        if (element.closest('[data-tag]') || element.getBoundingClientRect().right <= 0) continue;
        if (element.matches('[type=range]') || inText(element)) continue;
        const around = element.matches('input') && element.closest('label, [role=group], [data-testid$=Container]');
        const { width, height } = (around || element).getBoundingClientRect();
        if (Math.min(width, height) > 1 && Math.min(width, height) < least - 0.5)
            found.push([element.ariaLabel || element.textContent || element.outerHTML.slice(0, 200), width, height]);
    }
    return found;
}"""
"""What can be tapped and is smaller than `least` pixels, with width and height.

Left out is what lies beside the screen, as a closed menu does, and, for there are other ways to the same: links within
a sentence, the crosses of values in a field that opens as a list, and the thumbs of sliders, whose whole track takes a
tap.
"""


@cache
def _axe() -> str:
    from axe_playwright_python.base import AXE_SCRIPT

    return AXE_SCRIPT


def until_none(page: Any, find: Callable[[], Any]) -> Any:
    """What is found in half a minute's time at the latest, or nothing at the first time that nothing is found.

    Styles, colours and widths of a page come in late, and what is drawn is judged, not what is being drawn.
    """
    until = time.monotonic() + 30
    while (found := find()) and time.monotonic() < until:
        page.wait_for_timeout(100)
    return found


def broken_rules(page: Any, *rules: str, without: str = "") -> list:
    """What is serious or critical by axe-core, of all rules of WCAG 2.2 AA or of the `rules` that are named.

    Elements of the selector `without` are left out.
    """
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": WCAG}
    if not page.evaluate("() => !!window.axe"):
        page.evaluate(_axe())
    asked = [{"runOnly": only, "resultTypes": ["violations"]}, OF_STREAMLIT, without]

    def broken() -> list:
        page.evaluate(SETTLE)
        return page.evaluate(BROKEN, asked)

    return until_none(page, broken)


def pale_chart_texts(page: Any) -> dict[str, float]:
    """Texts of charts that can hardly be read, with their contrast."""

    def pale() -> dict[str, float]:
        texts = page.evaluate(CHART_TEXTS)
        return {text: round(contrast, 2) for text, contrast in texts if contrast < LEAST_CONTRAST}

    return until_none(page, pale)


def small_targets(page: Any) -> list:
    """What a finger hits only with luck."""
    return until_none(page, lambda: page.evaluate(TARGETS, LEAST_TARGET))


CUT = """() => [...document.querySelectorAll('[data-testid=stMetric] *')].filter(element => {
    const hides = ['hidden', 'clip'].includes(getComputedStyle(element).overflowX);
    return hides && element.checkVisibility() && element.innerText && element.scrollWidth > element.clientWidth + 1;
}).map(element => element.innerText)"""
"""Texts of tiles that do not fit and are cut off."""


def cut_tiles(page: Any) -> list[str]:
    """Texts of tiles that end before they end; none where they wrap."""
    return until_none(page, lambda: page.evaluate(CUT))
