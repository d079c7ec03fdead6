"""What the command `predict` does: pictures or samples, as the run takes them."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.csv_text import csv_text
from core.base.errors import ConfigurationError, DataError
from core.base.files import write_for_owner
from core.base.percents import percent
from core.base.printable import one_line
from core.cli.commands import Answer, marks_of
from core.cli.predict_pictures import predict_pictures
from core.runs.run_folder import RunFolder, open_run
from core.serving.predictor import DISCLAIMER, PredictorInfo


def predict(options: argparse.Namespace) -> Answer:
    """`predict RUN PATH… [--explain hirescam --out DIR] [--csv FILE | --submission FILE] …`."""
    run = open_run(options.run_id)
    if PredictorInfo.load(run.predictor_file).takes == "genes":
        return _predict_samples(run, options)
    return predict_pictures(options)


def _predict_samples(run: RunFolder, options: argparse.Namespace) -> Answer:
    if options.explain is not None:
        raise ConfigurationError("--explain works on pictures only, and this run takes gene samples. Leave it out.")
    if options.patient or options.metadata is not None:
        raise ConfigurationError(
            "--patient and --metadata work on pictures only, and this run takes gene samples. Leave them out."
        )
    if options.submission is not None:
        raise ConfigurationError(
            "--submission works on pictures only, and this run takes gene samples. Write a table with --csv."
        )
    from core.serving.gene_answer import answer_table

    entries: list[dict[str, Any]] = []
    notes: list[str] = []
    for path in options.paths:
        told = answer_table(run.path, path)
        notes += [f"{one_line(str(path))}: {note}" for note in told.notes]
        for sample, said in told.answers.items():
            found = {"sample": sample, "label": said.label, "probabilities": said.probabilities}
            entries.append({"table": str(path), **found, "malignant": said.malignant})
    if options.csv is not None:
        _write_csv(options.csv, entries)
    lines = [f"{one_line(e['sample'])}: {e['label']} {percent(e['probabilities'][e['label']])}" for e in entries]
    marks, said_of_run = marks_of(run)
    value = {"run_id": run.run_id, **marks, "predictions": entries, "notes": notes, "notice": DISCLAIMER}
    return value, [*lines, *notes, *said_of_run, DISCLAIMER]


def _write_csv(file: Path, entries: list[dict[str, Any]]) -> None:
    rows = [
        {"table": e["table"], "sample": e["sample"], "label": e["label"]}
        | {key: f"{fraction:.6f}" for key, fraction in e["probabilities"].items()}
        | {"notice": DISCLAIMER}
        for e in entries
    ]
    try:
        write_for_owner(file, csv_text(pd.DataFrame(rows, dtype=object)))
    except OSError as error:
        raise DataError(f"The table cannot be written to {file}: {error.strerror}.") from error
