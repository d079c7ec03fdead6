import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import ConfigurationError, DataError, RunError
from core.data.catalog import open_dataset
from core.data.gathering import Asked
from core.data.images.pictures import read_picture
from core.data.images.turns import Turns
from core.data.spec import ClassSpec
from core.evaluation.predictions import load_predictions
from core.explain.methods import Method
from core.runs.answers.answered_files import answer_files
from core.runs.run_folder import RunFolder
from core.serving.answer import answer, answer_square
from core.serving.explaining import explain
from core.serving.predictor import Predictor, PredictorInfo
from tests.alike import long_but

PICTURES = 24


@pytest.fixture
def predictions(trained: RunFolder) -> pd.DataFrame:
    """What the evaluation said of some test pictures, with the path of the original file of each."""
    table = load_predictions(trained.evaluation / "predictions.parquet")
    paths = open_dataset("demo").table.set_index("image_id")["path"]
    return table[table["part"] == "test"].head(PICTURES).assign(path=lambda t: t["image_id"].map(paths))


def asked(paths: Iterable[Path | str]) -> list[Asked]:
    return [Asked(str(path), Path(path)) for path in paths]


def fractions(table: pd.DataFrame, keys: tuple[str, ...]) -> np.ndarray:
    return table[[f"p_{key}" for key in keys]].to_numpy(float)


def test_the_original_file_of_a_test_picture_gets_the_answer_that_was_evaluated(
    trained: RunFolder, predictions: pd.DataFrame
) -> None:
    keys = PredictorInfo.load(trained.predictor_file).class_keys
    answers = answer_files(trained, asked(predictions["path"]))
    said = np.array([list(a["probabilities"].values()) for a in answers])
    assert said == pytest.approx(fractions(predictions, keys), abs=1e-4)
    assert [a["label"] for a in answers] == [keys[n] for n in fractions(predictions, keys).argmax(axis=1)]
    assert [list(a["probabilities"]) for a in answers] == [list(keys)] * len(answers)


def test_a_picture_from_a_page_gets_nearly_the_answer_that_was_evaluated(
    trained: RunFolder, predictions: pd.DataFrame
) -> None:
    """A page hands over pixels, not a file, so the smoothing on the way down differs by a grey level or so."""
    predictor = Predictor.of_run(trained.path)
    pages = [answer(predictor, read_picture(Path(path)).rgb).probabilities for path in predictions["path"]]
    said = np.array([list(of.values()) for of in pages])
    assert said == pytest.approx(fractions(predictions, predictor.info.class_keys), abs=0.02)


def test_probabilities_sum_to_1_and_malignant_is_the_sum_over_the_malignant_classes(
    trained: RunFolder, predictions: pd.DataFrame
) -> None:
    predictor = Predictor.of_run(trained.path)
    malignant = [c.key for c in predictor.info.classes if c.malignant]
    assert malignant == ["akiec", "bcc", "mel"]
    for path in predictions["path"].head(5):
        said = answer(predictor, read_picture(Path(path)).rgb)
        assert sum(said.probabilities.values()) == pytest.approx(1, abs=1e-9)
        assert said.malignant == pytest.approx(sum(said.probabilities[key] for key in malignant))
        assert said.label == max(said.probabilities, key=said.probabilities.__getitem__)
        assert (said.heat, said.heat_class, said.heat_layer) == (None, "", "")


def test_an_explanation_is_of_the_likeliest_class_or_of_the_one_asked_for(trained: RunFolder) -> None:
    predictor = Predictor.of_run(trained.path)
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    likeliest = answer(predictor, picture, "")
    assert likeliest.heat_class == likeliest.label
    assert likeliest.heat.shape == (5, 5)
    assert likeliest.heat_layer in [layer.name for layer in predictor.model.layers]
    assert answer(predictor, picture, "vasc").heat_class == "vasc"
    assert answer(predictor, picture, "vasc").probabilities == likeliest.probabilities
    with pytest.raises(ConfigurationError, match=r"knows no class “freckle”\. It knows: akiec, bcc"):
        answer(predictor, picture, "freckle")


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (28, 28), (2000, 3)])
def test_a_picture_of_any_size_gets_an_answer(trained: RunFolder, shape: tuple[int, int]) -> None:
    said = answer(Predictor.of_run(trained.path), np.full((*shape, 3), 120, np.uint8))
    assert sum(said.probabilities.values()) == pytest.approx(1, abs=1e-9)


def test_files_that_cannot_be_read_are_named_and_the_others_answered(
    trained: RunFolder, predictions: pd.DataFrame, tmp_path: Path
) -> None:
    good = Path(predictions["path"].iloc[0])
    (tmp_path / "notes.jpg").write_text("no picture")
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.jpg").write_bytes(good.read_bytes()[:600])
    odd = [tmp_path / "missing.jpg", tmp_path, tmp_path / "notes.jpg", tmp_path / "empty.png", tmp_path / "cut.jpg"]
    odd += [tmp_path / ("x" * 5000), Path("nul\0l")]
    answers = answer_files(trained, asked([good, *odd, good]))
    assert [a["image"] for a in answers] == [str(file) for file in [good, *odd, good]]
    assert answers[0] == answers[-1]
    assert "error" not in answers[0]
    for said in answers[1:-1]:
        assert said.keys() == {"image", "error"}
        assert said["error"]
    assert "There is no file" in answers[1]["error"]
    assert "is empty" in answers[4]["error"]


