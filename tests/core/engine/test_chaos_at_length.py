"""Twenty short runs and a search while thirty processes are killed: as `test_chaos.py`, at length."""

from pathlib import Path

import psutil
import pytest

from core.training.recipe import make_recipe
from tests.chaos import must_hold, wreak
from tests.conftest import free_port

EPOCHS = 3


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("tiny_data", "leaving_nothing_behind")
def test_thirty_kills(artifacts: Path, tmp_path: Path, start_server, processes_about, capsys) -> None:
    def recipe(number: int):
        return make_recipe(dataset="ham10000", model="cnn-59k", epochs=EPOCHS, batch_size=16, seed=number)

    servers = []

    def start_dashboard() -> psutil.Process:
        servers.append(start_server(free_port()))
        return psutil.Process(servers[-1].process.pid)

    chaos = wreak(recipe, runs=20, trials=4, kills=30, seed=1, start_dashboard=start_dashboard, limit=1400)
    with capsys.disabled():
        print(f"\nkilled: {dict(chaos.killed)}")  # noqa: T201 - what was killed is what one wants to know
    for server in servers:
        server.process.kill()
        server.process.wait()
    assert sum(chaos.killed.values()) == 30
    must_hold(chaos, EPOCHS, processes_about, artifacts)
