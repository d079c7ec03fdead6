"""What leaves the server for people who are no instructors: without its folders and without e-mail addresses.

Messages of errors, jobs and data sets name files, and everybody may read them. They are looked through in one place,
where they leave, so that no page has to remember.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
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
    """A message of Streamlit to a browser, with every text in it, those of tables too, as `for_viewers` has it."""
    suspect = _suspect()
    if not suspect.search(frame):
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
                setattr(part, field.name, _table_for_viewers(value, person, suspect))
    return message.SerializeToString()


def json_for_viewers(body: bytes) -> bytes:
    """A JSON document, with every text in it as `for_viewers` has it."""
    if not _suspect().search(body):
        return body
    return for_viewers(body.decode("utf-8", "replace")).encode()


def _suspect() -> re.Pattern[bytes]:
    """Found in whatever `for_viewers` might change: looking for it is cheap."""
    return _anywhere(tuple(_roots()))


@lru_cache(maxsize=4)
def _anywhere(roots: tuple[str, ...]) -> re.Pattern[bytes]:
    starts = [f"/{name}/" for name in _top_folders()]
    return re.compile(b"|".join(re.escape(each.encode()) for each in ("@", *roots, *starts)))


def _parts(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            continue
        for each in value if field.is_repeated else [value]:
            yield from _parts(each)


def _table_for_viewers(content: bytes, person: str, suspect: re.Pattern[bytes]) -> bytes:
    """Bytes of a message: of a table, which travels as an Arrow stream, the texts are looked through; else themselves.

    Blanking out bytes would not do: what looks like an address may be a number.
    """
    if not content.startswith(b"\xff\xff\xff\xff"):  # how a stream begins
        return content
    try:
        with pa.ipc.open_stream(content) as stream:
            table = stream.read_all()
    except pa.ArrowInvalid:
        return content
    columns = [_column_for_viewers(column, person, suspect) for column in table.columns]
    if all(column is None for column in columns):
        return content
    for number, column in enumerate(columns):
        if column is not None:
            table = table.set_column(number, table.field(number).with_type(column.type), column)
    written = pa.BufferOutputStream()
    with pa.ipc.new_stream(written, table.schema) as stream:
        stream.write_table(table)
    return written.getvalue().to_pybytes()


def _column_for_viewers(column: pa.ChunkedArray, person: str, suspect: re.Pattern[bytes]) -> pa.ChunkedArray | None:
    """The column with texts as viewers may read them, also in lists; None where nothing changes."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_list(kind)):
        return None
    before = column.to_pylist()
    after = [_cell_for_viewers(cell, person, suspect) for cell in before]
    return None if after == before else pa.chunked_array([pa.array(after, type=kind)])


def _cell_for_viewers(cell: Any, person: str, suspect: re.Pattern[bytes]) -> Any:
    if isinstance(cell, list):
        return [_cell_for_viewers(each, person, suspect) for each in cell]
    if not isinstance(cell, str) or not suspect.search(cell.encode("utf-8", "replace")):
        return cell
    return for_viewers(cell, person)


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
