"""What the command `bring` does."""

import argparse
from dataclasses import asdict

from core.base.errors import DataError
from core.cli.commands import Answer, TerminalProgress, marks_of, metric_lines
from core.models.outside import read_labels
from core.runs.judging.results import headline_metrics
from core.serving.predictor import DISCLAIMER


def bring(options: argparse.Namespace) -> Answer:
    """`bring FILE --dataset D [--classes A,B | --labels FILE] [--size N] [--scale S]`."""
    from core.runs.outside import UNKNOWN_PAST, bring_model
    from core.runs.outside_origin import load_outside

    classes = [] if options.classes is None else options.classes.split(",")
    if options.labels is not None:
        try:
            classes = list(read_labels(options.labels.read_text(encoding="utf-8")))
        except UnicodeDecodeError as error:
            raise DataError(
                f"{options.labels} is not a text in UTF-8. Save it as UTF-8, with one class name in each line."
            ) from error
    progress = TerminalProgress()
    try:
        run = bring_model(
            options.file, options.dataset, classes, side=options.size, scale=options.scale, progress=progress
        )
    finally:
        progress.close()
    part, metrics = headline_metrics(run)
    marks, said = marks_of(run)
    outside = load_outside(run)
    assert outside is not None
    value = {"run_id": run.run_id, **marks, **asdict(outside), "part": part, "metrics": metrics.to_json()}
    lines = [
        f"{run.run_id}: pictures scaled to {outside.adaptation.scale}, answers finished by {outside.adaptation.finish}",
        f"on the {part} part:",
        *metric_lines(metrics),
        UNKNOWN_PAST,
    ]
    if outside.unused:
        lines.append(f"It does not know {', '.join(outside.unused)}: their pictures were left out.")
    return value | {"notice": DISCLAIMER}, [*lines, *said, DISCLAIMER]
