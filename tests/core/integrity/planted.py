"""Copies of pictures as people make them by accident, planted into a data set that is written like HAM10000."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance


def cropped(off: float) -> Callable[[Image.Image], Image.Image]:
    """Cut a share of width and height off, now here, now there."""

    def crop(image: Image.Image) -> Image.Image:
        place = np.random.default_rng(int(np.asarray(image)[0, 0].sum())).uniform(0, 1, 2)
        width, height = round(image.width * (1 - off)), round(image.height * (1 - off))
        left, top = round(place[0] * (image.width - width)), round(place[1] * (image.height - height))
        return image.crop((left, top, left + width, top + height))

    return crop


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "turned 90": lambda i: i.transpose(Image.Transpose.ROTATE_90),
    "turned 180": lambda i: i.transpose(Image.Transpose.ROTATE_180),
    "turned 270": lambda i: i.transpose(Image.Transpose.ROTATE_270),
    "mirrored": lambda i: i.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned 4 degrees": lambda i: i.rotate(4, Image.Resampling.BICUBIC),
    "compressed": lambda i: i,
    "brightened": lambda i: ImageEnhance.Brightness(i).enhance(1.25),
    "darkened": lambda i: ImageEnhance.Brightness(i).enhance(0.75),
    "cropped 10 %": cropped(0.1),
    "cropped 20 %": cropped(0.2),
}


def plant(rows: pd.DataFrame, folder: Path, each: int) -> dict[str, list[tuple[str, str]]]:
    """Write the pictures of `rows` (image_id, path, label, group_id) and changed copies of some of them.

    Each change is made to `each` pictures of their own; a copy is a lesion of its own. Returns the planted pairs by
    change.
    """
    (folder / "images").mkdir(parents=True)
    table = [(row.image_id, row.group_id, row.label) for row in rows.itertuples()]
    for row in rows.itertuples():
        shutil.copy(row.path, folder / "images" / f"{row.image_id}.jpg")
    planted: dict[str, list[tuple[str, str]]] = {}
    originals = rows.drop_duplicates("group_id").itertuples()
    for change, make in CHANGES.items():
        for _ in range(each):
            row = next(originals)
            name = f"COPY_{len(table):05d}"
            with Image.open(row.path) as image:
                quality = 40 if change == "compressed" else 90
                make(image.convert("RGB")).save(folder / "images" / f"{name}.jpg", "JPEG", quality=quality)
            table.append((name, f"OTHER_{name}", row.label))
            planted.setdefault(change, []).append((row.image_id, name))
    written = pd.DataFrame(table, columns=["image_id", "lesion_id", "dx"])
    written.to_csv(folder / "HAM10000_metadata.csv", index=False)
    return planted
