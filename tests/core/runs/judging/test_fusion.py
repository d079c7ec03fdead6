"""A run that is told age and site beside the picture, and its partner on the picture alone."""

import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.base.errors import ConfigurationError, RunError
from core.base.files import read_json, write_json
from core.data.catalog import open_dataset
from core.data.gathering import Asked
from core.data.metadata_encoding import Patient
from core.data.patients import Patients
from core.engine.launch import launch_partner, launch_with_ablation
from core.evaluation.predictions import load_predictions, predicted_labels
from core.export.package import package_of_run
from core.features.frozen_network import run_features
from core.runs.answers.answered_files import answer_files
from core.runs.card.making import make_card
from core.runs.evaluate import evaluate_again, evaluate_on
from core.runs.judging.ablation import ablation_of
from core.runs.judging.comparison import ablation_partner, compare_runs
from core.runs.judging.results import headline_metrics
from core.runs.run_folder import RunFolder, create_run, list_runs, open_run, summarise
from core.runs.run_states import State
from core.serving.answer import answer
from core.serving.predictor import Predictor, PredictorInfo
from core.training.recipe import make_recipe

OF_AGE = {"nv": 20, "mel": 80}


@pytest.fixture
def fused(ages: list[RunFolder]) -> RunFolder:
    """The run that is told age and site."""
    return ages[0]


def pictures(count: int = 3) -> list[Asked]:
    return [Asked(path, Path(path)) for path in open_dataset("ham10000").table["path"].head(count)]


def test_fusion_learns_what_age_decides_and_the_picture_alone_cannot(ages: list[RunFolder]) -> None:
    fused, alone = (headline_metrics(run)[1] for run in ages)
    assert fused.balanced_accuracy > 0.65, "one age of six is missing"
    assert alone.balanced_accuracy < 0.55
    table = load_predictions(ages[0].evaluation / "predictions.parquet")
    known = table["image_id"].map(open_dataset("ham10000").table.set_index("image_id")["age"]).notna()
    keys = PredictorInfo.load(ages[0].predictor_file).class_keys
    right = pd.Series(predicted_labels(table, keys) == table["true"].to_numpy())
    assert right[known].mean() > 0.75


def test_the_predictor_alone_knows_how_a_patient_is_counted(fused: RunFolder) -> None:
    predictor = Predictor.of_run(fused.path)
    encoding = predictor.info.metadata
    assert encoding is not None
    assert (encoding.columns, encoding.sites) == (("age", "site"), ("back", "face"))
    noise = np.random.default_rng(1).integers(124, 133, (20, 28, 28, 3), dtype=np.uint8)
    for key, age in OF_AGE.items():
        said = predictor.about(Patient(age=age)).probabilities(noise).mean(axis=0)
        assert predictor.info.class_keys[said.argmax()] == key
    unknown = predictor.probabilities(noise)
    assert np.array_equal(unknown, predictor.about(Patient()).probabilities(noise))
    assert np.array_equal(unknown, predictor.about(None).probabilities(noise))
    each = [Patient(age=20), None, Patient(age=80)]
    together = predictor.probabilities(noise[:3], metadata=predictor.encoded(each))
    alone = [predictor.about(one).probabilities(noise[n : n + 1])[0] for n, one in enumerate(each)]
    assert together == pytest.approx(np.stack(alone), abs=1e-5)
    heat = answer(predictor, noise[0], "", Patient(age=80))
    assert heat.heat is not None
    assert heat.label == "mel"


def test_judging_again_knows_the_ages_and_elsewhere_they_may_be_missing(fused: RunFolder, tmp_path: Path) -> None:
    before = load_predictions(fused.evaluation / "predictions.parquet")
    evaluate_again(fused)
    pd.testing.assert_frame_equal(before, load_predictions(fused.evaluation / "predictions.parquet"), atol=1e-5)
    card = (fused.path / "card.md").read_text()
    assert "| Told beside the picture | age and body site, where known |" in card
    assert "| Of its structure, not as by default | width 0.5, convolutions 1, dense 64, dropout 0.7 |" in card
    assert "## What age and body site add" in card
    assert "On 36 pictures of 36 groups that both have held out" in card
    assert r"| Balanced accuracy | \+" in card
    table = open_dataset("ham10000").table
    for row in table.head(60).itertuples():
        (tmp_path / "elsewhere" / row.label).mkdir(parents=True, exist_ok=True)
        shutil.copy(row.path, tmp_path / "elsewhere" / row.label)
    _, metrics, _ = evaluate_on(fused, str(tmp_path / "elsewhere"))
    assert metrics.images == 60
    assert metrics.balanced_accuracy is not None
    assert metrics.balanced_accuracy < 0.7, "without ages it has next to nothing to go by"
    assert run_features(_cache(), fused).shape[0] == len(table)


