"""Changed copies of what a run has learnt from are found among pictures of another data set."""

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image, ImageEnhance

from core.base.files import read_json
from core.data.catalog import open_dataset, open_folder
from core.integrity import shown_in_training as module
from core.integrity.shown_in_training import shown_in_training
from core.runs.evaluate import evaluate_on


@pytest.fixture
def hospital(trained, tmp_path: Path) -> Path:
    """Six pictures of another data set: a whole, a turned, a cropped and a brightened one of training; two others."""
    split = pd.read_parquet(trained.split_file)
    of_part = {part: rows["image_id"].tolist() for part, rows in split.groupby("part")}
    paths = open_dataset("demo").table.set_index("image_id")["path"]
    changes = {
        "whole": lambda image: image,
        "turned": lambda image: image.transpose(Image.Transpose.ROTATE_90),
        "cropped": lambda image: image.crop((0, 0, round(image.width * 0.88), round(image.height * 0.88))),
        "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    }
    chosen = zip([*changes, "strange", "stranger"], [*of_part["train"][:4], *of_part["test"][:2]], strict=True)
    for number, (name, image_id) in enumerate(chosen):
        folder = tmp_path / "hospital" / ("nv" if number % 2 else "mel")
        folder.mkdir(parents=True, exist_ok=True)
        with Image.open(paths[image_id]) as image:
            changes.get(name, lambda image: image)(image.convert("RGB")).save(folder / f"{name}.jpg", quality=90)
    return tmp_path / "hospital"


def test_changed_copies_are_counted_beside_those_that_are_whole(trained, hospital: Path) -> None:
    _, _, target = evaluate_on(trained, str(hospital), near=shown_in_training)
    written = read_json(target / "metrics.json")
    assert (written["pictures_seen_in_training"], written["near_duplicates_of_training"]) == (1, 3)
    _, _, target = evaluate_on(trained, str(hospital))
    assert "near_duplicates_of_training" not in read_json(target / "metrics.json")


def test_each_picture_is_told(trained, hospital: Path) -> None:
    dataset = open_folder(hospital)
    learnt = pd.read_parquet(trained.split_file).query("part == 'train'")["image_id"]
    asked = dataset.table["image_id"]
    found = shown_in_training(dataset, asked, "demo", learnt)
    assert dict(zip(asked.map(lambda name: Path(name).stem), found.tolist(), strict=True)) == {
        **dict.fromkeys(["whole", "turned", "cropped", "brighter"], True),
        **dict.fromkeys(["strange", "stranger"], False),
    }


def test_nobody_claims_to_know_where_it_cannot_be_told(trained, hospital: Path, monkeypatch) -> None:
    dataset, learnt = open_folder(hospital), pd.Series(["one", "two"])
    assert shown_in_training(dataset, dataset.table["image_id"], "ham10000", learnt) is None
    assert shown_in_training(dataset, dataset.table["image_id"], "demo", learnt) is None
    monkeypatch.setattr(module, "MOST_PAIRS", 11)
    assert shown_in_training(dataset, dataset.table["image_id"], "demo", learnt) is None
