"""What was measured of pictures and what runs said about them, kept between reruns until their files change."""

import io
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core.base.errors import LesionLabError
from core.data.images.cache import ImageCache, cache_folder, open_cache
from core.data.images.pictures import read_picture
from core.data.spec import Dataset
from core.data.statistics.mean_picture import MeanPicture, mean_picture
from core.data.statistics.measuring import MEAN_SIZE, measure_dataset, with_pictures
from core.data.statistics.picture_statistics import open_statistics, statistics_file
from core.data.statistics.skin_tone import open_skin_tones, shows_skin, skin_tone_file
from core.evaluation.losses import picture_losses
from core.evaluation.predictions import load_predictions
from core.runs.run_folder import RunFolder
from core.serving.gate_making import start_gate_job
from core.serving.predictor import PredictorInfo
from dashboard.state.rerun_catalog import current_catalog
from dashboard.wording import in_words

FEW = 3000
"""So many pictures are measured while a page is opened; more are left to a background job."""


def load_statistics(dataset: Dataset) -> pd.DataFrame | None:
    """The statistics of a data set (`core.data.statistics.picture_statistics`), None while they are not made."""
    return _statistics(current_catalog().version_of(dataset.spec.name), _stamp(statistics_file(dataset)), dataset)


def load_skin_tones(dataset: Dataset) -> pd.Series | None:
    """As `core.data.statistics.skin_tone.open_skin_tones`; None also where the data set shows no skin."""
    if not shows_skin(dataset.spec):
        return None
    return _skin_tones(current_catalog().version_of(dataset.spec.name), _stamp(skin_tone_file(dataset)), dataset)


def load_mean_cache(dataset: Dataset) -> ImageCache | None:
    """The image cache from which mean pictures are taken, None while it is not made."""
    manifest = cache_folder(dataset.spec.name, MEAN_SIZE) / "manifest.json"
    return _cache(current_catalog().version_of(dataset.spec.name), _stamp(manifest), dataset)


def measure_here(dataset: Dataset) -> None:
    """Measure a small data set now, with a bar and the time left; says why where that does not work."""
    bar, began = st.progress(0.0, text="Looking at every picture, once …"), time.monotonic()
    phase = ""

    def told(done: int, total: int, what: str) -> None:
        nonlocal phase, began
        if what != phase:
            phase, began = what, time.monotonic()
        left = (time.monotonic() - began) * (total - done) / done if done else None
        soon = f", {in_words(left)} left" if left else ""
        bar.progress(done / max(total, 1), text=f"{what}, once: {done:,} of {total:,}{soon}")

    try:
        measure_dataset(dataset, told)
        start_gate_job(dataset)
    except LesionLabError as error:  # the gallery works without
        st.warning(str(error), icon=":material/straighten:")
    bar.empty()


def with_statistics(table: pd.DataFrame, statistics: pd.DataFrame) -> pd.DataFrame:
    """Metadata and statistics of pictures, without where their files lie on the server."""
    return table.drop(columns="path").join(statistics, on="image_id")


def load_mean(cache: ImageCache, image_ids: pd.Series) -> MeanPicture | None:
    """The mean of these pictures; the same ids are averaged once."""
    return _mean(cache.fingerprint, str(cache.folder), image_ids.to_numpy(dtype=object), cache)


def load_losses(run: RunFolder) -> pd.DataFrame:
    """What a run said about each picture that it did not learn from, as `core.evaluation.losses` gives it.

    Raises:
        RunError, DataError: its predictions are missing or damaged.
    """
    file = run.evaluation / "predictions.parquet"
    return _losses(str(run.path), _stamp(file))


def whole_picture(path: str) -> tuple[bytes, tuple[int, int], tuple[str, ...]]:
    """A picture in full size as a file that browsers read, its width and height in the file, and notes on it.

    Raises:
        PictureError: the file cannot be read.
    """
    return _whole(path, _stamp(Path(path)))


def _stamp(file: Path) -> int:
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - asked on every rerun
    except OSError:
        return 0


@st.cache_resource(max_entries=4, show_spinner=False)
def _skin_tones(version: str, stamp: object, _dataset: Dataset) -> pd.Series | None:  # noqa: ARG001
    return open_skin_tones(with_pictures(_dataset))


@st.cache_resource(max_entries=6, show_spinner="Reading what was measured …")
def _statistics(version: str, stamp: int, _dataset: Dataset) -> pd.DataFrame | None:  # noqa: ARG001 - key
    return open_statistics(_dataset)


@st.cache_resource(max_entries=6, show_spinner=False)
def _cache(version: str, stamp: int, _dataset: Dataset) -> ImageCache | None:  # noqa: ARG001 - key
    return open_cache(_dataset, MEAN_SIZE)


@st.cache_resource(max_entries=120, show_spinner=False)
def _mean(fingerprint: str, folder: str, image_ids: np.ndarray, _cache: ImageCache) -> MeanPicture | None:  # noqa: ARG001
    return mean_picture(_cache, pd.Series(image_ids))


@st.cache_resource(max_entries=24, show_spinner=False)
def _losses(run: str, stamp: int) -> pd.DataFrame:  # noqa: ARG001 - part of the key
    folder = RunFolder(Path(run))
    info = PredictorInfo.load(folder.predictor_file)
    return picture_losses(load_predictions(folder.evaluation / "predictions.parquet"), info.class_keys)


@st.cache_data(max_entries=30, show_spinner=False)
def _whole(path: str, stamp: int) -> tuple[bytes, tuple[int, int], tuple[str, ...]]:  # noqa: ARG001 - part of the key
    picture = read_picture(Path(path))
    content = io.BytesIO()
    small = picture.rgb.size < 3 * 512**2
    Image.fromarray(picture.rgb).save(content, "PNG" if small else "JPEG", **({} if small else {"quality": 92}))
    return content.getvalue(), picture.original_size, picture.notes
