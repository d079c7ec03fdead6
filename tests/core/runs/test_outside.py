"""Models of others: looked at before they are loaded, registered with their classes, judged and used as runs are."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.__main__ import main
from core.base.errors import ConfigurationError, DataError
from core.base.progress import silent
from core.data.catalog import open_dataset
from core.data.images.pictures import decode_square
from core.explain.methods import MODEL_FREE, Method
from core.models import outside as outside_files
from core.models.outside import look_at_model, read_labels, refuse_code
from core.models.registry import OUTSIDE, model_spec
from core.runs.explanations import explanation_checks
from core.runs.explanations.explaining import check_explanations
from core.runs.explanations.explanation_summary import load_checks
from core.runs.explanations.explanation_words import passed_in_words
from core.runs.judging.results import load_results
from core.runs.outside import UNKNOWN_PAST, bring_model, run_bring_job
from core.runs.outside_origin import load_outside
from core.runs.run_folder import list_runs
from core.serving.answer import answer_square
from core.serving.explaining import checked_methods, explain, methods_for, methods_of
from core.serving.outside_model import Adaptation, finish_of
from core.serving.predictor import Predictor

CLASSES = ("melanoma", "melanocytic nevus")
CLASSES_OF_LABELS = ("Melanoma", "Melanocytic nevus")
SIDE = 16


def onnx_file(
    path: Path,
    *,
    first: bool = True,
    outputs: int = 2,
    side: int | str = SIDE,
    domain: str = "",
    batch: int | str = "n",
    most_likely: bool = False,
) -> Path:
    """A model that gives the logits 8 · (0.5 − mean of red) and their opposite, for pictures from 0 to 1."""
    shape = [batch, 3, side, side] if first else [batch, side, side, 3]
    red = np.array([[-8.0, 8.0] + [0.0] * (outputs - 2)] + [[0.0] * outputs] * 2, np.float32)[:, :outputs]
    offset = np.array([4.0, -4.0] + [0.0] * (outputs - 2), np.float32)[:outputs]
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["means"], axes=[2, 3] if first else [1, 2], keepdims=0),
        helper.make_node("Gemm", ["means", "red", "offset"], ["logits"]),
    ]
    if domain:
        nodes.append(helper.make_node("Runs", ["logits"], ["more"], domain=domain))
    gives = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, outputs])]
    if most_likely:  # in front, as what turns scikit-learn's models into ONNX has it
        nodes.append(helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0))
        gives.insert(0, helper.make_tensor_value_info("label", TensorProto.INT64, [batch]))
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        gives,
        [numpy_helper.from_array(red, "red"), numpy_helper.from_array(offset, "offset")],
    )
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def of_red(pictures: np.ndarray) -> np.ndarray:
    """What the model above answers, by hand: probabilities (pictures, 2)."""
    logit = 8 * (0.5 - pictures[..., 0].mean(axis=(1, 2)) / 255)
    first = 1 / (1 + np.exp(-2 * logit))
    return np.stack([first, 1 - first], axis=1)


def test_an_onnx_model_becomes_a_run_that_answers_is_judged_and_is_explained(
    small_demo: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = onnx_file(tmp_path / "red.onnx")
    command = ["bring", str(file), "--dataset", "demo", "--classes", ",".join(CLASSES), "--scale", "0-1", "--json"]
    assert main(command) == 0
    told = json.loads(capfd.readouterr().out)
    [run] = list_runs()
    assert (told["run_id"], told["file"]) == (run.run_id, "red.onnx")
    results = load_results(run)
    assert results.info.class_keys == ("mel", "nv")
    assert [each.malignant for each in results.info.classes] == [True, False]
    assert UNKNOWN_PAST in results.leakage.cautions
    assert UNKNOWN_PAST in (run.path / "card.md").read_text()
    outside = load_outside(run)
    assert outside is not None
    assert outside.adaptation == Adaptation("0-1", "softmax", 2)
    assert set(outside.unused) == set(open_dataset("demo").table["label"]) - {"mel", "nv"}

    predictor = Predictor.of_run(run.path)
    table = open_dataset("demo").table
    pictures = np.stack([decode_square(Path(path), SIDE) for path in table["path"].head(3)])
    np.testing.assert_allclose(predictor.uncalibrated(pictures), of_red(pictures), atol=1e-5)
    said = answer_square(predictor, pictures[0])
    assert said.malignant == pytest.approx(said.probabilities["mel"])
    found = explain(predictor, pictures[0], "mel", Method.OCCLUSION)
    assert found.values.shape == (SIDE, SIDE)
    with pytest.raises(ConfigurationError, match="Choose occlusion"):
        explain(predictor, pictures[0], "mel", Method.GRAD_CAM)
    assert methods_for(model_spec(OUTSIDE)) == (Method.OCCLUSION,)
    assert checked_methods(model_spec(OUTSIDE)) == (Method.OCCLUSION, *MODEL_FREE)
    monkeypatch.setattr(explanation_checks, "MOST_PICTURES", 3)
    assert main(["explain", run.run_id, "--json"]) == 0
    occlusion, *model_free = json.loads(capfd.readouterr().out)["methods"]
    assert (occlusion["method"], occlusion["pictures"], len(model_free)) == (Method.OCCLUSION, 3, 2)
    assert occlusion["whole"] is occlusion["head"] is None, "it shows no weights that could be made random"
    assert load_checks(run)[0].pictures == 3
    run.model_file.write_bytes(run.model_file.read_bytes() + b"\x62\x00")  # another file, of which nothing is known
    assert load_checks(run) is None
    onnx_file(run.model_file)

    assert main(["evaluate", run.run_id, "--on", "demo", "--json"]) == 0
    judged = json.loads(capfd.readouterr().out)
    assert judged["images"] == int(table["label"].isin(["mel", "nv"]).sum())
    assert main(["evaluate", run.run_id, "--json"]) == 0  # its own parts once more
    for refused in (["export", run.run_id, "--format", "keras"], ["code", run.run_id]):
        assert main(refused) == 1
        assert "outside" in (said_of := capfd.readouterr().err) or "an ONNX file" in said_of


@pytest.mark.parametrize("shape", [{"first": False}, {"batch": 1}, {"batch": 4}, {"side": "s"}, {"most_likely": True}])
def test_onnx_files_of_any_order_and_batch_answer_alike_and_the_scale_is_found_out(
    small_demo: Path, tmp_path: Path, shape: dict
) -> None:
    side = SIDE if shape.get("side") else 0
    run = bring_model(onnx_file(tmp_path / "red.onnx", **shape), "demo", CLASSES, side=side, scale="0-1")
    pictures = np.random.default_rng(0).integers(0, 256, (6, SIDE, SIDE, 3), dtype=np.uint8)
    np.testing.assert_allclose(Predictor.of_run(run.path).uncalibrated(pictures), of_red(pictures), atol=1e-5)


def test_labels_lose_their_numbers_only_where_each_line_has_its_own() -> None:
    assert read_labels("\ufeff0 Melanoma\r\n1 Melanocytic nevus\r\n\r\n") == CLASSES_OF_LABELS
    assert read_labels("1\tMelanoma\n2  Melanocytic nevus") == CLASSES_OF_LABELS
    assert read_labels("2 weeks old\n3 weeks old\n") == ("2 weeks old", "3 weeks old")
    assert read_labels("0 years\n2 years") == ("0 years", "2 years")
    assert read_labels("nevus\n1 of many\n") == ("nevus", "1 of many")
    assert read_labels("0\n1\n") == ("0", "1")
    assert read_labels("") == ()


def test_the_scale_that_is_right_most_often_is_found_out(small_demo: Path, tmp_path: Path) -> None:
    outside = load_outside(bring_model(onnx_file(tmp_path / "red.onnx"), "demo", CLASSES))
    assert outside is not None
    assert outside.adaptation.scale in ("0-1", "-1-1", "0-255")
    assert outside.adaptation.finish == "softmax"


def test_what_makes_probabilities_is_told_from_the_answers() -> None:
    assert finish_of(np.array([[0.2, 0.8], [1.0, 0.0]]), 2) == "none"
    assert finish_of(np.array([[2.0, -1.0]]), 2) == "softmax"
    assert finish_of(np.array([[0.3], [0.9]]), 2) == "share"
    assert finish_of(np.array([[-3.0], [0.9]]), 2) == "sigmoid"
    np.testing.assert_allclose(Adaptation("0-1", "share", 2).probabilities(np.array([[0.3]])), [[0.7, 0.3]])
    np.testing.assert_allclose(Adaptation("0-1", "sigmoid", 2).probabilities(np.array([[0.0]])), [[0.5, 0.5]])
    with pytest.raises(DataError, match="has 3 outputs, and 2 class names are given"):
        finish_of(np.eye(3), 2)
    with pytest.raises(DataError, match="has 1 output, and 3 class"):
        finish_of(np.array([[0.3]]), 3)


def damaged(path: Path) -> Path:
    path.write_bytes(b"no model at all")
    return path


def without_bytes(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def of_two_gigabytes(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)  # a sparse file
    return path


def keras_zip(path: Path, config: dict) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("metadata.json", "{}")
    return path


def zip_of(*names: str) -> Callable[[Path], Path]:
    """Makes a zip of empty files."""

    def make(path: Path) -> Path:
        with zipfile.ZipFile(path, "w") as file:
            for name in names:
                file.writestr(name, b"")
        return path

    return make


def with_bytes_changed(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """A zip with a model of which some bytes are others."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("keras_model.h5", bytes(range(256)) * 400)
    path.write_bytes(change(path.read_bytes()))
    return path


