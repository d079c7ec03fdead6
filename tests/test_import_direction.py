"""`make lint` holds the direction of imports: an import against it, written into a copy, is found and named."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.settings import PROJECT_ROOT

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def lint(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", LINT], cwd=project, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and the contracts, to be spoilt."""
    for package in ("core", "dashboard"):
        shutil.copytree(PROJECT_ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT_ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_run_as_agreed() -> None:
    answer = lint(PROJECT_ROOT)
    assert answer.returncode == 0, answer.stdout


AGAINST = (
    ("core/base/files.py", "core.runs.trash", "The rooms of core import downwards", ""),
    ("core/engine/queue.py", "core.searches.oracles", "The rooms of core import downwards", ""),
    ("core/models/registry.py", "core.data.spec", "The rooms of core import downwards", ""),
    ("core/runs/trash.py", "dashboard.router", "The dashboard imports core, never the other way round", ""),
    ("core/serving/pool.py", "streamlit", "Core does without a server and its pages", ""),
    ("core/data/images/cache.py", "core.data.catalog", "No circles", "No cycles are allowed in core.data."),
    ("dashboard/charts/palette.py", "dashboard.widgets.pickers", "No circles", "No cycles are allowed in dashboard."),
)
"""A module, what it must not import, the contract that forbids it, and how it is told of: "" by both names."""


def test_imports_against_the_direction_are_each_found_and_named(copy: Path) -> None:
    for number, (module, imported, *_) in enumerate(AGAINST):
        with (copy / module).open("a") as file:
            file.write(f"\nimport {imported}\n" if number % 2 else f"\ndef later():\n    import {imported}\n")
    answer = lint(copy)
    assert answer.returncode == 1
    said = " ".join(answer.stdout.split())
    for module, imported, contract, told in AGAINST:
        name = module.removesuffix(".py").replace("/", ".")
        assert f"{contract} BROKEN" in said
        assert (told or f"- {name} -> {imported} (l.") in said, f"{name} -> {imported}"


def test_a_room_without_a_place_is_found(copy: Path) -> None:
    (copy / "core" / "attic").mkdir()
    (copy / "core" / "attic" / "__init__.py").touch()
    answer = lint(copy)
    assert answer.returncode == 1
    assert "core.attic" in answer.stdout
