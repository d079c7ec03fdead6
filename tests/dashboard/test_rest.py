"""The REST routes beside the pages, asked over HTTP without a socket."""

import asyncio
import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from core import __version__
from core.runs.folder import RunFolder, create_run
from core.runs.processes import ProcessId
from core.runs.states import State
from core.training.recipe import make_recipe
from dashboard.rest import health


def ask(method: str = "GET") -> httpx.Response:
    """Ask for the health. Without `st.App` around the route, whose runtime allows no `AppTest` beside it."""
    server = Starlette(routes=[Route("/api/health", health, methods=["GET"])])

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(server)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.request(method, "/api/health")

    return asyncio.run(once())


def new_run(state: State, *, heartbeat: float | None = None) -> RunFolder:
    """A run in this state; an active one is worked on by this very process."""
    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    here = {"host": socket.gethostname(), "process": ProcessId.of(os.getpid()), "heartbeat": heartbeat or time.time()}
    run.write_status(replace(run.written_status(), state=state, **here))
    return run


def test_the_app_serves_the_health_route() -> None:
    from dashboard.app import app

    [route] = app._user_routes
    assert (route.path, route.endpoint) == ("/api/health", health)
    assert route.methods == {"GET", "HEAD"}


def test_a_server_without_runs_is_well(artifacts: Path) -> None:
    answer = ask()
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ok"
    assert body["version"] == __version__
    assert body["engine"] == {"running": False, "workers": 0}
    assert body["runs"] == {"active": 0, "queued": 0, "all": 0}
    assert body["web_process"]["memory_bytes"] > 1_000_000


def test_runs_are_counted_by_what_they_are_now(artifacts: Path) -> None:
    for state in (State.QUEUED, State.QUEUED, State.RUNNING, State.EVALUATING, State.FINISHED, State.FAILED):
        new_run(state)
    new_run(State.RUNNING, heartbeat=time.time() - 600)  # lost
    assert ask().json()["runs"] == {"active": 2, "queued": 2, "all": 7}


def test_asking_makes_no_engine_and_no_folder(artifacts: Path) -> None:
    ask()
    assert list(artifacts.iterdir()) == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_health_can_only_be_asked_for(method: str, artifacts: Path) -> None:
    assert ask(method).status_code == 405


def test_a_damaged_run_does_not_make_the_server_ill(artifacts: Path) -> None:
    (new_run(State.RUNNING).path / "status.json").write_text("{")
    new_run(State.QUEUED)
    answer = ask()
    assert answer.status_code == 200
    assert answer.json()["runs"] == {"active": 0, "queued": 1, "all": 1}