def encrypted(content: bytes) -> bytes:
    """With the flags of encryption set where the file and the directory name it."""
    local, central = content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8
    flagged = bytearray(content)
    flagged[local] |= 1
    flagged[central] |= 1
    return bytes(flagged)


def cut_within(content: bytes) -> bytes:
    """With the packed bytes of the file overwritten."""
    start = content.index(b"keras_model.h5") + 14
    return content[:start] + b"\xff" * 60 + content[start + 60 :]


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "gone.keras": (lambda path: path, "There is no file"),
    "zero.keras": (without_bytes, "is empty: it has 0 bytes"),
    "large.onnx": (of_two_gigabytes, "has 2,147 MB. Models of at most 524 MB are read"),
    "notes.pkl": (damaged, "is a pickle, which is not read here"),
    "notes.doc": (damaged, "is no .keras, .h5 or .onnx file"),
    "broken.keras": (damaged, "is no Keras model that can be read"),
    "broken.h5": (damaged, "is no Keras model that can be read"),
    "broken.onnx": (damaged, "is no ONNX model that can be read"),
    "broken.zip": (damaged, "is no zip that can be opened"),
    "locked.zip": (lambda path: with_bytes_changed(path, encrypted), "is damaged or locked by a password"),
    "rotten.zip": (lambda path: with_bytes_changed(path, cut_within), "is damaged or locked by a password"),
    "converted_savedmodel.zip": (
        zip_of("model.savedmodel/saved_model.pb", "model.savedmodel/variables/variables.index", "labels.txt"),
        "is a SavedModel, .* Export, Tensorflow, Keras",
    ),
    "converted_tflite.zip": (zip_of("model_unquant.tflite", "labels.txt"), "is a LiteRT file, .* Export, Tensorflow"),
    "model.tflite": (damaged, "is a LiteRT file, .* Export, Tensorflow"),
    "tm-my-image-model.zip": (zip_of("model.json", "weights.bin", "metadata.json"), "for TensorFlow.js, .* Keras"),
    "empty.zip": (zip_of("readme.txt"), "has 0 model files"),
    "two.zip": (zip_of("a/keras_model.h5", "b/keras_model.h5"), "has 2 model files"),
    "lambda.keras": (
        lambda path: keras_zip(path, {"class_name": "Functional", "config": {"layers": [{"class_name": "Lambda"}]}}),
        "“Lambda”, which carries code",
    ),
    "custom.keras": (
        lambda path: keras_zip(path, {"module": "os", "class_name": "system", "config": {}}),
        "“system”, which carries code",
    ),
    "foreign.onnx": (lambda path: onnx_file(path, domain="com.evil"), "not ONNX's own \\(com.evil\\)"),
    "three.onnx": (lambda path: onnx_file(path, outputs=3), "has 3 outputs, and 2 class names are given"),
    "open.onnx": (lambda path: onnx_file(path, side="s"), "does not say how large its pictures are"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence_and_leaves_nothing(
    name: str, small_demo: Path, artifacts: Path, tmp_path: Path
) -> None:
    make, reason = REFUSED[name]
    file = make(tmp_path / name)
    with pytest.raises(DataError, match=reason):
        bring_model(file, "demo", CLASSES)
    assert list_runs() == []
    assert not list(artifacts.glob(".brought-*"))


def test_wrong_words_about_a_model_are_refused(small_demo: Path, tmp_path: Path) -> None:
    file = onnx_file(tmp_path / "red.onnx")
    with pytest.raises(DataError, match="takes pictures of 16×16 pixels, not 32×32"):
        bring_model(file, "demo", CLASSES, side=32)
    with pytest.raises(ConfigurationError, match="two at least"):
        bring_model(file, "demo", [])
    with pytest.raises(ConfigurationError, match="same name"):
        bring_model(file, "demo", ["nv", "nv"])
    with pytest.raises(ConfigurationError, match="same name"):
        bring_model(file, "demo", ["nv", "melanocytic nevus"])
    with pytest.raises(DataError, match="has no picture of cat, dog"):
        bring_model(file, "demo", ["cat", "dog"])
    with pytest.raises(ConfigurationError, match="no scale “0-2”"):
        bring_model(file, "demo", CLASSES, scale="0-2")
    assert list_runs() == []


def test_code_is_found_wherever_it_stands_in_a_description() -> None:
    fine = {"module": "keras.layers", "class_name": "Dense", "config": {"kernel_initializer": {"module": "builtins",
            "class_name": "slice"}}, "registered_name": None}  # fmt: skip
    refuse_code([fine, {"class_name": "Functional", "registered_name": "Functional"}])
    for code in (
        {"class_name": "__lambda__", "config": {"value": "…"}},
        {"class_name": "TFSMLayer", "module": "keras.layers"},
        {"class_name": "Dense", "module": "keras_evil.layers"},
        {"class_name": "function", "module": "builtins", "config": "system"},
        {"class_name": "Mine", "module": None, "registered_name": "Custom>Mine"},
    ):
        with pytest.raises(DataError, match="carries code"):
            refuse_code({"config": {"layers": [fine, {"config": {"layer": code}}]}})


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """With what Keras was asked to load files, call by call."""
    import keras

    calls, load = [], keras.saving.load_model

    def noted(*args: Any, **options: Any) -> Any:
        calls.append(options)
        return load(*args, **options)

    for module in (keras.saving, keras.models):
        monkeypatch.setattr(module, "load_model", noted)
    return calls


def test_a_keras_file_becomes_a_run_that_answers_as_it_does_and_is_loaded_in_safe_mode(
    small_demo: Path, tmp_path: Path, loaded: list[dict]
) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    head = layers.Dense(2, activation="softmax")
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(3, 3), layers.GlobalMaxPooling2D(), head])
    model.save(tmp_path / "mine.keras")

    run = bring_model(tmp_path / "mine.keras", "demo", CLASSES, scale="0-1")

    assert load_results(run).info.class_keys == ("mel", "nv")
    outside = load_outside(run)
    assert outside is not None
    assert outside.adaptation == Adaptation("0-1", "none", 2)
    pictures = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    expected = model.predict_on_batch(pictures.astype(np.float32) / 255)
    np.testing.assert_allclose(Predictor.of_run(run.path).uncalibrated(pictures), expected, atol=1e-6)
    assert len(loaded) >= 2, "the file as it came, and the run's own"
    assert all(each["safe_mode"] is True for each in loaded)


