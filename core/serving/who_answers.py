"""Who answers for a run, Keras or ONNX Runtime, and having it measured in the background which of both may."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from core.base.errors import LesionLabError
from core.base.settings import answers_faster, artifacts_dir
from core.jobs import start_job
from core.models.model_file import model_file_in
from core.serving.fast_network import missing, record_of, still_true
from core.serving.predictor import PredictorInfo

KIND = "fast answers"
"""Of the background job."""

logger = logging.getLogger(__name__)


def who_answers(run_folder: Path, info: PredictorInfo) -> tuple[bool, str]:
    """Whether ONNX Runtime answers for a run, and a sentence on that; nothing is loaded for it."""
    if _no_choice(run_folder, info):
        return False, ""
    record = record_of(run_folder)
    if record is not None and still_true(record, run_folder, info.temperature):
        return not record.why_not, record.in_words
    if absent := missing():
        return False, f"Answered by Keras. Not installed for anything faster: {', '.join(absent)}."
    return False, "Answered by Keras. Whether ONNX Runtime says the same faster is not measured yet."


def known_who_answers(run_folder: Path, info: PredictorInfo) -> bool:
    """Whether that was measured of the model as it is now, or there is no choice."""
    record = record_of(run_folder)
    return _no_choice(run_folder, info) or (record is not None and still_true(record, run_folder, info.temperature))


def _no_choice(run_folder: Path, info: PredictorInfo) -> bool:
    """Whether there is no one model, none of Keras, or one of genes, whose answer comes with an explanation."""
    return info.takes != "pictures" or bool(info.folds) or model_file_in(run_folder).suffix == ".onnx"


def start_fast_answers_job(run_folder: Path) -> None:
    """Have it measured in the background whether ONNX Runtime may answer for a run, unless that is known.

    It is considered once for each state of a model: a job that ended badly is not started again and again.
    """
    if not answers_faster() or missing() or run_folder.parent != artifacts_dir() / "runs":
        return
    try:
        written = (model_file_in(run_folder).stat().st_mtime_ns, (run_folder / "predictor.json").stat().st_mtime_ns)
        _consider(run_folder, written)
    except (LesionLabError, OSError):  # whoever asked has all the same what was wanted
        logger.exception("whether ONNX Runtime answers faster for %s is not measured", run_folder.name)


@lru_cache(maxsize=4096)
def _consider(run_folder: Path, written: tuple[int, ...]) -> None:  # noqa: ARG001 - another state is considered anew
    info = PredictorInfo.load(run_folder / "predictor.json")
    if not known_who_answers(run_folder, info):
        start_job(KIND, title_for(run_folder.name), {"run": run_folder.name})


def title_for(run_id: str) -> str:
    """What the job is called on pages."""
    return f"Measure who answers faster for {run_id}"
