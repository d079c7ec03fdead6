"""Files as they come from broken cameras, half downloads and people who mean harm: pictures with bytes changed."""

import io
import random
import re
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from tests import web
from tests.conftest import Server
from tests.tabs import Uploader, texts

PER_REQUEST = 20
NOT_SHOWN = re.compile(r'Traceback|File "|site-packages|[a-z]Error:')
KINDS = ("JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP", "AVIF", "JPEG2000", "PPM")


def mutated(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many files: name and content. All kinds come in turn, and so do the ways in which they are changed."""
    chance = random.Random(seed)
    originals = {kind: _picture(kind, chance) for kind in KINDS}
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        content = _changed(originals[kind], number + number // len(KINDS), chance)
        yield f"{number}.{kind.lower()}", content
        if number % 97 == 0:
            yield f"{number}-bomb.png", _bomb()


def changed(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """So many files that were made of one, of any kind; the ways in which they are changed come in turn."""
    chance = random.Random(seed)
    return (_changed(content, number, chance) for number in range(count))


def _changed(content: bytes, number: int, chance: random.Random) -> bytes:
    ways = (_cut, _flipped, _zeroed, _swapped, _grown, _sizes, _repeated, _noise, _renamed)
    return ways[number % len(ways)](content, chance)


def _picture(kind: str, chance: random.Random) -> bytes:
    content = io.BytesIO()
    noise = np.random.default_rng(chance.randrange(2**32)).integers(0, 256, (97, 131, 3), dtype=np.uint8)
    Image.fromarray(noise).save(content, kind)
    return content.getvalue()


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 4, 64))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _zeroed(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    length = chance.choice((4, 40, 400))
    return content[:start] + bytes(length) + content[start + length :]


def _swapped(content: bytes, chance: random.Random) -> bytes:
    middle = chance.randrange(len(content))
    return content[middle:] + content[:middle]


def _grown(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + chance.randbytes(chance.choice((1, 1000, 100_000))) + content[start:]


def _sizes(content: bytes, chance: random.Random) -> bytes:
    """Numbers in the header become huge: what a decoder would make room for."""
    changed = bytearray(content)
    start = chance.randrange(min(len(content), 64))
    changed[start : start + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00"))
    return bytes(changed)


def _repeated(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + content[start : start + 50] * 500 + content[start:]


def _noise(content: bytes, chance: random.Random) -> bytes:
    """The beginning of a picture, then anything."""
    return content[: chance.choice((4, 16, 64))] + chance.randbytes(2000)


def _renamed(content: bytes, chance: random.Random) -> bytes:
    """The body of one kind behind the first bytes of another."""
    first = chance.choice((b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"BM"))
    return first + content[len(first) :]


def _bomb() -> bytes:
    """A PNG of 20 kB that declares 30,000 × 30,000 pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(20_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def small_photograph() -> bytes:
    """A picture that can be read."""
    content = io.BytesIO()
    Image.new("RGB", (100, 80), "brown").save(content, "JPEG")
    return content.getvalue()


class Watch:
    """The most memory that the web process, and any process that reads files, had while they were watched, in bytes."""

    def __init__(self, server: Server) -> None:
        self._web, self._over = psutil.Process(server.process.pid), threading.Event()
        self.web = self.reader = 0
        self._predicting: set[int] = set()

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            try:
                self.web = max(self.web, self._web.memory_info().rss)
                for each in self._web.children(recursive=True):
                    if each.pid in self._predicting:
                        continue
                    if _has_tensorflow(each):  # the process that predicts has it before any file comes
                        self._predicting.add(each.pid)
                    else:
                        self.reader = max(self.reader, each.memory_info().rss)
            except psutil.NoSuchProcess:
                continue


def _has_tensorflow(process: psutil.Process) -> bool:
    try:
        return "libtensorflow" in Path(f"/proc/{process.pid}/maps").read_text()  # what psutil asks takes long
    except OSError:
        return False


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
    good = small_photograph()
    with Watch(server) as watch, web.Client(base_url=server.url, timeout=180) as client:
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


def through_the_page(server: Server, count: int, seed: int) -> tuple[int, Watch]:
    """How many files a person was told something about, and what they cost."""
    told = 0
    with Watch(server) as watch:
        for name, content in mutated(count, seed):
            if not content:
                continue  # a browser's file of nothing is refused before it is sent
            with Uploader(server.port) as person:
                shown = texts(person.upload("predict", content))
            assert not NOT_SHOWN.search(shown), (name, shown)
            told += 1
        with Uploader(server.port) as person:
            assert "Probability of malignant" in texts(person.upload("predict", small_photograph()))
    return told, watch
