"""One click on Home in a real browser, with a real engine: the process is killed, the page reloaded, and it is done."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engine.engine import stop_engine
from core.runs.run_folder import list_runs
from core.runs.run_states import State
from core.teaching.demo_training import demo_recipe

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1100)]

PATIENCE = 600_000
"""Milliseconds to wait for something on the page, on a slow and shared machine."""


@pytest.fixture
def server(demo_artifacts: Path, start_server, chromium: str) -> Iterator:
    server = start_server()
    yield server
    server.end()
    stop_engine()


def test_one_click_ends_in_a_model_though_its_process_is_killed(server, visitors) -> None:
    first, second = visitors(), visitors()
    for page in (first, second):
        page.set_default_timeout(PATIENCE)
        page.goto(server.url)
    name = "Train a model on the demo (about a minute)"
    second.get_by_role("button", name=name).wait_for()
    first.get_by_role("button", name=name).dblclick()
    first.get_by_text("A model learns on the demo.").wait_for()
    second.get_by_role("button", name=name).click()
    second.get_by_text("A model learns on the demo.").wait_for()
    [run] = list_runs()
    while (process := run.status().process) is None or run.status().state is not State.RUNNING:
        assert not run.status().state.over, run.log_tail()
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    second.goto("about:blank")
    first.reload()
    first.get_by_text("A model trained on the demo is ready.").wait_for()
    assert run.status().state is State.FINISHED
    assert list_runs() == [run]
    assert run.recipe() == demo_recipe()
    first.get_by_role("link", name="Its results").click()
    first.get_by_text("Balanced accuracy").first.wait_for()
