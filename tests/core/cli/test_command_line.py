"""Every command, mostly in this process; what people type, what they read, and what a script can rely on."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from core.__main__ import main
from core.base.files import read_json, write_json
from core.cli.output import log_file
from core.data.catalog import open_dataset
from core.data.images.cache import ensure_cache
from core.data.images.turns import Turns
from core.evaluation.predictions import load_predictions, save_predictions
from core.evaluation.temperature import at_temperature
from core.runs.run_folder import RunFolder, create_run, list_runs, open_run
from core.runs.run_states import State
from core.serving.gate import gate_folder
from core.serving.predictor import PredictorInfo
from core.training.presets import preset
from core.training.recipe import Recipe, make_recipe
from tests.alike import long_but

FLOORS = {"accuracy", "balanced_accuracy", "macro_auc", "log_loss", "ece", "majority_accuracy", "per_class"}


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """A function that runs a command: exit code, what it printed, what it said on stderr."""

    def say(*arguments: Any) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return code, printed.out, printed.err

    return say


@pytest.fixture
def ask(say) -> Callable[..., tuple[int, dict[str, Any]]]:
    """A function that runs a command with `--json`: exit code and the one object on stdout."""

    def ask(*arguments: Any) -> tuple[int, dict[str, Any]]:
        code, out, _ = say(*arguments, "--json")
        assert out.endswith("\n")
        assert len(out.splitlines()) == 1
        value = json.loads(out)
        assert isinstance(value, dict)
        return code, value

    return ask


@pytest.fixture
def no_engine_left(artifacts: Path):
    """Ends an engine that a test has started, and whatever it trains."""
    yield
    main(["engine", "stop"])
    for process in psutil.process_iter(["cmdline"]):
        if any(str(artifacts) in word for word in process.info["cmdline"] or []) and process.pid != os.getpid():
            process.kill()


def picture_of(part: str, run: RunFolder) -> Path:
    import pandas as pd

    split = pd.read_parquet(run.split_file)
    image_id = split.loc[split["part"] == part, "image_id"].iloc[0]
    return Path(open_dataset("demo").table.set_index("image_id")["path"][image_id])


@pytest.mark.usefixtures("artifacts")
def test_data_sets_are_listed_with_whether_they_are_here(say, ask) -> None:
    code, value = ask("datasets")
    assert code == 0
    entries = {entry["name"]: entry for entry in value["datasets"]}
    assert entries["demo"]["present"]
    assert entries["demo"]["synthetic"]
    assert not entries["ham10000"]["present"]
    assert "HAM10000_metadata.csv" in entries["ham10000"]["note"]
    code, out, _ = say("datasets")
    assert code == 0
    assert any(line.startswith("ham10000") and "missing" in line for line in out.splitlines())


def test_models_are_listed_with_their_parameters_and_what_of_their_structure_can_be_chosen(say, ask) -> None:
    _, value = ask("models")
    models = {m["name"]: m for m in value["models"]}
    assert models["cnn-59k"]["parameters"] == 59_005
    assert {p["name"]: p["default"] for p in models["cnn-pyramid"]["architecture"]}["blocks"] == 4
    out = say("models")[1]
    assert "59,005 parameters" in out
    assert "architecture.blocks: a whole number from 2 to 5 in steps of 1 (default 4)." in out


def test_a_list_of_runs_without_a_run_says_how_to_start_one(artifacts: Path, say, ask) -> None:
    assert ask("runs") == (0, {"runs": []})
    assert "python -m core train" in say("runs")[1]
    assert not (artifacts / "runs").exists()


def test_runs_are_listed_with_floor_and_leaks_and_damaged_ones_passed_over(trained: RunFolder, say, ask) -> None:
    damaged = create_run(make_recipe(dataset="demo", model="majority"))
    (damaged.path / "status.json").write_text("{")
    (trained.path / "leakage.json").write_text(json.dumps({**read_json(trained.leakage_file), "leaking": True}))
    _, value = ask("runs")
    [entry] = value["runs"]
    assert (entry["run_id"], entry["state"], entry["leaking"]) == (trained.run_id, "finished", True)
    metrics = read_json(trained.evaluation / "metrics.json")["test"]
    for name in ("accuracy", "balanced_accuracy", "majority_accuracy"):
        assert entry[name] == metrics[name]
    line = say("runs")[1]
    assert "floor" in line
    assert "balanced" in line
    assert "LEAKING SPLIT" in line


def test_ingesting_decodes_once_has_the_gate_made_and_lists_what_it_skips(
    trained: RunFolder, ask, artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict] = []
    monkeypatch.setenv("LESIONLAB_GATE", "yes")
    monkeypatch.setattr("core.serving.gate_making.start_job", lambda *asked: started.append(asked[-1]))
    shutil.rmtree(artifacts / "cache")
    source = (artifacts / "data" / "demo").resolve()
    (artifacts / "data" / "demo").unlink()
    shutil.copytree(source, artifacts / "data" / "demo")
    broken = next((artifacts / "data" / "demo").rglob("*.jpg"))
    broken.write_bytes(b"no picture")
    code, value = ask("ingest", "demo", "--size", 16)
    assert code == 0
    assert [skip["image_id"] for skip in value["skipped"]] == [broken.stem]
    assert value["images"] == len(open_dataset("demo").table) - 1
    assert Path(value["folder"], "images.npy").is_file()
    assert started == [{"dataset": "demo"}]
    assert trained.run_id


@pytest.mark.slow
@pytest.mark.usefixtures("trained", "trained_here")
def test_training_in_the_foreground_tells_everything_a_script_needs(say, capfd) -> None:
    capfd.readouterr()
    code, out, _ = say(
        *"train --preset steady --dataset demo --epochs 1 --split random --balance weights --seed 2 --json".split(),
        *"--set batch_size=64 --set learning_rate=2e-3 --set most_pictures=400".split(),
        *"--set test_time_augmentation=flips".split(),
    )
    assert code == 0
    [line] = out.splitlines()
    value = json.loads(line)
    assert (value["state"], value["model"], value["parameters"], value["epochs"]) == ("finished", "cnn-59k", 59_005, 1)
    assert value["seconds"] > 0
    assert value["images_per_second"] > 0
    assert value["cpu_seconds"] > 0
    assert 0 <= value["input_wait"] <= 1
    assert value["split"].keys() >= {"kind", "groups_shared", "identical_images_shared"}
    assert value["split"]["kind"] == "random"
    assert value["split"]["groups_shared"] > 0
    assert value["metrics"].keys() >= FLOORS
    assert set(value["metrics"]["per_class"]) == {"akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"}
    run = open_run(value["run_id"])
    recipe = run.recipe()
    assert (recipe.seed, recipe.batch_size, recipe.learning_rate, recipe.balance) == (2, 64, 2e-3, "weights")
    assert (recipe.schedule, recipe.model) == (preset("steady").fields["schedule"], "cnn-59k")
    assert value["metrics"] == read_json(run.evaluation / "metrics.json")[value["part"]]
    assert value["calibration"] == read_json(run.calibration_file)
    assert value["calibration"]["temperature"] > 0
    assert judged_in_four_ways(run)


def judged_in_four_ways(run: RunFolder) -> bool:
    """Whether the predictor of a run answers with the mean over mirrored pictures, and was judged so."""
    import keras

    info = PredictorInfo.load(run.predictor_file)
    cache = ensure_cache(open_dataset("demo"), info.image_size)
    table = load_predictions(run.predictions_file).head(40)
    pictures = cache.values[cache.rows(table["image_id"])].astype(np.float32)
    ways = [pictures, pictures[:, ::-1], pictures[:, :, ::-1], pictures[:, ::-1, ::-1]]
    model = keras.models.load_model(run.model_file, compile=False)
    answers = [model.predict_on_batch(way) for way in ways]
    judged = table[[f"p_{key}" for key in info.class_keys]].to_numpy()
    mean, one = (at_temperature(each, info.temperature) for each in (np.mean(answers, axis=0), answers[0]))
    assert not np.allclose(judged, one, atol=1e-4), "what is tested could not be seen"
    np.testing.assert_allclose(judged, mean, atol=1e-5)
    return info.test_time_augmentation is Turns.FLIPS


@pytest.mark.usefixtures("small_demo", "trained_here")
def test_a_recipe_in_a_file_is_trained_with_the_changes_that_the_options_name(artifacts: Path, tmp_path, ask) -> None:
    file = tmp_path / "best.json"
    best = make_recipe(dataset="ham10000", model="cnn-pyramid", epochs=9, architecture={"blocks": 2, "dropout": 0.3})
    file.write_text(best.model_dump_json(indent=2))
    changes = ["--dataset", "demo", "--epochs", "1", "--set", "batch_size=64", "--set", "architecture.dropout=0.4"]
    code, value = ask("train", str(file), *changes)
    assert (code, value["state"], value["model"]) == (0, "finished", "cnn-pyramid")
    changed = {"dataset": "demo", "epochs": 1, "batch_size": 64, "architecture": {"blocks": 2, "dropout": 0.4}}
    assert open_run(value["run_id"]).recipe() == make_recipe(**best.model_dump() | changed)
    assert open_run(value["run_id"]).path.is_relative_to(artifacts)
    file.write_text('["no recipe"]')
    code, value = ask("train", str(file))
    assert (code, value["kind"]) == (1, "ConfigurationError")
    assert "best.json cannot be read as a recipe" in value["error"]


def test_a_training_that_fails_ends_with_1_and_says_why_and_what_to_do(artifacts: Path, say, ask) -> None:
    code, value = ask("train", "cnn-59k", "--dataset", "ham10000")
    assert (code, value["state"], value["kind"]) == (1, "failed", "data")
    assert "HAM10000 is not here" in value["error"]
    assert value["hint"]
    assert open_run(value["run_id"]).path.is_relative_to(artifacts)
    code, out, _ = say("train", "majority", "--dataset", "ham10000")
    assert code == 1
    assert "HAM10000 is not here" in out


@pytest.mark.slow
@pytest.mark.usefixtures("no_engine_left")
def test_a_run_in_the_background_is_handed_to_the_engine_and_can_be_stopped(artifacts: Path, ask, say) -> None:
    assert ask("engine", "status")[1]["running"] is False
    code, value = ask("engine", "start")
    assert (code, value["running"], value["embedded"]) == (0, True, True)
    assert value["workers"] == len(value["devices"])
    code, value = ask("train", "cnn-59k", "--dataset", "ham10000", "--background")
    assert (code, value.keys()) == (0, {"run_id", "state", "model", "dataset"})
    run = open_run(value["run_id"])
    assert "The engine runs with 1 worker.\n" in say("engine", "status")[1]
    code, value = ask("stop", run.run_id)
    assert code == 0
    assert value["run_id"] == run.run_id
    code, value = ask("engine", "stop")
    assert (code, value["running"]) == (0, False)
    assert run.status().state in (State.STOPPED, State.FAILED)
    assert say("engine", "status")[1] == "The engine is not running.\n"
    assert run.path.is_relative_to(artifacts)


def test_stopping_a_queued_run_and_one_that_is_over_is_no_error(artifacts: Path, ask) -> None:
    queued = create_run(make_recipe(dataset="demo", model="majority"))
    assert ask("stop", queued.run_id) == (0, {"run_id": queued.run_id, "state": "stopped"})
    failed = create_run(make_recipe(dataset="demo", model="majority"))
    status = {**read_json(failed.path / "status.json"), "state": "failed", "error_kind": "data", "message": "x"}
    (failed.path / "status.json").write_text(json.dumps(status))
    assert ask("stop", failed.run_id) == (0, {"run_id": failed.run_id, "state": "failed"})
    assert [run.path.is_relative_to(artifacts) for run in list_runs()] == [True, True]


def test_a_run_is_judged_again_and_on_other_pictures(
    trained: RunFolder, ask, say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.integrity.shown_in_training.shown_in_training", lambda *_: None)  # tested by itself
    before = read_json(trained.evaluation / "metrics.json")
    code, value = ask("evaluate", trained.run_id)
    assert (code, value["on"]) == (0, "test")
    assert value["confusion"] == before["test"]["confusion"]
    assert value.keys() >= FLOORS
    low, high = value["intervals"]["ece"]
    assert 0 <= low <= value["ece"] <= high <= 1
    code, value = ask("evaluate", trained.run_id, "--on", "demo")
    assert code == 0
    assert value["pictures_seen_in_training"] > 0
    assert value["skipped"] == []
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(picture_of("train", trained), folder / "known.jpg")
    (folder / "truth.csv").write_text("image,MEL,NV\nknown,0,1\n")
    out = say("evaluate", trained.run_id, "--on", folder)[1]
    assert "seen in training, so the figures are too good" in out
    assert "always “nv”" in out


def test_pictures_that_a_run_could_not_be_judged_on_are_summed_up_where_they_are_many(
    trained: RunFolder, say, ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.integrity.shown_in_training.shown_in_training", lambda *_: None)  # tested by itself
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(picture_of("test", trained), folder / "here.jpg")
    rows = ["image,MEL,NV", "here,0,1", *(f"gone{number},1,0" for number in range(50))]
    (folder / "truth.csv").write_text("\n".join(rows))
    lines = say("evaluate", trained.run_id, "--on", folder)[1].splitlines()
    assert next(line for line in lines if line.startswith("skipped")).startswith("skipped 50: ")
    assert f"All 50 are listed in {log_file()}." in lines
    assert all(f"skipped gone{number}: " in log_file().read_text() for number in range(50))
    assert len(ask("evaluate", trained.run_id, "--on", folder)[1]["skipped"]) == 50


def test_predictions_have_every_probability_and_the_notice(trained: RunFolder, ask, say) -> None:
    picture = picture_of("test", trained)
    code, value = ask("predict", trained.run_id, picture)
    assert code == 0
    [said] = value["predictions"]
    assert said["image"] == str(picture)
    assert sum(said["probabilities"].values()) == pytest.approx(1)
    assert said["label"] == max(said["probabilities"], key=said["probabilities"].get)
    assert 0 <= said["malignant"] <= 1
    assert "not a diagnosis" in value["notice"]
    assert "not a diagnosis" in say("predict", trained.run_id, picture)[1]


def test_predictions_are_explained_and_tabled_and_no_name_becomes_a_formula(
    trained: RunFolder, ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["=cmd|'C calc'!A0.jpg", "@SUM(1).jpg", "+1.jpg", "plain.jpg", os.fsdecode(b"byte-\xff.jpg")]
    for name in names:
        shutil.copy(picture_of("test", trained), name)
    Path("=broken.jpg").write_text("no picture")
    code, value = ask(
        "predict", trained.run_id, *names, "=broken.jpg", "--explain", "gradcam", "--out", "maps", "--csv", "t/all.csv"
    )
    assert code == 0
    said = value["predictions"]
    assert [of["image"] for of in said] == [*names, "=broken.jpg"]
    assert all(Path(of["heat_map"]).is_file() and of["heat_map_layer"] for of in said[:-1])
    assert {of["heat_map_method"] for of in said[:-1]} == {"grad-cam"}
    assert all("has not been checked yet" in of["heat_map_check"]["said"] for of in said[:1])
    assert "error" in said[-1]
    with Path("t/all.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    for row, of in zip(rows, said, strict=True):
        assert not any((cell or "").startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
        if "error" not in of:
            assert (row["answer"], row["set"], row["gate"]) == (of["answer"], "; ".join(of["set"]), "")
            assert float(row["threshold"]) == of["threshold"] == 0.5
            assert float(row["nv"]) == pytest.approx(of["probabilities"]["nv"], abs=1e-5)
            assert row["label"] == of["label"]
        assert "not a diagnosis" in row["notice"]
    with Image.open(said[0]["heat_map"]) as heat_map:
        assert "not a diagnosis" in heat_map.info["Comment"]
    assert rows[0]["image"] == "'" + names[0]
    assert rows[-1]["label"] == ""


def test_predictions_say_the_answer_what_is_possible_and_what_is_refused(
    trained: RunFolder, gate_root: Path, ask, say, tmp_path: Path
) -> None:
    picture, green = picture_of("test", trained), tmp_path / "green.png"
    Image.new("RGB", (80, 80), "lime").save(green)
    told = say("predict", trained.run_id, picture)[1]
    assert "possible: " in told
    assert "always possible, with too few lesions to tell: " in told
    assert "(high from 50.0\u00a0% on)" in told
    shutil.copytree(gate_folder("demo", gate_root), gate_folder("demo"))
    tmp_path.chmod(0o755)
    code, value = ask("predict", trained.run_id, picture, green, "--csv", tmp_path / "all.csv")
    assert code == 0
    assert (tmp_path / "all.csv").stat().st_mode & 0o777 == 0o600, "answers about people are for who asked"
    assert tmp_path.stat().st_mode & 0o777 == 0o755, "the folder is theirs and stays as it is"
    mole, other = value["predictions"]
    assert mole["answer"] in ("high", "low", "review")
    assert mole["gate"] == {"passed": True, "reason": None}
    assert set(mole["always_in_set"]) <= set(mole["set"]) <= set(mole["probabilities"])
    assert other["answer"] == "refused"
    assert other["gate"]["passed"] is False
    assert other["reasons"] == [other["gate"]["reason"]]
    lines = say("predict", trained.run_id, green)[1].splitlines()
    assert lines[0] == f"{green}: refused"
    assert "not of the kind" in lines[1]
    with (tmp_path / "all.csv").open(newline="", encoding="utf-8") as file:
        assert [row["gate"] for row in csv.DictReader(file)] == ["passed", "refused"]


def test_one_unreadable_picture_is_named_and_none_readable_is_an_error(
    trained: RunFolder, ask, say, tmp_path: Path
) -> None:
    good = picture_of("test", trained)
    code, value = ask("predict", trained.run_id, good, tmp_path / "missing.jpg")
    assert code == 0
    assert "There is no file" in value["predictions"][1]["error"]
    (tmp_path / "empty").mkdir()
    code, value = ask("predict", trained.run_id, tmp_path / "missing.jpg", tmp_path / "empty")
    assert (code, value["kind"]) == (1, "RunError")
    code, out, err = say("predict", trained.run_id, tmp_path / "missing.jpg")
    assert (code, out) == (1, "")
    assert err.startswith("Error: None of the files could be read")


def test_a_folder_a_zip_and_a_table_are_answered_like_the_pictures_in_them(
    trained: RunFolder, ask, say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("core.runs.answers.answered_files.BATCH", 2)  # so that three pictures are more than one batch
    paths = open_dataset("demo").table["path"].iloc[:3]
    for number, path in enumerate(paths):
        place = tmp_path / "clinic" / f"day {number}"
        place.mkdir(parents=True)
        shutil.copy(path, place / f"{number}.jpg")
    (tmp_path / "clinic" / "broken.jpg").write_text("no picture")
    shutil.make_archive("packed", "zip", tmp_path, "clinic")
    (tmp_path / "clinic" / "list.csv").write_text("image;age\n2;50\n0.jpg;\ngone;1\n", encoding="utf-16")
    files = [f"day {number}/{number}.jpg" for number in range(3)]
    code, alone = ask("predict", trained.run_id, *(f"clinic/{file}" for file in files))
    code, value = ask("predict", trained.run_id, "clinic", "packed.zip", "clinic/list.csv")
    assert code == 0
    said = value["predictions"]
    wanted = [f"clinic/{file}" for file in ["broken.jpg", *files]]
    absent = ["clinic/day 2/2.jpg", "clinic/day 0/0.jpg", "gone"]
    assert [each["image"] for each in said] == [*wanted, *wanted, *absent]
    assert [each["image"] for each in said if "error" in each] == ["clinic/broken.jpg", "clinic/broken.jpg", "gone"]
    known = {each["image"]: list(each["probabilities"].values()) for each in alone["predictions"]}
    for each in said:
        if "error" not in each:
            assert list(each["probabilities"].values()) == pytest.approx(known[each["image"]], abs=1e-5)
    assert value["left_out"] == {"tables": 1}
    assert "left out: 1 tables" in say("predict", trained.run_id, "clinic")[1]


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("train resnet-9000 --dataset demo", "No model is called “resnet-9000”"),
        ("train cnn-59k --dataset nowhere", "No data set is called “nowhere”"),
        ("train cnn-59k --dataset demo --epochs many", "epochs"),
        ("train cnn-59k --dataset demo --epochs 0", "epochs"),
        ("train cnn-59k --dataset demo --seed -1", "seed"),
        ("train cnn-59k --dataset demo --set bogus=1", "no field “bogus”"),
        ("train cnn-59k --dataset demo --set epochs", "should be key=value"),
        ("train cnn-59k --dataset demo --epochs 2 --set epochs=3", "epochs is given twice"),
        ("train cnn-59k --dataset demo --set model=lstm-rows", "model is given twice"),
        ("train cnn-59k --dataset demo --split oversample-first --balance weights", "oversample-first"),
        ("train cnn-59k --dataset demo --set image_size=20", "image_size"),
        ("ingest nowhere --size 28", "nowhere"),
        ("ingest demo --size 4", "8 to 1024"),
        ("stop nothing", "There is no run “nothing”"),
        ("stop ../../etc", "A run id has only letters"),
        ("evaluate nothing", "There is no run “nothing”"),
        ("evaluate cnn-59k --on nowhere", "No data set is called “nowhere”"),
        ("predict nothing picture.jpg", "There is no run “nothing”"),
        ("predict cnn-59k picture.jpg --explain gradcam", "Give --explain and --out together"),
        ("predict cnn-59k picture.jpg --out maps", "Give --explain and --out together"),
    ],
)
def test_a_mistake_ends_with_1_and_a_sentence_that_names_it(say, ask, arguments: str, words: str) -> None:
    runs = len(list_runs())
    code, out, err = say(*arguments.split())
    assert (code, out) == (1, "")
    assert err.startswith("Error: ")
    assert words in err
    code, value = ask(*arguments.split())
    assert code == 1
    assert value.keys() == {"error", "kind"}
    assert words in value["error"]
    assert len(list_runs()) == runs  # a refused recipe leaves no run


def test_a_run_with_a_damaged_status_ends_with_a_sentence(trained: RunFolder, ask) -> None:
    (trained.path / "status.json").write_text("{")
    code, value = ask("stop", trained.run_id)
    assert (code, value["kind"]) == (1, "RunError")


def test_a_table_that_cannot_be_written_is_an_error_with_a_sentence(trained: RunFolder, ask, tmp_path: Path) -> None:
    code, value = ask("predict", trained.run_id, picture_of("test", trained), "--csv", tmp_path)
    assert (code, value["kind"]) == (1, "DataError")
    assert str(tmp_path) in value["error"]


def test_a_heat_map_of_a_model_without_convolution_is_refused(
    trained: RunFolder, ask, say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.models.registry import build_model

    monkeypatch.chdir(tmp_path)
    build_model("lstm-rows", 28, 7).save(trained.model_file)
    Image.new("RGB", (40, 40)).save("picture.png")
    code, value = ask("predict", trained.run_id, "picture.png", "--explain", "gradcam", "--out", "maps")
    assert (code, value["kind"]) == (1, "ConfigurationError")
    assert "needs a convolution" in value["error"]
    assert ask("predict", trained.run_id, "picture.png")[0] == 0
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"model": "lstm-rows"})
    code, value = ask("predict", trained.run_id, "picture.png", "--explain", "gradcam", "--out", "maps")
    assert (code, "Choose from: row-saliency, " in value["error"]) == (1, True)
    told = say("predict", trained.run_id, "picture.png", "--explain", "row-saliency", "--out", "maps")[1]
    [drawn] = Path("maps").iterdir()
    assert drawn.name.startswith("0000-picture-")
    assert drawn.name.endswith("-row-saliency.png")
    assert "Heat maps by Row saliency: Whether this method can be believed for this run at all" in told


def test_an_external_engine_that_does_not_answer_is_said_so(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, ask, say
) -> None:
    monkeypatch.setenv("LESIONLAB_SCHEDULER", "tcp://127.0.0.1:1")
    assert say("engine", "status")[1] == "The engine is not running at tcp://127.0.0.1:1.\n"
    for command in ("engine start", "engine stop", "train majority --dataset demo --background"):
        code, value = ask(*command.split())
        assert (code, value["kind"]) == (1, "EngineError")
        assert "tcp://127.0.0.1:1" in value["error"]
    assert artifacts.is_dir()


@pytest.mark.parametrize("arguments", ["", "dance", "train", "train cnn-59k", "engine dance", "ingest demo --size big"])
def test_what_the_command_line_does_not_understand_ends_with_2_and_the_usage(
    arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments.split())
    assert end.value.code == 2
    assert "usage: python -m core" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*arguments.split(), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["kind"] == "UsageError"
    assert said["error"]


def test_the_command_runs_as_a_module_with_one_object_on_stdout(artifacts: Path) -> None:
    def core(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "core", *arguments], capture_output=True, text=True, check=False, timeout=120
        )

    good, bad = core("datasets", "--json"), core("stop", "../x", "--json")
    assert (good.returncode, bad.returncode) == (0, 1)
    assert json.loads(good.stdout)["datasets"]
    assert json.loads(bad.stdout)["kind"] == "RunError"
    assert "Traceback" not in good.stderr + bad.stderr
    assert artifacts.is_dir()


@pytest.mark.parametrize("leaking", long_but([False, True], True))
def test_every_answer_of_a_run_says_whether_it_leaks_and_is_synthetic(
    trained: RunFolder, ask, say, leaking: bool
) -> None:
    info = read_json(trained.predictor_file)
    trained.predictor_file.write_text(json.dumps({**info, "leaking": leaking}))
    for command in (["evaluate", trained.run_id], ["predict", trained.run_id, picture_of("test", trained)]):
        _, value = ask(*command)
        assert (value["leaking"], value["synthetic"]) == (leaking, True)
        out = say(*command)[1]
        assert ("THE SPLIT LEAKS" in out) is leaking
        assert "synthetic" in out
    assert ask("runs")[1]["runs"][0]["synthetic"]
    assert "synthetic" in say("runs")[1]


def test_the_help_on_training_explains_every_field_of_a_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for name, field in Recipe.model_fields.items():
        assert f"{name}: {field.description}" in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.assign(p_mel=table["p_mel"] + 0.4), "do not sum to 1"),
        (lambda table: table[1:], "do not belong together"),
    ],
)
def test_predictions_that_are_not_the_runs_are_a_clear_error_of_every_command(
    change, said: str, trained: RunFolder, say
) -> None:
    save_predictions(trained.predictions_file, change(load_predictions(trained.predictions_file)))
    picture = open_dataset("demo").table["path"].iloc[0]
    for command in (("card", trained.run_id), ("predict", trained.run_id, picture)):
        code, _, err = say(*command)
        assert (code != 0, said in err, "Traceback" in err) == (True, True, False), command


def test_a_model_card_is_printed_or_written_as_markdown_or_html(trained: RunFolder, say, ask, tmp_path: Path) -> None:
    code, out, _ = say("card", trained.run_id)
    assert code == 0
    assert out.startswith("# cnn-59k on Demo (synthetic)")
    assert "## Known failures" in out
    file = tmp_path / "cards" / "card.html"
    code, value = ask("card", trained.run_id, "--format", "html", "--out", file)
    assert (code, value["file"], value["synthetic"]) == (0, str(file), True)
    assert "tests on other data" in value["missing"]
    assert file.read_text().startswith("<!DOCTYPE html>")
    code, _, err = say("card", trained.run_id, "--format", "pdf")
    assert code != 0
    assert "--out card.pdf" in err
    code, _, err = say("card", trained.run_id, "--format", "pdf", "--out", tmp_path / "card.pdf")
    assert (
        (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF-") if code == 0 else "print it from the browser" in err
    )
