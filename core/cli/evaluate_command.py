"""What the command `evaluate` does."""

import argparse
from typing import Any

from core.base.errors import ConfigurationError
from core.base.files import read_json
from core.base.printable import one_line
from core.base.typed_json import read_as
from core.cli.commands import Answer, TerminalProgress, marks_of, metric_lines, skipped_lines
from core.runs.judging.shared_pictures import Shared, SharedPictures
from core.runs.run_folder import RunFolder, open_run
from core.serving.predictor import PredictorInfo


def evaluate(options: argparse.Namespace) -> Answer:
    """`evaluate RUN [--on DATASET] [--map CLASS=CLASS] [--leave-out CLASS] [--shared cut]`."""
    from core.runs.evaluate import evaluate_again

    run = open_run(options.run_id)
    if options.on is not None:
        return _elsewhere(run, options)
    if options.map or options.leave_out or options.shared != "count":
        raise ConfigurationError("--map, --leave-out and --shared are for other data: name these with --on.")
    progress = TerminalProgress()
    part, metrics = evaluate_again(run, progress)
    progress.close()
    marks, said = marks_of(run)
    result = {"run_id": run.run_id, "on": part, **marks, **metrics.to_json()}
    return result, [f"{run.run_id} on its {part} part", *metric_lines(metrics), *said]


def _elsewhere(run: RunFolder, options: argparse.Namespace) -> Answer:
    from core.integrity.shown_in_training import shown_in_training
    from core.runs.evaluate import evaluate_on

    classes = dict(map(_meant, options.map)) | dict.fromkeys(options.leave_out, "")
    progress = TerminalProgress()
    dataset, metrics, folder = evaluate_on(
        run, options.on, progress, shown_in_training, classes=classes, shared=Shared(options.shared)
    )
    progress.close()
    skipped = [{"image_id": s.image_id, "reason": s.reason} for s in dataset.skipped]
    marks, said = marks_of(run)
    result = {"run_id": run.run_id, "skipped": skipped, **marks, **read_json(folder / "metrics.json")}
    lines = [f"{run.run_id} on {options.on}, {len(skipped):,} skipped", *metric_lines(metrics)]
    lines += [f"{key} counts as {meant}" for key, meant in result["classes"].items() if key != meant]
    lines += [*skipped_lines(dataset.skipped), *said]
    return result, lines + _shared(result, PredictorInfo.load(run.predictor_file).things)


def _meant(setting: str) -> tuple[str, str]:
    key, equals, meant = setting.rpartition("=")
    if not equals or not key.strip() or not meant.strip():
        raise ConfigurationError(f"“{one_line(setting)}” is not a pair of classes. Write CLASS=CLASS.")
    return key.strip(), meant.strip()


def _shared(result: dict[str, Any], things: str) -> list[str]:
    """What is said of pictures that the run knows already."""
    lines = []
    seen, near = result[f"{things}_seen_in_training"], result.get("near_duplicates_of_training", 0)
    if result.get("shared"):
        cut = read_as(SharedPictures, result["shared"])
        of = f"{cut.copies:,} whole, {cut.changed or 0:,} changed, {cut.related:,} of the same groups"
        lines.append(f"{cut.total:,} {things} of the run's own data were cut: {of}.")
    if seen is None:
        lines.append(f"The {things} that it has learnt from are not here: whether these are among them is not known.")
    elif near is None:
        lines.append("There are too many pictures to look for changed copies of those that it has learnt from.")
    if seen:
        lines.append(f"{seen:,} of these {things} were seen in training, so the figures are too good.")
    if near:
        lines.append(f"{near:,} more show a photograph of the training part, cropped, turned or brightened.")
    return lines
