"""Ensembles: which runs can make one, what it is judged on, and that it answers as the mean of its members."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base.errors import ConfigurationError, LesionLabError, RunError
from core.base.files import read_json, write_json
from core.base.progress import silent
from core.combined.ensemble_plan import common_split, plan_ensemble
from core.combined.ensembles import load_ensemble, make_ensemble
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.images.turns import Turns
from core.data.splits.splits import Split, SplitKind
from core.evaluation.predictions import load_predictions, save_predictions
from core.evaluation.temperature import at_temperature
from core.runs.judging.results import evaluated, load_results
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import State
from core.runs.trash import delete
from core.serving.predictor import Predictor, PredictorInfo
from core.training.recipe import make_recipe
from tests.core.combined.conftest import finish


def finished(skill: float = 1.0, **fields: object) -> RunFolder:
    """A run as after a training; the file of its model is empty."""
    run = create_run(make_recipe(**{"dataset": "demo", "model": "cnn-pyramid", **fields}))
    finish(run, skill)
    run.model_file.write_bytes(b"\0" * 1000)
    return run


def test_runs_of_one_split_are_judged_on_their_test_part_as_it_is(demo_artifacts: Path) -> None:
    runs = [finished(), finished(model="cnn-59k")]
    plan = plan_ensemble(runs)
    assert plan.same_split
    assert plan.said == ()
    assert plan.bytes == 2000
    pd.testing.assert_frame_equal(plan.split.rows, Split.load(runs[0].split_file).rows)


def test_runs_of_other_splits_are_judged_on_what_none_has_seen_and_that_is_said(demo_artifacts: Path) -> None:
    plan = plan_ensemble([finished(seed=1), finished(seed=2)])
    assert not plan.same_split
    rows = plan.split.rows.set_index("image_id")
    seen, tested = set(), []
    for run in plan.members:
        of = Split.load(run.split_file)
        seen |= set(of.part("train")["image_id"])
        tested.append(set(of.part("test")["image_id"]))
    assert set(rows.index[rows["part"] == "test"]) == tested[0] & tested[1]
    assert set(rows.index[rows["part"] == "train"]) == seen
    assert not set(rows.index[rows["part"] == "validation"]) & seen
    assert (rows.groupby("group_id")["part"].nunique() >= 1).all()
    [said] = plan.said
    assert f"judged on the {len(tested[0] & tested[1]):,} pictures that none of them" in said


def split_of(**part: str) -> Split:
    rows = [(name, name, "a", of) for name, of in part.items()]
    return Split(SplitKind.GROUPED, 0, pd.DataFrame(rows, columns=["image_id", "group_id", "label", "part"]))


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("test", "test", "test"),
        ("test", "validation", "validation"),
        ("test", "train", "train"),
        ("validation", "validation", "validation"),
        ("validation", "train", "train"),
    ],
)
def test_a_picture_counts_for_the_part_that_nobody_objects_to(first: str, second: str, together: str) -> None:
    splits = [split_of(x=first, y="train"), split_of(x=second, y="train", z="test")]
    common, same = common_split(splits)
    found = common.rows.set_index("image_id")["part"]
    assert found["x"] == together
    assert found["z"] == "test", "whoever does not have a picture has not learnt from it"
    assert not same
    assert common_split(list(reversed(splits)))[0].rows.set_index("image_id")["part"].to_dict() == found.to_dict()


def refused(runs: Sequence[RunFolder]) -> str:
    with pytest.raises(LesionLabError) as caught:
        plan_ensemble(runs)
    return str(caught.value)


def test_what_cannot_be_an_ensemble_is_refused_by_name(demo_artifacts: Path) -> None:
    good = finished()
    assert "at least two different runs" in refused([good])
    assert "at least two different runs" in refused([good, good])
    leaking = finished(split="random")
    assert f"The split of {leaking.run_id} leaks" in refused([good, leaking])
    queued = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    assert f"{queued.run_id} has no trained model" in refused([good, queued])
    other = finished()
    value = read_json(other.predictor_file)
    write_json(other.predictor_file, {**value, "classes": value["classes"][:-1]})
    assert "are of another model" in refused([good, other]), "its predictions know more classes than it does"
    predictions = load_predictions(other.predictions_file)
    save_predictions(
        other.predictions_file, predictions.replace("vasc", "naevus").rename(columns={"p_vasc": "p_naevus"})
    )
    figures = other.evaluation / "metrics.json"
    figures.write_text(figures.read_text().replace('"vasc"', '"naevus"'))
    classes = [{**each, "key": "naevus"} if each["key"] == "vasc" else each for each in value["classes"]]
    write_json(other.predictor_file, {**value, "classes": classes})
    assert f"{other.run_id} knows the classes" in (said := refused([good, other]))
    assert "naevus" in said
    assert said.endswith("must have the same classes.")
    write_json(other.predictor_file, {**value, "classes": classes, "dataset": "ham10000"})
    assert "was trained on ham10000" in refused([good, other])
    write_json(other.predictor_file, {**value, "folds": 3})
    assert "out-of-fold predictions" in refused([good, other])
    other.predictor_file.write_text("{")
    assert "is damaged" in refused([good, other])
    folds = [finished(folds=2, fold=fold) for fold in (1, 2)]
    assert "No picture is left to judge this ensemble on" in refused(folds)


def test_an_ensemble_is_neither_trained_nor_a_member(demo_artifacts: Path) -> None:
    with pytest.raises(ConfigurationError, match="made of finished runs"):
        create_run(make_recipe(dataset="demo", model="ensemble", image_size=28))
    good, other = finished(), finished()
    value = read_json(other.predictor_file)
    write_json(other.predictor_file, {**value, "model": "ensemble"})
    assert "is an ensemble itself" in refused([good, other])


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
def test_an_ensemble_answers_as_the_mean_of_its_members_and_stands_alone(
    demo_artifacts: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from core.models.registry import build_model

    members = []
    for size, temperature, turns in ((28, 1.7, Turns.NONE), (28, 0.6, Turns.FLIPS_AND_TURNS), (16, 1.0, Turns.FLIPS)):
        run = finished(image_size=size, most_pictures=200, architecture={"filters": 8, "dense": 64, "blocks": 2})
        build_model("cnn-pyramid", size, 7, {"filters": 8, "dense": 64, "blocks": 2}).save(run.model_file)
        info = PredictorInfo.load(run.predictor_file)
        replace(info, temperature=temperature, test_time_augmentation=turns).save(run.predictor_file)
        members.append(run)
    pictures = ensure_cache(open_dataset("demo"), 28).values[:20]
    alike = [Predictor.of_run(run.path).probabilities(pictures) for run in members[:2]]

    pair = make_ensemble(members[:2], "Ada", silent)

    predictor = Predictor.of_run(pair.path)
    wanted = at_temperature(np.mean(alike, axis=0), predictor.info.temperature)
    np.testing.assert_allclose(predictor.probabilities(pictures), wanted, atol=1e-5)
    assert (pair.status().state, pair.status().owner) == (State.FINISHED, "Ada")
    assert evaluated(pair)
    results = load_results(pair)
    assert results.headline == "test"
    assert results.info.run_id == pair.run_id
    assert pair.run_id in (pair.path / "card.md").read_text()

    three = make_ensemble(members, "", silent)
    assert PredictorInfo.load(three.predictor_file).image_size == 28
    beside = load_ensemble(three)
    assert beside is not None
    assert [each.run for each in beside.members] == [run.run_id for run in members]
    assert beside.best in [run.run_id for run in members]
    test = load_results(three).metrics["test"]
    assert beside.ensemble.figures["balanced accuracy"] == test.balanced_accuracy
    assert beside.paired.pictures == test.images

    before = Predictor.of_run(three.path).probabilities(pictures)
    for run in members:
        delete(run)
    shutil.rmtree(demo_artifacts / "trash")
    np.testing.assert_array_equal(Predictor.of_run(three.path).probabilities(pictures), before)
    with pytest.raises(RunError):
        make_ensemble(members, "", silent)
    assert len(list_runs()) == 2
    assert not [path for path in (demo_artifacts / "runs").iterdir() if path.name.startswith(".") and path.is_dir()]
