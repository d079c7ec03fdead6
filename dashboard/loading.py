"""Reading data sets and pictures for pages, kept between reruns until their files change."""

import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core.data import catalog, fingerprint
from core.data.leakage import LeakageReport, leakage_report
from core.data.pictures import Picture, decode_square, read_picture
from core.data.spec import Dataset
from core.data.splits import Split, make_split
from core.settings import artifacts_dir, data_roots


def load_dataset(name: str) -> Dataset:
    """A data set's tidy metadata; shows progress where the demo has to be drawn first.

    The table is shared between sessions: read it, never change it in place.

    Raises:
        DatasetNotFoundError, DataError: as `core.data.catalog.open_dataset`.
    """
    if name == "demo" and not (catalog.demo_folder() / catalog.DEMO_METADATA).is_file():
        bar = st.progress(0.0, text="Drawing the synthetic demo pictures, once …")
        catalog.ensure_demo(lambda done, total, what: bar.progress(done / total, text=f"{what}: {done:,} of {total:,}"))
        bar.empty()
    return _dataset(name, _version(name))


def load_split(name: str, kind: str, seed: int, fractions: tuple[float, float, float]) -> Split:
    """The split that a recipe would give."""
    load_dataset(name)
    return _split(name, _version(name), kind, seed, fractions)


def load_leakage(name: str, kind: str, seed: int, fractions: tuple[float, float, float]) -> LeakageReport:
    """The leakage report of that split; the files of the data set are compared the first time."""
    load_dataset(name)
    return _leakage(name, _version(name), kind, seed, fractions)


def thumbnail(path: str, height: int = 150) -> bytes:
    """A picture as a JPEG of the given height in pixels.

    Raises:
        PictureError: the file cannot be read.
    """
    return _thumbnail(path, _changed(path), height)


def open_picture(source: Path | bytes, name: str) -> Picture:
    """`read_picture`, decoded once for a session and content; nothing of an upload outlives its session.

    Raises:
        PictureError: the file cannot be read.
    """
    return _picture(*_content_key(source), name)


def open_square(source: Path | bytes, size: int, name: str) -> np.ndarray:
    """`decode_square`, decoded once for a session and content.

    Raises:
        PictureError: the file cannot be read.
    """
    return _square(*_content_key(source), size, name)


def _content_key(source: Path | bytes) -> tuple[str | bytes, int]:
    """What Streamlit can hash: content, or a file's path and when it was changed."""
    return (source, 0) if isinstance(source, bytes) else (str(source), _changed(source))


def _changed(path: str | Path) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - a grid of pictures asks often
    except OSError:
        return 0


def _version(name: str) -> str:
    """Changes whenever the answer of `open_dataset` may: settings, folder, metadata file."""
    entry = next((e for e in catalog.list_datasets() if e.spec.name == name), None)
    folder = entry.folder if entry else Path()
    stamps = [str(p.stat().st_mtime_ns) for p in sorted(folder.glob("*.csv"))] if folder.is_dir() else []
    return "|".join([str(artifacts_dir()), *map(str, data_roots()), str(folder), *stamps])


@st.cache_resource(max_entries=6, show_spinner="Reading the metadata …")
def _dataset(name: str, version: str) -> Dataset:  # noqa: ARG001 - part of the key
    return catalog.open_dataset(name)


@st.cache_resource(max_entries=12, show_spinner="Dividing the data set …")
def _split(name: str, version: str, kind: str, seed: int, fractions: tuple[float, float, float]) -> Split:
    return make_split(_dataset(name, version).table, kind, seed, fractions)


@st.cache_resource(max_entries=12, show_spinner="Looking for leaks …")
def _leakage(name: str, version: str, kind: str, seed: int, fractions: tuple[float, float, float]) -> LeakageReport:
    return leakage_report(_split(name, version, kind, seed, fractions), _content(name, version))


@st.cache_resource(max_entries=6, show_spinner="Comparing the files of the data set, once …")
def _content(name: str, version: str) -> pd.Series:
    return fingerprint.content_hashes(_dataset(name, version))


@st.cache_data(max_entries=2000, show_spinner=False)
def _thumbnail(path: str, changed: int, height: int) -> bytes:  # noqa: ARG001 - part of the key
    image = Image.fromarray(read_picture(Path(path)).rgb)
    image.thumbnail((height * 4, height))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=88)
    return content.getvalue()


@st.cache_data(max_entries=2, scope="session", show_spinner="Reading the picture …")
def _picture(source: str | bytes, changed: int, name: str) -> Picture:  # noqa: ARG001 - part of the key
    return read_picture(Path(source) if isinstance(source, str) else source, name=name)


@st.cache_data(max_entries=2, scope="session", show_spinner=False)
def _square(source: str | bytes, changed: int, size: int, name: str) -> np.ndarray:  # noqa: ARG001 - part of the key
    return decode_square(Path(source) if isinstance(source, str) else source, size, name=name)
