"""What is known of the pictures of a part besides what the run said: age band, sex, site, source, skin tone, …"""

import numpy as np
import pandas as pd

from core.data.spec import Dataset
from core.data.splits.levels import levels_of
from core.data.statistics.diagnosis_methods import method_in_words
from core.data.statistics.skin_tone import tone_bands
from core.evaluation.subgroups import NOT_RECORDED, age_bands
from dashboard.state.judged import JudgedPart
from dashboard.state.loading import load_dataset
from dashboard.state.measured import load_skin_tones, load_statistics

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


def columns_of(part: JudgedPart, *, measured: bool = False) -> pd.DataFrame:
    """Texts that divide the rows of a part, by what they are called; only columns with two values or more.

    Args:
        part: of a run on pictures.
        measured: also the quarters of what was measured of each picture, where that has been done.

    Raises:
        DatasetNotFoundError, DataError: its data set is not here.
    """
    dataset = load_dataset(part.dataset)
    metadata = _by_picture(dataset, part)
    columns = {}
    for column, name in COLUMNS.items():
        values = age_bands(metadata[column]) if column == "age" else metadata[column].astype(object)
        columns[name] = values.where(values.notna(), NOT_RECORDED).astype(str).to_numpy()
    if (tones := load_skin_tones(dataset)) is not None:
        columns[SKIN_TONE] = np.array(tone_bands(tones.reindex(part.table["image_id"]), NOT_RECORDED), dtype=object)
    if measured and (statistics := load_statistics(dataset)) is not None:
        of_pictures = statistics.reindex(part.table["image_id"])
        for name in MEASURED:
            if name in of_pictures:
                columns[name] = _quarters(of_pictures[name]).to_numpy()
    found = pd.DataFrame(columns)
    return found[[name for name in found if found.loc[found[name] != NOT_RECORDED, name].nunique() > 1]]


def diagnosis_methods_of(part: JudgedPart, image_ids: pd.Series) -> pd.Series:
    """How the diagnosis of each of these pictures was made, in their order, missing where it is not known.

    Raises:
        DatasetNotFoundError, DataError: its data set is not here.
    """
    table = load_dataset(part.dataset).table.drop_duplicates("image_id").set_index("image_id")
    return table["diagnosis_method"].astype(object).reindex(image_ids).map(method_in_words, na_action="ignore")


def sources_of(part: JudgedPart) -> pd.Series:
    """The source of each row of a part, missing where it is not known.

    Raises:
        DatasetNotFoundError, DataError: its data set is not here.
    """
    return _by_picture(load_dataset(part.dataset), part)["source"].astype(object)


def lesions_of(part: JudgedPart) -> pd.Series | None:
    """The lesion of each row of a part, missing where it is not known; None where the data set knows no lesions.

    Raises:
        DatasetNotFoundError, DataError: its data set is not here.
    """
    dataset = load_dataset(part.dataset)
    level = next((each for each in levels_of(dataset) if each.noun == "lesion"), None)
    return None if level is None else level.keys.reindex(part.table["image_id"]).reset_index(drop=True)


def _by_picture(dataset: Dataset, part: JudgedPart) -> pd.DataFrame:
    table = dataset.table.drop_duplicates("image_id").set_index("image_id")
    return table.reindex(part.table["image_id"]).reset_index(drop=True)


def _quarters(values: pd.Series) -> pd.Series:
    known = values.notna()
    place = np.ceil(values.rank(pct=True) * 4).clip(1, 4)
    return place.map(dict(enumerate(QUARTERS, 1))).where(known, NOT_RECORDED).astype(object)
