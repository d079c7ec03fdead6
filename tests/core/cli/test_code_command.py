"""The command `code`: a script on the terminal, or everything in a folder, of a run or a recipe."""

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.runs.run_folder import RunFolder, create_run
from core.training.recipe import make_recipe


@pytest.fixture
def waiting_run(demo_artifacts: Path) -> RunFolder:
    """A run that nobody has begun, so that it has no split yet."""
    assert demo_artifacts.is_dir()
    return create_run(make_recipe(dataset="demo", model="majority"))


def test_a_run_and_its_recipe_are_written_as_the_same_script(waiting_run: RunFolder, capsys) -> None:
    assert main(["code", waiting_run.run_id]) == 0
    printed = capsys.readouterr().out
    compile(printed, "train.py", "exec")
    assert "DATASET = 'demo'" in printed
    assert main(["code", str(waiting_run.path / "recipe.json")]) == 0
    assert capsys.readouterr().out == printed


def test_a_folder_gets_script_notebook_and_split_once(waiting_run: RunFolder, tmp_path: Path, capsys) -> None:
    command = ["code", waiting_run.run_id, "--out", str(tmp_path / "given"), "--json"]
    assert main(command) == 0
    said = json.loads(capsys.readouterr().out)
    there = {path.name for path in (tmp_path / "given").iterdir()}
    assert there == set(said["files"]) == {"train.py", "train.ipynb", "split.csv", "README.txt"}
    first = (tmp_path / "given" / "split.csv").read_text().splitlines()[1].split(",")[0]
    assert Path(said["pictures"], first).is_file()
    (tmp_path / "given" / "train.py").write_text("changed by a person")
    assert main(command) == 1
    assert "Name another folder" in json.loads(capsys.readouterr().out)["error"]
    assert (tmp_path / "given" / "train.py").read_text() == "changed by a person"


@pytest.mark.parametrize("content", ["{", "[1, 2]", '{"dataset": "demo"}', None])
@pytest.mark.usefixtures("demo_artifacts")
def test_what_is_no_recipe_is_refused_in_words(content: str | None, tmp_path: Path, capsys) -> None:
    file = tmp_path / "recipe.json"
    if content is not None:
        file.write_text(content)
    assert main(["code", str(file)]) == 1
    said = capsys.readouterr().err
    assert "recipe" in said
    assert "Traceback" not in said
