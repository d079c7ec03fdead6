"""A browser tab without a browser: it opens a page by Streamlit's protocol and says what it was shown."""

import socket
from collections.abc import Iterator, Mapping, Sequence

import httpx
from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests import web


def connected(
    port: int, *, host: str = "127.0.0.1", path: str = "", headers: Mapping[str, str] | None = None, origin: str = ""
) -> ClientConnection:
    """A websocket to a server on loopback, whatever name its `Host` header gives.

    Raises:
        websockets.exceptions.InvalidStatus: the server does not let it in.
    """
    return connect(
        f"ws://{host}:{port}{path}/_stcore/stream",
        sock=socket.create_connection(("127.0.0.1", port)),
        subprotocols=["streamlit"],
        origin=origin or None,
        additional_headers=dict(headers or {}),
        max_size=None,
        open_timeout=120,
    )


def open_page(tab: ClientConnection, page: str, query: str = "") -> list[ForwardMsg]:
    """What a tab is shown of a page until the page is drawn."""
    message = BackMsg()
    message.rerun_script.page_name, message.rerun_script.query_string = page, query
    tab.send(message.SerializeToString())
    return list(drawn(tab))


def drawn(tab: ClientConnection) -> Iterator[ForwardMsg]:
    """Messages until the page that is being drawn is finished."""
    while True:
        message = ForwardMsg.FromString(tab.recv(timeout=120))
        yield message
        if message.WhichOneof("type") == "script_finished":
            return


def texts(messages: Sequence[Message]) -> str:
    """All that stands in messages, one text a line: whatever element shows it."""
    return "\n".join(text for message in messages for text in _strings(message))


def _strings(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        # A message is there once or many times, and so is a text; maps are messages too.
        for each in value if field.is_repeated else [value]:
            if isinstance(each, Message):
                yield from _strings(each)
            elif isinstance(each, bytes):
                yield each.decode("utf-8", "replace")
            elif isinstance(each, str):
                yield each


class Uploader:
    """A tab that uploads files as a browser does."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.web = web.Client(base_url=f"http://127.0.0.1:{port}", headers=dict(headers or {}), timeout=180)
        self.web.get("/_stcore/host-config")
        self.web.get("/_stcore/health")  # brings the token against requests of other sites
        self.token = self.web.cookies["_streamlit_xsrf"]
        self.tab = connected(port, headers=headers)

    def __enter__(self) -> "Uploader":
        self.tab.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self.tab.__exit__(*problem)
        self.web.close()

    def upload(self, page: str, content: bytes, name: str = "mole.jpg") -> list[ForwardMsg]:
        """Open a page with an uploader, give it a file, and say what it showed from then on."""
        shown = open_page(self.tab, page)
        [session] = {each.new_session.initialize.session_id for each in shown if each.HasField("new_session")}
        [widget] = list(_uploaders(shown))[-1:]
        ask = BackMsg()
        ask.file_urls_request.request_id, ask.file_urls_request.session_id = "1", session
        ask.file_urls_request.file_names.append(name)
        self.tab.send(ask.SerializeToString())
        while True:
            told = ForwardMsg.FromString(self.tab.recv(timeout=120))
            if told.HasField("file_urls_response"):
                [urls] = told.file_urls_response.file_urls
                break
        self.put(urls.upload_url, content, name).raise_for_status()
        message = BackMsg()
        message.rerun_script.page_name = page
        state = message.rerun_script.widget_states.widgets.add(id=widget)
        info = state.file_uploader_state_value.uploaded_file_info.add(
            name=name, size=len(content), file_id=urls.file_id
        )
        info.file_urls.CopyFrom(urls)
        self.tab.send(message.SerializeToString())
        answered = list(drawn(self.tab))
        while not any(each.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY for each in answered[-1:]):
            answered += drawn(self.tab)  # the page draws itself anew
        return answered

    def put(self, url: str, content: bytes, name: str = "mole.jpg") -> httpx.Response:
        return self.web.put(url, files={"file": (name, content)}, headers={"X-Xsrftoken": self.token})

    def take_back(self, url: str) -> None:
        """Have the server forget a file that was put there."""
        self.web.delete(url, headers={"X-Xsrftoken": self.token}).raise_for_status()


def _uploaders(messages: Sequence[ForwardMsg]) -> Iterator[str]:
    for message in messages:
        if message.HasField("delta") and message.delta.new_element.HasField("file_uploader"):
            yield message.delta.new_element.file_uploader.id
