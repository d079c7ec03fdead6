"""Whether a file answers as the run does: held-out examples, asked in a fresh process, and the figures that follow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import DataError, PictureError
from core.base.progress import Progress
from core.base.settings import PROJECT_ROOT
from core.data.images.pictures import decode_square
from core.data.metadata_encoding import encode_all
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split
from core.data.training_examples import open_examples, spread_rows
from core.export.formats import Format
from core.export.model_files import ClassAnswers, ExportReport
from core.export.whole_network import GATE, GATE_IMAGE, GENES, IMAGE, METADATA, PROBABILITIES, gate_scores
from core.runs.run_folder import RunFolder
from core.serving.gate import GATE_SIZE, Gate, GateTrunk
from core.serving.gene_names import load_genes
from core.serving.predictor import Predictor, PredictorInfo

COMPARED = 100
"""Pictures of the test part on which each file is compared with the run itself."""
COMPARED_QUANTISED = 1000
"""As many for whole numbers of eight bits, so that sensitivities say something."""
LARGEST_DIFFERENCE = 1e-3
"""Of a probability, in files that hold the very weights; one that differs more is not offered."""
FOR_RANGES = 200
"""Training pictures from which int8 takes the ranges of its numbers."""
CHECK_SECONDS = 1800


@dataclass(frozen=True)
class Compared:
    """Held-out examples: what a file is given, (rows, …) by the name of the input, and what the run says of them."""

    part: str
    given: dict[str, np.ndarray]
    probabilities: np.ndarray
    true: np.ndarray
    gate: np.ndarray | None


def compared_examples(
    run: RunFolder, predictor: Predictor, gate: Gate | None, many: int, progress: Progress
) -> tuple[Compared, dict[str, np.ndarray]]:
    """Examples of the test part (of validation, where there is none), and what int8 takes its ranges from.

    Args:
        run: that of the predictor.
        predictor: a loaded predictor.
        gate: of its data set; None where its score is not compared.
        many: at most so many examples; the gate's score is computed for the first `COMPARED` alone.
        progress: told what is being read.

    Raises:
        DataError: the run has no held-out part, or its examples are not here.
    """
    info = predictor.info
    dataset, examples = open_examples(info.dataset, info.image_size, load_genes(run.genes_file), progress)
    split = Split.load(run.split_file)
    known = encode_all(info.metadata, dataset.table, examples.image_ids)
    paths = dataset.table.drop_duplicates("image_id").set_index("image_id")["path"]

    def given(ids: Any) -> dict[str, np.ndarray]:
        rows = examples.rows(ids)
        values = np.asarray(examples.values[rows])
        out = {GENES if info.takes == "genes" else IMAGE: values}
        if known is not None:
            out[METADATA] = known.values[rows]
        if gate is not None and info.image_size != GATE_SIZE:
            out[GATE_IMAGE] = np.stack([decode_square(Path(paths[each]), GATE_SIZE) for each in ids])
        return out

    part = next((each for each in (TEST, VALIDATION) if len(split.part(each))), None)
    if part is None:
        raise DataError("The run has no held-out part on which the files could be compared with it.")
    held_out = split.part(part).drop_duplicates("image_id")
    held_out = _spread(held_out[examples.rows(held_out["image_id"]) >= 0], many)
    learnt = split.part(TRAIN).drop_duplicates("image_id")
    learnt = _spread(learnt[examples.rows(learnt["image_id"]) >= 0], FOR_RANGES)
    if held_out.empty:
        raise DataError(f"None of the {info.things} of its {part} part is here, so nothing can be compared with it.")
    try:
        asked = given(held_out["image_id"])
        ranges = {name: each for name, each in given(learnt["image_id"]).items() if name != GATE_IMAGE}
    except PictureError as error:
        raise DataError(f"A picture of the {part} part cannot be read any more: {error}") from error
    pictures = asked.get(GENES, asked.get(IMAGE))
    assert pictures is not None
    probabilities = predictor.probabilities(pictures, metadata=asked.get(METADATA))
    scores = None
    if gate is not None:
        squares = asked.get(GATE_IMAGE, pictures)[:COMPARED]
        scores = gate_scores(gate, list(squares), GateTrunk())
    true = held_out["label"].map(info.class_keys.index).to_numpy()
    return Compared(part, asked, probabilities, true, scores), ranges


def _spread(rows: Any, many: int) -> Any:
    """At most so many rows, of each class in proportion: evenly spaced in the order of the classes."""
    ordered = rows.sort_values("label", kind="stable")
    return ordered.iloc[spread_rows(len(ordered), many)]


def ask_afresh(
    form: Format, model: Path, given: dict[str, np.ndarray], work: Path
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What a fresh process measures of a file, and what the file answers there."""
    np.savez(work / "given.npz", **given)  # type: ignore[arg-type]  # names of inputs are none of its options
    paths = [str(model), str(work / "given.npz"), str(work / "answers.npz")]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "core.export.loaded_again", form.key, *paths],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=CHECK_SECONDS,
            check=False,
            cwd=PROJECT_ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"},
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{form.runtime} did not answer in time with the {form.title} file.") from error
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        refusal = DataError(f"{form.runtime} cannot use the {form.title} file, so it is not offered: {last[:300]}")
        refusal.add_note(done.stderr)  # for the log of the job
        raise refusal
    with np.load(work / "answers.npz") as file:
        answers = {name: file[name] for name in file.files}
    return json.loads(done.stdout.strip().rpartition("\n")[2]), answers


def judged(
    info: PredictorInfo,
    form: Format,
    compared: Compared,
    chosen: np.ndarray,
    answers: dict[str, np.ndarray],
    measured: dict[str, Any],
) -> ExportReport:
    """Compare; a file that answers nonsense, or otherwise although it holds the very weights, is refused."""
    of_run, of_file, true = compared.probabilities[chosen], answers[PROBABILITIES], compared.true[chosen]
    if of_file.shape != of_run.shape or not np.isfinite(of_file).all():
        raise DataError(f"The {form.title} file does not give probabilities, so it is not offered.")
    difference = float(np.abs(of_file - of_run).max())
    if form.exact and difference > LARGEST_DIFFERENCE:
        raise DataError(
            f"The {form.title} file gives other answers than the run: a probability differs by "
            f"{difference:.2g}. It is not offered."
        )
    said, ours = of_file.argmax(axis=1), of_run.argmax(axis=1)
    gate_difference, gate_agreement = None, None
    if GATE in answers and compared.gate is not None:
        there = chosen < len(compared.gate)
        file, own = answers[GATE][there], compared.gate[chosen[there]]
        gate_difference = float(np.abs(file - own).max())
        gate_agreement = float(((file >= 0) == (own >= 0)).mean())
    malignant = [n for n, each in enumerate(info.classes) if each.malignant] or list(range(len(info.classes)))
    sensitivities = tuple(
        ClassAnswers(
            info.classes[n].name,
            int((true == n).sum()),
            float((ours[true == n] == n).mean()),
            float((said[true == n] == n).mean()),
        )
        for n in malignant
        if (true == n).any()
    )
    return ExportReport(
        format=form.key,
        made_from=(),
        part=compared.part,
        things=info.things,
        pictures=len(chosen),
        max_difference=difference,
        agreement=float((said == ours).mean()),
        accuracy=float((said == true).mean()),
        run_accuracy=float((ours == true).mean()),
        sensitivities=sensitivities,
        bytes=0,
        seconds=float(measured["seconds"]),
        load_seconds=float(measured["load_seconds"]),
        memory=measured["memory"],
        gate_max_difference=gate_difference,
        gate_agreement=gate_agreement,
    )
