"""REST routes beside the pages."""

import contextlib
import os
import sys

import psutil
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from core import __version__
from core.errors import LesionLabError
from core.runs.engine import engine_status
from core.runs.folder import list_runs
from core.runs.states import State


async def health(_: Request) -> JSONResponse:
    """`GET /api/health`: that the server answers, and how it is."""
    return JSONResponse(await run_in_threadpool(_health))


def _health() -> dict[str, object]:
    states = []
    for run in list_runs():
        with contextlib.suppress(LesionLabError):  # one damaged run does not make the server ill
            states.append(run.status().state)
    engine = engine_status()
    return {
        "status": "ok",
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
