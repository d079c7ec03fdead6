"""The gallery in a real browser: filter, sort, turn pages, open a picture, go on to the next and to its siblings."""

from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from core.data.catalog import open_dataset
from core.data.statistics.picture_statistics import open_statistics
from tests.pages.patience import becomes, choose, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]


@pytest.fixture
def page(visitors):
    return visitors(viewport={"width": 1440, "height": 900})


def ids(page) -> list[str]:
    """Image ids on the page, in their order."""
    texts = page.get_by_role("button", name="DEMO_").all_inner_texts()
    return [text.split()[-1] for text in texts if text.strip()]  # a button that is being replaced has none


def shown_picture(page) -> str:
    """The picture in the address."""
    return parse_qs(urlparse(page.url).query).get("picture", [""])[0]


def press_picture(page, image_id: str) -> None:
    """Click the picture of a card, which does what its button does."""
    settled(page)
    card = page.locator("[class*=st-key-card-gallery]").filter(has=page.get_by_role("button", name=image_id))
    card.get_by_role("img").click()
    page.get_by_role("heading", name=image_id).wait_for()
    becomes(page, lambda: shown_picture(page), image_id)
    page.get_by_role("img", name=f"Picture {image_id}").wait_for()


def test_a_click_on_a_picture_opens_it_and_the_next(small_demo: Path, start_server, page) -> None:
    server = start_server()
    page.goto(f"{server.url}/pictures")
    page.get_by_text("Pictures 1 to 24 of 60", exact=True).wait_for()
    becomes(page, lambda: len(ids(page)), 24)
    settled(page)
    shown = ids(page)
    press_picture(page, shown[4])
    page.get_by_role("button", name="Next Shortcut").click()  # not that of the gallery
    page.get_by_role("heading", name=shown[5]).wait_for()
    page.get_by_role("button", name="All pictures").click()
    becomes(page, lambda: ids(page), shown)
    becomes(page, lambda: shown_picture(page), "")


@pytest.mark.long  # filtered, sorted and turned without a browser, too
def test_filter_sort_page_and_open_a_picture(small_demo: Path, start_server, page) -> None:
    server = start_server()
    page.goto(f"{server.url}/pictures")
    page.get_by_text("Pictures 1 to 24 of 60", exact=True).wait_for()
    dataset = open_dataset("demo")
    table, statistics = dataset.table, open_statistics(dataset)

    choose(page, "Sorted by", "Brightness, darkest first")
    darkest = statistics["brightness"].sort_values(kind="stable").index.tolist()
    becomes(page, lambda: ids(page), darkest[:24])

    page.get_by_role("button", name="Page 3", exact=True).click()
    page.get_by_text("Pictures 49 to 60 of 60", exact=True).wait_for()
    becomes(page, lambda: ids(page), darkest[48:])

    page.get_by_role("button", name="Diagnosis", exact=False).first.click()
    page.get_by_role("button", name="Benign only").click()
    benign = table.loc[~table["label"].isin(dataset.spec.malignant_keys), "image_id"]
    darkest = [image_id for image_id in darkest if image_id in set(benign)]
    page.get_by_text(f"of {len(darkest)}", exact=False).last.wait_for()
    becomes(page, lambda: ids(page), darkest[:24])
    page.keyboard.press("Escape")

    press_picture(page, darkest[4])
    page.get_by_text(f"5 of {len(darkest)}").wait_for()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("heading", name=darkest[5]).wait_for()

    page.get_by_role("button", name="All pictures").click()
    becomes(page, lambda: ids(page), darkest[:24])
    becomes(page, lambda: shown_picture(page), "")


@pytest.mark.long  # on the page without a browser, too
def test_a_link_opens_a_picture_from_which_its_siblings_open(small_demo: Path, start_server, page) -> None:
    table = open_dataset("demo").table
    group = table["group_id"].value_counts().idxmax()
    first, second = table.loc[table["group_id"] == group, "image_id"].head(2)
    server = start_server()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/pictures?dataset=demo&picture={first}")
    page.get_by_role("img", name=f"Picture {first}").wait_for()
    page.get_by_text("Other pictures of the same lesion").wait_for()
    becomes(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= 390)
    page.get_by_role("button", name=second).first.click()
    page.get_by_role("img", name=f"Picture {second}").wait_for()
    becomes(page, lambda: shown_picture(page), second)
