"""Bodies of requests, read within limits of size and time, and what is asked in them."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from core.base.errors import ConfigurationError
from core.base.files import parse_json
from core.data.images.pictures import MAX_BYTES, clean_name
from core.data.metadata_encoding import COLUMNS, Patient
from dashboard.rest.lengths import declared_length
from dashboard.rest.limits import Share
from dashboard.rest.refusals import Refusal

BODY_BYTES = 32_000_000
"""Largest body: a picture of the largest size as base64."""
BODY_SECONDS = 60.0
"""How long a body may take to come; somebody who trickles must not keep the room of others."""
MOST_PICTURES = 32
MOST_FIELDS = 16
RECIPE_BYTES = 100_000
_FIELD_BYTES = 2_000
_FIELDS = ("run", "picture", "heat_map", "patient", "keep_picture")
_AS_ONE = str.maketrans({"\r": "", "\n": "", "\t": "", "-": "+", "_": "/"})
"""What makes standard base64 in one line of the other ways to write it."""
_TEXTS = ("run", "heat_map", "keep_picture")


@dataclass(frozen=True)
class SentPicture:
    """A picture as it came: what it is called there, and how to have its bytes (once; at most `MAX_BYTES` + 1)."""

    name: str
    read: Callable[[], bytes]

    @property
    def shown_name(self) -> str:
        """The name without what would make it a path or markup."""
        return clean_name(self.name)


@dataclass(frozen=True)
class AskedPrediction:
    """What is asked of a run. `explain` is as `core.serving.answer.answer` takes it: None for no heat map.

    `patients` says for each picture what is known of the person in it, None where nothing was sent. `keep_picture` is
    whether an undecided one may be kept in the review queue.
    """

    run_id: str
    pictures: tuple[SentPicture, ...]
    patients: tuple[Patient | None, ...]
    explain: str | None = None
    keep_picture: bool = False


async def read_prediction(request: Request, share: Share) -> AskedPrediction:
    """What `POST /api/predict` asks, from a form in parts or from JSON.

    Raises:
        Refusal: 400, 408, 413 or 415, with what is wrong.
    """
    kind = _content_type(request)
    if kind == "multipart/form-data":
        return _of_form(await _form(request, share))
    if kind == "application/json":
        return await asyncio.to_thread(_of_json, await _parsed(await _body(request, share, BODY_BYTES)))
    raise Refusal(415, "Send multipart/form-data or application/json.")


async def read_object(request: Request, share: Share) -> dict[str, Any]:
    """A JSON object of at most 100 kB.

    Raises:
        Refusal: 400, 408, 413 or 415, with what is wrong.
    """
    if _content_type(request) != "application/json":
        raise Refusal(415, "Send application/json.")
    return await _parsed(await _body(request, share, RECIPE_BYTES))


def _content_type(request: Request) -> str:
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refusal(415, "Send the body as it is, without Content-Encoding.")
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _body(request: Request, share: Share, most: int) -> bytes:
    content = bytearray()
    async with _in_time():
        async for chunk in _within(request, share, most):
            content += chunk
    return bytes(content)


async def _form(request: Request, share: Share) -> FormData:
    stream = _within(request, share, BODY_BYTES)
    parser = MultiPartParser(
        request.headers, stream, max_files=MOST_PICTURES, max_fields=MOST_FIELDS, max_part_size=_FIELD_BYTES
    )
    try:
        async with _in_time():
            return await parser.parse()
    except MultiPartException as error:
        if error.message.startswith("Too many"):
            text = f"Send at most {MOST_PICTURES} pictures and {MOST_FIELDS} fields at once."
            raise Refusal(413, text) from error
        if error.message.startswith("Part exceeded"):
            text = 'A field is too long. Give every picture a file name, as in filename="mole.jpg".'
            raise Refusal(413, text) from error
        raise Refusal(400, "The parts of this form cannot be understood.") from error


async def _within(request: Request, share: Share, most: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes; room for it is taken at once where its length is declared, else as it comes."""
    too_large = Refusal(413, f"A body has at most {most:,} bytes. Send fewer or smaller pictures.")
    length = declared_length(request)
    if length is not None and length > most:
        raise too_large
    share.grow(length or 0)
    came = 0
    async for chunk in request.stream():
        came += len(chunk)
        if came > most:
            raise too_large
        if length is None:
            share.grow(len(chunk))
        yield chunk


@contextlib.asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            yield
    except TimeoutError as error:
        raise Refusal(408, f"The body did not come within {BODY_SECONDS:.0f} s.", {"Connection": "close"}) from error


async def _parsed(body: bytes) -> dict[str, Any]:
    try:
        value = await asyncio.to_thread(parse_json, body)  # a large one would keep everybody waiting
    except ValueError as error:
        raise Refusal(400, "This is no JSON that can be understood.") from error
    if not isinstance(value, dict):
        raise Refusal(400, "Send a JSON object: { … }.")
    return value