def _cache():
    from core.data.images.cache import ensure_cache

    return ensure_cache(open_dataset("ham10000"), 28)


def test_pictures_are_predicted_with_what_is_said_of_the_persons(fused: RunFolder, tmp_path: Path, capsys) -> None:
    asked = pictures()
    names = [each.path.stem for each in asked]
    told = Patients({names[0]: Patient(age=20), names[1]: Patient(age=80)})
    labels = [entry["label"] for entry in answer_files(fused, asked, patients=told)]
    assert labels[:2] == ["nv", "mel"]
    plain = answer_files(fused, asked)
    assert answer_files(fused, asked, patients=told)[2] == plain[2]
    file = tmp_path / "patients.csv"
    file.write_text(f"image,age\n{names[0]},20\n{names[1]},80\n")
    paths = [str(each.path) for each in asked]
    assert main(["predict", fused.run_id, *paths, "--metadata", str(file), "--json"]) == 0
    assert [each["label"] for each in json.loads(capsys.readouterr().out)["predictions"]][:2] == ["nv", "mel"]
    assert main(["predict", fused.run_id, *paths, "--patient", "age=80", "--patient", "site=moon"]) == 0
    said = capsys.readouterr().out
    assert said.count(": mel") == 3
    assert "“moon” was not in training and counts as unknown" in said
    file.write_text(f"image,age,site\n{names[0]},20,moon\n{names[0]},30,moon\n")
    assert main(["predict", fused.run_id, *paths, "--metadata", str(file), "--json"]) == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    unnamed = f"Not named in patients.csv: {asked[1].path.name} and 1 more of 3"
    for words in ("more than once", "“moon” was not in training", unnamed):
        assert any(words in note for note in notes), (words, notes)
    file.write_text(f"image,age\n{names[0]},20\n{names[1]},80\n")
    target = tmp_path / "submission.csv"
    submit = ["predict", fused.run_id, str(asked[0].path.parent), "--submission", str(target), "--metadata", str(file)]
    assert main(submit) == 0
    capsys.readouterr()
    written = pd.read_csv(target).set_index("id")["label"]
    assert len(written) == 240
    assert written[names[1]] > 0.5 > written[names[0]]


def test_what_is_said_of_persons_is_refused_where_it_does_nothing(ages: list[RunFolder], capsys) -> None:
    picture = str(pictures(1)[0].path)
    for run, option, words in (
        (ages[1], ["--patient", "age=40"], "uses only the picture"),
        (ages[0], ["--patient", "sex=male"], "uses age, site, not sex"),
        (ages[0], ["--patient", "age=old"], "“old” is no age in years"),
        (ages[0], ["--patient", "age"], "“age” should be KEY=VALUE"),
        (ages[0], ["--patient", "age=40", "--patient", "age=50"], "given twice"),
    ):
        assert main(["predict", run.run_id, picture, *option]) == 1
        assert words in capsys.readouterr().err


def test_the_two_runs_find_each_other_and_are_judged_on_the_same_pictures(ages: list[RunFolder]) -> None:
    both = [summarise(run) for run in ages]
    fused, alone = both
    assert fused is not None
    assert alone is not None
    assert ablation_partner(fused, [fused, alone]) is alone
    assert ablation_partner(alone, [fused, alone]) is fused
    other_seed = replace(alone, recipe=alone.recipe.model_copy(update={"seed": 5}))
    assert ablation_partner(fused, [fused, other_seed]) is None
    found = compare_runs(*ages)
    assert found is not None
    assert found.paired.pictures == found.held_out[0] == found.held_out[1] == 36
    assert found.paired.balanced_accuracy.lower is not None
    assert found.paired.balanced_accuracy.lower > 0
    assert found.macro_auc is not None
    figures = [headline_metrics(run)[1].macro_auc for run in ages]
    assert found.macro_auc.value == pytest.approx(figures[0] - figures[1], abs=1e-6)
    assert found.macro_auc.lower <= found.macro_auc.value <= found.macro_auc.upper


