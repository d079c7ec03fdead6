"""A picture that is pasted is answered for, and the report of the answer stands alone, in a real browser."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core.data.catalog import open_dataset
from tests.pages.patience import becomes, settled, still

PASTE = """([content, name, type]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const clipboard = new DataTransfer();
  clipboard.items.add(new File([bytes], name, { type }));
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true }));
}"""


def check_that_a_pasted_picture_is_answered_for(page) -> None:
    """On the page Predict of a run on the demo."""
    page.get_by_text("press Ctrl+V").wait_for()
    settled(page)
    content = base64.b64encode(Path(open_dataset("demo").table["path"].iloc[0]).read_bytes()).decode()
    page.evaluate(PASTE, [base64.b64encode(b"no picture").decode(), "note.txt", "text/plain"])
    page.evaluate(PASTE, [content, "pasted.jpg", "image/jpeg"])
    page.get_by_text("Shown: pasted.jpg").wait_for()


def check_that_a_box_crops_the_picture_and_stays(page) -> None:
    """On the page Predict with a picture."""
    page.get_by_text("Crop, and see what the model gets").click()
    sliders = page.get_by_role("slider", name="From left to right").or_(
        page.get_by_role("slider", name="From top to bottom")
    )
    chosen = lambda: sliders.evaluate_all("ends => ends.map(end => Number(end.value))")  # noqa: E731
    taken = page.get_by_role("button", name="Whole picture").and_(page.locator(":enabled"))
    area = page.locator("[class*=st-key-drawn-on] .nsewdrag").first
    for last_try in (False,) * 5 + (True,):  # again where the chart was drawn anew under the pointer
        settled(page)
        area.evaluate("area => area.scrollIntoView({block: 'center'})")
        box = still(page, area)
        page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.8, steps=10)
        page.mouse.up()
        try:
            taken.wait_for(timeout=30_000)
            break
        except PlaywrightTimeout:
            if last_try:
                raise
    becomes(page, chosen, pytest.approx([25, 75, 30, 80], abs=4))
    settled(page)
    before = chosen()
    page.get_by_role("link", name="How good is it?").first.click()
    page.get_by_role("heading", name="Results").first.wait_for()
    page.go_back()
    taken.wait_for()
    becomes(page, chosen, before)
    page.get_by_role("button", name="Whole picture").click()
    page.get_by_role("button", name="Whole picture").and_(page.locator(":disabled")).wait_for()


def check_that_the_report_fetches_nothing(page, visitors, report: Path) -> None:
    """The report of the answer that the page shows, kept as the file `report` and opened on a phone."""
    page.get_by_role("button", name="Make the report").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="HTML").click()
    waiting.value.save_as(report)

    other = visitors(viewport={"width": 390, "height": 844})
    requested: list[str] = []
    said: list[str] = []
    other.on("request", lambda request: requested.append(request.url))
    other.on("console", lambda message: said.append(message.text))
    other.goto(report.as_uri())
    other.get_by_role("heading", name="What the model was tested on").wait_for()
    assert [url for url in requested if not url.startswith("data:")] == [report.as_uri()]
    assert said == [], "its own rule against fetching is broken nowhere"
    assert other.evaluate("[...document.images].every((each) => each.naturalWidth > 0)")
    assert other.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits a phone"


@pytest.mark.browser
@pytest.mark.timeout(1200)
@pytest.mark.slow
@pytest.mark.long  # done at the end of the main job, too
def test_a_pasted_picture_is_answered_for_and_its_report_fetches_nothing(
    trained, start_server, visitors, tmp_path: Path
) -> None:
    page = visitors(viewport={"width": 1440, "height": 900})
    page.goto(f"{start_server().url}/predict?run={trained.run_id}")
    check_that_a_pasted_picture_is_answered_for(page)
    check_that_a_box_crops_the_picture_and_stays(page)
    check_that_the_report_fetches_nothing(page, visitors, tmp_path / "report.html")
