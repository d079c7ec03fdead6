"""Cross-validation as a person types it, with real trainings."""

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.combined.cross_validation import list_cross_validations


def answered(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    capfd.readouterr()
    code = main([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.usefixtures("trained_here")
def test_one_command_trains_every_fold_and_judges_all_pictures(
    demo_artifacts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small = ["--set", "architecture.filters=8", "--set", "architecture.dense=64", "--set", "architecture.blocks=2"]
    small += ["--set", "most_pictures=150"]
    code, value = answered(
        capfd, "train", "cnn-pyramid", "--dataset", "demo", "--folds", "2", "--epochs", "1", *small
    )  # fmt: skip
    assert (code, value["state"], value["part"]) == (0, "finished", "out-of-fold")
    assert [each["fold"] for each in value["of_folds"]] == [1, 2]
    assert value["metrics"]["images"] == sum(each["metrics"]["images"] for each in value["of_folds"])
    accuracies = [each["metrics"]["accuracy"] for each in value["of_folds"]]
    assert value["over_folds"]["accuracy"]["mean"] == pytest.approx(sum(accuracies) / 2)
    assert not value["split"]["leaking"]

    code, listed = answered(capfd, "folds")
    assert [each["run_id"] for each in listed["cross_validations"]] == [value["run_id"]]
    code, again = answered(capfd, "folds", value["cross_validation"], "--retry")
    assert (code, again["started"], again["lacking"]) == (0, [], [])
    code, said = answered(capfd, "predict", value["run_id"], str(demo_artifacts))
    assert code == 1
    assert "out-of-fold predictions of a cross-validation" in said["error"]
    code, said = answered(capfd, "code", value["run_id"])
    assert code == 1
    assert "one of its folds" in said["error"]


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--folds", "11"], "folds"), (["--folds", "1"], "2 to 10"), (["--folds", "3", "--split", "random"], "grouped")],
)
def test_folds_that_cannot_be_are_refused_and_nothing_is_made(
    demo_artifacts: Path, capfd: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    code, value = answered(capfd, "train", "cnn-pyramid", "--dataset", "demo", *more)
    assert code == 1
    assert said in value["error"]
    assert list_cross_validations() == []
