"""The recipes of CONTRIBUTING.md are done in a copy of the project, word by word, and what they add is used."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.base.settings import PROJECT_ROOT

pytestmark = pytest.mark.slow  # a model is trained

GUIDE = PROJECT_ROOT / "CONTRIBUTING.md"
COPIED = ("core", "dashboard", "pages", "tests", ".streamlit", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("secrets.toml", ".*_cache")
BLOCK = re.compile(
    r"(?:New file `(?P<new>[^`]+)`|In `(?P<old>[^`]+)`, after the line `(?P<line>[^`\n]+)`):\n\n"
    r"```python\n(?P<text>.*?)```"
    r"|```console\n(?P<commands>.*?)```",
    re.DOTALL,
)


@dataclass
class Recipe:
    """Sections of the guide, done in `project`."""

    project: Path
    commands: list[str]
    written: list[str]

    def run(self, command: str) -> str:
        """What a command says on stdout; `python` is that of these tests."""
        words = shlex.split(command)
        assert words.pop(0) == "python"
        if words[:2] == ["-m", "pytest"]:
            words += ["-p", "no:cacheprovider", "-n0", f"--basetemp={self.project.parent / 'tests'}"]
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment = {**ours, "PYTHONPATH": str(self.project)}
        done = subprocess.run(
            [sys.executable, *words], cwd=self.project, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


def section(title: str) -> str:
    """The text of a section of the guide."""
    _, _, rest = GUIDE.read_text().partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0]


@pytest.fixture
def follow(tmp_path: Path, artifacts: Path):
    """`follow(*titles)` does recipes in a new copy of the project: files are written, lines inserted.

    What is compiled comes along, for no process of a recipe needs to compile the project anew.
    """

    def follow(*titles: str) -> Recipe:
        project = tmp_path / "project"
        project.mkdir()
        for name in COPIED:
            source = PROJECT_ROOT / name
            if source.is_dir():
                shutil.copytree(source, project / name, symlinks=True, ignore=LEFT_OUT)
            else:
                shutil.copy(source, project)
        recipe = Recipe(project, [], [])
        for block in BLOCK.finditer("\n".join(map(section, titles))):
            if block["commands"]:
                recipe.commands += block["commands"].splitlines()
            elif block["new"]:
                assert not (project / block["new"]).exists()
                (project / block["new"]).write_text(block["text"])
                recipe.written.append(block["new"])
            else:
                file = project / block["old"]
                before, line, after = file.read_text().partition(f"{block['line']}\n")
                assert line, f"{block['old']} has no line {block['line']}"
                file.write_text(before + line + block["text"] + after)
                recipe.written.append(block["old"])
        assert recipe.written
        assert recipe.commands
        ruff = [sys.executable, "-m", "ruff"]
        for check in (["check"], ["format", "--check"]):
            done = subprocess.run([*ruff, *check, *recipe.written], cwd=project, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout
        return recipe

    return follow


@pytest.mark.long
def test_a_model_is_added_and_trained(follow, small_demo: Path) -> None:
    recipe = follow("Add a model")
    tested, trained = recipe.commands
    assert re.search(r"[1-9]\d* passed", recipe.run(f"{tested} -v"))
    answer = json.loads(recipe.run(trained))
    assert answer["state"] == "finished"


@pytest.mark.long
def test_a_layout_a_page_and_a_kind_of_job_are_added_and_used(follow) -> None:
    """In one project, as their authors would find it; the tests of all three run together."""
    recipe = follow("Add a data set layout", "Add a page", "Add a kind of job")
    layout, listed, page, job = recipe.commands
    files = [command.removeprefix("python -m pytest ") for command in (layout, page, job)]
    assert "3 passed" in recipe.run(f"python -m pytest {' '.join(files)} -v")
    names = [entry["name"] for entry in json.loads(recipe.run(listed))["datasets"]]
    assert "biopsies" in names


def test_every_section_with_code_is_one_of_these_recipes() -> None:
    titles = re.findall(r"^## (.+)$", GUIDE.read_text(), re.MULTILINE)
    with_code = [title for title in titles if "```" in section(title)]
    assert with_code == ["Add a model", "Add a data set layout", "Add a page", "Add a kind of job"]
