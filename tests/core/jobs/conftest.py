"""Jobs of this test's own: their functions stand in a file on the path of the processes that do them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.jobs import Job, list_jobs
from core.jobs.kinds import KINDS

WORK = """
import errno, os, signal, time
from pathlib import Path
from core.base.errors import CancelledError, DataError

def counts(arguments, progress, cancelled):
    for done in range(arguments["steps"]):
        progress(done, arguments["steps"], "Counting")
        if cancelled():
            raise CancelledError("Stopped.")
        time.sleep(arguments.get("seconds", 0))
    return {"counted": arguments["steps"], "data": os.environ["LESIONLAB_DATA"], "pid": os.getpid(),
        "priority": os.getpriority(os.PRIO_PROCESS, 0)}

def refuses(arguments, progress, cancelled):
    raise DataError("The table has no rows. Choose another one.")

def breaks(arguments, progress, cancelled):
    raise ZeroDivisionError("by nought")

def fills_the_disk(arguments, progress, cancelled):
    raise OSError(errno.ENOSPC, "No space left on device")

def returns_no_json(arguments, progress, cancelled):
    return {"value": object()}

def is_killed(arguments, progress, cancelled):
    os.kill(os.getpid(), signal.SIGKILL)

def never_looks(arguments, progress, cancelled):
    progress(1, 2, "Not listening")
    time.sleep(600)
"""


@pytest.fixture
def work(artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes each function of `WORK` a kind of job; ends what still works afterwards."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "work_of_tests.py").write_text(WORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    for name in [line[4:].partition("(")[0] for line in WORK.splitlines() if line.startswith("def ")]:
        monkeypatch.setitem(KINDS, name, f"work_of_tests:{name}")
    yield
    for job in list_jobs():
        if job.worked_on():
            job.cancel()
            job.cancel()


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """`wait_for(condition)`: looks until the condition holds; fails after a minute."""

    def wait(condition: Callable[[], bool], job: Job | None = None) -> None:
        deadline = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < deadline, job.log_tail() if job else "it never came true"
            time.sleep(0.05)

    return wait
