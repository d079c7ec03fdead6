"""The Augmentation lesson in a real browser, its draws made by the real layers."""

import re

import pytest

from tests.pages.patience import becomes, settled, still

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]

PHONE = {"width": 390, "height": 844}


def draws(page) -> list[str]:
    """Addresses of the sixteen pictures; they hold a digest of what is seen."""
    page.get_by_role("img", name="Draw 16 of 16").wait_for()
    sources = page.get_by_role("img", name="Draw ").evaluate_all("drawn => drawn.map(each => each.src)")
    return [each.rpartition("/")[2] for each in sources]


@pytest.mark.long  # on the page without a browser, too, and the layers in the pool that draws
def test_a_slider_changes_sixteen_draws_and_the_address_gives_them_to_a_phone(
    demo_artifacts, start_server, visitors, eventually
) -> None:
    server = start_server()
    page = visitors(viewport={"width": 1440, "height": 900})
    page.goto(f"{server.url}/augmentation")
    becomes(page, lambda: len(set(draws(page))), 16)
    settled(page)
    before = draws(page)
    page.get_by_role("slider", name="Zoom (± share)").press("End")
    page.wait_for_url(re.compile("augmented-zoom=0.5"))
    page.wait_for_function(
        "(before) => { const now = [...document.querySelectorAll('img[alt^=\"Draw \"]')].map(each => each.src);"
        " return now.length === 16 && now.every(src => !before.some(name => src.endsWith(name))); }",
        arg=before,
    )
    assert len(set(before)) == len(set(draws(page))) == 16

    phone = visitors(viewport=PHONE, has_touch=True, is_mobile=True)
    phone.goto(page.url)
    eventually(lambda: draws(phone) == draws(page), "both show the same draws")
    first, slider = phone.get_by_role("img", name="Draw 1 of 16"), phone.get_by_role("slider", name="Rotation")
    top = still(phone, first)["y"]
    assert top + 60 < PHONE["height"]  # seen without scrolling
    assert slider.bounding_box()["y"] > top
    becomes(phone, lambda: phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"])
