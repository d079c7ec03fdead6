"""Uploads to a real server: what they may cost, and what is left of them."""

import contextlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image

from tests.conftest import Server
from tests.tabs import Uploader, open_page, texts

PEOPLE = 20
PROMISED_BYTES = 350_000_000


def photograph(side: int, quality: int) -> bytes:
    """A picture of noise, which compresses badly."""
    content = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(noise).save(content, "JPEG", quality=quality)
    return content.getvalue()


class Watch:
    """The most memory that the web process has had while it was watched, in bytes."""

    def __init__(self, server: Server) -> None:
        self._process, self._over = psutil.Process(server.process.pid), threading.Event()
        self.most = 0

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, self._process.memory_info().rss)


def test_an_upload_is_answered_and_nothing_of_it_is_left_in_the_server(server: Server) -> None:
    with Uploader(server.port) as person:
        shown = texts(person.upload("predict", photograph(600, 80)))
    assert "Shown: mole.jpg" in shown
    assert "Probability of malignant" in shown
    assert held(server) == 0


def held(server: Server) -> float:
    """Bytes of uploads that the server holds, as Streamlit counts them."""
    lines = httpx.get(f"{server.url}/_stcore/metrics").text.splitlines()
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
    print(f"{PEOPLE} uploads of {len(content) / 1e6:.1f} MB at once: {before / 1e6:.0f} to {watch.most / 1e6:.0f} MB")  # noqa: T201
    assert watch.most < PROMISED_BYTES
    assert held(server) == 0


def test_files_that_no_page_reads_do_not_fill_the_server(server: Server) -> None:
    content = bytes(13_000_000)
    with Uploader(server.port) as person, Watch(server) as watch:
        shown = open_page(person.tab, "predict")
        [session] = {each.new_session.initialize.session_id for each in shown if each.HasField("new_session")}
        url = f"/_stcore/upload_file/{session}"
        assert [person.put(f"{url}/{number}", content).status_code for number in range(2)] == [204] * 2
        person.web.timeout = 2
        with pytest.raises(httpx.TimeoutException):  # it waits for room
            person.put(f"{url}/4", content)
        person.web.timeout = 60
        assert held(server) <= 32_000_000
    assert watch.most < PROMISED_BYTES


def test_a_server_that_is_asked_to_end_does_so_although_somebody_waits_for_room(trained, start_server) -> None:
    server, content = start_server(), bytes(13_000_000)
    with Uploader(server.port) as person:
        shown = open_page(person.tab, "predict")
        [session] = {each.new_session.initialize.session_id for each in shown if each.HasField("new_session")}
        url = f"/_stcore/upload_file/{session}"
        assert [person.put(f"{url}/{number}", content).status_code for number in range(2)] == [204] * 2
        with ThreadPoolExecutor(1) as another:
            waiting = another.submit(person.put, f"{url}/4", content)
            with contextlib.suppress(TimeoutError):
                waiting.result(2)
            assert not waiting.done()
            server.process.terminate()
            server.process.wait(15)
            assert waiting.exception() is not None or waiting.result().status_code == 503


def test_an_upload_without_a_length_or_of_a_nonsense_one_is_refused(server: Server) -> None:
    with Uploader(server.port) as person:
        answer = person.web.put("/_stcore/upload_file/x/y", content=iter([b"a"]), headers={"X-Xsrftoken": person.token})
        assert answer.status_code == 411
        answer = person.web.put("/_stcore/upload_file/x/y", content=b"a")
        assert answer.status_code == 403, "without the token against other sites"
