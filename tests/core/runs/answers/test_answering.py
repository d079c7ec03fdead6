"""Many pictures in one process are told of as one picture on the page: gate, set, answer, threshold."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.base.errors import DataError
from core.data.catalog import open_dataset
from core.data.metadata_encoding import Patient
from core.runs.answers.answering import Answering
from core.runs.answers.many_jobs import run_predictions_job
from core.runs.answers.picture_answer import PictureAnswer, answer_picture, told_of
from core.runs.judging.caution import save_caution
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture, read_brought
from core.serving.gate import gate_folder
from core.serving.many_pictures import ManyPictures, answers_table, begin
from core.serving.pool import PredictionPool
from core.serving.predictor import PredictorInfo


@pytest.fixture
def with_gate(trained: RunFolder, gate_root: Path) -> RunFolder:
    shutil.copytree(gate_folder("demo", gate_root), gate_folder("demo"))
    save_caution(trained, 0.8, 0.2)
    return trained


def done(many: ManyPictures) -> list[dict]:
    run_predictions_job({"prediction": many.prediction_id}, lambda *_: None, lambda: False)
    return [json.loads(line) for line in many.answers_file.read_text().splitlines()]


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """Moles of the demo, and pictures of other kinds and of hostile names, modes and contents."""
    folder = tmp_path / "clinic"
    folder.mkdir()
    for number, path in enumerate(open_dataset("demo").table["path"].head(6)):
        shutil.copy(path, folder / f"mole{number}.jpg")
    text = Image.fromarray(np.indices((90, 90)).sum(axis=0).astype(np.uint8) % 9 // 8 * 255)
    text.convert("RGB").save(folder / "<img src=x onerror=alert(1)>.png")
    text.convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(np.full((40, 40), 30_000, np.uint16)).save(folder / "deep.png")
    (folder / "cut.jpg").write_bytes((folder / "mole0.jpg").read_bytes()[:700])
    return folder


@pytest.mark.slow
def test_each_picture_of_a_folder_is_told_of_as_the_page_and_programs_tell_it(
    with_gate: RunFolder, clinic: Path, answered_here
) -> None:
    lines = done(begin(with_gate.run_id, "clinic", [str(clinic)]))
    pool = PredictionPool()
    for line in lines:
        if line["name"] == "cut.jpg":
            assert "error" in line
            continue
        picture = pool.read((clinic / line["name"]).read_bytes(), line["name"], Answering(with_gate).sides)
        alone: PictureAnswer = answer_picture(pool, with_gate, picture)
        said = told_of(alone)
        alike = ("label", "set", "always_in_set", "answer", "threshold", "reasons")
        assert {name: line[name] for name in alike} == {name: said[name] for name in alike}
        assert line["gate"] == said["gate"]
        assert line["notes"] == [*picture.notes, *alone.quality]
        assert line["probabilities"] == pytest.approx(said["probabilities"], abs=1e-5)
    by_name = {line["name"]: line for line in lines}
    assert by_name["<img src=x onerror=alert(1)>.png"]["answer"] == "refused"
    assert by_name["cmyk.jpg"]["gate"]["passed"] is False
    assert sum(line.get("gate", {}).get("passed") is True for line in lines) >= 4
    assert any("16" in note or "grey" in note for note in by_name["deep.png"]["notes"])


def test_the_table_holds_gate_set_answer_and_threshold(trained: RunFolder, clinic: Path) -> None:
    many = begin(trained.run_id, "clinic", [str(clinic)])
    lines = done(many)
    keys = PredictorInfo.load(trained.predictor_file).class_keys
    table = answers_table(many, keys)
    for row, line in zip(table.itertuples(), lines, strict=True):
        if "error" in line:
            assert (row.answer, row.gate) == ("", "")
            assert pd.isna(row.set)
            continue
        assert row.answer == line["answer"] != ""
        assert list(row.set) == line["set"]
        assert row.threshold == 0.5
        assert row.score == pytest.approx(line["malignant"])
        assert row.gate == "", "nobody has looked at the demo's pictures"


def test_answers_of_an_older_version_are_still_read(trained: RunFolder) -> None:
    keys = PredictorInfo.load(trained.predictor_file).class_keys
    many = begin(trained.run_id, "older", [str(trained.path)])
    fractions = dict.fromkeys(keys, 1 / len(keys))
    line = {"name": "a.jpg", "label": "nv", "probabilities": fractions, "malignant": 0.4}
    many.answers_file.write_text(json.dumps(line) + "\n" + json.dumps({"name": "b.jpg", "error": "No picture."}) + "\n")
    table = answers_table(many, keys)
    assert table["answer"].tolist() == ["", ""]
    assert table["threshold"].isna().all()
    assert table["p nv"].iloc[0] == pytest.approx(1 / len(keys))


def brought(path: str, sides: tuple[int, ...]) -> BroughtPicture:
    return read_brought(Path(path), Path(path).name, sides)


def test_nothing_asked_is_nothing_answered_and_a_heat_map_comes_with_the_same_answer(trained: RunFolder) -> None:
    answering = Answering(trained)
    assert answering.of_many([]) == []
    picture = brought(open_dataset("demo").table["path"].iloc[0], answering.sides)
    [plain], explained = answering.of_many([picture]), answering.explained(picture)
    assert explained.answer.heat is not None
    assert explained.answer.probabilities == pytest.approx(plain.answer.probabilities, abs=1e-5)
    assert explained.verdict.kind == plain.verdict.kind


def test_who_is_in_the_pictures_is_read_from_a_table(ages: list[RunFolder], tmp_path: Path) -> None:
    fused = ages[0]
    paths = open_dataset("ham10000").table["path"].head(4)
    folder = tmp_path / "clinic"
    folder.mkdir()
    for path in paths:
        shutil.copy(path, folder)
    names = [Path(path).name for path in sorted(paths)]
    listed = folder / "list.csv"
    listed.write_text(
        "image;age\n" + "".join(f"{name};{age}\n" for name, age in zip(names, (20, 80, 20, 80), strict=True))
    )
    content = listed.read_bytes()

    by_table = done(begin(fused.run_id, "table", [str(listed)]))
    assert [line["label"] for line in by_table] == ["nv", "mel", "nv", "mel"]
    listed.unlink()
    plain = done(begin(fused.run_id, "folder", [str(folder)]))
    assert [line["label"] for line in plain] != ["nv", "mel", "nv", "mel"]
    many = begin(fused.run_id, "folder and table", [str(folder)], content)
    brought_too = done(many)
    assert [line["probabilities"] for line in brought_too] == [
        pytest.approx(line["probabilities"], abs=1e-6) for line in by_table
    ]
    answering = Answering(fused)
    picture = brought(str(folder / names[0]), answering.sides)
    [alone] = answering.of_many([picture], [Patient(age=20)])
    assert alone.answer.probabilities == pytest.approx(by_table[0]["probabilities"], abs=1e-5)
    with pytest.raises(DataError, match="needs a column “image”"):
        done(begin(fused.run_id, "no table", [str(folder)], b"a;b\n1;2\n"))
    # A run on pictures alone needs no such table, and does not read one.
    assert len(done(begin(ages[1].run_id, "alone", [str(folder)], b"a;b\n1;2\n"))) == 4