def _of_form(form: FormData) -> AskedPrediction:
    _known_fields(form)
    pictures = []
    for value in form.getlist("picture"):
        if not isinstance(value, UploadFile):
            raise Refusal(400, "Send each picture as a file part: with filename=… in its Content-Disposition.")
        pictures.append(SentPicture(value.filename or "", _reader(value)))
    texts = {name: [value for value in form.getlist(name) if isinstance(value, str)] for name in _TEXTS}
    if any(len(values) > 1 or len(values) != len(form.getlist(name)) for name, values in texts.items()):
        raise Refusal(400, "Send run, heat_map and keep_picture once each, as text.")
    patients = [_parsed_patient(value) for value in form.getlist("patient")]
    run, heat_map, keep = ("".join(texts[name]) for name in _TEXTS)
    return _asked(run, pictures, heat_map, patients, keep)


def _of_json(value: Mapping[str, Any]) -> AskedPrediction:
    _known_fields(value)
    value = {name: each for name, each in value.items() if each is not None}  # as left out
    sent = value.get("picture", [])
    pictures = []
    for number, each in enumerate(sent if isinstance(sent, list) else [sent]):
        entry = {"data": each} if isinstance(each, str) else each
        if not isinstance(entry, dict) or set(entry) - {"name", "data"} or not isinstance(entry.get("data"), str):
            raise Refusal(400, 'A picture is base64, or {"name": …, "data": base64}.')
        name = "" if entry.get("name") is None else entry["name"]
        if not isinstance(name, str):
            raise Refusal(400, "The name of a picture is text.")
        pictures.append(SentPicture(name, partial(bytes, _decoded(entry["data"], number))))
    patients = value.get("patient", [])
    patients = patients if isinstance(patients, list) else [patients]
    keep = value.get("keep_picture", False)
    return _asked(value.get("run", ""), pictures, value.get("heat_map", False), patients, keep)


def _known_fields(sent: Mapping[str, Any]) -> None:
    if unknown := sorted(set(sent) - set(_FIELDS)):
        raise Refusal(400, f"There is no field “{unknown[0][:40]}”. Fields are: {', '.join(_FIELDS)}.")


def _asked(run: Any, pictures: list[SentPicture], heat_map: Any, patients: list[Any], keep: Any) -> AskedPrediction:
    if not isinstance(run, str) or not run:
        raise Refusal(400, "Say which run answers: the field run. GET /api/models lists those that can.")
    if not pictures:
        raise Refusal(400, "Send at least one picture: the field picture.")
    if len(pictures) > MOST_PICTURES:
        raise Refusal(413, f"Send at most {MOST_PICTURES} pictures at once.")
    return AskedPrediction(run, tuple(pictures), _patients(patients, len(pictures)), _explain(heat_map), _keep(keep))


def _patients(sent: list[Any], pictures: int) -> tuple[Patient | None, ...]:
    """What is said of the person in each picture: nothing, the same of all, or one of each."""
    if len(sent) not in (0, 1, pictures):
        raise Refusal(400, "Send the field patient once for all pictures, or once for each.")
    found = [_patient(each) for each in sent] or [None]
    return tuple(found * pictures if len(found) == 1 else found)


def _patient(sent: Any) -> Patient | None:
    if sent is None:
        return None
    if not isinstance(sent, dict) or set(sent) - set(COLUMNS):
        raise Refusal(400, f"A patient is an object with {', '.join(COLUMNS)}, each of which may be left out.")
    if any(isinstance(each, bool | list | dict) for each in sent.values()):
        raise Refusal(400, "What is known of a patient is a text, a number, or null.")
    try:
        return Patient.of(sent)
    except ConfigurationError as error:
        raise Refusal(400, f"patient: {error}") from error


def _parsed_patient(text: Any) -> Any:
    try:
        return parse_json(text)
    except (TypeError, ValueError, AttributeError) as error:
        raise Refusal(400, 'Send each patient as JSON, as in {"age": 61, "sex": "female"}.') from error


def _explain(heat_map: Any) -> str | None:
    if isinstance(heat_map, bool):
        return "" if heat_map else None
    if not isinstance(heat_map, str):
        raise Refusal(400, "heat_map is true, false, or the key of a class.")
    words: dict[str, str | None] = {"": None, "false": None, "true": ""}
    return words.get(heat_map.strip().lower(), heat_map.strip())


def _keep(sent: Any) -> bool:
    words = {"": False, "false": False, "true": True}
    if isinstance(sent, bool):
        return sent
    if isinstance(sent, str) and sent.strip().lower() in words:
        return words[sent.strip().lower()]
    raise Refusal(400, "keep_picture is true or false.")


def _reader(upload: UploadFile) -> Callable[[], bytes]:
    return lambda: upload.file.read(MAX_BYTES + 1)


def _decoded(data: str, number: int) -> bytes:
    """The bytes of a picture in base64: with or without padding, in lines, in the alphabet for addresses, or as one."""
    text = data.partition(",")[2] if data[:5].lower() == "data:" else data
    with contextlib.suppress(ValueError):
        return base64.b64decode(text, validate=True)
    text = text.strip().translate(_AS_ONE).rstrip("=")  # a blank within is a “+” that a form has spoilt
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        told = f"Picture {number + 1} is no base64. Send the content of the file as base64, not its name or address."
        raise Refusal(400, told) from error
