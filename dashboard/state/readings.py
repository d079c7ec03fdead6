"""What is understood of folders, kept until something in them or a decision changes, and decisions not yet kept."""

import json
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from core.base.settings import is_data_root
from core.data.adapters.listing import list_folder
from core.data.catalog import open_folder
from core.data.genes.gene_glance import GeneReading, read_genes
from core.data.picture_shards import read_decided
from core.data.reading.choices import Choices, choices_of
from core.data.reading.glance import ReadingGlance, reading_at_a_glance
from core.data.reading.reader import read_folder
from core.data.recognition import recognise
from core.data.shard_files import find_shards
from core.data.spec import Dataset

_DRAFTS = "reading-drafts"


def load_reading(folder: Path, choices: Choices) -> ReadingGlance:
    """What is understood of a folder with these decisions; a spinner turns while it is read.

    Raises:
        DataError: the folder cannot be read.
    """
    decided = json.dumps([is_data_root(folder), asdict(choices)], sort_keys=True)
    return _reading(str(folder.absolute()), decided, choices)


def load_genes(place: Path, choices: Choices) -> GeneReading:
    """What is understood of a gene-expression table with these decisions; a spinner turns while it is read."""
    return _genes(str(place.absolute()), json.dumps(asdict(choices), sort_keys=True), choices)


def load_folder(folder: Path) -> Dataset | None:
    """What the reader of a known layout gives of a folder that nobody has added; a spinner turns while it is read.

    Raises:
        DataError: it cannot be used.
    """
    return _folder(str(folder), recognise(folder).stamps)


def drafted(folder: Path) -> Choices:
    """What this session has decided about a folder, or else what is kept of it."""
    return _drafts().get(str(folder)) or choices_of(folder)


def is_drafted(folder: Path) -> bool:
    """Whether this session has decided what is not kept yet."""
    return str(folder) in _drafts()


def draft(folder: Path, choices: Choices) -> None:
    """Decide in this session alone."""
    _drafts()[str(folder)] = choices


def forget_draft(folder: Path) -> None:
    """Go back to what is kept."""
    _drafts().pop(str(folder), None)


def _drafts() -> dict[str, Choices]:
    return st.session_state.setdefault(_DRAFTS, {})


@st.cache_resource(
    max_entries=24,
    show_spinner="Reading the folder; 300,000 pictures take about 20 seconds …",
    show_time=True,
    validate=ReadingGlance.holds,
)
def _reading(place: str, decided: str, _choices: Choices) -> ReadingGlance:  # noqa: ARG001 - `decided` is the key
    shards = find_shards(list_folder(Path(place)), _choices.columns.get("label"))
    if shards is not None:
        return reading_at_a_glance(read_decided(shards, _choices, unpack=False)[0])
    return reading_at_a_glance(read_folder(Path(place), _choices))


@st.cache_resource(
    max_entries=24, show_spinner="Reading the gene-expression table …", show_time=True, validate=GeneReading.holds
)
def _genes(place: str, decided: str, _choices: Choices) -> GeneReading:  # noqa: ARG001 - `decided` is the key
    return read_genes(Path(place), _choices)


@st.cache_resource(max_entries=4, show_spinner="Reading the folder …", show_time=True)
def _folder(place: str, stamps: tuple[tuple[str, int], ...]) -> Dataset | None:  # noqa: ARG001 - `stamps` is the key
    return open_folder(Path(place))
