"""What a run says of a picture, asked of the prediction process and kept between reruns."""

from pathlib import Path

import numpy as np
import streamlit as st

from core.data.metadata_encoding import Patient
from core.runs.answers.drift import note_answers
from core.runs.answers.picture_answer import PictureAnswer, judged
from core.runs.run_folder import RunFolder
from core.serving.answer import Answer
from core.serving.brought import BroughtPicture
from core.serving.gate import GATE_SIZE, gate_folder, made_at
from core.serving.predictor import PredictorInfo
from dashboard.state.prediction import prediction_pool


def told_of(
    run: RunFolder, info: PredictorInfo, picture: BroughtPicture, *, overruled: bool, patient: Patient | None = None
) -> PictureAnswer:
    """As `picture_answer.answer_picture`, without a heat map; the model is asked once for each picture.

    Raises:
        LesionLabError: as `answer_picture`.
    """
    written = run.model_file.stat().st_mtime_ns if run.model_file.is_file() else 0
    squares = picture.squares[info.image_size], picture.squares[GATE_SIZE]
    answer = _answer(str(run.path), written, made_at(gate_folder(info.dataset)), *squares, patient)
    return judged(run, info, picture, answer, overruled=overruled)


def count_once(run: RunFolder, picture: BroughtPicture, told: PictureAnswer) -> None:
    """Count an answer in the drift watch of its run: each file that somebody brings counts once in a session."""
    counted: set[tuple[str, str]] = st.session_state.setdefault("drift-counted", set())
    if (run.run_id, picture.digest) not in counted:
        counted.add((run.run_id, picture.digest))
        note_answers(run, [told])


@st.cache_data(max_entries=64, show_spinner="Asking the model …")
def _answer(
    run_folder: str,
    written: int,  # noqa: ARG001 - a new model is a new entry
    gate_made: int,  # noqa: ARG001 - and so is a new gate
    picture: np.ndarray,
    for_gate: np.ndarray,
    patient: Patient | None,
) -> Answer:
    return prediction_pool().answer(Path(run_folder), picture, None, for_gate, patient)
