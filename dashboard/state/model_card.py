"""The model card of a run, kept until one of the files changes that it is written from."""

import os
from pathlib import Path

import streamlit as st

from core.base.errors import LesionLabError
from core.combined.ensemble_card import members_section
from core.data.spec import Dataset
from core.runs.card.blocks import Card
from core.runs.card.making import make_card
from core.runs.judging.ablation import on_the_picture_alone
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.state.loading import load_dataset
from dashboard.state.measured import load_skin_tones
from dashboard.state.rerun_catalog import current_catalog

_TELLING = (".json", ".parquet", ".keras", ".onnx")
_NOT_TOLD = frozenset(("status.json", "labels.json", "watched.json"))


def load_model_card(run: RunFolder) -> Card:
    """As `core.runs.card.making.make_card`.

    Raises:
        RunError, DataError: as that.
    """
    name = PredictorInfo.load(run.predictor_file).dataset
    alone = on_the_picture_alone(run)
    version = _written(run.path) + (
        f" {alone.run.run_id} {alone.status.state} {_written(alone.run.path)}" if alone else ""
    )
    try:
        dataset = load_dataset(name)
    except LesionLabError:
        return _card(str(run.path), version, "", None)
    measured = load_skin_tones(dataset) is not None
    return _card(str(run.path), version, f"{current_catalog().version_of(name)} {measured}", dataset)


def _written(folder: Path) -> str:
    """Changes when a file of the run does from which its card is written."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(_TELLING) and name not in _NOT_TOLD:
                try:
                    found.append(f"{name} {os.stat(Path(place, name)).st_mtime_ns}")  # noqa: PTH116 - many at once
                except OSError:
                    continue
    return " ".join(sorted(found))


@st.cache_resource(max_entries=8, show_spinner="Putting the card together; some seconds …")
def _card(run: str, version: str, data: str, _dataset: Dataset | None) -> Card:  # noqa: ARG001 - part of the key
    folder = RunFolder(Path(run))
    members = members_section(folder)
    tones = None if _dataset is None else load_skin_tones(_dataset)
    return make_card(folder, _dataset, tones, [members] if members else [])
