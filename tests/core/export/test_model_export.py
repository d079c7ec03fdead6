"""A model is handed over in every format, each checked in a fresh process; what answers otherwise is not offered."""

import contextlib
import errno
import hashlib
import io
import json
import os
import runpy
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.__main__ import main
from core.base.errors import CancelledError, ConfigurationError, DataError, DiskFullError, RunError
from core.base.files import read_json, write_json
from core.base.progress import silent
from core.combined.ensembles import make_ensemble
from core.data.images.pictures import decode_square, square
from core.data.metadata_encoding import Patient
from core.data.spec import ClassSpec
from core.data.splits.splits import TEST
from core.export import conversion, formats, model_export
from core.export.conversion import write_model
from core.export.formats import FORMATS, wanted_format
from core.export.model_export import LEFT_OUT
from core.export.model_files import (
    LEAST_AGREEMENT,
    ExportReport,
    exports_folder,
    load_report,
    load_reports,
    zip_file,
)
from core.export.parity import Compared, judged
from core.export.usage import usage
from core.export.whole_network import GATE, PROBABILITIES, gate_scores, whole_network
from core.models.registry import build_model
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.runs.run_states import State
from core.runs.trash import delete, restore
from core.serving.gate import GATE_SIZE, GateTrunk, open_gate
from core.serving.predictor import Predictor, PredictorInfo
from core.training.recipe import make_recipe

FEW = ("onnx", "litert-int8")
"""Exact and in eight bits; the others are written and checked by the same code, which takes half a minute."""
ALL = pytest.param(tuple(FORMATS), marks=pytest.mark.long, id="all")
few = pytest.mark.parametrize("exported", [pytest.param(FEW, id="few")], indirect=True)
few_or_all = pytest.mark.parametrize("exported", [pytest.param(FEW, id="few"), ALL], indirect=True)