def test_a_grey_picture_gets_an_answer_with_a_note(trained: RunFolder, tmp_path: Path) -> None:
    Image.fromarray(np.full((64, 64), 90, np.uint8)).save(tmp_path / "grey.png")
    [said] = answer_files(trained, asked([tmp_path / "grey.png"]))
    assert any("grey" in note for note in said["notes"])


def test_heat_maps_are_pictures_as_large_as_the_originals_and_never_overwrite_each_other(
    trained: RunFolder, predictions: pd.DataFrame, tmp_path: Path
) -> None:
    first = Path(predictions["path"].iloc[0])
    names = ["lesion.jpg", "deeper/lesion.jpg", "皮膚の病変" * 16 + ".jpg", os.fsdecode(b"byte-\xff.jpg")]
    files = [tmp_path / "in" / name for name in names]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(first.read_bytes())
    answers = answer_files(trained, asked(files), tmp_path / "out" / "new")
    maps = [Path(a["heat_map"]) for a in answers]
    assert len(set(maps)) == 4
    assert sorted(maps) == sorted((tmp_path / "out" / "new").iterdir())
    for said, file in zip(answers, maps, strict=True):
        assert file.name.endswith(f"-{said['label']}-hirescam.png")
        with Image.open(file) as shown, Image.open(first) as original:
            assert (shown.size, shown.format, shown.mode) == (original.size, "PNG", "RGB")


def test_heat_maps_that_cannot_be_written_are_an_error_that_names_the_folder(
    trained: RunFolder, predictions: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=f"cannot be written to {tmp_path / 'file'}"):
        answer_files(trained, asked(predictions["path"].head(1)), tmp_path / "file")


def test_a_run_without_a_model_cannot_answer(trained: RunFolder) -> None:
    trained.model_file.unlink()
    with pytest.raises(RunError, match=f"{trained.run_id} has no trained model yet"):
        answer_files(trained, [])
    trained.predictor_file.unlink()
    with pytest.raises(RunError, match=f"{trained.run_id} has no trained model yet"):
        answer_files(trained, [])


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_model_is_named(trained: RunFolder, content: bytes) -> None:
    trained.model_file.write_bytes(content)
    with pytest.raises(RunError, match=f"The model of the run {trained.run_id} is damaged"):
        Predictor.of_run(trained.path)


def test_a_damaged_description_of_the_model_is_named(trained: RunFolder) -> None:
    trained.predictor_file.write_text("{")
    with pytest.raises(RunError, match=r"predictor\.json is damaged"):
        PredictorInfo.load(trained.predictor_file)


def test_many_pictures_at_once_are_answered_like_one_by_one(trained: RunFolder) -> None:
    predictor = Predictor.of_run(trained.path)
    images = np.random.default_rng(0).integers(0, 256, (300, 28, 28, 3), dtype=np.uint8)  # more than one batch
    together = predictor.probabilities(images)
    assert together.shape == (300, 7)
    alone = np.concatenate([predictor.probabilities(images[n : n + 1]) for n in (0, 255, 256, 299)])
    assert together[[0, 255, 256, 299]] == pytest.approx(alone, abs=1e-5)
    assert predictor.probabilities(images[:0]).shape == (0, 7)


@pytest.mark.parametrize(("malignant", "fraction"), [((True, False), 0.25), ((None, None), None), ((True, None), None)])
def test_there_is_no_malignant_share_where_it_is_not_known_which_classes_are(
    malignant: tuple[bool | None, ...], fraction: float | None
) -> None:
    classes = tuple(ClassSpec(key, key, known) for key, known in zip("ab", malignant, strict=True))
    # A stand-in for a loaded model: what it answers is given, and loading one takes seconds.
    info = SimpleNamespace(classes=classes, class_keys=("a", "b"))
    predictor = SimpleNamespace(info=info, probabilities=lambda _: np.array([[0.25, 0.75]], np.float32))
    said = answer_square(predictor, np.zeros((28, 28, 3), np.uint8))
    assert (said.label, said.malignant) == ("b", fraction)


@pytest.mark.parametrize("turns", long_but(Turns, Turns.FLIPS))
def test_an_answer_with_its_heat_map_takes_one_pass_and_says_the_same(
    trained: RunFolder, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor.of_run(trained.path)
    predictor.info = replace(predictor.info, test_time_augmentation=turns, temperature=1.7)
    small = np.random.default_rng(3).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    alone = answer_square(predictor, small)
    maps = {key: explain(predictor, small, key, Method.HIRES_CAM) for key in predictor.info.class_keys}
    monkeypatch.setattr(predictor.model, "predict_on_batch", None)  # would be another pass
    for asked_for in ("", *predictor.info.class_keys):
        both = answer_square(predictor, small, asked_for)
        assert both.probabilities == pytest.approx(alone.probabilities, abs=1e-5)
        assert (both.label, both.heat_class) == (alone.label, asked_for or alone.label)
        assert both.heat == pytest.approx(maps[both.heat_class].values, abs=1e-5)
        assert both.heat_layer == maps[both.heat_class].layer
