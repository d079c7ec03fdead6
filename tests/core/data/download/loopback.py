"""A server on loopback that misbehaves as asked, for tests of downloads."""

import hashlib
import io
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.settings import PROJECT_ROOT
from core.data.download import sources
from core.data.download.sources import Source, SourceFile


@dataclass
class Served:
    """One file and how its server behaves; each request is noted in `requests` as (method, Range, If-Range)."""

    content: bytes
    etag: str = '"one"'
    break_after: list[int] = field(default_factory=list)
    """Bytes after which each of the first answers breaks off, one for each answer."""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Status and headers of the first answers, instead of the file."""
    ranges: bool = True
    says_length: bool = True
    content_type: str = "application/octet-stream"
    seconds_a_block: float = 0.0
    blocks_more: int = 0
    """So many blocks of 64 kB follow the file, for a server that does not end."""
    sent: int = 0
    """Blocks that the other side has taken."""
    gate: threading.Event | None = None
    """Where there is one, nothing comes after the first 64 kB until it is set."""
    requests: list[tuple[str, str, str]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Answers with `Served` files; HTTP/1.1, so that a connection that breaks off can be told from an end."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        """Only the headers."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """The file, or what was asked for instead."""
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        served: Served | None = self.server.files.get(self.path.partition("?")[0])
        if served is None:
            self._short(404, {})
            return
        wanted, condition = self.headers.get("Range", ""), self.headers.get("If-Range", "")
        served.requests.append((self.command, wanted, condition))
        if body and served.answers:
            self._short(*served.answers.pop(0))
            return
        start = 0
        if wanted and served.ranges and condition in ("", served.etag):
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
            if start >= len(served.content):
                self._short(416, {"Content-Range": f"bytes */{len(served.content)}"})
                return
        content = served.content[start:]
        self.send_response(206 if start else 200)
        if served.says_length:
            self.send_header("Content-Length", str(len(content)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(served.content) - 1}/{len(served.content)}")
        if served.etag:
            self.send_header("ETag", served.etag)
        self.send_header("Content-Type", served.content_type)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if not body:
            return
        if served.break_after:
            content = content[: served.break_after.pop(0)]
        try:
            for at in range(0, len(content) + (served.blocks_more << 16), 1 << 16):
                self.wfile.write(content[at : at + (1 << 16)] or bytes(1 << 16))
                served.sent += 1
                time.sleep(served.seconds_a_block)
                if served.gate is not None:
                    served.gate.wait(600)
        except OSError:
            pass  # the other side has had enough

    def _short(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()


@dataclass
class Loopback:
    """The server: `files` by path."""

    url: str
    files: dict[str, Served]

    def put(self, name: str, content: bytes, **behaviour: object) -> Served:
        """Serve a file under its name."""
        self.files[f"/{name}"] = served = Served(content, **behaviour)
        return served

    def file(self, name: str, into: str = "", checked: bool = True, **changes: object) -> SourceFile:
        """The entry of a list of sources for a file that is served, with its true size and checksum."""
        content = self.files[f"/{name}"].content
        checks = {"size": len(content), "md5": hashlib.md5(content).hexdigest()} if checked else {}
        return SourceFile(name, f"{self.url}/{name}?download=1", into or name, **{**checks, **changes})


def source_of(*files: SourceFile, folder: str = "tiny") -> Source:
    """A source of these files."""
    return Source("tiny", "Tiny", "Three bytes.", folder, files, "CC0 1.0", "https://example.org", "Nobody", "")


def offer(server: Loopback, folder: Path, monkeypatch: pytest.MonkeyPatch, **behaviour: object) -> Source:
    """Put a small data set of two classes on the server, and make it the only public source.

    Both here and in processes started from here: Python itself imports `sitecustomize` from the path when it starts.
    """
    files = []
    for label, shade in (("benign", 90), ("malignant", 200)):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as content:
            for number in range(3):
                picture = io.BytesIO()
                pixels = np.random.default_rng(number).integers(0, shade, (200, 200, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(picture, "PNG")
                content.writestr(f"{label}/{label}_{number}.png", picture.getvalue())
        server.put(f"{label}.zip", archive.getvalue(), **behaviour)
        files.append(server.file(f"{label}.zip", label))
    source = source_of(*files)
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        f"import sys\nsys.path.insert(0, {str(PROJECT_ROOT)!r})\nfrom core.data.download import sources\n"
        f"from core.data.download.sources import Source, SourceFile\nsources.SOURCES = ({source!r},)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(sources, "SOURCES", (source,))
    return source


@contextmanager
def serving() -> Iterator[Loopback]:
    """A server for the time of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files = {}
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Loopback(f"http://127.0.0.1:{server.server_port}", server.files)
    finally:
        server.shutdown()
        server.server_close()
