"""What the API tells of runs and models, also where a run is damaged, copied, or of a version with other models."""

import json
import shutil
from pathlib import Path

import pytest

from core.base.files import read_json, write_json
from core.runs.run_folder import list_runs
from dashboard.rest import run_entries
from tests.core.base.test_record import OLD
from tests.core.runs.test_damaged_runs import with_each_field_wrong


@pytest.fixture
def answering(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of runs of an older version that can answer, newest first."""
    monkeypatch.setattr(run_entries, "LIST_SECONDS", 0.0)
    shutil.copytree(OLD / "runs", artifacts / "runs")
    for run in list_runs():
        if run.predictor_file.is_file():
            run.model_file.touch()
    return told()


def told() -> list[str]:
    entries = run_entries.models()
    json.dumps([entries, run_entries.listed(100, 0, None)], allow_nan=False)
    return [each["run"] for each in entries["models"]]


def test_whatever_stands_in_a_field_of_a_run_the_models_are_told(answering: list[str]) -> None:
    first, *others = list_runs()[::-1]
    assert first.run_id in answering
    for name in ("predictor.json", "evaluation/metrics.json", "status.json", "recipe.json"):
        for field, value in with_each_field_wrong(first.path / name):
            assert set(told()) - {first.run_id} == set(answering) - {first.run_id}, (name, field, value)
    assert told() == answering
    assert others or answering


def test_a_run_of_a_model_that_is_not_known_here_hides_no_other(answering: list[str]) -> None:
    run = list_runs()[-1]
    write_json(run.predictor_file, {**read_json(run.predictor_file), "model": "of a later version"})
    assert told() == [each for each in answering if each != run.run_id]


def test_a_copied_run_is_told_by_the_name_of_its_folder(answering: list[str]) -> None:
    run = list_runs()[-1]
    copied = run.path.with_name("20300101-000000-copied-abcdef")
    shutil.copytree(run.path, copied)
    assert set(told()) == {*answering, copied.name}
