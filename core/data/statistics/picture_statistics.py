"""What can be measured of every picture: brightness, contrast, sharpness and colour.

The original files are measured, reduced to at most `SIDE` pixels on the long side, and not the image cache: a cache
of 28 or 64 pixels has averaged away the darkest and brightest spots and nearly all that sharpness is about, and has
squeezed the picture to a square. Patches of histology are measured whole. The table is kept beside the image caches,
in `artifacts/cache/<data set>/statistics.parquet`, until a source changes.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from PIL import Image

from core.base.errors import PictureError
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.images.fingerprint import states_of
from core.data.images.pictures import decode_within
from core.data.kept import KeptTable
from core.data.spec import Dataset

SIDE = 256
"""Longest side at which a picture is measured, in pixels; smaller ones are measured as they are."""
_VERSION = 1
_CHUNK = 128
_MANY = 4000
_COLOUR_SIDE = 64


@dataclass(frozen=True)
class Measure:
    """One column of the statistics: its name in sentences, its unit, and how it is made."""

    key: str
    name: str
    unit: str
    meaning: str


MEASURES = tuple(
    Measure(*each)
    for each in (
        ("brightness", "brightness", "grey levels, 0–255", "Mean grey level (ITU-R BT.601 luma) of the picture."),
        ("variance", "variance", "grey levels²", "Variance of the grey levels within the picture."),
        ("minimum", "darkest pixel", "grey levels, 0–255", "The darkest grey level in the picture."),
        ("maximum", "brightest pixel", "grey levels, 0–255", "The brightest grey level in the picture."),
        ("contrast", "contrast", "grey levels", "From the 5th to the 95th percentile of the grey levels."),
        ("sharpness", "sharpness", "grey levels²", "Variance of the Laplacian of the grey levels; low where blurred."),
        ("red", "red", "0–255", "Mean of the red channel (sRGB)."),
        ("green", "green", "0–255", "Mean of the green channel (sRGB)."),
        ("blue", "blue", "0–255", "Mean of the blue channel (sRGB)."),
        ("lightness", "lightness L*", "0–100", "Mean CIELAB lightness."),
        ("a", "a*, green to red", "CIELAB", "Mean CIELAB a*: negative is green, positive red."),
        ("b", "b*, blue to yellow", "CIELAB", "Mean CIELAB b*: negative is blue, positive yellow."),
        ("a_deviation", "spread of a*", "CIELAB", "Standard deviation of a* within the picture."),
        ("b_deviation", "spread of b*", "CIELAB", "Standard deviation of b* within the picture."),
        ("width", "width", "pixels", "Width of the picture in the file."),
        ("height", "height", "pixels", "Height of the picture in the file."),
    )
)
COLUMNS = tuple(measure.key for measure in MEASURES)


def measure(rgb: np.ndarray) -> dict[str, float]:
    """Measure one picture, all of `COLUMNS` but its width and height.

    Brightness and what follows from it are of Pillow's mode "L", the luma of ITU-R BT.601: (299 R + 587 G + 114 B) /
    1000. Sharpness is the variance of the four-neighbour Laplacian, borders left out (Pech-Pacheco et al. 2000,
    doi:10.1109/ICPR.2000.903548); 0 for pictures of less than 3 pixels. Colours are CIELAB under D65 (CIE 15), of the
    picture reduced to about 64 pixels by averaging.

    Args:
        rgb: shape (height, width, 3), uint8.
    """
    image = Image.fromarray(rgb)
    grey = image.convert("L")
    counts = np.asarray(grey.histogram(), dtype=np.float64)
    levels, pixels = np.arange(256.0), counts.sum()
    mean = counts @ levels / pixels
    found = np.flatnonzero(counts)
    low, high = np.searchsorted(np.cumsum(counts), [0.05 * pixels, 0.95 * pixels])
    lab = to_lab(np.asarray(image.reduce(max(1, max(image.size) // _COLOUR_SIDE)))).reshape(-1, 3).astype(np.float64)
    red, green, blue = np.reshape(image.histogram(), (3, 256)) @ levels / pixels
    return {
        "brightness": mean,
        "variance": counts @ (levels - mean) ** 2 / pixels,
        "minimum": found[0],
        "maximum": found[-1],
        "contrast": high - low,
        "sharpness": _laplacian_variance(np.asarray(grey, dtype=np.float32)),
        "red": red,
        "green": green,
        "blue": blue,
        **dict(zip(("lightness", "a", "b"), lab.mean(axis=0), strict=True)),
        "a_deviation": lab[:, 1].std(),
        "b_deviation": lab[:, 2].std(),
    }


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB under D65 of sRGB colours (IEC 61966-2-1, CIE 15).

    Args:
        rgb: shape (…, 3), uint8.

    Returns:
        Shape (…, 3), float32: L* 0…100, a* and b* about −128…127.
    """
    xyz = _LINEAR[rgb] @ _TO_XYZ
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def _linear(level: np.ndarray) -> np.ndarray:
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


