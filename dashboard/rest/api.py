"""The API for programs: predictions, models and runs, each asked by whoever may (see `tokens`), within `limits`."""

import asyncio
import functools
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from core.base.errors import LesionLabError
from core.serving.pool import PredictionPool
from dashboard.for_viewers import for_viewers, json_for_viewers
from dashboard.rest import limits, predicting, run_entries
from dashboard.rest.bodies import read_object, read_prediction
from dashboard.rest.refusals import Refusal, refusal_of
from dashboard.rest.tokens import Caller, api_rules, caller_of
from dashboard.roles import Role

THREADS = 6
"""Predictions that are worked on at once; more wait. Half of them keep the processes that read and answer busy."""
_NOT_KEPT = {"Cache-Control": "no-store"}
_NOT_FORESEEN = "This could not be answered. The reason stands in dashboard.log in the artifacts folder."

T = TypeVar("T")
Endpoint = Callable[[Request, Caller], Awaitable[Response]]
logger = logging.getLogger(__name__)
_predicting = ThreadPoolExecutor(THREADS, "api-predict")
_looking = ThreadPoolExecutor(2, "api-look")


class _Json(JSONResponse):
    """JSON, also of texts that a caller made up of halves of letters."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


class _ForViewers(_Json):
    """The same without what only instructors may read."""

    def render(self, content: object) -> bytes:
        return json_for_viewers(super().render(content))


def endpoint(asked: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Ask who it is, count it, and turn whatever is refused or goes wrong into JSON with a sentence."""

    @functools.wraps(asked)
    async def answered(request: Request) -> Response:
        role = Role.STRANGER
        try:
            caller = _counted(request)
            role = caller.role
            return await asked(request, caller)
        except Refusal as error:
            refusal = error
        except LesionLabError as error:
            logger.info("told to a program: %s", error)
            refusal = refusal_of(error)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception:
            logger.exception("%s %s failed", request.method, request.url.path)
            refusal = Refusal(500, _NOT_FORESEEN)
        return _json(role, {"error": refusal.text}, status_code=refusal.status, headers=refusal.headers)

    return answered


def predict_with(pool: Callable[[], PredictionPool]) -> Callable[[Request], Awaitable[Response]]:
    """`POST /api/predict`: what a run says of pictures, read and answered in the processes of a pool."""

    @endpoint
    async def predict(request: Request, caller: Caller) -> Response:
        with limits.waiting.share(1), limits.bytes_held.share() as share:
            asked = await read_prediction(request, share)
            told = await _in(_predicting, predicting.predict, asked, pool(), caller.owner)
        refused = [each for each in told["pictures"] if "error" in each]
        if caller.role is not Role.INSTRUCTOR:
            for each in refused:
                each["error"] = for_viewers(each["error"])
        failed = len(refused) == len(told["pictures"])
        if failed:
            told = {"error": refused[0]["error"], **told}
        # Not looked through as a whole: letters of a heat map may look like a path.
        return _Json(told, status_code=422 if failed else 200, headers=_NOT_KEPT)

    return predict


@endpoint
async def models(_: Request, caller: Caller) -> Response:
    """`GET /api/models`: runs that can answer, and the networks that a run can be launched with."""
    return _json(caller.role, await _in(_looking, run_entries.models))


@endpoint
async def runs(request: Request, caller: Caller) -> Response:
    """`GET /api/runs`: all runs, newest first; `limit`, `offset` and `state` choose among them."""
    asked = request.query_params
    told = run_entries.listed, _whole(asked.get("limit", "100")), _whole(asked.get("offset", "0")), asked.get("state")
    return _json(caller.role, await _in(_looking, *told))


@endpoint
async def one_run(request: Request, caller: Caller) -> Response:
    """`GET /api/runs/ID`: how one run stands."""
    return _json(caller.role, await _in(_looking, run_entries.one, request.path_params["run_id"]))


@endpoint
async def launch_run(request: Request, caller: Caller) -> Response:
    """`POST /api/runs`: launch a run; the body is a recipe as JSON."""
    if caller.role is not Role.INSTRUCTOR:
        raise Refusal(403, "Only instructors can launch runs. This token, or this way to the server, may predict.")
    with limits.bytes_held.share() as share:
        fields = await read_object(request, share)
    told = await _in(_looking, run_entries.launch, fields, caller.owner)
    return _json(caller.role, told, status_code=201, headers={"Location": told["address"]})


def _counted(request: Request) -> Caller:
    """Who asks; a token that is not known counts for its address, so that guessing is slow."""
    rules = api_rules()
    per_minute = rules.requests_per_minute if rules is not None else 60
    try:
        caller = caller_of(request)
    except Refusal:
        limits.rate.count(request.client.host if request.client else "", per_minute)
        raise
    limits.rate.count(caller.counted_as, per_minute)
    return caller


async def _in(threads: ThreadPoolExecutor, function: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, function, *arguments)


def _json(role: Role, told: object, *, headers: dict[str, str] | None = None, status_code: int = 200) -> Response:
    kind = _Json if role is Role.INSTRUCTOR else _ForViewers
    return kind(told, status_code=status_code, headers={**_NOT_KEPT, **(headers or {})})


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Refusal(400, "limit and offset are whole numbers.")
    return int(text)
