"""Measuring whether ONNX Runtime may answer for a run in Keras' place: the same within a limit, and in less time."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import ConfigurationError, DataError, RunError
from core.base.files import folder_built_aside, private_folder, remove_abandoned, sha256_of, write_json
from core.base.locks import locked
from core.base.progress import Progress, silent, until_cancelled
from core.export.formats import FORMATS, wanted_format
from core.export.parity import COMPARED, Compared, compared_examples
from core.export.whole_network import IMAGE, METADATA, bare_network
from core.runs.run_folder import RunFolder, open_run
from core.runs.trash import deletion_named, refuse_deleted
from core.serving.fast_network import (
    FILE,
    FOLDER,
    LARGEST_DIFFERENCE,
    MANY,
    RECORD,
    FastNetwork,
    FastRecord,
    Spent,
    model_hash,
    record_of,
    still_true,
    versions,
)
from core.serving.predictor import Predictor, PredictorInfo

TURNS = 15
"""Times that each is asked about one picture; about many a third as often."""
_STEPS = 4


def ensure_fast_answers(run: RunFolder, progress: Progress = silent) -> FastRecord:
    """Convert a run's network, compare it with Keras and measure both, where that is not known of the model as it is.

    Args:
        run: with a trained model that looks at pictures.
        progress: told what is being done.

    Returns:
        The record, which lies in the run's folder from then on; the file beside it where it answers.

    Raises:
        ConfigurationError: the model looks at no pictures, came as ONNX, or packages are missing.
        RunError: the run has no trained model, somebody measures it already, or deletes it meanwhile.
        DataError: it has no held-out pictures here.
        DiskFullError: nothing half-written was kept.
    """
    info = PredictorInfo.load(run.predictor_file)
    info.refuse_without_model()
    if info.takes != "pictures" or run.model_file.suffix == ".onnx":
        raise ConfigurationError(
            "ONNX Runtime can answer only for Keras models of pictures. This model stays with Keras."
        )
    wanted_format("onnx")
    target = run.path / FOLDER
    with deletion_named(run):
        busy = RunError(f"The speed of {run.run_id} is already being measured. Wait until that is done.")
        with locked(private_folder(target.parent) / "lock", busy):
            remove_abandoned(target)  # of a process that was killed: nobody else writes while the lock is held
            known = record_of(run.path)
            if known is not None and still_true(known, run.path, info.temperature):
                return known
            with folder_built_aside(target) as aside:
                record = _measured(run, info, aside, progress)
                refuse_deleted(run)
                write_json(aside / RECORD, record.to_json())
    progress(_STEPS, _STEPS, "Done")
    return record


def run_fast_answers_job(
    arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]
) -> dict[str, Any]:
    """`ensure_fast_answers` as a background job; `arguments` names the `run`."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # answers come from the processor
    record = ensure_fast_answers(open_run(arguments["run"]), until_cancelled(progress, cancelled))
    return {"run": arguments["run"], "answers": not record.why_not, "in_words": record.in_words}


def _measured(run: RunFolder, info: PredictorInfo, aside: Path, progress: Progress) -> FastRecord:
    from core.export.conversion import write_model

    record = FastRecord(model_hash(run.path), info.temperature, versions())
    progress(0, _STEPS, "Reading held-out pictures")
    predictor = Predictor.of_run(run.path)
    compared, _ = compared_examples(run, predictor, None, COMPARED, silent)
    progress(1, _STEPS, "Converting the network")
    with tempfile.TemporaryDirectory(dir=aside) as made:
        try:
            written = write_model(bare_network(predictor), FORMATS["onnx"], aside, Path(made), {})
            file = written.rename(aside / FILE)
            fast = predictor.answering_with(FastNetwork(file, info.shapes))
            progress(2, _STEPS, "Comparing answers")
            difference = largest_difference(predictor, fast, compared)
        except DataError as error:
            (aside / FILE).unlink(missing_ok=True)
            return replace(record, why_not=str(error))
    record = replace(record, pictures=len(compared.true), file_sha256=sha256_of(file))
    if not np.isfinite(difference):
        record = replace(record, why_not="ONNX Runtime answers with what are no numbers.")
    elif difference > LARGEST_DIFFERENCE:
        record = replace(record, why_not=f"With ONNX Runtime a probability differs by {difference:.1g}.")
    else:
        progress(3, _STEPS, "Measuring both in turns")
        one, many = (spent(predictor, fast, compared, *how) for how in ((1, TURNS), (MANY, TURNS // 3)))
        record = judged(replace(record, largest_difference=difference, one=one, many=many))
    if record.why_not:
        file.unlink()
    return record


def judged(record: FastRecord) -> FastRecord:
    """A record with its times, and why the file does not answer where it is not faster with one picture."""
    if record.one is None or record.one.onnx < record.one.keras:
        return record
    slower = f"ONNX Runtime takes {1000 * record.one.onnx:.1f} ms of the processors for one picture, Keras "
    return replace(record, why_not=f"{slower}{1000 * record.one.keras:.1f} ms.", file_sha256="")


def largest_difference(predictor: Predictor, fast: Predictor, compared: Compared) -> float:
    """The largest absolute difference of a probability of two predictors, before and after the temperature.

    Raises:
        DataError: the fast one cannot answer.
    """
    pictures, metadata = compared.given[IMAGE], compared.given.get(METADATA)
    raw, of_fast = (each.uncalibrated(pictures, metadata=metadata) for each in (predictor, fast))
    if not fast.answers_fast:  # it failed, and Keras has answered in its place
        raise DataError("ONNX Runtime cannot answer with the converted network.")
    if of_fast.shape != raw.shape:
        raise DataError("The converted network gives another number of classes.")
    after = np.abs(predictor.calibrated(raw) - predictor.calibrated(of_fast))
    return float(max(np.abs(raw - of_fast).max(), after.max()))


def spent(predictor: Predictor, fast: Predictor, compared: Compared, pictures: int, turns: int) -> Spent:
    """Median processor seconds of both predictors for so many pictures, asked in turns, the first turn not counted.

    That of the processors changes less than that of the clock where others use the machine.
    """
    rows = np.arange(pictures) % len(compared.true)
    metadata = compared.given.get(METADATA)
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(turns + 1):
        for each, times in zip((predictor, fast), taken, strict=True):
            began = time.process_time()
            each.probabilities(compared.given[IMAGE], rows, metadata)
            times.append(time.process_time() - began)
    return Spent(*(statistics.median(times[1:]) for times in taken))
