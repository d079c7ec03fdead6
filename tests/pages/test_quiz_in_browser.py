"""A whole series of the quiz with a thumb, in a real browser of the size of a phone."""

import pytest

from core.evaluation.predictions import load_predictions
from core.lessons.quiz import SeriesSettings, draw_series, series_rows

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(chromium: str):
    """A page on a phone, which keeps every frame that the server sends."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
        page.set_default_timeout(120_000)
        page.frames_received: list[bytes] = []
        page.on(
            "websocket",
            lambda socket: socket.on(
                "framereceived",
                lambda frame: page.frames_received.append(frame if isinstance(frame, bytes) else frame.encode()),
            ),
        )
        yield page
        browser.close()


def test_a_series_is_labelled_with_a_thumb_and_nothing_is_told_before_its_end(trained, start_server, phone) -> None:
    predictions = load_predictions(trained.evaluation / "predictions.parquet")
    rows = series_rows(predictions, draw_series(predictions, SeriesSettings(trained.run_id, seed=3)))
    server = start_server()
    phone.goto(f"{server.url}/quiz?run={trained.run_id}&seed=3")
    phone.get_by_role("button", name="Start with 10 pictures").tap()
    for position in range(10):
        answers = phone.locator(f"[class*=st-key-quiz-{position}-] button")
        answers.nth(6).wait_for()
        picture = phone.get_by_role("img", name=f"Picture {position + 1} of the series")
        picture.wait_for()
        boxes = [answers.nth(number).bounding_box() for number in range(7)]
        assert all(box["height"] >= 40 and box["width"] >= 300 for box in boxes)
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)
        assert picture.bounding_box()["width"] >= 340
        phone.locator(f".st-key-quiz-{position}-nv button").tap()
    phone.get_by_role("button", name="Show the result").wait_for()
    told = b"".join(phone.frames_received)
    assert b"of the series" in told
    assert not any(image_id.encode() in told for image_id in rows["image_id"])
    assert b"p_mel" not in told

    phone.get_by_role("button", name="Show the result").tap()
    phone.get_by_text("The race, picture by picture").wait_for()
    nevi = int((rows["true"] == "nv").sum())
    phone.get_by_text(f"{nevi} of 10", exact=True).first.wait_for()
    phone.get_by_text("511 human readers").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
