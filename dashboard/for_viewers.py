"""What leaves the server for people who are no instructors: without its folders and without e-mail addresses.

Messages of errors, jobs and data sets name files, and everybody may read them. They are looked through in one place,
where they leave, so that no page has to remember.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from google.protobuf.message import DecodeError, Message
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.base.settings import PROJECT_ROOT, artifacts_dir, data_roots

HIDDEN = "…"
_ADDRESS = re.compile("[\\w.+%\\\\-]+@\u2060?[\\w\\\\-]+(?:\u2060?\\.[\\w\\\\-]+)+")
# A backslash or a word joiner may stand between letters: text from files is escaped by `dashboard.markdown`.
_PATH = re.compile(r"(?<![\w/:.])/([\w\\ .@+~-]*[\w\\.@+~-])(?:/[^\s/“”\"'`<>|;,()\[\]]+)+")
_NOT_SHOWN = frozenset(
    "id url hash element_hash ref_hash page_script_hash script_hash session_id widget_id form_id element_id "
    "fragment_id url_pathname file_url upload_url delete_url js_content css_content".split()
)
"""Fields of messages that no person reads: addresses and names by which browser and server know things."""


def for_viewers(text: str, person: str = "") -> str:
    """A text without paths of this machine and without e-mail addresses, except that of the person who reads it."""
    for root in _roots():
        if root in text:
            text = re.sub(re.escape(root) + r"(?:/[^\s“”\"'`<>|;,()\[\]]*)?", HIDDEN, text)
    text = _PATH.sub(lambda found: HIDDEN if _is_here(found[1]) else found[0], text)
    own = person.lower()
    return _ADDRESS.sub(lambda found: found[0] if _bare(found[0]).lower() == own else HIDDEN, text)


def frame_for_viewers(frame: bytes, person: str = "") -> bytes:
    """A message of Streamlit to a browser, with every text in it as `for_viewers` has it.

    In tables, which travel as Arrow, folders are blanked out by as many letters: where a text ends is counted there.
    """
    if not _worth_a_look(frame):
        return frame
    message = ForwardMsg()
    try:
        message.ParseFromString(frame)
    except DecodeError:
        return b""
    for part in _parts(message):
        for field, value in part.ListFields():
            if field.message_type is not None or field.name in _NOT_SHOWN:
                continue
            if field.type == field.TYPE_STRING:
                if field.is_repeated:
                    value[:] = [for_viewers(each, person) for each in value]
                else:
                    setattr(part, field.name, for_viewers(value, person))
            elif field.type == field.TYPE_BYTES and not field.is_repeated:
                setattr(part, field.name, _blanked(value))
    return message.SerializeToString()


def json_for_viewers(body: bytes) -> bytes:
    """A JSON document, with every text in it as `for_viewers` has it."""
    if not _worth_a_look(body):
        return body
    return for_viewers(body.decode("utf-8", "replace")).encode()


def _worth_a_look(content: bytes) -> bool:
    return b"@" in content or _anywhere(tuple(_roots())).search(content) is not None


@lru_cache(maxsize=4)
def _anywhere(roots: tuple[str, ...]) -> re.Pattern[bytes]:
    starts = [f"/{name}/" for name in _top_folders()]
    return re.compile(b"|".join(re.escape(each.encode()) for each in (*roots, *starts)))


def _parts(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            continue
        for each in value if field.is_repeated else [value]:
            yield from _parts(each)


def _blanked(content: bytes) -> bytes:
    for root in _roots():
        if root.count("/") > 1:  # a single name may be anything in a table
            content = content.replace(root.encode(), b"..." + b" " * (len(root.encode()) - 3))
    return content


def _roots() -> list[str]:
    """Folders of this server that its messages may name, the longest first."""
    roots = {artifacts_dir(), PROJECT_ROOT, Path.home(), *data_roots()}
    return sorted((str(root) for root in roots if len(root.parts) > 2), key=len, reverse=True)


def _is_here(first: str) -> bool:
    return _bare(first) in _top_folders()


@lru_cache(maxsize=1)
def _top_folders() -> frozenset[str]:
    return frozenset(path.name for path in Path("/").iterdir())


def _bare(text: str) -> str:
    return text.replace("\\", "").replace("\u2060", "")
