"""A server under a path of its host: no page asks for, or links to, anything outside of that path."""

import subprocess
import time
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from core.base.processes import ProcessId, host_name
from core.runs.run_folder import create_run
from core.runs.run_states import State
from core.training.recipe import make_recipe
from dashboard.router import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PATH = "/some/path"
READY = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
LINKS = "[...document.querySelectorAll('[href], [src]')].map(each => each.href || each.src)"


def test_no_page_leads_out_of_the_path_of_its_server(trained, visitors, start_server) -> None:
    at_work = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    alive = {"host": host_name(), "process": ProcessId.of(process.pid), "heartbeat": time.time() + 600}
    at_work.write_status(replace(at_work.written_status(), state=State.RUNNING, **alive))
    server = start_server(options=("--server.baseUrlPath", PATH), path=PATH)
    page = visitors()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for entry in PAGES:
        page.goto(f"{server.url}{PATH}/{entry.name if entry is not PAGES[0] else ''}")
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_function(READY)
        asked += page.evaluate(LINKS)
        assert "This page could not be shown" not in page.get_by_test_id("stMain").inner_text(), entry.name
    with page.expect_request(f"**{PATH}/api/runs/{at_work.run_id}/live*"):
        page.goto(f"{server.url}{PATH}/runs?run={at_work.run_id}")
    process.kill()
    process.wait()
    of_the_host = {urlsplit(each).path for each in asked if urlsplit(each).netloc == f"127.0.0.1:{server.port}"}
    assert {path for path in of_the_host if not f"{path}/".startswith(f"{PATH}/")} == set()
