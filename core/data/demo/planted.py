"""A small synthetic data set in which copies are planted, so that the search for duplicates has something to find.

Some pictures lie there twice, as they are, saved again, turned, mirrored or cut, and each copy is filed as a lesion of
its own, as happens in collections that were put together by hand.
"""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock
from PIL import Image

from core.base.files import UNREADABLE, folder_built_aside, read_json, remove_abandoned, write_atomically, write_json
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.demo.demo import DEMO_SPEC, IMAGE_FOLDER, METADATA_FILE, generate_demo

PLANTED_SPEC = replace(
    DEMO_SPEC,
    name="demo-copies",
    title="Demo with planted copies (synthetic)",
    description=(
        "A small part of the demo in which some pictures were copied, changed a little and filed under another lesion: "
        "for trying the search for duplicates. No patient is shown."
    ),
)
PLANTED_FILE = "planted.json"
LESIONS, OF_EACH = 60, 3
"""Lesions that are drawn, and copies that are planted of each kind."""


def _encoded(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _cut(image: Image.Image) -> Image.Image:
    """The picture without a tenth of its width and height, at its old size."""
    width, height = image.size
    inner = image.crop((width // 20, height // 20, width - width // 20, height - height // 20))
    return inner.resize(image.size, Image.Resampling.LANCZOS)


CHANGES: dict[str, Callable[[Image.Image], bytes]] = {
    "saved again": lambda image: _encoded(image, 60),
    "turned": lambda image: _encoded(image.transpose(Image.Transpose.ROTATE_90), 85),
    "mirrored": lambda image: _encoded(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 85),
    "cut": lambda image: _encoded(_cut(image), 85),
}
"""What is done to a copy by its name; beside these, some are the very same file."""
IDENTICAL = "identical"


def planted_folder() -> Path:
    """Where the data set is drawn to."""
    return artifacts_dir() / "data" / PLANTED_SPEC.name


def is_planted() -> bool:
    """Whether the data set has been made."""
    return (planted_folder() / PLANTED_FILE).is_file()


def plant_copies(seed: int = 0, progress: Progress = silent) -> Path:
    """Draw the data set with its copies unless it is there, all of it or nothing; takes a few seconds.

    The same seed gives the same pictures and the same copies. Returns its folder.

    Raises:
        DiskFullError: nothing is then left behind.
    """
    folder = planted_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f"{folder.name}.lock"):
        if is_planted():
            return folder
        remove_abandoned(folder)
        with folder_built_aside(folder) as aside:
            generate_demo(aside, seed, LESIONS, progress)
            _plant(aside, np.random.default_rng([seed, 4]))
    return folder


def planted_copies() -> pd.DataFrame:
    """What was planted: `copy`, `original` and `how`, a row for each; none where the data set is not here."""
    try:
        rows = [(str(r["copy"]), str(r["original"]), str(r["how"])) for r in read_json(planted_folder() / PLANTED_FILE)]
    except UNREADABLE:
        rows = []
    return pd.DataFrame(rows, columns=["copy", "original", "how"])


def _plant(folder: Path, rng: np.random.Generator) -> None:
    table = pd.read_csv(folder / METADATA_FILE, keep_default_na=False)
    alone = table.drop_duplicates("lesion_id", keep=False)
    hows = [how for how in (IDENTICAL, *CHANGES) for _ in range(OF_EACH)]
    originals = alone.iloc[np.sort(rng.choice(len(alone), len(hows), replace=False))]
    planted, rows = [], []
    for number, (how, (_, row)) in enumerate(zip(hows, originals.iterrows(), strict=True), 1):
        copy = f"DEMO_COPY_{number:03d}"
        file = folder / IMAGE_FOLDER / f"{row['image_id']}.jpg"
        if how == IDENTICAL:
            content = file.read_bytes()
        else:
            with Image.open(file) as image:
                content = CHANGES[how](image.convert("RGB"))
        (folder / IMAGE_FOLDER / f"{copy}.jpg").write_bytes(content)
        rows.append({**row.to_dict(), "image_id": copy, "lesion_id": f"DEMOL_COPY_{number:03d}"})
        planted.append({"copy": copy, "original": str(row["image_id"]), "how": how})
    whole = pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
    write_atomically(folder / METADATA_FILE, whole.to_csv(index=False, lineterminator="\n"))
    write_json(folder / PLANTED_FILE, planted)
