"""A browser tab without a browser: it opens a page by Streamlit's protocol and says what it was shown."""

import socket
from collections.abc import Iterator, Mapping, Sequence

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect


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
        open_timeout=60,
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
