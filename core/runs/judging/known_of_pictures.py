"""What is known of pictures besides what a run said of them: age band, sex, site, source, lesion, skin tone, …"""

import numpy as np
import pandas as pd

from core.data.spec import Dataset
from core.data.splits.levels import levels_of
from core.data.statistics.diagnosis_methods import method_in_words
from core.data.statistics.skin_tone import tone_bands
from core.evaluation.subgroups import NOT_RECORDED, age_bands

COLUMNS = {
    "age": "age",
    "sex": "sex",
    "site": "site",
    "diagnosis_method": "how it was diagnosed",
    "source": "source",
}
"""Columns of tidy metadata that divide people and pictures, and what they are called."""
SKIN_TONE = "skin tone (estimate)"
MEASURED = ("brightness", "contrast", "sharpness")
QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")


def dividing_columns(
    dataset: Dataset, image_ids: pd.Series, tones: pd.Series | None = None, statistics: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Texts that divide pictures, by what they are called; only columns with two recorded values or more.

    Args:
        dataset: that tells of the pictures.
        image_ids: of the rows that are wanted, (rows,).
        tones: angle of the skin tone by image id, where it was estimated.
        statistics: what was measured by image id; the quarters of it divide, too.
    """
    metadata = _by_picture(dataset, image_ids)
    columns = {}
    for column, name in COLUMNS.items():
        values = age_bands(metadata[column]) if column == "age" else metadata[column].astype(object)
        if column == "diagnosis_method":
            values = values.map(method_in_words, na_action="ignore")
        columns[name] = values.where(values.notna(), NOT_RECORDED).astype(str).to_numpy()
    if tones is not None:
        columns[SKIN_TONE] = np.array(tone_bands(tones.reindex(image_ids), NOT_RECORDED), dtype=object)
    if statistics is not None:
        of_pictures = statistics.reindex(image_ids)
        for name in MEASURED:
            if name in of_pictures:
                columns[name] = _quarters(of_pictures[name]).to_numpy()
    found = pd.DataFrame(columns)
    return found[[name for name in found if found.loc[found[name] != NOT_RECORDED, name].nunique() > 1]]


def diagnosis_methods(dataset: Dataset, image_ids: pd.Series) -> pd.Series:
    """How the diagnosis of each of these pictures was made, by image id, missing where it is not known."""
    table = dataset.table.drop_duplicates("image_id").set_index("image_id")
    return table["diagnosis_method"].astype(object).reindex(image_ids).map(method_in_words, na_action="ignore")


def sources(dataset: Dataset, image_ids: pd.Series) -> pd.Series:
    """The source of each of these pictures in their order, missing where it is not known."""
    return _by_picture(dataset, image_ids)["source"].astype(object)


def lesions(dataset: Dataset, image_ids: pd.Series) -> pd.Series | None:
    """The lesion of each of these pictures in their order; None where the data set knows no lesions."""
    level = next((each for each in levels_of(dataset) if each.noun == "lesion"), None)
    return None if level is None else level.keys.reindex(image_ids).reset_index(drop=True)


def _by_picture(dataset: Dataset, image_ids: pd.Series) -> pd.DataFrame:
    table = dataset.table.drop_duplicates("image_id").set_index("image_id")
    return table.reindex(image_ids).reset_index(drop=True)


def _quarters(values: pd.Series) -> pd.Series:
    known = values.notna()
    place = np.ceil(values.rank(pct=True) * 4).clip(1, 4)
    return place.map(dict(enumerate(QUARTERS, 1))).where(known, NOT_RECORDED).astype(object)
