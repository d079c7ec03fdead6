"""Cross-validation as a person types it, with real trainings."""

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.combined.cross_validation import list_cross_validations, make_cross_validation
from core.data.catalog import open_dataset
from core.evaluation.predictions import load_predictions
from core.runs.run_folder import open_run
from core.training.recipe import make_recipe
from tests.asked_folders import agree, draw


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


@pytest.mark.usefixtures("artifacts")
def test_a_cross_validation_that_is_damaged_hides_no_other(capfd: pytest.CaptureFixture[str]) -> None:
    recipe = make_recipe(dataset="demo", model="cnn-59k").to_json()
    whole, damaged = (make_cross_validation(recipe, 3, name, "", 0) for name in ("whole", "damaged"))
    (damaged.path / "cross-validation.json").write_text("{")
    code, listed = answered(capfd, "folds")
    assert code == 0
    assert [each["cross_validation"] for each in listed["cross_validations"]] == [whole.cv_id]
    [told] = listed["damaged"]
    assert told["cross_validation"] == damaged.cv_id
    assert "is damaged" in told["reason"]


def make_folds(folder: Path) -> Path:
    """Three folds as folders, of two classes, whose patients lie in all of them."""
    for number in range(36):
        fold, label = number % 3, ("melanoma", "nevus")[number // 3 % 2]
        draw(folder / f"fold_{fold}" / label, [f"p{number // 6}_{number:02}"], first=number)
    names = [f"p{number // 6}_{number:02}.jpg,p{number // 6}" for number in range(36)]
    (folder / "groups.csv").write_text("\n".join(["image,patient_id", *names]))
    agree(folder)
    return folder


@pytest.mark.usefixtures("trained_here")
def test_the_folds_that_a_data_set_has_are_tested_on_and_torn_patients_are_said(
    artifacts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = make_folds(artifacts.parent / "data" / "scans")
    code, read = answered(capfd, "inspect", str(folder))
    assert (code, read["folds"]) == (0, ["0", "1", "2"])
    assert main(["inspect", str(folder)]) == 0
    assert "3 folds (0, 1, 2): train with --folds own to test on each" in capfd.readouterr().out
    code, value = answered(capfd, "train", "majority", "--dataset", "scans", "--folds", "own")
    assert (code, value.get("error"), value["part"]) == (0, None, "out-of-fold")
    assert value["cautions"][0].startswith("The folds of this data set tear 6 patients")
    assert value["split"]["leaking"]
    run = open_run(value["run_id"])
    assert (run.recipe().split, run.recipe().folds) == ("official", 3)
    tested = load_predictions(run.predictions_file).set_index("image_id")["fold"]
    own = open_dataset("scans").table.set_index("image_id")["fold"]
    assert (tested - 1 == own[tested.index].astype(int)).all()
    assert len(tested) == 36


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--folds", "11"], "folds"),
        (["--folds", "1"], "2 to 10"),
        (["--folds", "3", "--split", "random"], "grouped"),
        (["--folds", "own"], "demo has no folds of its own"),
        (["--folds", "own", "--split", "random"], "Leave out --split random"),
    ],
)
def test_folds_that_cannot_be_are_refused_and_nothing_is_made(
    demo_artifacts: Path, capfd: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    code, value = answered(capfd, "train", "cnn-pyramid", "--dataset", "demo", *more)
    assert code == 1
    assert said in value["error"]
    assert list_cross_validations() == []