_LINEAR = _linear(np.arange(256) / 255).astype(np.float32)
_TO_XYZ = (
    np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
    / np.array([[0.95047], [1.0], [1.08883]])
).T.astype(np.float32)
"""Linear sRGB to XYZ, divided by the white of D65."""


def _laplacian_variance(grey: np.ndarray) -> float:
    if min(grey.shape) < 3:
        return 0.0
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * grey[1:-1, 1:-1]).var())


def open_statistics(dataset: Dataset) -> pd.DataFrame | None:
    """The statistics if they are there and made from the files as they are now, else None.

    Returns:
        One row per picture, indexed by image id in the order of the data set, with the columns `COLUMNS` (float32)
        and `reason`: why a picture could not be read (its other columns are then missing), else missing.
    """
    return _kept(dataset).open()


def ensure_statistics(dataset: Dataset, progress: Progress = silent) -> pd.DataFrame:
    """Open the statistics, measuring every picture first where they are missing or out of date.

    Only one process measures at a time; the others wait for it. Returns what `open_statistics` does.

    Raises:
        DataError: the pictures changed meanwhile.
        DiskFullError: the table does not fit.
    """
    return _kept(dataset).ensure(lambda: _make(dataset, progress))


def statistics_file(dataset: Dataset) -> Path:
    """Where the statistics of a data set lie, or would lie."""
    return artifacts_dir() / "cache" / dataset.spec.name / "statistics.parquet"


def _kept(dataset: Dataset) -> KeptTable:
    file, columns = statistics_file(dataset), (*COLUMNS, "reason")
    return KeptTable(file, _VERSION, work="measured", columns=columns, **states_of(dataset))


def _make(dataset: Dataset, progress: Progress) -> pd.DataFrame:
    started = time.perf_counter()
    paths = dataset.table["path"].tolist()
    rows: list[dict[str, Any]] = []
    progress(0, len(paths), "Measuring pictures")
    for chunk in _measure_all(paths):
        rows += chunk
        progress(len(rows), len(paths), "Measuring pictures")
    table = pd.DataFrame(rows, columns=[*COLUMNS, "reason"], index=pd.Index(dataset.table["image_id"], name="image_id"))
    table = table.astype(dict.fromkeys(COLUMNS, "float32") | {"reason": "str"})
    table.attrs = {"seconds": round(time.perf_counter() - started, 2)}
    return table


def _measure_all(paths: list[str]) -> Iterator[list[dict[str, Any]]]:
    """Measure on all cores, in order; a few thousand pictures in threads, for starting processes would take longer."""
    starts = range(0, len(paths), _CHUNK)
    work = (joblib.delayed(_measure_chunk)(paths[start : start + _CHUNK]) for start in starts)
    workers = min(max(len(starts), 1), joblib.cpu_count())
    prefer = "processes" if len(paths) > _MANY else "threads"
    yield from joblib.Parallel(workers, prefer=prefer, return_as="generator")(work)


def _measure_chunk(paths: list[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in paths:
        try:
            rgb, (width, height) = decode_within(Path(path), SIDE, SIDE)
        except PictureError as error:
            rows.append({"reason": str(error)})
        else:
            rows.append({**measure(rgb), "width": width, "height": height})
    return rows
