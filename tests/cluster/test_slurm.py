"""Runs train in the jobs of a real SLURM cluster, as the README says how."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.settings import PROJECT_ROOT
from core.runs.run_folder import RunFolder, list_runs
from core.runs.run_states import State
from tests.cluster.slurm import command, jobs
from tests.conftest import free_port

EPOCHS = 40


def recipe_of_the_readme() -> str:
    """The README's program that asks SLURM for jobs."""
    programs = re.findall(r"^```python\n(.*?)^```", (PROJECT_ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    [program] = [each for each in programs if "SLURMCluster" in each]
    return program


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.fixture
def jobs_kept(slurm: Path, artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The README's recipe keeps one job for this test's artifacts folder; runs are sent to its scheduler."""
    port = free_port()
    program = recipe_of_the_readme()
    for old, new in (
        ("/shared/lesionlab/artifacts", str(artifacts)),
        ("8786", str(port)),
        ("jobs=4", "jobs=1"),
        ("sleep(60)", "sleep(2)"),
    ):
        program = replaced(program, old, new)
    (tmp_path / "jobs.py").write_text(program)
    with (tmp_path / "jobs.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "jobs.py"], cwd=tmp_path, stdout=log, stderr=log)
    monkeypatch.setenv("LESIONLAB_SCHEDULER", f"tcp://127.0.0.1:{port}")
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)  # Ctrl-C, as the recipe says
        process.wait(60)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("tiny_data", "leaving_nothing_behind", "jobs_kept")
def test_a_run_goes_on_in_the_next_job_when_slurm_ends_its_own(eventually) -> None:
    [first] = eventually(jobs, "SLURM starts a job", 120)

    trained = f"train cnn-59k --dataset ham10000 --epochs {EPOCHS} --set batch_size=2 --background"
    answer = subprocess.run(
        [sys.executable, "-m", "core", *trained.split()], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    [run] = list_runs()
    eventually(lambda: run.state_file.is_file() and 2 < run.status().done < EPOCHS - 10, "it learns", 300)
    before = run.status()

    command("scancel", first)
    eventually(lambda: first not in jobs() and jobs(), "another job starts in its place", 120)
    eventually(lambda: run.written_status().state.over, "the run ends", 600)

    after = run.status()
    assert after.state is State.FINISHED, run.log_tail()
    assert after.attempt > before.attempt
    assert epochs_of(run) == list(range(EPOCHS)), "no epoch is trained twice or left out"


def epochs_of(run: RunFolder) -> list[int]:
    return [line["epoch"] for line in run.metrics()[0] if line["kind"] == "epoch"]
