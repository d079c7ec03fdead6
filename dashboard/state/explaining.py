"""What explains answers, asked of the prediction process or read from a run's folder, and kept between reruns."""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.data.metadata_encoding import Patient
from core.explain.deletion import Deletion
from core.explain.methods import Method
from core.runs.explanations.explanation_checks import explanations_folder, load_pictures
from core.runs.explanations.explanation_summary import MethodCheck, load_checks
from core.runs.explanations.training_bank import bank_file, load_bank
from core.runs.run_folder import RunFolder
from core.serving.answer import Answer
from core.serving.concepts import Bank, Neighbour
from core.serving.explaining import Explanation, VariedAnswers
from dashboard.state.prediction import prediction_pool


def answer_of(run: RunFolder, picture: np.ndarray, patient: Patient | None = None) -> Answer:
    """What a run says of a picture of its size and the patient in it, without a heat map."""
    return _answer(str(run.path), _written(run.model_file), picture, patient)


def explanation_of(
    run: RunFolder, picture: np.ndarray, class_key: str, method: Method, layer: str, patient: Patient | None = None
) -> Explanation:
    """As `core.serving.explaining.explain`."""
    return _explanation(str(run.path), _written(run.model_file), picture, class_key, method, layer, patient)


def deletion_of(run: RunFolder, picture: np.ndarray, found: Explanation, patient: Patient | None = None) -> Deletion:
    """As `core.serving.explaining.check_by_deletion`."""
    return _deletion(str(run.path), _written(run.model_file), picture, found.class_key, found.values, patient)


def variations_of(run: RunFolder, picture: np.ndarray, patient: Patient | None = None) -> list[VariedAnswers]:
    """As `core.serving.explaining.vary`."""
    return _variations(str(run.path), _written(run.model_file), picture, patient)


def convolutions_of(run: RunFolder) -> list[str]:
    """Names of all convolutions of a run's model; none where it cannot be asked."""
    try:
        return _convolutions(str(run.path), _written(run.model_file))
    except LesionLabError:
        return []


def neighbours_of(run: RunFolder, picture: np.ndarray, count: int) -> list[Neighbour]:
    """As `core.serving.concepts.nearest_in`, in the run's own bank, which has to be there."""
    return _neighbours(str(run.path), _written(run.model_file), _written(bank_file(run)), picture, count)


def kept_checks(run: RunFolder) -> tuple[MethodCheck, ...] | None:
    """As `core.runs.explanations.explanation_summary.load_checks`."""
    return _checks(str(run.path), *_state(run))


def kept_pictures(run: RunFolder) -> pd.DataFrame | None:
    """As `core.runs.explanations.explanation_checks.load_pictures`; shared, so it is never changed in place."""
    return _pictures(str(run.path), *_state(run))


def kept_bank(run: RunFolder) -> Bank | None:
    """As `core.runs.explanations.training_bank.load_bank`; shared, so it is never changed in place."""
    return _bank(str(run.path), *_state(run))


def _state(run: RunFolder) -> tuple[int, ...]:
    folder = explanations_folder(run)
    files = ("checks.json", "pictures.parquet", "concepts.json")
    return tuple(map(_written, (run.model_file, run.predictor_file, *(folder / name for name in files))))


def _written(file: Path) -> int:
    return file.stat().st_mtime_ns if file.is_file() else 0


@st.cache_data(max_entries=64, show_spinner="Asking the model …")
def _answer(run: str, written: int, picture: np.ndarray, patient: Patient | None) -> Answer:  # noqa: ARG001 - key
    return prediction_pool().answer(Path(run), picture, patient=patient)


@st.cache_data(max_entries=64, show_spinner="Explaining the answer; a few seconds for integrated gradients …")
def _explanation(
    run: str,
    written: int,  # noqa: ARG001
    picture: np.ndarray,
    class_key: str,
    method: Method,
    layer: str,
    patient: Patient | None,
) -> Explanation:
    return prediction_pool().explain(Path(run), picture, class_key, method, layer, patient)


@st.cache_data(max_entries=64, show_spinner="Checking the map against 20 shifted copies …")
def _deletion(
    run: str,
    written: int,  # noqa: ARG001
    picture: np.ndarray,
    class_key: str,
    heat: np.ndarray,
    patient: Patient | None,
) -> Deletion:
    return prediction_pool().check_by_deletion(Path(run), picture, class_key, heat, patient)


@st.cache_data(max_entries=16, show_spinner="Asking the model about 50 changed pictures …")
def _variations(
    run: str,
    written: int,  # noqa: ARG001
    picture: np.ndarray,
    patient: Patient | None,
) -> list[VariedAnswers]:
    return prediction_pool().vary(Path(run), picture, patient)


@st.cache_data(max_entries=16, show_spinner=False)
def _convolutions(run: str, written: int) -> list[str]:  # noqa: ARG001
    return prediction_pool().convolutions(Path(run))


@st.cache_data(max_entries=64, show_spinner="Looking through the training pictures …")
def _neighbours(run: str, written: int, bank: int, picture: np.ndarray, count: int) -> list[Neighbour]:  # noqa: ARG001
    return prediction_pool().nearest_in_training(Path(run), bank_file(RunFolder(Path(run))), picture, count)


@st.cache_resource(max_entries=8, show_spinner=False)
def _checks(run: str, *_: int) -> tuple[MethodCheck, ...] | None:
    return load_checks(RunFolder(Path(run)))


@st.cache_resource(max_entries=4, show_spinner=False)
def _pictures(run: str, *_: int) -> pd.DataFrame | None:
    return load_pictures(RunFolder(Path(run)))


@st.cache_resource(max_entries=4, show_spinner=False)
def _bank(run: str, *_: int) -> Bank | None:
    return load_bank(RunFolder(Path(run)))