def test_a_keras_file_with_a_function_in_it_is_refused_before_it_is_loaded_and_by_keras_too(
    small_demo: Path, tmp_path: Path, loaded: list[dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras
    from keras import layers

    flat = [layers.GlobalAveragePooling2D(), layers.Lambda(lambda x: x * 2), layers.Dense(2)]
    keras.Sequential([keras.Input((SIDE, SIDE, 3)), *flat]).save(tmp_path / "code.keras")
    with pytest.raises(DataError, match="“Lambda”, which carries code"):
        bring_model(tmp_path / "code.keras", "demo", CLASSES)
    assert not loaded
    monkeypatch.setattr(outside_files, "refuse_code", lambda _: None)
    with pytest.raises(DataError, match="cannot load the model"):
        bring_model(tmp_path / "code.keras", "demo", CLASSES)
    assert [each["safe_mode"] for each in loaded] == [True]
    assert list_runs() == []


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "bomb.keras"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", " " * 2_000_000)
    monkeypatch.setattr(outside_files, "MOST_BYTES", 1_000_000)
    folder = tmp_path / "kept"
    folder.mkdir()
    with pytest.raises(DataError, match="unpacks to more than 1 MB"):
        look_at_model(bomb, folder)


def test_an_uploaded_file_is_removed_once_the_job_is_over(small_demo: Path, tmp_path: Path) -> None:
    for classes in (list(CLASSES), ["cat", "dog"]):
        folder = tmp_path / classes[0]
        folder.mkdir()
        arguments = {"file": str(onnx_file(folder / "red.onnx")), "dataset": "demo", "classes": classes, "side": 0}
        arguments |= {"scale": "0-1", "owner": "", "uploaded": True}
        if classes == ["cat", "dog"]:
            with pytest.raises(DataError):
                run_bring_job(arguments, silent, lambda: False)
        else:
            assert run_bring_job(arguments, silent, lambda: False) == {"run": list_runs()[0].run_id}
        assert not folder.exists()


def as_keras_2(described: Any) -> Any:
    """The description of a model in HDF5 as Keras 2.4 wrote it, whose files Teachable Machine still gives."""
    if isinstance(described, list | tuple):
        return [as_keras_2(each) for each in described]
    if not isinstance(described, dict):
        return described
    if described.get("class_name") == "DTypePolicy":
        return described["config"]["name"]
    if described.get("class_name") == "__keras_tensor__":
        return described["config"]["keras_history"]
    newer = ("module", "registered_name", "build_config", "compile_config", "shared_object_id", "quantization_config")
    old = {key: as_keras_2(value) for key, value in described.items() if key not in newer}
    if "batch_shape" in old:
        old["batch_input_shape"] = old.pop("batch_shape")
    if old.get("class_name") == "DepthwiseConv2D":
        old["config"]["groups"] = 1
    if isinstance(nodes := old.get("inbound_nodes"), list):
        given = [node["args"][0] if isinstance(node["args"][0][0], list) else [node["args"][0]] for node in nodes]
        old["inbound_nodes"] = [[[*history, {}] for history in each] for each in given]
    for ends in ("input_layers", "output_layers"):
        if old.get(ends) and not isinstance(old[ends][0], list):
            old[ends] = [old[ends]]
    return old


def test_the_zip_of_teachable_machine_is_read_with_its_labels(
    small_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the site writes it: HDF5 of Keras 2, a trunk and a head, each a model within a model, and numbered labels."""
    import keras
    from keras import layers

    x = inputs = keras.Input((SIDE, SIDE, 3), name="input_1")
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="Conv1_pad")(x)
    x = layers.BatchNormalization(name="bn_Conv1")(layers.Conv2D(4, 3, strides=2, use_bias=False, name="Conv1")(x))
    before = layers.ReLU(6.0, name="Conv1_relu")(x)
    x = layers.Add(name="block_2_add")([layers.DepthwiseConv2D(3, padding="same", name="depthwise")(before), before])
    trunk = keras.Sequential([keras.Model(inputs, x, name="model1"), layers.GlobalAveragePooling2D(name="pooled")])
    head = keras.Sequential([layers.Dense(6, "relu"), layers.Dense(2, "softmax", use_bias=False)])
    model = keras.Sequential([trunk, head])
    model.build((None, SIDE, SIDE, 3))
    kept = tmp_path / "keras_model.h5"
    model.save(kept)
    with h5py.File(kept, "r+") as file:
        file.attrs["model_config"] = json.dumps(as_keras_2(json.loads(file.attrs["model_config"])))
        file.attrs["keras_version"] = "2.4.0"
    export = tmp_path / "converted_keras.zip"
    with zipfile.ZipFile(export, "w") as file:
        file.write(kept, "keras_model.h5")
        file.writestr("labels.txt", "0 Melanoma\n1 Melanocytic nevus\n")
    run = bring_model(export, "demo")

    assert load_results(run).info.class_keys == ("mel", "nv")
    outside = load_outside(run)
    assert outside is not None
    assert outside.adaptation == Adaptation("-1-1", "none", 2)
    pictures = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    expected = model.predict_on_batch(pictures.astype(np.float32) / 127.5 - 1)
    predictor = Predictor.of_run(run.path)
    np.testing.assert_allclose(predictor.uncalibrated(pictures), expected, atol=1e-6)
    assert explain(predictor, pictures[0], "nv", Method.OCCLUSION).values.shape == (SIDE, SIDE)
    monkeypatch.setattr(explanation_checks, "MOST_PICTURES", 3)
    monkeypatch.setattr(explanation_checks, "RANDOMISED_PICTURES", 1)
    assert methods_of(predictor.info)[:2] == (Method.HIRES_CAM, Method.GRAD_CAM)
    assert predictor.network.convolutions() == ["Conv1", "depthwise"]
    layers_of = trunk.layers[0]
    seen = keras.Model(layers_of.input, layers_of.get_layer("Conv1_relu").output)
    [by_hand] = seen.predict_on_batch(pictures[:1].astype(np.float32) / 127.5 - 1)
    [of_network], _ = predictor.network.maps(pictures[:1], 1, "Conv1")
    np.testing.assert_allclose(of_network, by_hand, atol=1e-5)
    summed = explain(predictor, pictures[0], "nv", Method.INTEGRATED_FROM_BLACK).completeness
    assert summed.converged
    assert summed.total == pytest.approx(summed.difference, rel=0.02)
    occlusion = next(
        each for each in check_explanations(run, wanted=[Method.OCCLUSION]) if each.method is Method.OCCLUSION
    )
    assert occlusion.whole is not None
    assert occlusion.head is not None
    assert "changes when the weights are random" in passed_in_words(occlusion)
    assert "could not be tried" in passed_in_words(replace(occlusion, whole=None))
    config = json.loads(zipfile.ZipFile(run.model_file).read("config.json"))
    refuse_code(config)  # what is kept carries nothing but Keras' own, so that it can be handed over again