def test_launching_with_ablation_starts_both_once(ages: list[RunFolder], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.launch.submit", lambda: None)
    recipe = ages[0].recipe()
    run, partner = launch_with_ablation(recipe)
    assert partner.run_id == ages[1].run_id, "it is there already"
    run, partner = launch_with_ablation(recipe.model_copy(update={"seed": 9}))
    assert partner.recipe() == run.recipe().picture_alone
    assert partner.status().state is State.QUEUED
    assert launch_partner(run).run_id == partner.run_id
    assert len(list_runs()) == 5
    with pytest.raises(ConfigurationError, match="nothing to compare"):
        launch_with_ablation(recipe.picture_alone)


def test_the_command_trains_or_finds_the_partner_and_says_what_metadata_add(
    ages, monkeypatch, capsys, tmp_path: Path
) -> None:
    """The training itself is left out: a copy of the finished run stands in its place."""

    def train_here(run: RunFolder) -> None:
        source = kept[bool(run.recipe().metadata)]
        for item in ("evaluation", "model.keras", "predictor.json", "leakage.json", "split.parquet", "training.json"):
            copy = shutil.copytree if (source.path / item).is_dir() else shutil.copy
            copy(source.path / item, run.path / item)
        run.write_status(replace(run.written_status(), state=State.FINISHED))

    kept = [RunFolder(Path(shutil.copytree(run.path, tmp_path / run.run_id))) for run in reversed(ages)]
    monkeypatch.setattr("core.cli.folds_command.train_here", train_here)
    monkeypatch.setattr("core.cli.commands.train_here", train_here)
    assert main(["train", str(ages[0].recipe_file), "--ablation", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["ablation"]["run_id"] == ages[1].run_id
    ahead = value["ablation"]["ahead"]
    assert ahead["accuracy"]["value"] == pytest.approx(
        value["metrics"]["accuracy"] - value["ablation"]["metrics"]["accuracy"], abs=1e-6
    )
    assert ahead["macro_auc"]["lower"] < ahead["macro_auc"]["upper"]
    assert (ahead["pictures"], ahead["groups"]) == (36, 36)

    # Without --ablation nothing more is trained, and what metadata add is said, or what has to be trained for that.
    recipe = str(ages[0].recipe_file)
    assert main(["train", recipe]) == 0
    said = capsys.readouterr().out
    assert "what age and body site add:\n  accuracy           +" in said
    assert f"ahead of the same on the picture alone ({ages[1].run_id})" in said
    shutil.rmtree(ages[1].path)
    assert main(["train", recipe, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    lacking = value["ablation"]
    assert (lacking["run_id"], lacking["ahead"]) == (None, None)
    assert lacking["command"] == f"python -m core train {value['run_id']} --set metadata="
    card = make_card(open_run(value["run_id"]), None)
    [missing] = [each for each in card.missing if each.what == "what it adds"]
    assert missing.command == lacking["command"]
    assert "the same recipe was not trained on the picture alone" in missing.how
    assert main([*shlex.split(lacking["command"])[3:], "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert "ablation" not in alone
    assert main(["train", alone["run_id"][:-1], "--dataset", "ham10000"]) == 1
    assert "No model is called" in capsys.readouterr().err
    assert open_run(alone["run_id"]).recipe() == ages[0].recipe().picture_alone
    found = ablation_of(open_run(value["run_id"])).to_json()
    assert (found["run_id"], found["ahead"]["pictures"]) == (alone["run_id"], 36)
    stopped = open_run(alone["run_id"])
    shutil.rmtree(stopped.evaluation)
    stopped.write_status(replace(stopped.written_status(), state=State.STOPPED))
    assert (
        ablation_of(open_run(value["run_id"])).lacking == f"the run on the picture alone, {stopped.run_id}, is stopped"
    )
    assert main(["train", "cnn-59k", "--dataset", "ham10000", "--ablation"]) == 1
    assert "say which metadata to leave out" in capsys.readouterr().err


def test_a_data_set_that_lacks_what_is_asked_for_is_refused_before_a_run_is_made(ages, artifacts: Path) -> None:
    runs = len(list_runs())
    root = artifacts.parent / "data" / "plain"
    for number, row in enumerate(open_dataset("ham10000").table.head(12).itertuples()):
        (root / row.label).mkdir(parents=True, exist_ok=True)
        shutil.copy(row.path, root / row.label / f"{number}.jpg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_DATA", str(root.parent))
        with pytest.raises(ConfigurationError, match=r"metadata: no picture of plain has a known age\. Leave metadata"):
            create_run(make_recipe(dataset="plain", model="cnn-59k", metadata="age"))
    assert len(list_runs()) == runs


def test_no_code_is_written_and_that_is_said(fused: RunFolder) -> None:
    with pytest.raises(ConfigurationError, match="Trainings that also use age and body site"):
        package_of_run(fused, open_dataset("ham10000"))


def test_a_predictor_with_damaged_metadata_is_named(fused: RunFolder) -> None:
    value = read_json(fused.predictor_file)
    write_json(fused.predictor_file, value | {"metadata": {"columns": ["dx_type"]}})
    with pytest.raises(RunError, match=r"its predictor\.json is damaged"):
        PredictorInfo.load(fused.predictor_file)
