"""What the command `export` does."""

import argparse
import os
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.base.files import folder_built_aside, write_atomically
from core.base.percents import percent
from core.cli.commands import Answer, TerminalProgress, marks_of
from core.combined.ensemble_card import card_beside
from core.export.formats import FORMATS, Format
from core.export.model_files import ExportReport, zip_file, zip_with
from core.runs.run_folder import open_run
from core.serving.predictor import DISCLAIMER


def export(options: argparse.Namespace) -> Answer:
    """`export RUN --format FORMAT … [--without-gate] [--out FOLDER]`."""
    from core.export.model_export import export_model

    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # files are written and checked for machines without a GPU, too
    run = open_run(options.run_id)
    every = [key for key, form in FORMATS.items() if not form.quantised]
    keys = every if "all" in options.format else options.format
    progress = TerminalProgress()
    try:
        reports = export_model(run, keys, gate=not options.without_gate, progress=progress)
    finally:
        progress.close()
    marks, said = marks_of(run)
    card = card_beside(run)
    entries: list[dict[str, Any]] = []
    lines = [f"The model of {run.run_id}"]
    for key, report in reports.items():
        form = FORMATS[key]
        file = zip_file(run, form)
        write_atomically(file, zip_with(file, card))
        if options.out is not None:
            file = _unpacked(file, options.out / f"{run.run_id}-{key}")
        entries.append(asdict(report) | {"file": str(file), "doubtful": report.doubtful})
        lines += [f"{form.title}: {file}", *(f"  {line}" for line in report_lines(form, report))]
    value = {"run_id": run.run_id, **marks, "formats": entries, "notice": DISCLAIMER}
    return value, [*lines, *said, DISCLAIMER]


def report_lines(form: Format, report: ExportReport) -> list[str]:
    """What is told of a file: how it answers against the run, and what it takes here."""
    memory = "" if report.memory is None else f", {report.memory / 1e6:,.0f} MB of memory"
    lines = [
        f"{percent(report.agreement)} of {report.pictures:,} {report.things} of the {report.part} part get the same "
        f"class; probabilities differ by at most {report.max_difference:.2g}",
        f"{report.bytes / 1e6:,.1f} MB; {1000 * report.seconds:,.1f} ms for one, {report.load_seconds:,.1f} s to "
        f"load{memory}, with {form.runtime} on this machine",
    ]
    if report.gate_agreement is not None:
        lines.append(f"the gate is inside and agrees on {percent(report.gate_agreement)}")
    else:
        lines.append(f"without the gate: {report.without_gate}")
    if not form.exact:
        lines.append(f"accuracy {percent(report.accuracy)}, of the run itself {percent(report.run_accuracy)}")
        lines += [
            f"sensitivity for {each.name} {percent(each.file)}, of the run itself {percent(each.run)} "
            f"({each.pictures:,})"
            for each in report.sensitivities
        ]
    if report.doubtful:
        lines.append("IT OFTEN ANSWERS OTHERWISE: this is another model than the one that was judged")
    return lines


def _unpacked(file: Path, folder: Path) -> Path:
    with folder_built_aside(folder) as aside, zipfile.ZipFile(file) as opened:
        opened.extractall(aside)
    return folder
