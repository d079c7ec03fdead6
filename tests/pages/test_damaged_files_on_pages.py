"""Damaged archives, models and gene tables on the pages that take them: refused in words, and the page goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import JobState, list_jobs
from tests.core.data.test_brought_files import KINDS, Kind
from tests.dashboard.rest.mutated import NOT_SHOWN, changed

FEW, MANY = 3, 60
BY_NAME = {each.name: each for each in KINDS}


def shown(test: AppTest) -> str:
    """All that a person reads, of a page without an exception."""
    assert not test.exception
    text = "\n".join(
        str(each.value) for kind in ("error", "warning", "info", "markdown", "caption") for each in test.get(kind)
    )
    assert not NOT_SHOWN.search(text), text
    assert "not foreseen" not in text, text
    return text


def on_data(test: AppTest, kind: Kind, content: bytes) -> AppTest:
    [field] = [each for each in test.file_uploader if each.label.startswith("Or a zip or tar")]
    return field.set_value((kind.name, content, "application/octet-stream")).run()


def on_hand_over(test: AppTest, kind: Kind, content: bytes) -> AppTest:
    test.segmented_control[0].set_value("Import a model").run()
    test.file_uploader[0].set_value((kind.name, content, "application/octet-stream"))
    test.text_area(key="bring-classes").set_value("mel\nnv")
    return next(each for each in test.button if each.label == "Bring it").click().run()


DOORS = {
    "data.zip": ("20_data.py", on_data, "unpack"),
    "data.tar.gz": ("20_data.py", on_data, "unpack"),
    "model.onnx": ("39_handover.py", on_hand_over, "bring"),
    "model.h5": ("39_handover.py", on_hand_over, "bring"),
}


def bring_damaged(name: str, count: int, open_page: Callable[..., AppTest]) -> None:
    page, bring, job_kind = DOORS[name]
    for content in changed(BY_NAME[name].whole(), count, 9):
        if content:  # a browser's file of nothing is refused before it is sent
            shown(bring(open_page(page), BY_NAME[name], content))
    jobs = list_jobs(job_kind)
    assert len(jobs) >= count - 1
    refused = [each.status() for each in jobs if each.status().state is JobState.FAILED]
    assert refused
    assert not [each.message for each in refused if "not foreseen" in each.message or NOT_SHOWN.search(each.message)]


@pytest.mark.parametrize("name", ["data.zip", "model.onnx"])
def test_few_damaged_files_are_refused_in_words(name: str, small_demo: Path, open_page, jobs_done_here) -> None:
    bring_damaged(name, FEW, open_page)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", DOORS)
def test_many_damaged_files_are_refused_in_words(name: str, small_demo: Path, open_page, jobs_done_here) -> None:
    bring_damaged(name, MANY, open_page)
