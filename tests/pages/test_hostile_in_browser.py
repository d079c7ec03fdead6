"""A data set whose names are images, links, HTML and formulas, on every page of a real browser."""

import shutil
from pathlib import Path
from urllib.parse import quote

import pytest

from dashboard import router
from tests.pages.accessibility import until_none
from tests.pages.hostile import FOLDER, label_runs, make_hostile
from tests.pages.patience import settled

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1500)]

WIDTHS = (1440, 390)
ADDRESSES = """() => [...document.querySelectorAll('[href], [src], [action], [*|href]')]
    .flatMap(e => ['href', 'src', 'action', 'xlink:href'].map(name => e.getAttribute(name)))
    .filter(address => address && address.includes('evil'))
    .filter(address => new URL(address, location).origin !== location.origin)"""
SIDEWAYS = """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
    .filter(Boolean).map(e => e.scrollWidth - e.clientWidth)"""


def test_no_name_loads_links_or_widens_anything_on_any_page(
    made_once, artifacts: Path, start_server, visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = made_once("hostile", make_hostile)
    monkeypatch.setenv("LESIONLAB_DATA", str(root / "data"))
    shutil.copytree(root / "artifacts", artifacts, dirs_exist_ok=True)
    label_runs(artifacts)
    server, asked, wrong = start_server(), [], []
    page = visitors(viewport={"width": WIDTHS[0], "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    for entry in router.PAGES:
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.goto(f"{server.url}/{'' if entry.name == 'home' else entry.name}?dataset={quote(FOLDER)}")
        page.locator("h1").first.wait_for()
        settled(page)
        assert page.locator('[data-testid="stException"]').count() == 0, entry.name
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(400)  # charts and tables are drawn after the script has ended, and anew
            wrong += [(entry.name, width, address) for address in page.evaluate(ADDRESSES)]
            sideways = until_none(page, lambda: [over for over in page.evaluate(SIDEWAYS) if over > 1])
            wrong += [(entry.name, width, over) for over in sideways]
    wrong += [url for url in asked if not url.startswith((server.url, "data:", "blob:"))]
    assert not wrong
