"""Processes that serve, whatever runs in the process that starts them."""

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from core.serving.workers import Workers


def test_a_process_that_starts_while_a_page_runs_does_not_run_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit puts the page in the place of the main module, which a new process would run again."""
    page = ModuleType("__main__")
    page.__file__ = str(tmp_path / "page.py")
    (tmp_path / "page.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.setitem(sys.modules, "__main__", page)
    workers = Workers(1)
    try:
        assert workers.ask(os.getpid, seconds=60) in workers.pids()
    finally:
        workers.stop()
    assert not (tmp_path / "ran").exists()
    assert sys.modules["__main__"] is page
