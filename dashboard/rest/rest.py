"""REST routes beside the pages."""

import os
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import psutil
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from core import __version__
from core.base.errors import PictureError
from core.engine.engine import engine_status
from core.runs.index import all_runs
from core.runs.run_states import State
from dashboard.addresses import address
from dashboard.for_viewers import json_for_viewers
from dashboard.rest import live, pictures, system_curves
from dashboard.rest.docs_page import POLICY, page
from dashboard.rest.openapi import document
from dashboard.rest.refusals import Refusal
from dashboard.rest.tokens import caller_of
from dashboard.roles import Role, role_of_request


async def health(request: Request) -> JSONResponse:
    """`GET /api/health`: that the server answers; instructors, also by a token, are told how it is, too."""
    told: dict[str, object] = {"status": "ok"}
    try:
        role = caller_of(request).role if "authorization" in request.headers else role_of_request(request)
    except Refusal:
        role = Role.STRANGER
    if role is Role.INSTRUCTOR:
        told |= await run_in_threadpool(_health)
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


async def openapi_document(_: Request) -> JSONResponse:
    """`GET /api/openapi.json`: what can be asked here, as OpenAPI."""
    return JSONResponse(document())


async def openapi_page(request: Request) -> HTMLResponse:
    """`GET /api/docs`: the same to be read."""
    server = f"{request.url.scheme}://{request.url.netloc}"
    shown = page(document(), address("api/openapi.json"), server)
    return HTMLResponse(shown, headers={"Content-Security-Policy": POLICY})


async def live_run(request: Request) -> Response:
    """`GET /api/runs/ID/live`: what is new of a run since the tab last asked.

    The query says what it has: `telling`, `epochs` and `batch` (the last one) of the answers before, and `facts`.
    Without a query all is told.
    """
    asked = request.query_params
    try:
        known = live.Known(
            telling=asked.get("telling", ""),
            epochs=max(int(asked.get("epochs", "0")), 0),
            batch=float(asked.get("batch", "-1")),
            static_version=asked.get("facts", ""),
        )
    except ValueError:
        return JSONResponse({"error": "epochs and batch are numbers."}, status_code=400)
    told = await run_in_threadpool(live.answer, request.path_params["run_id"], known)
    if told is None:
        return JSONResponse({"error": "There is no such run."}, status_code=404)
    return _answer(request, told, headers={"Cache-Control": "no-store"})


async def system_use(request: Request) -> Response:
    """`GET /api/runs/ID/system`: what a run took of its machine; `known` is the version that the tab has."""
    known = request.query_params.get("known", "")
    told = await run_in_threadpool(system_curves.answer, request.path_params["run_id"], known)
    if told is None:
        return JSONResponse({"error": "There is no such run."}, status_code=404)
    return _answer(request, told, headers={"Cache-Control": "no-store"})


async def watched_picture(request: Request) -> Response:
    """`GET /api/runs/ID/pictures/NUMBER`: one of the validation pictures that are watched, as a JPEG."""
    run_id, number = request.path_params["run_id"], request.path_params["number"]
    if not re.fullmatch("[0-9]{1,6}", number):
        return JSONResponse({"error": "There is no such picture."}, status_code=404)
    return await _jpeg(request, partial(live.picture, run_id, int(number)), "max-age=3600")


async def picture_of_dataset(request: Request) -> Response:
    """`GET /api/datasets/NAME/picture?id=ID`: a picture of a data set, small, as a JPEG."""
    name, image_id = request.path_params["dataset"], request.query_params.get("id", "")
    return await _jpeg(request, partial(pictures.picture, name, image_id), "private, max-age=3600")


async def _jpeg(request: Request, read: Callable[[], bytes | None], kept: str) -> Response:
    """What `read` gives as a picture that browsers keep for as long as `kept` says."""
    try:
        jpeg = await run_in_threadpool(read)
    except PictureError as error:
        return _answer(request, {"error": str(error)}, status_code=422)
    if jpeg is None:
        return JSONResponse({"error": "There is no such picture."}, status_code=404)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": kept})


async def only_by_post(_: Request) -> Response:
    """`GET` of what is asked by `POST`."""
    return JSONResponse({"error": "This address needs the method POST."}, status_code=405, headers={"Allow": "POST"})


async def no_such_address(_: Request) -> Response:
    """Whatever else is asked for under `/api`: without this, Streamlit answers with its page as if all were well."""
    return JSONResponse({"error": "There is nothing at this address."}, status_code=404)


class _ForViewers(JSONResponse):
    """JSON without what only instructors may read."""

    def render(self, content: object) -> bytes:
        return json_for_viewers(super().render(content))


def _answer(request: Request, told: object, **more: Any) -> Response:
    kind = JSONResponse if role_of_request(request) is Role.INSTRUCTOR else _ForViewers
    return kind(told, **more)


def _health() -> dict[str, object]:
    states = [each.summary.status.state for each in all_runs(live.LIST_SECONDS).runs]
    engine = engine_status()
    return {
        "version": __version__,
        "engine": {"running": engine.running, "workers": engine.workers},
        "runs": {
            "active": sum(state.active for state in states),
            "queued": states.count(State.QUEUED),
            "all": len(states),
        },
        "web_process": {
            "memory_bytes": psutil.Process(os.getpid()).memory_info().rss,
            "tensorflow_imported": "tensorflow" in sys.modules,
        },
    }
