"""Files that are damaged or made to harm, through the API and through a page: nothing ends, no traceback is shown."""

import io
import re
import threading
from collections.abc import Iterator

import httpx
import psutil
import pytest
from PIL import Image

from tests.conftest import Server
from tests.dashboard.rest.mutated import mutated
from tests.tabs import Uploader, texts

PROMISED_BYTES = 500_000_000
PER_REQUEST = 20
NOT_SHOWN = re.compile(r'Traceback|File "|site-packages|[a-z]Error:')


def photograph() -> bytes:
    """A picture that can be read."""
    content = io.BytesIO()
    Image.new("RGB", (100, 80), "brown").save(content, "JPEG")
    return content.getvalue()


class Watch:
    """The most memory that the web process, and any process that reads files, had while they were watched, in bytes."""

    def __init__(self, server: Server) -> None:
        self._web, self._over = psutil.Process(server.process.pid), threading.Event()
        self.web = self.reader = 0

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            try:
                self.web = max(self.web, self._web.memory_info().rss)
                for each in self._web.children(recursive=True):
                    if not _has_tensorflow(each):  # the process that predicts has it before any file comes
                        self.reader = max(self.reader, each.memory_info().rss)
            except psutil.NoSuchProcess:
                continue


def _has_tensorflow(process: psutil.Process) -> bool:
    return any("libtensorflow" in each.path for each in process.memory_maps())


def in_requests(files: Iterator[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    some: list[tuple[str, bytes]] = []
    for each in files:
        some.append(each)
        if len(some) == PER_REQUEST:
            yield some
            some = []
    if some:
        yield some


def through_the_api(server: Server, run: str, count: int, seed: int) -> tuple[int, Watch]:
    """How many files were answered or refused by name, and what they cost."""
    told = 0
    good = photograph()
    with Watch(server) as watch, httpx.Client(base_url=server.url, timeout=180) as client:
        for some in in_requests(mutated(count, seed)):
            files = [("picture", (name, content)) for name, content in [*some, ("good.jpg", good)]]
            answer = client.post("/api/predict", data={"run": run}, files=files)
            assert answer.status_code == 200, answer.text  # the good one is answered, whatever comes before it
            *others, last = answer.json()["pictures"]
            assert last["label"]
            assert len(others) == len(some)
            told += sum("error" in each or "label" in each for each in others)
            assert not NOT_SHOWN.search(answer.text), answer.text
        one = next(mutated(1, seed))
        alone = client.post("/api/predict", data={"run": run}, files={"picture": one})
        assert alone.status_code in (200, 422)
    return told, watch


def through_the_page(server: Server, count: int, seed: int) -> None:
    for name, content in mutated(count, seed):
        if not content:
            continue  # a browser's file of nothing is refused before it is sent
        with Uploader(server.port) as person:
            shown = texts(person.upload("predict", content))
        assert not NOT_SHOWN.search(shown), (name, shown)
    with Uploader(server.port) as person:
        assert "Probability of malignant" in texts(person.upload("predict", photograph()))


@pytest.fixture
def run(server: Server) -> str:
    [model] = httpx.get(f"{server.url}/api/models").json()["models"]
    return model["run"]


def test_sixty_files_cost_little_and_the_next_request_is_answered(server: Server, run: str) -> None:
    told, watch = through_the_api(server, run, 60, 1)
    assert told == 61
    assert 0 < watch.web < PROMISED_BYTES
    assert 0 < watch.reader < PROMISED_BYTES
    through_the_page(server, 6, 2)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_thousand_files_cost_little_and_the_next_request_is_answered(server, run: str, capsys) -> None:
    told, watch = through_the_api(server, run, 2000, 3)
    with capsys.disabled():
        print(f"\nweb process {watch.web / 1e6:.0f} MB, reading process {watch.reader / 1e6:.0f} MB")  # noqa: T201
    assert told == 2021
    assert 0 < watch.web < PROMISED_BYTES
    assert 0 < watch.reader < PROMISED_BYTES
    through_the_page(server, 300, 4)
