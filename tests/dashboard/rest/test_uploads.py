"""Uploads to a real server: what they may cost and what is left of them; also files that are made to harm."""

import contextlib
import io
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from dashboard.rest.lengths import declared_length
from dashboard.rest.refusals import Refusal
from tests import web
from tests.conftest import Server
from tests.dashboard.rest.mutated import Watch, through_the_api, through_the_page
from tests.tabs import Uploader, open_page, texts

PEOPLE = 20
PROMISED_BYTES = 350_000_000
PROMISED_FOR_MUTATED = 500_000_000


def photograph(side: int, quality: int) -> bytes:
    """A picture of noise, which compresses badly."""
    content = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(noise).save(content, "JPEG", quality=quality)
    return content.getvalue()


def test_an_upload_is_answered_and_nothing_of_it_is_left_in_the_server(server: Server) -> None:
    with Uploader(server.port) as person:
        shown = texts(person.upload("predict", photograph(600, 80)))
    assert "Shown: mole.jpg" in shown
    assert "Probability of malignant" in shown
    assert held(server) == 0


def held(server: Server) -> float:
    """Bytes of uploads that the server holds, as Streamlit counts them."""
    lines = web.get(f"{server.url}/_stcore/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if "UploadedFileManager" in line)


@pytest.mark.long
def test_twenty_people_who_upload_at_once_are_answered_within_the_memory_that_is_promised(server: Server) -> None:
    content = photograph(3600, 96)
    assert 14_000_000 < len(content) < 20_000_000

    def one(number: int) -> str:
        with Uploader(server.port) as person:
            return texts(person.upload("predict", content + bytes(number), f"{number}.jpg"))

    before = psutil.Process(server.process.pid).memory_info().rss
    with Watch(server) as watch, ThreadPoolExecutor(PEOPLE) as people:
        shown = list(people.map(one, range(PEOPLE)))
    assert all(f"Shown: {number}.jpg" in each for number, each in enumerate(shown))
    print(f"{PEOPLE} uploads of {len(content) / 1e6:.1f} MB at once: {before / 1e6:.0f} to {watch.web / 1e6:.0f} MB")  # noqa: T201
    assert watch.web < PROMISED_BYTES
    assert held(server) == 0


def address_of(person: Uploader) -> str:
    """Where a tab that has opened a page sends its files."""
    shown = open_page(person.tab, "predict")
    [session] = {each.new_session.initialize.session_id for each in shown if each.HasField("new_session")}
    return f"/_stcore/upload_file/{session}"


def test_files_that_no_page_reads_do_not_fill_the_server(server: Server) -> None:
    content = bytes(13_000_000)
    with Uploader(server.port) as person, Uploader(server.port) as another, Watch(server) as watch:
        url = address_of(person)
        assert [person.put(f"{url}/{number}", content).status_code for number in range(2)] == [204] * 2
        another.web.timeout = 2
        with pytest.raises(httpx.TimeoutException):  # it waits for room
            another.put(f"{address_of(another)}/4", content)
        assert held(server) <= 32_000_000
        for number in range(2):
            person.take_back(f"{url}/{number}")  # else the next test waits a minute for its room
    assert watch.web < PROMISED_BYTES


def test_who_brings_more_at_once_than_there_is_room_for_is_told_and_does_not_wait_for_themselves(
    server: Server,
) -> None:
    content = bytes(13_000_000)
    with Uploader(server.port) as person:
        url = address_of(person)
        with ThreadPoolExecutor(3) as at_once:
            answers = list(at_once.map(lambda number: person.put(f"{url}/{number}", content), range(3)))
    assert sorted(each.status_code for each in answers) == [204, 204, 413]
    assert {each.text for each in answers if each.status_code == 413} == {"At most 32 MB at once. Bring fewer files."}


def test_a_server_that_is_asked_to_end_does_so_although_somebody_waits_for_room(trained, start_server) -> None:
    server, content = start_server(), bytes(13_000_000)
    with Uploader(server.port) as person, Uploader(server.port) as late:
        url = address_of(person)
        assert [person.put(f"{url}/{number}", content).status_code for number in range(2)] == [204] * 2
        url = address_of(late)
        with ThreadPoolExecutor(1) as another:
            waiting = another.submit(late.put, f"{url}/4", content)
            with contextlib.suppress(TimeoutError):
                waiting.result(2)
            assert not waiting.done()
            server.process.terminate()
            server.process.wait(45)  # who waits for room does so for a minute
            assert waiting.exception() is not None or waiting.result().status_code == 503


def left_of_an_upload() -> None:
    """A page that reads what is brought and says how many bytes are left of it while the page goes on."""
    import gc

    import streamlit as st
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from dashboard.rest.uploads import content_of, let_go_of

    number = st.session_state.setdefault("number", 0)
    upload = st.file_uploader("A picture", key=f"upload-{number}")
    if upload is not None:
        st.session_state["read"] = len(content_of(upload))
        let_go_of(upload)
        st.session_state["number"] += 1
        st.rerun()
    del upload
    # By its type: a proxy of what is gone, which other tests may have left, cannot be asked what it is.
    left = sum(len(each.getvalue()) for each in gc.get_objects() if type(each) is UploadedFile)
    st.text(f"{st.session_state.get('read')} bytes were read, {left} are left")


def test_a_page_that_goes_on_for_long_holds_nothing_of_what_it_has_read() -> None:
    """Twenty who wait for an answer would hold twenty times 20 MB."""
    page = AppTest.from_function(left_of_an_upload, default_timeout=120).run()
    page.file_uploader[0].set_value(("mole.jpg", bytes(100_000), "image/jpeg")).run()
    assert page.text[0].value == "100000 bytes were read, 0 are left"


def test_an_upload_without_a_length_or_without_the_token_is_refused(server: Server) -> None:
    with Uploader(server.port) as person:
        answer = person.web.put("/_stcore/upload_file/x/y", content=iter([b"a"]), headers={"X-Xsrftoken": person.token})
        assert answer.status_code == 411
        answer = person.web.put("/_stcore/upload_file/x/y", content=b"a")
        assert answer.status_code == 403, "without the token against other sites"


@pytest.mark.parametrize(
    ("declared", "told"),
    [("", None), ("0", 0), ("17", 17), ("-1", 400), ("+4", 400), ("1e3", 400), ("٣", 400), ("9" * 4000, 413)],
)
def test_the_length_that_a_body_is_said_to_have_is_a_number_or_refused(declared: str, told: int | None) -> None:
    headers = [(b"content-length", declared.encode("utf-8"))] if declared else []
    request = Request({"type": "http", "headers": headers})
    if told in (400, 413):
        with pytest.raises(Refusal) as refused:
            declared_length(request)
        assert refused.value.status == told
    else:
        assert declared_length(request) == told


@pytest.fixture
def run(server: Server) -> str:
    [model] = web.get(f"{server.url}/api/models").json()["models"]
    return model["run"]


def assert_within_the_promise(watch: Watch) -> None:
    assert 0 < watch.web < PROMISED_FOR_MUTATED
    assert 0 < watch.reader < PROMISED_FOR_MUTATED


def test_eighteen_files_cost_little_and_the_next_request_is_answered(server: Server, run: str) -> None:
    told, watch = through_the_api(server, run, 18, 1)
    assert told == 19
    assert_within_the_promise(watch)
    told, watch = through_the_page(server, 3, 2)
    assert told >= 3
    assert_within_the_promise(watch)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_thousand_files_cost_little_and_the_next_request_is_answered(server, run: str, capsys) -> None:
    of_programs, asked = through_the_api(server, run, 1850, 3)
    of_people, brought = through_the_page(server, 150, 4)
    with capsys.disabled():
        for files, watch in ((of_programs, asked), (of_people, brought)):
            web, reader = watch.web / 1e6, watch.reader / 1e6
            print(f"\n{files:,} files: web process {web:.0f} MB, reading process {reader:.0f} MB")  # noqa: T201
    assert of_programs == 1870
    assert of_programs + of_people >= 2000
    assert_within_the_promise(asked)
    assert_within_the_promise(brought)
