"""The page Review: pictures wait, a person answers, and how often both agree is shown."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.runs.answers.drift import note_answers
from core.runs.answers.reviews import answer_review, list_reviews, put_into_queue
from core.runs.run_folder import RunFolder
from tests.core.runs.answers.test_drift import REFUSED, told
from tests.core.runs.answers.test_reviews import TOLD, picture

PAGE = "39_review.py"


@pytest.fixture
def queue(artifacts: Path) -> None:
    run = RunFolder(artifacts / "runs" / "20260101-000000-cnn-demo-abcdef")
    put_into_queue(run, TOLD, picture(0), keep=True, note="It is [skin](http://example.org).")
    put_into_queue(run, TOLD, picture(1), keep=False)


def pressed(test: AppTest, label: str) -> AppTest:
    [button] = [each for each in test.button if each.label == label]
    return button.click().run()


def values(told: list | dict) -> list:
    """Of a line of a chart, which Plotly writes out or packs."""
    if not isinstance(told, dict):
        return told
    numbers = np.frombuffer(base64.b64decode(told["bdata"]), np.dtype(told["dtype"]))
    return numbers.reshape([int(each) for each in str(told.get("shape", -1)).split(",")]).tolist()


def metrics(test: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in test.metric}


def test_an_empty_queue_says_what_to_do(artifacts: Path, open_page) -> None:
    test = open_page(PAGE)
    assert test.info[0].value.startswith("No picture is waiting.")
    assert [each.value for each in test.page_link] == ["Predict a picture"]


def test_a_person_answers_and_agreement_is_shown(queue: None, open_page) -> None:
    test = open_page(PAGE)
    assert metrics(test) == {"Waiting": "2", "Answered": "0"}
    assert any("was not kept" in each.value for each in test.info)
    test = pressed(test, "Answer")
    assert test.error[0].value == "Choose what it is first."
    for label, agree in (("mel", "100\u00a0%"), ("nv", "50\u00a0%")):
        [box] = [each for each in test.selectbox if each.label == "What it is"]
        box.set_value(label)
        test = pressed(test, "Answer")
        assert metrics(test)["Person and model agree"] == agree
    assert metrics(test) == {"Waiting": "0", "Answered": "2", "Person and model agree": "50\u00a0%"}
    assert "Agreement over time" in [each.value for each in test.subheader]
    *_, chart = (json.loads(each.proto.spec) for each in test.get("plotly_chart"))
    assert chart["layout"]["title"]["text"] == "Person and model agree"
    assert "2" in chart["layout"]["title"]["subtitle"]["text"]
    [line] = chart["data"]
    assert (values(line["y"]), values(line["customdata"])) == ([0.5], [[1, 2]])
    assert {each.answer.label for each in list_reviews()} == {"mel", "nv"}
    assert not test.exception


def test_who_was_slower_than_somebody_else_is_told_and_loses_nobodys_answer(queue: None, open_page) -> None:
    test = open_page(PAGE)
    [box] = [each for each in test.selectbox if each.label == "Picture"]
    answer_review(box.value, "nv", by="ada@example.org")  # in another tab
    [what] = [each for each in test.selectbox if each.label == "What it is"]
    what.set_value("mel")
    test = pressed(test, "Answer")
    assert "was answered or deleted by somebody else meanwhile" in test.warning[0].value
    assert metrics(test) == {"Waiting": "1", "Answered": "1", "Person and model agree": "0\u00a0%"}
    assert [each.answer.label for each in list_reviews() if each.answer] == ["nv"]
    [what] = [each for each in test.selectbox if each.label == "What it is"]
    what.set_value("mel")
    test = pressed(test, "Answer")
    assert not [each for each in test.warning if "meanwhile" in each.value]
    assert metrics(test)["Answered"] == "2"


def test_what_people_write_is_text(queue: None, open_page) -> None:
    test = open_page(PAGE)
    [box] = [each for each in test.selectbox if each.label == "Picture"]
    test = box.set_value(list_reviews()[1].review_id).run()
    [warning] = [each.value for each in test.warning if "overruled" in each.value]
    assert r"\[skin\]" in warning
    assert len(test.image) == 1


def test_viewers_look_and_do_not_answer(queue: None, open_page, as_viewer) -> None:
    as_viewer()
    test = open_page(PAGE)
    [button] = [each for each in test.button if each.label == "Answer"]
    assert button.disabled
    assert "Delete" not in [each.label for each in test.button]


def test_an_entry_is_deleted_with_its_picture(queue: None, open_page) -> None:
    test = pressed(open_page(PAGE), "Delete this entry")
    assert metrics(test)["Waiting"] == "1"
    assert len(list_reviews()) == 1


def test_a_damaged_predictor_file_is_said_where_drift_is_watched(trained: RunFolder, open_page) -> None:
    trained.predictor_file.write_text("{")
    test = open_page(PAGE)
    test = test.segmented_control(key="review-view").set_value("Drift watch").run()
    assert not test.exception
    assert "predictor.json is damaged" in test.error[0].value


def test_drift_is_watched_beside_the_queue(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE)
    test = test.segmented_control(key="review-view").set_value("Drift watch").run()
    assert any("Nobody has asked this run" in each.value for each in test.info)
    note_answers(trained, [told("nv", 0.9)] * 5)
    test = test.run()
    assert any("too few to compare" in each.value for each in test.info)
    note_answers(trained, [told("vasc", 0.21)] * 40 + [told("nv", 0.99, REFUSED)] * 5)
    test = test.run()
    warnings = " ".join(each.value for each in test.warning)
    assert "The model is less sure than on test pictures" in warnings
    assert "The classes come in another mix than in training" in warnings
    assert len(test.get("plotly_chart")) == 3
    assert test.dataframe[0].value["figure"].tolist() == ["confidence", "class mix, share that differs"]
    (trained.path / "drift.json").write_text("{")
    test = test.run()
    assert any("starts again" in each.value for each in test.error)
    assert not test.exception
