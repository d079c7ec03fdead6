"""Folders that are not trained on as they are: one that asks a question, one with a table or a class alone."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.reading.choices import choices_of, keep_choices
from core.data.reading.reader import read_folder


def make_asking(folder: Path) -> Path:
    """Two classes of twelve pictures each, whose names may tell patients: a question."""
    for number in range(24):
        path = folder / ("melanoma", "nevus")[number % 2] / f"PAT_{number // 2}_{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((32, 32, 3), 10 * number, np.uint8)).save(path)
    return folder


def make_table_alone(folder: Path) -> Path:
    """A table of sixty pictures in three classes, none of which is here."""
    folder.mkdir(parents=True)
    rows = [f"im{number},{('mel', 'nv', 'bkl')[number % 3]},p{number // 4},{20 + number}" for number in range(60)]
    (folder / "metadata.csv").write_text("\n".join(["image_id,dx,patient_id,age", *rows]))
    return folder


def make_ham10000(folder: Path, diagnoses: str, pictured: str = "") -> Path:
    """HAM10000 with 24 rows of these diagnoses in turn, and the pictures of those that are in `pictured`."""
    folder.mkdir(parents=True, exist_ok=True)
    classes = [diagnoses.split()[number % len(diagnoses.split())] for number in range(24)]
    rows = [f"HAM_{number // 2},ISIC_{number:02},{dx}" for number, dx in enumerate(classes)]
    (folder / "HAM10000_metadata.csv").write_text("\n".join(["lesion_id,image_id,dx", *rows]))
    draw(folder / "HAM10000_images_part_1", [f"ISIC_{n:02}" for n, dx in enumerate(classes) if dx in pictured.split()])
    return folder


def make_isic2019(folder: Path, names: dict[str, str]) -> Path:
    """The ground truth of ISIC 2019 that says the class of each name, and no picture."""
    columns = "MEL NV BCC AK BKL DF VASC SCC UNK".split()
    rows = [f"{name},{','.join(str(int(each == said)) for each in columns)}" for name, said in names.items()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ISIC_2019_Training_GroundTruth.csv").write_text("\n".join([f"image,{','.join(columns)}", *rows]))
    return folder


def draw(folder: Path, names: Iterable[str], ending: str = "jpg", first: int = 0) -> Path:
    """Pictures of 32×32 pixels with these names, each of other patches of colour, from the number `first` on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names, first):
        patches = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(patches.repeat(4, axis=0).repeat(4, axis=1)).save(folder / f"{name}.{ending}")
    return folder


def agree(folder: Path) -> None:
    """Agree to what is understood of a folder now."""
    choices = choices_of(folder)
    keep_choices(folder, replace(choices, agreed=read_folder(folder, choices).state))
