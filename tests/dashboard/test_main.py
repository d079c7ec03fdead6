"""The script behind every page."""

import subprocess
import sys

from core.base.settings import PROJECT_ROOT

AS_A_STARTED_PROCESS_DOES = "import runpy; runpy.run_path('dashboard/main.py', run_name='__mp_main__')"


def test_a_process_that_a_page_starts_shows_no_page_of_its_own() -> None:
    """Python's `spawn` runs the main script in the process anew, which here is the one behind the pages."""
    done = subprocess.run(
        [sys.executable, "-c", AS_A_STARTED_PROCESS_DOES],
        capture_output=True, text=True, cwd=PROJECT_ROOT, timeout=120, check=True,
    )  # fmt: skip
    assert "ScriptRunContext" not in done.stderr
