"""Reading data sets and pictures for pages, kept between reruns until their files change."""

import os
from pathlib import Path

import pandas as pd
import streamlit as st

from core.base.errors import DataError
from core.data import catalog, gene_catalog
from core.data.adapters.listing import stamps
from core.data.gene_catalog import GeneTable
from core.data.genes.gene_expression import GeneValues, gene_values
from core.data.images import fingerprint
from core.data.images.thumbnails import kept_thumbnail
from core.data.reading.choices import choices_stamp
from core.data.spec import Dataset
from core.data.splits.leakage import LeakageReport, leakage_report
from core.data.splits.splits import Split, SplitKind, make_split, possible_kinds
from core.data.training_examples import gene_dataset
from core.serving.brought import BroughtPicture
from core.training.gene_classifier import GeneVerdict, judge_gene_classifier
from dashboard.state.prediction import prediction_pool
from dashboard.state.rerun_catalog import current_catalog, look_again


def load_dataset(name: str) -> Dataset:
    """A data set's tidy metadata; shows progress where pictures have to be drawn or unpacked first.

    The table is shared between sessions: read it, never change it in place.

    Raises:
        DatasetNotFoundError, DataError: as `core.data.catalog.open_dataset`.
    """
    return _dataset(name, _prepared(name))


def load_either(name: str) -> Dataset:
    """As `load_dataset`, or of a gene-expression table its samples as a data set.

    Raises:
        DatasetNotFoundError, DataError: as `load_dataset` and `load_gene_table`.
    """
    if current_catalog().holds(name) == "genes":
        return gene_dataset(load_gene_table(name), name)
    return load_dataset(name)


def load_unlabelled(name: str) -> pd.DataFrame:
    """Pictures of a data set that have no class, as `core.data.catalog.unlabelled_in`; none where it is not here."""
    return _unlabelled(name, current_catalog().version_of(name))


@st.cache_data(max_entries=8, show_spinner="Looking for pictures without a class …")
def _unlabelled(name: str, version: str) -> pd.DataFrame:  # noqa: ARG001
    try:
        return catalog.unlabelled_in(current_catalog().entry(name))
    except DataError:
        return catalog.unlabelled_in(None)


def _prepared(name: str) -> str:
    """The version of a data set, once its pictures are drawn or unpacked."""
    here = current_catalog()
    if here.needs_preparing(name):
        bar = st.progress(0.0, text="Making the picture files, once …")

        def show(done: float, total: float, what: str) -> None:
            bar.progress(done / max(total, 1), text=f"{what}: {done:,} of {total:,}")

        here.open(name, show)
        bar.empty()
        here = look_again()
    return here.version_of(name)


def load_split_kinds(name: str, fractions: tuple[float, float, float]) -> tuple[SplitKind, ...]:
    """Kinds of split that fill every part of a data set."""
    return _split_kinds(name, _prepared(name), fractions)


def load_split(
    name: str,
    kind: str,
    seed: int,
    fractions: tuple[float, float, float],
    most: int = 0,
    fold: tuple[int, int] | None = None,
) -> Split:
    """The split that a recipe would give; `fold` as for `core.data.splits.splits.make_split`."""
    return _split(name, _prepared(name), kind, seed, fractions, most, fold)


def load_leakage(
    name: str,
    kind: str,
    seed: int,
    fractions: tuple[float, float, float],
    most: int = 0,
    fold: tuple[int, int] | None = None,
) -> LeakageReport:
    """The leakage report of that split; the files of the data set are compared the first time."""
    return _leakage(name, _prepared(name), kind, seed, fractions, most, fold)


def load_content(name: str) -> pd.Series:
    """Hash of each picture's bytes by image id, as `core.data.images.fingerprint.content_hashes`."""
    return _content(name, _prepared(name))


def load_gene_table(name: str) -> GeneTable:
    """A gene-expression table; shared between sessions, so it is read and never changed in place.

    Raises:
        DatasetNotFoundError, DataError: as `core.data.gene_catalog.open_gene_table`.
    """
    return _gene_table(name, _gene_version(name))


def load_gene_values(name: str, *, logarithm: bool) -> GeneValues:
    """A gene-expression table on one scale and what is computed of it; shared, so it is never changed in place.

    Raises:
        DatasetNotFoundError, DataError: as `core.data.gene_catalog.open_gene_table`.
    """
    return _gene_values(name, _gene_version(name), logarithm)


def load_gene_verdict(name: str) -> GeneVerdict:
    """How well a classifier tells the classes of a gene-expression table apart; it is trained the first time.

    Raises:
        DatasetNotFoundError, DataError: as `core.data.gene_catalog.open_gene_table` and `judge_gene_classifier`.
    """
    return _gene_verdict(name, _gene_version(name))


