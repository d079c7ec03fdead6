"""A whole series of the quiz with a thumb, and a class session with its instructor view, in real browsers."""

import contextlib
from functools import partial

import pandas as pd
import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core.data.demo.demo import DEMO_SPEC
from core.evaluation.predictions import load_predictions
from core.teaching.quiz.class_answers import participants
from core.teaching.quiz.class_session import list_sessions
from core.teaching.quiz.quiz import SeriesSettings, draw_series, series_rows
from tests.pages.patience import becomes, still

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(visitors):
    """A page on a phone, which keeps every frame that the server sends."""
    page = visitors(viewport=PHONE, has_touch=True, is_mobile=True)
    page.frames_received: list[bytes] = []
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived",
            lambda frame: page.frames_received.append(frame if isinstance(frame, bytes) else frame.encode()),
        ),
    )
    return page


def is_wide(picture) -> bool:
    """Whether a picture fills the phone; it is smaller as long as its file is on its way."""
    box = picture.bounding_box()
    return box is not None and box["width"] >= 340


@pytest.mark.long
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
        still(phone, answers.nth(6))
        boxes = [answers.nth(number).bounding_box() for number in range(7)]
        assert all(box["height"] >= 40 and box["width"] >= 300 for box in boxes)
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)
        becomes(phone, partial(is_wide, picture))
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
    becomes(phone, lambda: phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"])


@pytest.mark.long  # a class session is held on the page without a browser, too
def test_a_class_joins_by_link_and_the_instructor_view_shows_its_results_without_telling_whose(
    trained, start_server, phone, visitors
) -> None:
    predictions = load_predictions(trained.evaluation / "predictions.parquet")
    true = series_rows(predictions, draw_series(predictions, SeriesSettings(trained.run_id, seed=3)))["true"].tolist()
    server = start_server()
    instructor_view = visitors(viewport={"width": 1440, "height": 900})
    instructor_view.goto(f"{server.url}/quiz?run={trained.run_id}&seed=3")
    instructor_view.get_by_role("button", name="Open a class session with this series").click()
    instructor_view.get_by_text("Link to send").click()
    link = instructor_view.locator("[data-testid=stCode]", has_text="session=").inner_text().strip()

    laptop = visitors(viewport={"width": 1440, "height": 900})
    for student in (phone, laptop):
        student.goto(link)
        student.get_by_role("button", name="Join").click()
    malignant_first = sorted(DEMO_SPEC.classes, key=lambda each: not each.malignant)
    nevus_key = 1 + [each.key for each in malignant_first].index("nv")
    for position, key in enumerate(true):  # the phone is right on every picture, the laptop says nevus to all
        phone.locator(f".st-key-quiz-{position}-{key} button").tap()
        laptop.get_by_role("img", name=f"Picture {position + 1} of the series").wait_for()
        button = laptop.locator(f".st-key-quiz-{position}-nv button")
        button.wait_for()
        for _ in range(10):  # a key is heard a moment after its button is seen
            laptop.keyboard.press(str(nevus_key))
            with contextlib.suppress(PlaywrightTimeout):
                button.wait_for(state="detached", timeout=30_000)
                break
    laptop.get_by_role("button", name="Show the result").wait_for()  # who answered everything need not press it
    phone.get_by_role("button", name="Show the result").tap()
    phone.get_by_text("The race, picture by picture").wait_for()

    finished = instructor_view.locator("[data-testid=stMetric]", has_text="Finished")  # counts without a click
    finished.get_by_text("2", exact=True).wait_for()
    instructor_view.get_by_role("button", name="Close: no more answers").click()
    instructor_view.get_by_role("button", name="Show everybody's results").click()
    instructor_view.get_by_text("Correct answers of each participant").wait_for()
    instructor_view.get_by_text(f"{(10 + true.count('nv')) / 2:.1f} of 10").wait_for()
    with instructor_view.expect_download() as download:
        instructor_view.get_by_role("button", name="All answers as CSV").click()
    answers = pd.read_csv(download.value.path(), comment="#")
    right = answers.groupby("participant")["right"].sum()
    assert sorted(right.index) == [1, 2]
    assert sorted(right) == sorted([10, true.count("nv")])
    [session], _ = list_sessions()
    ids = [each.participant_id for each in participants(session.session_id)[0]]
    told = instructor_view.content() + answers.to_csv()
    assert len(ids) == 2
    assert not any(each in told for each in ids)

    phone.get_by_role("button", name="Refresh").tap()
    phone.get_by_text("Correct answers of each participant").wait_for()
    becomes(phone, lambda: phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"])
