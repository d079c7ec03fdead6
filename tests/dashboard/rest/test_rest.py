"""The REST routes beside the pages, asked over HTTP without a socket."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

import dashboard.rest
from core import __version__
from core.base.files import write_json
from core.base.processes import ProcessId
from core.data.catalog import open_dataset
from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe
from dashboard.rest import pictures
from dashboard.rest.assets import ASSETS, FOLDER
from dashboard.rest.rest import health


def ask(method: str = "GET", address: str = "/api/health", **headers: str) -> httpx.Response:
    """Ask at the machine. Without `st.App` around the routes, whose runtime allows no `AppTest` beside it."""
    from dashboard.app import routes

    server = Starlette(routes=routes())

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(server)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, address, headers=headers)

    return asyncio.run(once())


def new_run(state: State, *, heartbeat: float | None = None) -> RunFolder:
    """A run in this state; an active one is worked on by this very process."""
    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    here = {
        "host": socket.gethostname(),
        "process": ProcessId.of(os.getpid()),
        "heartbeat": heartbeat or time.time() + 3600,
    }
    run.write_status(replace(run.written_status(), state=state, **here))
    return run


def test_the_app_serves_the_health_route() -> None:
    from dashboard.app import app

    route = app._user_routes[0]
    assert (route.path, route.endpoint) == ("/api/health", health)
    assert route.methods == {"GET", "HEAD"}
    assert len(app._user_routes) == 19


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


@pytest.mark.parametrize("headers", [{"Host": "lab.example.org"}, {"X-Forwarded-For": "127.0.0.1"}], ids=str)
def test_who_is_no_instructor_is_told_no_more_than_that_the_server_is_well(headers: dict, artifacts: Path) -> None:
    new_run(State.RUNNING)
    answer = ask(**headers)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


def test_asking_makes_no_engine_and_no_folder(artifacts: Path) -> None:
    ask()
    assert list(artifacts.iterdir()) == []


def test_without_tokens_programs_may_do_what_people_may(artifacts: Path) -> None:
    through_proxy = {"X-Forwarded-For": "127.0.0.1"}
    assert ask(address="/api/models").json()["models"] == []
    assert ask(address="/api/models", **through_proxy).status_code == 200
    assert ask("POST", "/api/runs").status_code == 415  # it may, and sent nothing
    refused = ask("POST", "/api/runs", **through_proxy)
    assert (refused.status_code, "instructors" in refused.json()["error"]) == (403, True)
    assert ask(address="/api/models", Authorization=f"Bearer {'x' * 32}").status_code == 401
    assert ask(address="/api/models", Authorization="Basic YTpi").status_code == 200


@pytest.mark.parametrize(
    "secrets",
    [
        {"api": {"tokens": {"a": {"token": "short", "role": "viewer"}}}},
        {"auth": {}, "roles": {"require_login": True}},
    ],
    ids=["damaged", "login"],
)
def test_where_nobody_is_let_in_programs_are_not_either(secrets: dict, artifacts: Path, monkeypatch) -> None:
    import streamlit as st

    monkeypatch.setattr(st, "secrets", secrets)
    for method, address in (
        ("GET", "/api/models"),
        ("POST", "/api/predict"),
        ("GET", "/api/runs"),
        ("POST", "/api/runs"),
    ):
        assert ask(method, address).status_code == 401, address
    assert ask(address="/api/docs").status_code == 200


def test_who_asks_too_often_is_told_when_to_ask_again(artifacts: Path, monkeypatch) -> None:
    import streamlit as st

    token = {"Authorization": f"Bearer {'x' * 32}"}
    scanner = {"token": "x" * 32, "role": "viewer"}
    monkeypatch.setattr(st, "secrets", {"api": {"requests_per_minute": 3, "tokens": {"rate": scanner}}})
    answers = [ask(address="/api/models", **token) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert ask(**token).status_code == 200  # health is not counted


def test_what_is_not_foreseen_is_told_without_a_word_of_it(artifacts: Path, monkeypatch, caplog) -> None:
    from dashboard.rest import run_entries

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(run_entries, "listed", fail)
    answer = ask(address="/api/runs")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "a secret of the server" in caplog.text


def test_a_body_that_does_not_come_in_time_is_given_up(artifacts: Path, monkeypatch) -> None:
    from dashboard.app import routes
    from dashboard.rest import bodies, limits

    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)

    async def trickling() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.05)

    async def once() -> list[dict]:
        sent: list[dict] = []

        async def receive(body: AsyncIterator[bytes] = trickling()) -> dict:  # noqa: B008 - one for all calls
            return {"type": "http.request", "body": await anext(body), "more_body": True}

        async def send(message: dict) -> None:
            sent.append(message)

        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/api/predict", "headers": headers}
        scope |= {"query_string": b"", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http"}
        await Starlette(routes=routes())(scope, receive, send)
        return sent

    start, body = asyncio.run(once())
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert b"did not come" in body["body"]
    assert limits.bytes_held._taken == limits.waiting._taken == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_health_can_only_be_asked_for(method: str, artifacts: Path) -> None:
    assert ask(method).status_code == 405


@pytest.mark.parametrize("written", ["{", "[" * 5000])
def test_a_damaged_run_does_not_make_the_server_ill(artifacts: Path, written: str) -> None:
    (new_run(State.RUNNING).path / "status.json").write_text(written)
    new_run(State.QUEUED)
    answer = ask()
    assert answer.status_code == 200
    assert answer.json()["runs"] == {"active": 0, "queued": 1, "all": 1}


def test_figures_of_the_wrong_type_do_not_end_the_live_feed(demo_artifacts: Path) -> None:
    run = new_run(State.RUNNING)
    lines = [
        '{"kind": "epoch", "epoch": "two", "loss": [1]}',
        '{"kind": 7}',
        "[]",
        '{"kind": "epoch", "epoch": 0, "loss": 1.5}',
    ]
    run.metrics_file.write_text("\n".join(lines) + "\n")
    answer = ask(address=f"/api/runs/{run.run_id}/live")
    assert answer.status_code == 200
    assert {"at": 1, "loss": 1.5} in answer.json()["epochs"]


def test_a_run_is_told_as_json_that_no_cache_keeps(demo_artifacts: Path) -> None:
    run = new_run(State.RUNNING)
    run.metrics_file.write_text('{"kind": "epoch", "epoch": 0, "loss": NaN}\n')
    answer = ask(address=f"/api/runs/{run.run_id}/live")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["epochs"] == [{"at": 1, "loss": None}]
    known = f"telling={answer.json()['telling']}&epochs=1&batch=-1"
    assert ask(address=f"/api/runs/{run.run_id}/live?{known}").json()["epochs"] == []


@pytest.mark.parametrize("address", ["/api/runs/none/live", "/api/runs/none/pictures/0", "/api/runs/..%2F..%2Fx/live"])
def test_a_run_that_is_not_there_is_not_found(address: str, artifacts: Path) -> None:
    answer = ask(address=address)
    assert answer.status_code == 404


@pytest.mark.parametrize("query", ["epochs=many", "batch=x", "epochs=1e400"])
def test_a_question_that_makes_no_sense_is_the_askers_fault(query: str, artifacts: Path) -> None:
    answer = ask(address=f"/api/runs/{new_run(State.RUNNING).run_id}/live?{query}")
    assert answer.status_code == 400
    assert "numbers" in answer.json()["error"]


def test_watched_pictures_are_jpegs(demo_artifacts: Path) -> None:
    run = new_run(State.RUNNING)
    image_id = open_dataset("demo").table["image_id"].iloc[0]
    write_json(run.watched_file, {"classes": ["mel"], "pictures": [{"image_id": image_id, "label": "mel"}]})
    answer = ask(address=f"/api/runs/{run.run_id}/pictures/0")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")
    assert ask(address=f"/api/runs/{run.run_id}/pictures/1").status_code == 404


def test_a_picture_of_a_data_set_is_a_small_jpeg(demo_artifacts: Path) -> None:
    pictures._paths.cache_clear()
    image_id = open_dataset("demo").table["image_id"].iloc[0]
    answer = ask(address=f"/api/datasets/demo/picture?id={image_id}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")
    for wrong in ("demo/picture?id=gone", "demo/picture", "nope/picture?id=x", "..%2Fdemo/picture?id=x"):
        assert ask(address=f"/api/datasets/{wrong}").status_code == 404


def test_a_picture_that_cannot_be_read_says_why(demo_artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (demo_artifacts / "broken.jpg").write_bytes(b"no picture")
    monkeypatch.setattr(pictures, "_paths", lambda *_: {"x": str(demo_artifacts / "broken.jpg")})
    answer = ask(address="/api/datasets/demo/picture?id=x")
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_scripts_are_served_under_an_address_of_their_content(artifacts: Path) -> None:
    answer = ask(address=f"/{ASSETS}/live/main.js")
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert ask(address=f"/{ASSETS}/../assets.py").status_code == 404


def test_every_script_is_our_own_or_comes_with_its_licence() -> None:
    """Nothing is fetched from elsewhere: imports are of files that lie here."""
    for script in FOLDER.rglob("*.js"):
        text = script.read_text()
        for imported in re.findall(r'^import .*? from "(.*?)";', text, re.MULTILINE):
            assert (script.parent / imported).is_file(), imported
        ours = script.parent.name in ("live", "drop", "save")
        assert ours or (script.parent / "LICENSE").is_file()
        assert not ours or "http" not in text


def test_what_is_answered_needs_no_streamlit() -> None:
    """An answer to the browser is no page. Only who asks is known from Streamlit's login and secrets, and where the
    server stands from its settings; Streamlit itself holds what is uploaded.
    """
    rooms = {path.stem for path in Path(dashboard.rest.__file__).parent.glob("[a-z]*.py")}
    rooms -= {"rest", "door", "uploads", "api", "tokens", "openapi", "run_entries", "predicting", "drops"}
    rooms -= {"instructor_page"}
    imports = ", ".join(f"dashboard.rest.{room}" for room in sorted(rooms))
    code = f"import sys, {imports}; print('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
