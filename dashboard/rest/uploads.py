"""Room for uploads: how much of them the server holds at once, and for how long.

Streamlit holds what is uploaded in the memory of the server until the tab is gone. Twenty people with 20 MB each, or
one who sends files that no page ever reads, would fill it. Who comes while there is no room waits, without a word,
until others have been read, which takes a second or so each.
"""

import asyncio
import contextlib
import signal
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.addresses import base_path
from dashboard.rest.lengths import declared_length
from dashboard.rest.refusals import Refusal

HELD_BYTES = 32_000_000
"""So much of uploads is held at once: one of the largest with a common one, or ten of a phone's."""
WAIT_SECONDS = 180.0
"""How long an upload waits for room before it is refused."""
SEND_SECONDS = 120.0
"""How long sending one may take; somebody who trickles must not keep the room of others."""
UNREAD_SECONDS = 60.0
"""What no page has read by then is let go of."""
LOOK_SECONDS = 0.05

_leaving = threading.Event()


def refuse_when_asked_to_end() -> None:
    """Let nobody wait for room in a server that is asked to end: it ends when all requests are answered."""
    _leaving.clear()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            _note_leaving_on(number)


def _note_leaving_on(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    def leave(*arguments: Any) -> None:
        _leaving.set()
        if callable(before):
            before(*arguments)

    if callable(before):
        signal.signal(number, leave)


class UploadRoom:
    """ASGI middleware that lets uploads in as far as there is room for them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._expected: Counter[str] = Counter()
        self._came: dict[tuple[str, str], float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for room, or refuse."""
        prefix = f"{base_path()}/_stcore/upload_file/"
        if scope["type"] != "http" or scope["method"] != "PUT" or not scope["path"].startswith(prefix):
            await self.app(scope, receive, send)
            return
        session, _, file = scope["path"].removeprefix(prefix).partition("/")
        try:
            length = declared_length(Request(scope))
            if length is None:
                raise Refusal(411, "Say how long the file is.")
            async with self._room(session, length), asyncio.timeout(SEND_SECONDS):
                await self.app(scope, receive, send)
                self._came[session, file] = time.monotonic()
        except Refusal as error:
            await PlainTextResponse(error.text, error.status)(scope, receive, send)
        except TimeoutError:
            refusal = PlainTextResponse("Too many files at once. Try again in a minute.", 503)
            with contextlib.suppress(RuntimeError):  # an answer had begun
                await refusal(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _room(self, session: str, length: int) -> AsyncIterator[None]:
        """Room for one file, waited for.

        Raises:
            Refusal: it does not fit beside those that its session has brought already; a page reads them when all have
                come, so it would wait for itself.
            TimeoutError: there was none.
        """
        async with asyncio.timeout(WAIT_SECONDS):
            while (taken := self._expected.total() + self._held()) and taken + length > HELD_BYTES:
                own = self._expected[session] + self._held_by(session)
                if own and own + length > HELD_BYTES:
                    raise Refusal(413, f"At most {HELD_BYTES / 1e6:.0f} MB at once. Bring fewer files.")
                if _leaving.is_set():
                    raise TimeoutError
                await asyncio.sleep(LOOK_SECONDS)
        self._expected[session] += length
        try:
            yield
        finally:
            self._expected[session] -= length
            self._expected += Counter()  # without those of nothing

    def _held_by(self, session: str) -> int:
        manager = _manager()
        files = [file for brought_by, file in self._came if brought_by == session]
        return 0 if manager is None else sum(len(each.data) for each in manager.get_files(session, files))

    def _held(self) -> int:
        now = time.monotonic()
        for (session, file), came in list(self._came.items()):
            if now - came > UNREAD_SECONDS:
                del self._came[session, file]
                _let_go(session, file)
        manager = _manager()
        stats = manager.get_stats().values() if manager is not None else ()
        return sum(stat.byte_length for family in stats for stat in family)


def hold_once(key: str) -> None:
    """Empty what the session has of files that have come, which `content_of` still gives; `on_change` of their field.

    Streamlit copies the value of a field for each page that is drawn.
    """
    context, manager = get_script_run_ctx(), _manager()
    if context is None or manager is None:
        return
    for each in _files_in(st.session_state.get(key)):
        if manager.get_files(context.session_id, [each.file_id]):
            each.truncate(0)


def content_of(upload: UploadedFile) -> bytes:
    """What was uploaded in this session, without the copy of it that Streamlit has made for the page."""
    context, manager = get_script_run_ctx(), _manager()
    came = (
        manager.get_files(context.session_id, [upload.file_id]) if context is not None and manager is not None else ()
    )
    if not came:
        return upload.getvalue()
    upload.truncate(0)  # it may be a copy
    return came[0].data


def let_go_of(upload: UploadedFile) -> None:
    """Make room: what was uploaded in this session has been read and is not needed any more.

    The page is given a copy; the session keeps what came until the page has been drawn anew, which takes long where an
    answer is waited for.
    """
    upload.truncate(0)
    for value in st.session_state.values():
        for each in _files_in(value):
            if each.file_id == upload.file_id:
                each.truncate(0)
    context = get_script_run_ctx()
    if context is not None:
        _let_go(context.session_id, upload.file_id)


def _files_in(value: Any) -> list[UploadedFile]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, UploadedFile)]


def _let_go(session: str, file: str) -> None:
    manager = _manager()
    if manager is not None:
        manager.remove_file(session, file)


def _manager() -> MemoryUploadedFileManager | None:
    """What holds uploads; None in `AppTest`, where another one does."""
    manager = runtime.get_instance().uploaded_file_mgr
    return manager if isinstance(manager, MemoryUploadedFileManager) else None
