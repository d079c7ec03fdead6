"""What is known of the pictures of a part besides what the run said: age band, sex, site, source, skin tone, …"""

import pandas as pd

from core.runs.judging.known_of_pictures import diagnosis_methods, dividing_columns, lesions, sources
from dashboard.state.judged import JudgedPart
from dashboard.state.loading import load_dataset
from dashboard.state.measured import load_skin_tones, load_statistics


def columns_of(part: JudgedPart, *, measured: bool = False) -> pd.DataFrame:
    """Texts that divide the rows of a part, by what they are called; only columns with two values or more.

    Args:
        part: of a run on pictures.
        measured: also the quarters of what was measured of each picture, where that has been done.

    Raises:
        DatasetNotFoundError, DataError: its data set is not here.
    """
    dataset = load_dataset(part.dataset)
    statistics = load_statistics(dataset) if measured else None
    return dividing_columns(dataset, part.table["image_id"], load_skin_tones(dataset), statistics)


def diagnosis_methods_of(part: JudgedPart, image_ids: pd.Series) -> pd.Series:
    """How the diagnosis of each of these pictures was made, in their order, missing where it is not known.

    Raises:
        DatasetNotFoundError, DataError: its data set is not here.
    """
    return diagnosis_methods(load_dataset(part.dataset), image_ids)


def sources_of(part: JudgedPart) -> pd.Series:
    """The source of each row of a part, missing where it is not known.

    Raises:
        DatasetNotFoundError, DataError: its data set is not here.
    """
    return sources(load_dataset(part.dataset), part.table["image_id"])


def lesions_of(part: JudgedPart) -> pd.Series | None:
    """The lesion of each row of a part, missing where it is not known; None where the data set knows no lesions.

    Raises:
        DatasetNotFoundError, DataError: its data set is not here.
    """
    return lesions(load_dataset(part.dataset), part.table["image_id"])
