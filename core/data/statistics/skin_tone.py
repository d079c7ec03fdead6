"""Skin tone, estimated from the border of each picture as the individual typology angle, kept beside the cache.

The angle comes from colorimeters that touch the skin (Chardon et al. 1991, Int. J. Cosmetic Science 13:191-208). Taken
from a photograph it also holds the light, the camera and the gel, so it is an estimate: it compares pictures of one
camera, and says little of one person. Kinyanjui et al. 2020 (arXiv 1910.13268) took it so from skin data sets.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.settings import artifacts_dir
from core.data.adapters.skin import known_diagnosis
from core.data.images.cache import ImageCache
from core.data.images.fingerprint import states_of
from core.data.kept import KeptTable
from core.data.spec import ClassSpec, Dataset, DatasetSpec
from core.data.statistics.picture_statistics import to_lab

BANDS: tuple[tuple[float, str], ...] = (
    (55, "very light"),
    (41, "light"),
    (28, "intermediate"),
    (10, "tan"),
    (-30, "brown"),
    (-90, "dark"),
)
"""Each begins above an angle, in degrees (Chardon et al. 1991; del Bino & Bernerd 2013)."""
BORDER = 0.1
"""Width of the border, as a share of a side."""
BLACK = 15.0
"""L* below which a pixel of the border is the black ring of a dermatoscope and no skin."""
LEAST_SKIN = 0.25
"""With less of the border being something else than black, nothing is estimated."""
LEAST_YELLOW = 0.1
"""b* up to which a colour is grey or blue and no skin's; that of grey is not exactly 0 after the conversion."""
_OF_SKIN = frozenset(("mel", "nv", "bcc"))
_VERSION = 2
_BATCH = 256


def shows_skin(spec: DatasetSpec) -> bool:
    """Whether a data set shows skin, told by its classes: one of them is melanoma, nevus or basal cell carcinoma."""
    return spec.holds == "pictures" and are_of_skin(spec.classes)


def are_of_skin(classes: Sequence[ClassSpec]) -> bool:
    """Whether one of some classes is melanoma, nevus or basal cell carcinoma."""
    meant = (known_diagnosis(name) for each in classes for name in (each.key, each.name))
    return any(each is not None and each.key in _OF_SKIN for each in meant)


def typology_angle(lightness: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The individual typology angle, arctan((L* − 50) / b*) in degrees, −90…90; light skin has a large one.

    Args:
        lightness: L*, 0…100, any shape.
        b: b*, of the same shape; up to `LEAST_YELLOW` the colour is no skin's, and the angle is missing.
    """
    lightness, b = np.asarray(lightness, float), np.asarray(b, float)
    skin = b > LEAST_YELLOW
    return np.where(skin, np.degrees(np.arctan2(lightness - 50, np.where(skin, b, 1.0))), np.nan)


def tone_of(picture: np.ndarray) -> float:
    """The angle of the median colour of a picture's border, in degrees; NaN where the border shows no skin.

    Args:
        picture: shape (height, width, 3), uint8.
    """
    height, width = picture.shape[:2]
    rows, columns = (max(1, round(BORDER * side)) for side in (height, width))
    inside = np.zeros((height, width), bool)
    inside[rows : height - rows, columns : width - columns] = True
    lab = to_lab(picture[~inside])
    lit = lab[lab[:, 0] >= BLACK]
    if len(lit) < LEAST_SKIN * len(lab):
        return float("nan")
    lightness, _, b = np.median(lit, axis=0)
    return float(typology_angle(lightness, b))


def tone_bands(angles: Sequence[float] | pd.Series | np.ndarray, missing: str) -> list[str]:
    """The band of each angle in words, and `missing` where there is none."""
    return [next((name for above, name in BANDS if angle > above), missing) for angle in np.asarray(angles, float)]


def open_skin_tones(dataset: Dataset) -> pd.Series | None:
    """The angles by image id, in degrees, if they were made from the files as they are now, else None."""
    table = _kept(dataset).open()
    return None if table is None else table["angle"]


def ensure_skin_tones(dataset: Dataset, cache: ImageCache) -> pd.Series:
    """As `open_skin_tones`, made from the cached pictures first where they are missing or out of date.

    Raises:
        DataError: the pictures changed meanwhile.
        DiskFullError: the table does not fit.
    """
    return _kept(dataset).ensure(lambda: _make(cache))["angle"]


def skin_tone_file(dataset: Dataset) -> Path:
    """Where the angles of a data set lie, or would lie."""
    return artifacts_dir() / "cache" / dataset.spec.name / "skin_tone.parquet"


def _kept(dataset: Dataset) -> KeptTable:
    return KeptTable(skin_tone_file(dataset), _VERSION, work="measured", columns=("angle",), **states_of(dataset))


def _make(cache: ImageCache) -> pd.DataFrame:
    angles: list[float] = []
    for start in range(0, len(cache.images), _BATCH):
        angles += [tone_of(picture) for picture in np.asarray(cache.images[start : start + _BATCH])]
    return pd.DataFrame({"angle": angles}, index=pd.Index(cache.image_ids, name="image_id"), dtype="float32")
