"""A run whose split has no validation part: each command says what it could not be given, and none fails."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.data.catalog import open_dataset
from core.data.splits.splits import TRAIN, VALIDATION, Split
from core.runs.run_folder import RunFolder

LACKS = "This run has no validation part: its probabilities are not calibrated"


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def say(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main([*map(str, arguments)])
        printed = capfd.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return code, printed.out, printed.err

    return say


@pytest.fixture
def run(trained: RunFolder, say) -> RunFolder:
    """The finished run, judged anew after its validation part was given to nobody."""
    split = Split.load(trained.split_file)
    Split(split.kind, split.seed, split.rows[split.rows["part"] != VALIDATION]).save(trained.split_file)
    code, out, err = say("evaluate", trained.run_id)
    assert code == 0, err
    assert LACKS in out
    return trained


def test_every_command_of_a_run_without_a_validation_part_says_what_it_lacks(
    run: RunFolder, say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.export.model_export.export_model", lambda *_, **__: {})  # it is written below
    picture = open_dataset("demo").table["path"].iloc[0]
    commands = (
        ("evaluate", run.run_id),
        ("predict", run.run_id, picture),
        ("predict", run.run_id, picture, "--csv", tmp_path / "a.csv"),
        ("predict", run.run_id, picture, "--submission", tmp_path / "b.csv"),
        ("card", run.run_id, "--out", tmp_path / "card.md"),
        ("export", run.run_id, "--format", "keras", "--without-gate"),
    )
    for command in commands:
        code, out, err = say(*command)
        assert (code, LACKS in out) == (0, True), (command, err)
    [value] = told(say, "evaluate", run.run_id)
    assert value["on"] == "test"
    assert value["lacking"][0].startswith(LACKS)
    [value] = told(say, "predict", run.run_id, picture)
    assert value["lacking"][0].startswith(LACKS)
    [said] = value["predictions"]
    assert (said["set"], said["threshold"]) == (None, 0.5)
    assert sum(said["probabilities"].values()) == pytest.approx(1)


@pytest.mark.long  # how a file is written and checked does not depend on it
def test_a_model_without_a_validation_part_is_written_and_says_so(run: RunFolder, say) -> None:
    code, out, err = say("export", run.run_id, "--format", "keras", "--without-gate")
    assert (code, LACKS in out) == (0, True), err


def told(say, *command: object) -> list[dict[str, Any]]:
    code, out, _ = say(*command, "--json")
    assert code == 0
    return [json.loads(line) for line in out.splitlines()]


def test_its_card_says_of_each_figure_that_needs_the_part_why_it_is_missing(run: RunFolder, say) -> None:
    card = " ".join(say("card", run.run_id)[1].split())
    assert "The run has no validation part to fit it on." in card
    assert LACKS in card
    assert "a threshold of its own" in card


def test_a_run_with_all_parts_lacks_nothing(trained: RunFolder, say) -> None:
    [value] = told(say, "card", trained.run_id)
    assert value["lacking"] == []


def test_without_any_held_out_part_nothing_is_judged_and_it_is_said(trained: RunFolder, say) -> None:
    before = Path(trained.evaluation / "metrics.json").read_bytes()
    split = Split.load(trained.split_file)
    Split(split.kind, split.seed, split.rows[split.rows["part"] == TRAIN]).save(trained.split_file)
    code, _, err = say("evaluate", trained.run_id)
    assert (code, "has no held-out part" in err) == (1, True)
    assert Path(trained.evaluation / "metrics.json").read_bytes() == before
