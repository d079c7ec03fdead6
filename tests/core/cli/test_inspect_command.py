"""`inspect`: what is understood of a folder, decided, agreed to and forgotten from the command line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from core.__main__ import main
from core.data.catalog import dataset_spec
from core.data.reading.choices import choices_file


@pytest.fixture
def slides(artifacts: Path) -> Path:
    """Two classes; the file names say whom the pictures show."""
    folder = artifacts.parent / "data" / "slides"
    for number in range(12):
        label = ("benign", "malignant")[number % 2]
        (folder / label).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / label / f"patient{number // 4}_{number}.png")
    return folder


@pytest.fixture
def ask(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict]]:
    def ask(*words: object) -> tuple[int, dict]:
        code = main([*map(str, words), "--json"])
        return code, json.loads(capfd.readouterr().out)

    return ask


def test_the_reading_is_one_object_with_all_that_is_known(slides: Path, ask) -> None:
    code, said = ask("inspect", slides)
    assert code == 0
    assert {"kind", "pictures", "classes", "malignant", "parts", "group", "columns", "table", "left_out", "cautions",
            "certain"} <= set(said)  # fmt: skip
    assert (said["pictures"], said["classes"]) == (12, {"benign": 6, "malignant": 6})
    assert said["malignant"] == {"benign": False, "malignant": True}
    assert said["parts"] == {"train": 0, "validation": 0, "test": 0, "unlabelled": 0}
    assert said["group"] == {"column": "name: patient", "level": "patient", "groups": 3, "coarser": []}
    assert (said["table"], said["certain"]) == (None, False)


def test_what_is_set_is_kept_and_settles_what_was_asked(slides: Path, ask) -> None:
    assert dataset_spec("slides").unsure
    assert ask("inspect", slides, "--set", "group=name: patient")[1]["certain"]
    assert not dataset_spec("slides").unsure
    assert json.loads(choices_file(slides).read_text())["columns"] == {"group": "name: patient"}
    assert ask("inspect", "slides")[1]["certain"]
    assert not ask("inspect", slides, "--forget")[1]["certain"]
    assert not choices_file(slides).exists()


def test_decisions_copied_to_another_machine_hold_for_the_folder_of_that_name(
    slides: Path, tmp_path: Path, ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("inspect", slides, "--set", "group=name: patient", "--set", "malignant:benign=unknown", "--agree")
    kept = choices_file(slides)
    there = shutil.copytree(slides, tmp_path / "other machine" / "disk" / "slides")
    monkeypatch.setenv("LESIONLAB_ARTIFACTS", str(tmp_path / "other machine" / "artifacts"))
    assert not ask("inspect", there)[1]["certain"]
    copied = choices_file(there)
    assert (copied != kept, copied.name) == (True, kept.name)
    copied.parent.mkdir(parents=True)
    shutil.copy(kept, copied)
    said = ask("inspect", there)[1]
    assert said["certain"]
    assert said["malignant"] == {"benign": None, "malignant": True}
    assert said["group"]["column"] == "name: patient"


def test_an_agreement_holds_until_something_else_is_understood(slides: Path, ask) -> None:
    assert ask("inspect", slides, "--agree")[1]["certain"]
    assert not dataset_spec("slides").unsure
    (slides / "normal").mkdir()
    Image.new("RGB", (8, 8)).save(slides / "normal" / "patient9_1.png")
    assert not ask("inspect", slides)[1]["certain"]
    assert dataset_spec("slides").unsure


def test_what_is_malignant_is_asked_and_training_does_not_wait_for_it(artifacts: Path, ask, capfd) -> None:
    folder = artifacts.parent / "data" / "birds"
    for number in range(12):
        file = folder / ("robin", "wren", "nevus")[number % 3] / f"{chr(97 + number)}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(file)
    said = ask("inspect", folder)[1]
    assert said["certain"]
    assert said["malignant"] == {"nevus": False, "robin": None, "wren": None}
    how = "--set malignant:{}=yes, no, or unknown where nobody knows."
    assert said["open"] == [f"Is {bird} malignant? {how.format(bird)}" for bird in ("robin", "wren")]
    main(["inspect", str(folder)])
    assert f"Asked, and may stay open: {said['open'][0]}" in capfd.readouterr().out
    said = ask("inspect", folder, "--set", "malignant:robin=no", "--set", "malignant:wren=unknown")[1]
    assert (said["open"], said["malignant"]["robin"], said["certain"]) == ([], False, True)
    assert "It is not known whether wren is malignant or benign." in said["cautions"]


def test_classes_are_merged_and_called_malignant_as_somebody_says(slides: Path, ask) -> None:
    (slides / "bösartig").mkdir()
    Image.new("RGB", (8, 8)).save(slides / "bösartig" / "patient7_1.png")
    said = ask("inspect", slides)[1]
    assert len(said["classes"]) == 3
    assert any("both mean malignant" in question for question in said["questions"])
    said = ask("inspect", slides, "--set", "merge:bösartig=malignant", "--set", "malignant:benign=unknown")[1]
    assert said["classes"] == {"benign": 6, "malignant": 7}
    assert said["malignant"]["benign"] is None


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("group=nothing like it", "No column is called “nothing like it”, to be the group. There are: folder 1"),
        ("colour=red", "“colour=red” cannot be set. Known are image, label, group"),
        ("label", "“label” sets nothing"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_nothing_is_kept(slides: Path, ask, setting: str, said: str) -> None:
    code, value = ask("inspect", slides, "--set", setting)
    assert (code, value["kind"]) == (1, "DataError")
    assert said in value["error"]
    assert not choices_file(slides).exists()


def test_a_person_reads_lines(slides: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(slides)]) == 0
    out = capfd.readouterr().out
    assert "12 pictures, 2 classes:" in out
    assert "malignant: 6 (malignant)" in out
    assert "Asked: 3 groups were found in the names of the files (patient)." in out
    assert "Not certain" in out
    (slides.parent / "empty").mkdir()
    assert main(["inspect", str(slides.parent / "empty")]) == 0
    assert "Nothing here is a picture" in capfd.readouterr().out


def test_a_path_that_is_no_folder_is_refused_in_words(slides: Path, ask) -> None:
    assert "There is no folder" in ask("inspect", slides / "gone")[1]["error"]
    picture = next(slides.glob("*/*.png"))
    assert "is a file" in ask("inspect", picture)[1]["error"]
