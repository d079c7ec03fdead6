"""Handing over a model: written in a format, loaded again in a fresh process, and compared with the run itself."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import ConfigurationError, DataError, DiskFullError, RunError
from core.base.files import disk_full_named, folder_built_aside, private_folder, sha256_of, write_json
from core.base.locks import locked
from core.base.progress import Progress, silent, until_cancelled
from core.data.training_examples import spread_rows
from core.export.formats import FORMATS, Format, wanted_format
from core.export.model_files import ExportReport, exports_folder, load_report, made_from, zip_file
from core.export.parity import (
    COMPARED,
    COMPARED_QUANTISED,
    Compared,
    ask_afresh,
    compared_examples,
    judged,
)
from core.export.usage import usage
from core.export.whole_network import GATE, GENES, METADATA, whole_network
from core.runs.run_folder import RunFolder, open_run
from core.runs.trash import deletion_named, refuse_deleted
from core.serving.gate import Gate, GateTrunk, gate_folder, open_gate
from core.serving.gene_names import load_genes
from core.serving.predictor import DISCLAIMER, Predictor, PredictorInfo

LEFT_OUT = "It was left out as you asked."
_COPIES = 8
"""Of all weights, that lie on the disk at once: two SavedModels with their copies, an ONNX file, the file, its zip."""


def export_model(
    run: RunFolder, formats: Sequence[str], *, gate: bool = True, progress: Progress = silent
) -> dict[str, ExportReport]:
    """Write a run's model in some formats, each checked; what is there of the model as it is now is not made again.

    Args:
        run: with a trained model.
        formats: keys of `core.export.formats.FORMATS`.
        gate: whether the score of the gate is put inside, where the data set has one.
        progress: told which format is being written.

    Returns:
        The report of each format.

    Raises:
        ConfigurationError: a format is not known, or what it needs is not installed.
        RunError: the run has no trained model, somebody hands it over already, or deletes it meanwhile.
        DataError: its pictures are not here, or a file does not answer as the run does; that one is then not kept, and
            the others are written all the same.
        DiskFullError: nothing half-written was kept.
    """
    wanted = [wanted_format(key) for key in dict.fromkeys(formats)]
    info = PredictorInfo.load(run.predictor_file)
    info.refuse_without_model()
    if run.model_file.suffix == ".onnx":
        raise ConfigurationError("This model was brought as an ONNX file and cannot be converted. Hand over that file.")
    busy = RunError(f"The model of {run.run_id} is being handed over already. Wait until that is done.")
    with locked(private_folder(exports_folder(run)) / "lock", busy):
        _forget_unfinished(run)
        with deletion_named(run):
            return _exported(run, info, wanted, gate, progress)


def run_export_job(arguments: dict[str, Any], progress: Progress, cancelled: Callable[[], bool]) -> dict[str, Any]:
    """`export_model` as a background job; `arguments` names the `run`, the `formats`, and whether with the `gate`."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # the GPU is left to training
    reports = export_model(
        open_run(arguments["run"]),
        arguments["formats"],
        gate=arguments.get("gate", True),
        progress=until_cancelled(progress, cancelled),
    )
    return {"run": arguments["run"], "formats": list(reports)}


def _forget_unfinished(run: RunFolder) -> None:
    """Remove what a process that was killed has left: nobody else writes while the lock is held."""
    for left in exports_folder(run).glob(".*.building-*"):
        shutil.rmtree(left, ignore_errors=True)


def _exported(
    run: RunFolder, info: PredictorInfo, wanted: Sequence[Format], with_gate: bool, progress: Progress
) -> dict[str, ExportReport]:
    reports = {form.key: load_report(run, form) for form in wanted}
    absent = [form for form in wanted if not _as_wanted(reports[form.key], with_gate)]
    if not absent:
        return {key: report for key, report in reports.items() if report is not None}
    progress(0, len(absent), "Reading held-out examples")
    state = made_from(run)
    predictor = Predictor.of_run(run.path)
    known, why_not = _gate_of(info) if with_gate else (None, LEFT_OUT)
    many = COMPARED_QUANTISED if any(form.quantised for form in absent) else COMPARED
    compared, ranges = compared_examples(run, predictor, known, many, progress)
    with tempfile.TemporaryDirectory(dir=exports_folder(run), prefix=".halfway.building-") as made:
        networks: dict[bool, Any] = {}
        refused: list[DataError] = []
        for number, form in enumerate(absent):
            progress(number, len(absent), f"Writing and checking {form.title}")
            refuse_deleted(run)
            gated = known is not None and not form.quantised
            if gated not in networks:
                networks[gated] = whole_network(predictor, known if gated else None)
                _refuse_without_room(exports_folder(run), networks[gated])
                (Path(made) / str(gated)).mkdir()
            without = "Eight bits are too few for it." if form.quantised and known else why_not
            try:
                with folder_built_aside(exports_folder(run) / form.key) as aside:
                    halfway = Path(made) / str(gated)
                    report = _write(run, predictor, networks[gated], form, aside, halfway, compared, ranges)
                    report = replace(report, made_from=state, without_gate=without)
                    write_json(aside / "report.json", report.to_json())
            except DataError as error:
                refused.append(error)
                continue
            reports[form.key] = report
    if refused:
        ready = [FORMATS[key].title for key, report in reports.items() if report is not None]
        others = f" Ready are: {', '.join(ready)}." if ready else ""
        raise DataError(" ".join(map(str, refused)) + others) from refused[0]
    progress(len(absent), len(absent), "Done")
    return {key: report for key, report in reports.items() if report is not None}