@pytest.fixture(scope="module")
def exported(trained_root: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """An artifacts folder with the finished run, handed over by the command without a gate; read only."""
    root = tmp_path_factory.mktemp("handed") / "artifacts"
    root.mkdir()
    (root / "data").symlink_to(trained_root / "data", target_is_directory=True)
    for name in ("runs", "cache"):
        shutil.copytree(trained_root / name, root / name)
    [run] = (root / "runs").iterdir()
    command = ["export", run.name, "--format", *request.param, "--without-gate", "--json"]
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setenv("LESIONLAB_ARTIFACTS", str(root))
        patch.setenv("LESIONLAB_DATA", str(root / "no-data"))
        assert main([*command, "--out", str(root.parent / "out")]) == 0
    (root / "said.json").write_text(said.getvalue())
    return root


@pytest.fixture
def run(exported: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """The run that was handed over."""
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(exported))
    monkeypatch.setenv("LESIONLAB_DATA", str(exported / "no-data"))
    return list_runs()[-1]


@few_or_all
def test_every_format_answers_as_the_run_does_on_100_held_out_pictures(run: RunFolder, exported: Path) -> None:
    said = json.loads((exported / "said.json").read_text())
    reports = load_reports(run)
    assert list(reports) == [each["format"] for each in said["formats"]]
    assert len(reports) in (len(FEW), len(FORMATS))
    assert [each["max_difference"] for each in said["formats"]] == [each.max_difference for each in reports.values()]
    for key, report in reports.items():
        form = FORMATS[key]
        assert report.part == TEST
        assert report.pictures == 100 or (form.quantised and report.pictures > 100)
        assert report.run_accuracy == pytest.approx(reports["onnx"].run_accuracy, abs=0.2 if form.quantised else 1e-9)
        assert min(report.seconds, report.load_seconds, report.bytes) > 0
        assert report.memory is None or report.memory > 10e6
        if form.exact:
            assert report.max_difference < 1e-4
            assert report.agreement == 1
            assert report.accuracy == report.run_accuracy
        assert (report.gate_agreement, report.without_gate) == (None, LEFT_OUT)
        assert sum(each.pictures for each in report.sensitivities) > 0
    for whole, half in (("onnx", "onnx-float16"), ("litert", "litert-float16")):
        if half not in reports:
            continue
        assert reports[half].bytes < 0.6 * reports[whole].bytes
        assert reports[half].agreement > 0.9


@few_or_all
def test_the_script_beside_each_file_runs_as_it_stands_and_says_the_same(run: RunFolder, exported: Path) -> None:
    predictions = pd.read_parquet(run.predictions_file)
    picture = predictions[predictions["part"] == TEST].iloc[0]
    [path] = (exported / "data" / "demo").rglob(f"{picture['image_id']}.jpg")
    elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("LESIONLAB")}
    told: dict[str, list[float]] = {}
    for key in load_reports(run):
        form = FORMATS[key]
        folder = exported.parent / "out" / f"{run.run_id}-{key}"
        with zipfile.ZipFile(zip_file(run, form)) as file:
            names = {each.filename for each in file.infolist()}
        assert names == {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
        about = read_json(folder / "about.json")
        assert "Not a medical device" in about["notice"]
        assert about["sha256_of_run_model"] == hashlib.sha256(run.model_file.read_bytes()).hexdigest()
        script = (folder / "use.py").read_text()
        assert len(script.splitlines()) <= 10
        command = [sys.executable, "use.py", str(path)]
        done = subprocess.run(command, cwd=folder, env=elsewhere, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        lines = done.stdout.splitlines()
        answers = [line.split(" ", 1) for line in lines if line[0].isdigit()]
        assert [name for _, name in answers] == about["classes"]
        told[key] = [float(probability) for probability, _ in answers]
    for key in told:
        if FORMATS[key].exact:
            np.testing.assert_allclose(told[key], told["onnx"], atol=2e-4)
    # For the product a JPEG is decoded at a fraction of its size, which moves pixels by a grey level or so.
    expected = [picture[f"p_{name}"] for name in about["class_keys"]]
    np.testing.assert_allclose(told["onnx"], expected, atol=0.1)


@few
def test_what_was_written_is_not_written_again_until_the_model_changes(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(model_export, "Predictor", None)  # nothing is loaded
    left = exports_folder(run) / ".onnx.building-of-one-that-was-killed"
    left.mkdir()
    assert list(model_export.export_model(run, ["onnx", "onnx", "litert-int8"], gate=False)) == ["onnx", "litert-int8"]
    assert not left.exists()
    copy = RunFolder(Path(shutil.copytree(run.path, tmp_path / run.run_id)))
    assert set(load_reports(copy)) == set(FEW)
    write_json(copy.predictor_file, read_json(copy.predictor_file) | {"temperature": 1.5})
    assert load_reports(copy) == {}
    (exports_folder(copy) / "litert-int8" / "report.json").write_text("{")
    assert load_report(copy, FORMATS["litert-int8"]) is None


@pytest.mark.long
def test_the_gate_inside_says_of_every_picture_what_the_gate_says(trained: RunFolder, gate_root: Path) -> None:
    gate = open_gate(gate_root / "cache" / "demo" / "gate")
    assert gate is not None
    predictor = Predictor.of_run(trained.path)
    network = whole_network(predictor, gate)
    rng = np.random.default_rng(0)
    [_, *paths] = sorted((gate_root / "data" / "demo").rglob("*.jpg"))[:5]
    squares = [decode_square(path, GATE_SIZE) for path in paths]
    squares += [rng.integers(0, 256, (GATE_SIZE, GATE_SIZE, 3), dtype=np.uint8), np.zeros_like(squares[0])]
    small = np.stack([square(each, 28) for each in squares])
    answers = network.predict_on_batch({"image": small, "gate_image": np.stack(squares)})
    np.testing.assert_allclose(answers[PROBABILITIES], predictor.probabilities(small), atol=1e-6)
    expected = gate_scores(gate, squares, GateTrunk())
    np.testing.assert_allclose(answers[GATE], expected, atol=1e-4)
    assert (expected >= 0).tolist() == [True] * 4 + [False] * 2


@pytest.mark.parametrize("exported", [ALL], indirect=True)
def test_files_with_the_gate_inside_answer_as_run_and_gate_do(run: RunFolder, gate_root: Path, exported: Path) -> None:
    shutil.copytree(gate_root / "cache" / "demo" / "gate", exported / "cache" / "demo" / "gate")
    reports = model_export.export_model(run, ["onnx", "onnx-float16", "litert", "litert-float16", "litert-int8"])
    for key, report in reports.items():
        if FORMATS[key].quantised:
            assert (report.gate_agreement, report.without_gate) == (None, "Eight bits are too few for it.")
            continue
        assert report.gate_agreement is not None
        assert report.gate_agreement > 0.97
        assert report.gate_max_difference is not None
        assert report.gate_max_difference < (1e-4 if FORMATS[key].exact else 0.02)


class Network:
    """Stands for a network of a million weights: nothing here asks it."""

    inputs: tuple = ()

    def count_params(self) -> int:
        return 1_000_000


@pytest.fixture
def unwritten(trained: RunFolder, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A finished run of which nothing was handed over; its network is not loaded, for that takes long."""
    monkeypatch.setattr(model_export, "whole_network", lambda *_: Network())
    monkeypatch.setattr(model_export, "compared_examples", lambda *_: (None, {}))
    monkeypatch.setattr(model_export.Predictor, "of_run", lambda _: None)
    return trained


def test_a_full_disk_leaves_nothing_half_written(unwritten: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(run, predictor, network, form, aside: Path, *_) -> None:
        (aside / "half").write_bytes(b"half")
        if form.key == "savedmodel":
            raise OSError(errno.ENOSPC, "no space left", str(aside))
        return ExportReport("keras", (), TEST, "pictures", 1, 0, 1, 1, 1, (), 1, 1, 1, None)

    monkeypatch.setattr(model_export, "_write", full)
    with pytest.raises(DiskFullError):
        model_export.export_model(unwritten, ["keras", "savedmodel"])
    assert sorted(each.name for each in exports_folder(unwritten).iterdir()) == ["keras", "lock"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    with pytest.raises(DiskFullError, match="needs about 32 MB for a while, and 5 MB are free"):
        model_export.export_model(unwritten, ["savedmodel"])
    assert sorted(each.name for each in exports_folder(unwritten).iterdir()) == ["keras", "lock"]


@pytest.fixture
def faked(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that says it is finished, with a file as its model that nothing here reads."""
    run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
    run.write_status(replace(run.written_status(), state=State.FINISHED))
    run.model_file.write_bytes(b"a model")
    info = SimpleNamespace(dataset="demo", takes="pictures", temperature=1.0, test_time_augmentation="")
    info.refuse_without_model = lambda: None
    monkeypatch.setattr(model_export.PredictorInfo, "load", lambda _: info)
    monkeypatch.setattr(model_export, "whole_network", lambda *_: Network())
    monkeypatch.setattr(model_export, "compared_examples", lambda *_: (None, {}))
    monkeypatch.setattr(model_export.Predictor, "of_run", lambda _: None)
    return run


@pytest.mark.parametrize("when", ["while a file is written", "between two files"])
def test_a_run_that_is_deleted_meanwhile_is_said_to_be_and_leaves_no_folder(
    when: str, faked: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(run, predictor, network, form, aside: Path, *_) -> ExportReport:
        if when == "while a file is written":
            delete(faked)
        (aside / "file").write_bytes(b"whole")
        return ExportReport(form.key, (), TEST, "pictures", 1, 0, 1, 1, 1, (), 1, 1, 1, None)

    def progress(done: float, total: float, what: str) -> None:
        if done == 1:
            delete(faked)

    monkeypatch.setattr(model_export, "_write", write)
    with pytest.raises(RunError, match="was deleted meanwhile, so nothing of this is kept"):
        model_export.export_model(faked, ["keras", "savedmodel"], gate=False, progress=progress)
    assert not faked.path.exists()
    assert restore(faked.run_id).model_file.read_bytes() == b"a model"


def test_a_format_that_is_refused_does_not_keep_the_others_from_being_written(
    unwritten: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_genes(run, predictor, network, form, *_) -> ExportReport:
        if form.key == "keras":
            raise DataError("The network has layers that Keras alone does not know (ChosenGenes).")
        return ExportReport(form.key, (), TEST, "samples", 1, 0, 1, 1, 1, (), 1, 1, 1, None)

    monkeypatch.setattr(model_export, "_write", of_genes)
    with pytest.raises(DataError, match=r"does not know \(ChosenGenes\)\. Ready are: SavedModel\."):
        model_export.export_model(unwritten, ["keras", "savedmodel"])
    assert sorted(each.name for each in exports_folder(unwritten).iterdir()) == ["lock", "savedmodel"]


def test_layers_of_our_own_are_not_put_into_a_keras_file(tmp_path: Path) -> None:
    import keras

    from core.models.baseline import ClassShares

    inputs = keras.Input((4, 4, 3), name="image")
    network = keras.Model({"image": inputs}, {"probabilities": ClassShares(3)(inputs)})
    with pytest.raises(DataError, match=r"does not know \(ClassShares\), so it is not written"):
        write_model(network, FORMATS["keras"], tmp_path, tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_job_ends_between_formats_and_keeps_what_is_whole(
    unwritten: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    report = ExportReport("keras", (), TEST, "pictures", 1, 0, 1, 1, 1, (), 1, 1, 1, None)
    monkeypatch.setattr(model_export, "_write", lambda *given: done.append(given[3].key) or report)
    arguments = {"run": unwritten.run_id, "formats": ["keras", "savedmodel"]}
    with pytest.raises(CancelledError):
        model_export.run_export_job(arguments, silent, lambda: bool(done))
    assert done == ["keras"]
    assert sorted(each.name for each in exports_folder(unwritten).iterdir()) == ["keras", "lock"]


def of_three(probabilities: list[list[float]], form: str, true: list[int]) -> ExportReport:
    """What is found where a file answers with the probabilities, and the run is certain of class 0, 1, 2, 0 …"""
    rows = len(probabilities)
    certain = np.eye(3)[np.arange(rows) % 3]
    compared = Compared(TEST, {}, certain, np.array(true), None)
    info = PredictorInfo(
        "run", "cnn-59k", 28, tuple(ClassSpec(key, key, malignant=key == "mel") for key in ("mel", "nv", "bkl")),
        "demo", "Demo", True, "", "", "grouped", False,
    )  # fmt: skip
    measured = {"seconds": 0.01, "load_seconds": 1.0, "memory": None}
    answers = {PROBABILITIES: np.array(probabilities)}
    return judged(info, FORMATS[form], compared, np.arange(rows), answers, measured)


def test_a_file_that_answers_nonsense_or_otherwise_is_not_offered() -> None:
    same = np.eye(3)[np.arange(6) % 3].tolist()
    assert of_three(same, "onnx", [0, 1, 2, 0, 1, 2]).accuracy == 1
    with pytest.raises(DataError, match="does not give probabilities"):
        of_three([[float("nan")] * 3] * 6, "litert", [0] * 6)
    off = [[0.99, 0.005, 0.005], *same[1:]]
    with pytest.raises(DataError, match="a probability differs by 0"):
        of_three(off, "litert", [0] * 6)
    rounded = of_three(off, "litert-float16", [0] * 6)
    assert rounded.max_difference == pytest.approx(0.01)
    assert not rounded.doubtful


def test_eight_bits_that_change_answers_are_marked_with_their_sensitivities() -> None:
    true = [number % 3 for number in range(60)]
    answers = np.eye(3)[true]
    answers[0] = [0, 1, 0]  # one melanoma of twenty becomes a nevus
    report = of_three(answers.tolist(), "litert-int8", true)
    assert report.agreement == pytest.approx(59 / 60)
    assert not report.doubtful
    [melanoma] = report.sensitivities
    assert (melanoma.name, melanoma.pictures, melanoma.run, melanoma.file) == ("mel", 20, 1.0, 0.95)
    answers[3] = [0, 1, 0]
    changed = of_three(answers.tolist(), "litert-int8", true)
    assert changed.agreement == pytest.approx(58 / 60)
    assert (changed.doubtful, changed.agreement < LEAST_AGREEMENT) == (True, True)


def test_what_is_missing_for_a_format_is_said_with_how_to_get_it(
    trained: RunFolder, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    assert wanted_format("keras").missing() == []
    with pytest.raises(ConfigurationError, match="LiteRT, float16 needs ai_edge_litert"):
        wanted_format("litert-float16")
    assert main(["export", trained.run_id, "--format", "onnx"]) == 1
    assert "ONNX needs tf2onnx, onnx, onnxruntime. Install them with “make formats”" in capfd.readouterr().err
    with pytest.raises(ConfigurationError, match="There is no format “pickle”"):
        wanted_format("pickle")
    assert main(["export", "no-such-run", "--format", "keras"]) == 1
    assert "There is no run “no-such-run”" in capfd.readouterr().err


def test_the_scripts_are_ten_lines_whatever_the_model_takes() -> None:
    for form in FORMATS.values():
        for genes, metadata, gate in ((False, False, True), (False, True, True), (True, False, False)):
            script = usage(form, genes=genes, metadata=metadata, gate=gate)
            compile(script, "use.py", "exec")
            assert len(script.splitlines()) <= 10 + (metadata and gate)
            assert max(map(len, script.splitlines())) <= 120


@pytest.mark.parametrize("metadata", [False, True])
def test_a_script_says_what_the_gate_says(metadata: bool, tmp_path: Path, monkeypatch, capsys) -> None:
    """Of a network made by hand: red pictures are of the known kind, and the more red the likelier the first class."""
    import keras
    from keras import ops

    inputs = {"image": keras.Input((8, 8, 3), dtype="uint8", name="image")}
    if metadata:
        inputs["metadata"] = keras.Input((2,), name="metadata")
    red = ops.mean(ops.cast(inputs["image"], "float32")[..., 0], axis=(1, 2)) / 255
    outputs = {"probabilities": ops.stack([red, 1 - red], axis=1), "gate": red - 0.5}
    keras.Model(inputs, outputs).save(tmp_path / "model.keras")
    about = {"classes": ["red", "blue"], "pictures": {"image": 8}, "unknown_patient": [1, 0]}
    write_json(tmp_path / "about.json", about)
    (tmp_path / "use.py").write_text(usage(FORMATS["keras"], metadata=metadata, gate=True))
    monkeypatch.chdir(tmp_path)
    for colour, answers in (
        ((255, 0, 0), ["1.0000 red", "0.0000 blue", "known kind of picture"]),
        ((0, 0, 255), ["0.0000 red", "1.0000 blue", "NOT the kind of picture it has learnt from"]),
    ):
        Image.new("RGB", (30, 20), colour).save("picture.png")
        monkeypatch.setattr(sys, "argv", ["use.py", "picture.png"])
        runpy.run_path("use.py")
        assert capsys.readouterr().out.splitlines() == answers


def test_a_script_sets_a_picture_upright_and_on_white_as_the_run_does(tmp_path: Path, monkeypatch, capsys) -> None:
    """Of a network made by hand that looks at the upper left quarter alone."""
    import keras
    from keras import ops

    image = keras.Input((8, 8, 3), dtype="uint8", name="image")
    seen = ops.mean(ops.cast(image, "float32")[:, :4, :4], axis=(1, 2, 3)) / 255
    keras.Model({"image": image}, {"probabilities": ops.stack([seen, 1 - seen], axis=1)}).save(tmp_path / "model.keras")
    write_json(tmp_path / "about.json", {"classes": ["light", "dark"], "pictures": {"image": 8}})
    (tmp_path / "use.py").write_text(usage(FORMATS["keras"]))
    monkeypatch.chdir(tmp_path)
    pixels = np.zeros((40, 80, 4), np.uint8)
    pixels[:20, :40, :3], pixels[..., 3], pixels[:20, 40:, 3] = (200, 90, 60), 255, 100  # one quarter light, one clear
    said = []
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(pixels).save("picture.png", exif=exif)
        monkeypatch.setattr(sys, "argv", ["use.py", "picture.png"])
        runpy.run_path("use.py")
        said.append(float(capsys.readouterr().out.split()[0]))
        square_of_run = decode_square(tmp_path / "picture.png", 8)
        assert said[-1] == pytest.approx(square_of_run[:4, :4].mean() / 255, abs=5e-3)
    assert len(set(said)) > 2, "the corner is another one"


def test_a_converter_that_crashes_refuses_its_format_and_ends_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of TensorFlow does where it looks for the ranges of an LSTM."""
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(conversion.sys, "executable", str(crashing))
    monkeypatch.setattr(conversion, "_saved", lambda *_, **__: tmp_path / "saved_model")
    with pytest.raises(DataError, match=r"cannot be written as LiteRT, int8: TensorFlow's converter broke off\."):
        write_model(None, FORMATS["litert-int8"], tmp_path, tmp_path, {"image": np.zeros((1, 4, 4, 3), np.uint8)})


def test_a_model_that_is_told_age_and_site_answers_the_same_in_one_network(ages: list[RunFolder]) -> None:
    predictor = Predictor.of_run(ages[0].path)
    encoding = predictor.info.metadata
    assert encoding is not None
    pictures = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 3), dtype=np.uint8)
    patients = [Patient(), Patient(age=20), Patient(age=70), Patient(site="back"), Patient(age=50, site="face")]
    known = np.stack([encoding.of(each) for each in patients])
    answers = whole_network(predictor).predict_on_batch({"image": pictures, "metadata": known})
    np.testing.assert_allclose(answers[PROBABILITIES], predictor.probabilities(pictures, metadata=known), atol=1e-6)


@pytest.mark.long
def test_models_on_more_than_a_picture_and_ensembles_are_handed_over_in_every_format_that_can_hold_them(
    ages: list[RunFolder],
) -> None:
    told = model_export.export_model(ages[0], list(FORMATS))
    assert list(told) == list(FORMATS)
    alike = shutil.copytree(ages[1].path, ages[1].path.with_name(f"{ages[1].run_id}-b"))
    ensemble = make_ensemble([ages[1], RunFolder(Path(alike))], "", silent)
    with pytest.raises(DataError, match="layers that Keras alone does not know") as refused:
        model_export.export_model(ensemble, list(FORMATS))
    ready = ", ".join(form.title for form in FORMATS.values() if form.key != "keras")
    assert str(refused.value).endswith(f"Ready are: {ready}.")
    for report in (*told.values(), *load_reports(ensemble).values()):
        if FORMATS[report.format].exact:
            assert (report.agreement, report.max_difference < 1e-4) == (1, True)


@pytest.mark.long
def test_a_network_that_reads_row_by_row_is_handed_over_but_in_eight_bits(trained: RunFolder) -> None:
    info = PredictorInfo.load(trained.predictor_file)
    build_model("lstm-rows", info.image_size, len(info.classes)).save(trained.model_file)
    replace(info, model="lstm-rows").save(trained.predictor_file)
    with pytest.raises(DataError, match="cannot be written as LiteRT, int8"):
        model_export.export_model(trained, ["onnx", "litert", "litert-int8"], gate=False)
    assert {key: each.agreement for key, each in load_reports(trained).items()} == {"onnx": 1, "litert": 1}