def load_gene_split_kinds(name: str, fractions: tuple[float, float, float]) -> tuple[SplitKind, ...]:
    """Kinds of split that fill every part of a gene-expression table."""
    return _gene_split_kinds(name, _gene_version(name), fractions)


def load_gene_split(name: str, kind: str, seed: int, fractions: tuple[float, float, float]) -> Split:
    """The split that a recipe for a gene-expression table would give.

    Raises:
        DataError: the table cannot be divided so.
    """
    return _gene_split(name, _gene_version(name), kind, seed, fractions)


def load_gene_description(name: str) -> str:
    """How the files of a gene-expression table are understood, as `core.data.gene_catalog.describe_gene_table`."""
    return _gene_description(name, _gene_version(name))


def _gene_version(name: str) -> str:
    place = dict(current_catalog().gene_tables).get(name)
    return f"{stamps(place, 1)} {choices_stamp(place if place.is_dir() else place.parent)}" if place else ""


def thumbnail(path: str, height: int = 150) -> bytes:
    """A picture as a JPEG of the given height in pixels.

    Made once and kept on the disk, for every session.

    Raises:
        PictureError: the file cannot be read.
    """
    return kept_thumbnail(path, height)


def open_example(path: str, name: str, *sides: int) -> BroughtPicture:
    """A picture of a data set, for models of the given sides in pixels, read beside the web process.

    Raises:
        PictureError: the file cannot be read.
        EngineError: there is nobody to read it.
    """
    return _example(path, _changed(path), name, sides)


def _changed(path: str | Path) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - a grid of pictures asks often
    except OSError:
        return 0


@st.cache_resource(max_entries=6, show_spinner=False)
def _dataset(name: str, version: str) -> Dataset:  # noqa: ARG001 - part of the key
    return catalog.open_dataset(name)


@st.cache_resource(max_entries=3, show_spinner="Reading the gene-expression table …")
def _gene_table(name: str, version: str) -> GeneTable:  # noqa: ARG001 - part of the key
    return gene_catalog.open_gene_table(name, current_catalog())


@st.cache_resource(max_entries=4, show_spinner="Computing principal components …")
def _gene_values(name: str, version: str, logarithm: bool) -> GeneValues:
    return gene_values(_gene_table(name, version).expression, logarithm=logarithm)


@st.cache_resource(max_entries=20, show_spinner="Training and judging a classifier, a few seconds …")
def _gene_verdict(name: str, version: str) -> GeneVerdict:
    table = _gene_table(name, version)
    values = _gene_values(name, version, not table.scale.logarithmic).expression
    return judge_gene_classifier(values, table.labels, table.split)


@st.cache_resource(max_entries=12, show_spinner="Dividing the table …")
def _gene_split_kinds(name: str, version: str, fractions: tuple[float, float, float]) -> tuple[SplitKind, ...]:
    return possible_kinds(gene_dataset(_gene_table(name, version), name).table, fractions)


@st.cache_resource(max_entries=12, show_spinner="Dividing the table …")
def _gene_split(name: str, version: str, kind: str, seed: int, fractions: tuple[float, float, float]) -> Split:
    return make_split(gene_dataset(_gene_table(name, version), name).table, kind, seed, fractions)


@st.cache_resource(max_entries=50, show_spinner=False)
def _gene_description(name: str, version: str) -> str:  # noqa: ARG001 - part of the key
    return gene_catalog.describe_gene_table(dict(current_catalog().gene_tables)[name])


@st.cache_resource(max_entries=12, show_spinner="Dividing the data set …")
def _split_kinds(name: str, version: str, fractions: tuple[float, float, float]) -> tuple[SplitKind, ...]:
    return possible_kinds(_dataset(name, version).table, fractions)


@st.cache_resource(max_entries=12, show_spinner="Dividing the data set …")
def _split(
    name: str,
    version: str,
    kind: str,
    seed: int,
    fractions: tuple[float, float, float],
    most: int,
    fold: tuple[int, int] | None,
) -> Split:
    return make_split(_dataset(name, version).table, kind, seed, fractions, most, fold)


@st.cache_resource(max_entries=12, show_spinner="Looking for leaks …")
def _leakage(
    name: str,
    version: str,
    kind: str,
    seed: int,
    fractions: tuple[float, float, float],
    most: int,
    fold: tuple[int, int] | None,
) -> LeakageReport:
    split = _split(name, version, kind, seed, fractions, most, fold)
    return leakage_report(split, _content(name, version), _dataset(name, version))


@st.cache_resource(max_entries=6, show_spinner="Comparing the files of the data set, once …")
def _content(name: str, version: str) -> pd.Series:
    return fingerprint.content_hashes(_dataset(name, version))


@st.cache_resource(max_entries=12, show_spinner="Reading the picture …")
def _example(path: str, changed: int, name: str, sides: tuple[int, ...]) -> BroughtPicture:  # noqa: ARG001
    return prediction_pool().read(Path(path), name, sides)
