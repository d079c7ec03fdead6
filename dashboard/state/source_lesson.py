"""The lesson on sources, computed once for each state of a data set."""

import streamlit as st

from core.data.spec import Dataset
from core.evaluation.source_probe import SourceProbe
from core.teaching.source_lesson import SourceLesson, colours_tell_the_source, source_lesson
from dashboard.state.loading import load_dataset
from dashboard.state.measured import load_statistics
from dashboard.state.rerun_catalog import current_catalog


def load_source_lesson(name: str) -> SourceLesson | None:
    """As `core.teaching.source_lesson.source_lesson`.

    Raises:
        DatasetNotFoundError, DataError: the data set cannot be read.
    """
    dataset = load_dataset(name)
    return _lesson(name, current_catalog().version_of(name), dataset)


def load_colour_probe(dataset: Dataset) -> SourceProbe | None:
    """As `core.teaching.source_lesson.colours_tell_the_source`; None also while the pictures are not measured."""
    statistics = load_statistics(dataset)
    if statistics is None:
        return None
    state = f"{current_catalog().version_of(dataset.spec.name)} {statistics.attrs.get('fingerprint', '')}"
    return _colours(dataset.spec.name, state, dataset)


@st.cache_resource(max_entries=6, show_spinner=False)
def _lesson(name: str, version: str, _dataset: Dataset) -> SourceLesson | None:  # noqa: ARG001
    known = _dataset.spec.malignant_keys if _dataset.spec.malignancy_known else ()
    return source_lesson(_dataset.table, known)


@st.cache_resource(max_entries=6, show_spinner="Learning to tell the source by colours …")
def _colours(name: str, state: str, _dataset: Dataset) -> SourceProbe | None:  # noqa: ARG001
    statistics = load_statistics(_dataset)
    return None if statistics is None else colours_tell_the_source(_dataset.table, statistics)
