"""What is said to be launched next, and that nothing said wrongly ends the process that listens."""

import json
from pathlib import Path

import pytest

from core.engine.engine_folder import engine_folder
from core.engine.expected import expect, expected
from core.training.recipe import make_recipe


@pytest.fixture
def said(artifacts: Path) -> Path:
    """The file with what is expected, a recipe that can be used in it."""
    expect(make_recipe(dataset="demo", model="cnn-59k"), 7, 100)
    return engine_folder() / "expected.json"


def test_what_was_said_is_heard_once(said: Path) -> None:
    coming, moment = expected(0)
    assert (coming.recipe.model, coming.classes, coming.examples) == ("cnn-59k", 7, 100)
    assert expected(moment) == (None, moment)


@pytest.mark.parametrize("change", [{"model": "of-another-version"}, {"epochs": "many"}, {"split": None}])
def test_a_recipe_that_is_not_known_here_is_passed_over(said: Path, change: dict) -> None:
    value = json.loads(said.read_text())
    said.write_text(json.dumps({**value, "recipe": {**value["recipe"], **change}}))
    coming, moment = expected(0)
    assert coming is None
    assert moment == said.stat().st_mtime_ns


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"recipe": 1}'])
def test_a_damaged_file_is_passed_over(said: Path, text: str) -> None:
    said.write_text(text)
    assert expected(0)[0] is None


def test_nothing_said_is_nothing_expected(artifacts: Path) -> None:
    assert expected(0) == (None, 0)