def _refuse_without_room(folder: Path, network: Any) -> None:
    """Raise where the disk has no room for the weights in all that lies side by side at most."""
    needed, free = _COPIES * 4 * network.count_params(), shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFullError(
            f"Handing over the model needs about {needed / 1e6:,.0f} MB for a while, and {free / 1e6:,.0f} MB are free."
        )


def _as_wanted(report: ExportReport | None, with_gate: bool) -> bool:
    """Whether a file is there that has the gate inside or not, as it is wanted, or never can."""
    if report is None:
        return False
    return report.without_gate != LEFT_OUT if with_gate else report.gate_agreement is None


def _gate_of(info: PredictorInfo) -> tuple[Gate | None, str]:
    """The gate of a run, and why there is none."""
    if info.takes == "genes":
        return None, "A gate looks at pictures."
    gate = open_gate(gate_folder(info.dataset))
    if gate is None:
        return None, f"{info.dataset_title} has no gate yet; it is made after a training."
    try:
        GateTrunk()
    except DataError as error:
        return None, str(error)
    return gate, ""


def _write(
    run: RunFolder,
    predictor: Predictor,
    network: Any,
    form: Format,
    aside: Path,
    halfway: Path,
    compared: Compared,
    ranges: dict[str, np.ndarray],
) -> ExportReport:
    from core.export.conversion import write_model

    with tempfile.TemporaryDirectory(dir=aside) as made:
        work = Path(made)
        model = write_model(network, form, work, halfway, ranges)
        inputs = [tensor.name for tensor in network.inputs]
        rows = COMPARED_QUANTISED if form.quantised else COMPARED
        chosen = spread_rows(len(compared.true), rows)
        given = {name: compared.given[name][chosen] for name in inputs}
        measured, answers = ask_afresh(form, model, given, work)
        report = judged(predictor.info, form, compared, chosen, answers, measured)
        report = replace(report, bytes=_size(model))
        about = _about(run, predictor, network, report)
        script = usage(form, genes=GENES in inputs, metadata=METADATA in inputs, gate=GATE in answers)
        _zip(aside / zip_file(run, form).name, model, about, script)
    return report


def _about(run: RunFolder, predictor: Predictor, network: Any, report: ExportReport) -> dict[str, Any]:
    """What must be known to use a file, beside it as JSON."""
    info = predictor.info
    about: dict[str, Any] = {
        "notice": DISCLAIMER,
        "run": info.run_id,
        "model": info.model,
        "trained_on": info.dataset_title,
        "synthetic": info.synthetic,
        "split_leaks": info.leaking,
        "citation": info.citation,
        "licence": info.licence,
        "classes": [each.name for each in info.classes],
        "class_keys": list(info.class_keys),
        "malignant": [each.malignant for each in info.classes],
        "temperature": info.temperature,
        "inputs": {tensor.name: [str(tensor.dtype), *tensor.shape[1:]] for tensor in network.inputs},
        "pictures": {tensor.name: tensor.shape[1] for tensor in network.inputs if len(tensor.shape) == 4},
        "preparation": "RGB, upright as EXIF says, laid on white where it is transparent, the whole picture squeezed "
        "to a square with bilinear smoothing, 0 to 255; the rest is inside."
        if info.takes == "pictures"
        else "Expression as measured, the genes in the order of “genes”; the rest is inside.",
        "gate": "0 or more: the picture is of the kind that the model has learnt from."
        if report.gate_agreement is not None
        else None,
        "sha256_of_run_model": sha256_of(run.model_file),
        "check": report.to_json(),
    }
    if info.metadata is not None:
        numbers = {name: info.metadata.numbers(name) for name in info.metadata.columns if name != "age"}
        about["metadata"] = asdict(info.metadata) | {"numbers": numbers}
        about["unknown_patient"] = info.metadata.unknown.tolist()
    if info.takes == "genes":
        about["genes"] = list(load_genes(run.genes_file))
    return about


def _size(model: Path) -> int:
    files = [model] if model.is_file() else [each for each in model.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files)


def _zip(target: Path, model: Path, about: dict[str, Any], script: str) -> None:
    with disk_full_named(target), zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        files = [model] if model.is_file() else sorted(each for each in model.rglob("*") if each.is_file())
        for each in files:
            file.write(each, each.relative_to(model.parent))
        file.writestr("about.json", json.dumps(about, indent=2, ensure_ascii=False) + "\n")
        file.writestr("use.py", script)
