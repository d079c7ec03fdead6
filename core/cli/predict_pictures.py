"""What the command `predict` does with pictures."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.csv_text import column_of_each, csv_text, in_one_cell
from core.base.errors import ConfigurationError, DataError, RunError
from core.base.files import write_for_owner
from core.base.percents import percent
from core.base.printable import one_line, printable
from core.cli.commands import Answer, TerminalProgress, marks_of, skipped_lines
from core.data.adapters.table_files import is_table_name
from core.data.gathering import gathered
from core.data.metadata_encoding import Patient
from core.data.patients import NOBODY, Patients, read_patients
from core.explain.methods import Method, short_name
from core.runs.answers.verdict import Kind
from core.runs.run_folder import RunFolder, open_run
from core.serving.gate import GATE_WORDS
from core.serving.predictor import DISCLAIMER, PredictorInfo
from core.serving.submission import SAMPLE

EXPLAIN = tuple(short_name(method) for method in Method if method.knows_the_model)
"""What the option `--explain` takes."""


def predict_pictures(options: argparse.Namespace) -> Answer:
    """`predict RUN PATH… [--explain hirescam --out DIR] [--csv FILE | --submission FILE]`, of pictures.

    What is known of the persons in them is given with `--patient KEY=VALUE` or `--metadata FILE`.
    """
    if (options.explain is None) != (options.out is None):
        raise ConfigurationError(
            "Give --explain and --out together: the heat maps are written into the folder after --out."
        )
    run = open_run(options.run_id)
    _refuse_to_replace(options)
    if options.submission is not None:
        if options.csv is not None or options.explain is not None:
            raise ConfigurationError(
                "--submission cannot be combined with --csv or --explain. Run the command again for those."
            )
        return _submission(run, options.paths, options.submission, _patients(run, options))
    from core.runs.answers.answered_files import answer_files

    patients = _patients(run, options)
    progress = TerminalProgress()
    try:
        with gathered(options.paths, progress) as found:
            answers = answer_files(run, found.pictures, options.out, progress, patients, _method(options.explain))
    finally:
        progress.close()
    if options.csv is not None:
        try:
            write_for_owner(options.csv, _as_csv(answers))
        except OSError as error:
            raise DataError(f"The table cannot be written to {options.csv}: {error.strerror}.") from error
    lines = []
    for answer in answers:
        if "error" in answer:
            lines.append(f"{one_line(answer['image'])}: {one_line(answer['error'])}")
            continue
        lines += _lines_of(answer)
    if answers and all("error" in answer for answer in answers):
        raise RunError("None of the files could be read: " + "; ".join(lines))
    marks, said = marks_of(run)
    left_out = dict(found.left_out)
    notes = [*patients.notes, *_of_whom_nothing_is_said(patients, [each.path for each in found.pictures], options)]
    value = {"run_id": run.run_id, **marks, "predictions": answers, "left_out": left_out}
    value |= {"notes": notes, "notice": DISCLAIMER}
    return value, [
        *lines,
        *(f"left out: {count:,} {why}" for why, count in left_out.items()),
        *notes,
        *_of_maps(answers),
        *said,
        DISCLAIMER,
    ]


def _of_whom_nothing_is_said(patients: Patients, pictures: Sequence[Path], options: argparse.Namespace) -> list[str]:
    """What to say of pictures that the table of persons does not name, perhaps because it spells them otherwise."""
    if options.metadata is None or patients.others is not None:
        return []
    unnamed = [path.name for path in pictures if patients.of(path) is None]
    if not unnamed:
        return []
    more = f" and {len(unnamed) - 1:,} more of {len(pictures):,} pictures" if len(unnamed) > 1 else ""
    said = f"Not named in {options.metadata.name}: {unnamed[0]}{more}. Nothing is known of the persons in them."
    return [one_line(said)]


def _of_maps(answers: list[dict[str, Any]]) -> list[str]:
    """How far the heat maps can be believed, each sentence once."""
    said = [each for each in answers if "heat_map_check" in each]
    lines = [
        f"Heat maps by {Method(each['heat_map_method']).called}: {each['heat_map_check']['said']}" for each in said
    ]
    return list(dict.fromkeys(lines))


def _method(name: str | None) -> Method | None:
    return next((method for method in Method if short_name(method) == name), None)


def _patients(run: RunFolder, options: argparse.Namespace) -> Patients:
    """What is said of the persons in the pictures.

    Raises:
        ConfigurationError: it is given to a run that looks at the picture alone, or is no age, sex or site.
        DataError: the table cannot be used.
    """
    given = [text.partition("=") for text in options.patient]
    if bad := [text for text, (_, equals, _) in zip(options.patient, given, strict=True) if not equals]:
        raise ConfigurationError(f"--patient: “{one_line(bad[0])}” should be KEY=VALUE, such as age=61.")
    pairs = {name: value for name, _, value in given}
    if len(pairs) < len(given):
        raise ConfigurationError("--patient: the same is given twice. Give age, sex and site once each.")
    if not pairs and options.metadata is None:
        return NOBODY
    encoding = PredictorInfo.load(run.predictor_file).metadata
    if encoding is None:
        raise ConfigurationError(f"{run.run_id} uses only the picture. Leave out --patient and --metadata.")
    if other := sorted(pairs.keys() - set(encoding.columns)):
        raise ConfigurationError(f"--patient: {run.run_id} uses {', '.join(encoding.columns)}, not {other[0]}.")
    everybody = Patient.of(pairs) if pairs else None
    known = read_patients(options.metadata) if options.metadata is not None else NOBODY
    told = dict.fromkeys(replace(each, age=None) for each in (everybody or Patient(), *known.by_picture.values()))
    notes = dict.fromkeys(note for patient in told for note in encoding.notes_on(patient))
    return replace(known, others=everybody, notes=(*known.notes, *notes))


def _refuse_to_replace(options: argparse.Namespace) -> None:
    """Raise where a table would be written over what is read, or over a picture, as a forgotten file name has it."""
    for option, target in (("--csv", options.csv), ("--submission", options.submission)):
        if target is None or not os.path.isfile(target):  # noqa: PTH113 - Path.is_file fails on names that are too long
            continue
        read = [*options.paths, *([options.metadata] if options.metadata is not None else [])]
        other = target.suffix != "" and not is_table_name(target.name)
        if other or target.name == SAMPLE or any(_is_same(target, each) for each in read):
            raise ConfigurationError(
                f"{option} would replace {printable(target)}, which is {'no table' if other else 'read here'}. "
                f"Give {option} the name of a new file."
            )


def _is_same(target: Path, path: Path) -> bool:
    try:
        return path.samefile(target)
    except (OSError, ValueError):  # it is not there, or no name of a file
        return False


def _submission(run: RunFolder, paths: Sequence[Path], target: Path, patients: Patients) -> Answer:
    """Ids and probabilities of many pictures, of which the answer tells no more than how many there are."""
    from core.serving.submission import write_submission

    progress = TerminalProgress()
    try:
        with gathered(paths, progress) as found:
            done = write_submission(run.path, found.pictures, target, progress, patients)
    finally:
        progress.close()
    marks, said = marks_of(run)
    left_out = dict(found.left_out) | ({"not named by the sample": done.not_wanted} if done.not_wanted else {})
    value = {
        "run_id": run.run_id,
        **marks,
        "notes": list(patients.notes),
        "submission": str(done.file),
        "rows": done.rows,
        "positive": list(done.positive),
        "missing": [{"id": each.image_id, "reason": each.reason} for each in done.missing],
        "left_out": left_out,
        "notice": DISCLAIMER,
    }
    lines = [f"{done.rows:,} rows are in {done.file}: the probability of {' or '.join(done.positive)}."]
    lines += [*patients.notes, *skipped_lines(done.missing)]
    if done.missing:
        lines.append("A competition refuses a submission as long as ids are missing.")
    return value, [*lines, *(f"left out: {count:,} {why}" for why, count in left_out.items()), *said, DISCLAIMER]


def _lines_of(answer: dict[str, Any]) -> list[str]:
    """What is said of one picture: the answer and the most likely class; indented, why it is so and what is possible.

    Of a picture that is refused no percentage is said, as on the page Predict.
    """
    name, kind = one_line(answer["image"]), answer["answer"]
    why = [f"  {one_line(reason)}" for reason in answer["reasons"]]
    if kind == Kind.REFUSED:
        return [f"{name}: {kind}", *why]
    label = answer["label"]
    malignant = "" if answer["malignant"] is None else f", malignant {percent(answer['malignant'])}"
    line = "" if answer["threshold"] is None else f" (high from {percent(answer['threshold'])} on)"
    told = f"{name}: {label} {percent(answer['probabilities'][label])}{malignant}"
    told += f", {kind}{line}" if kind else ""
    possible = [] if answer["set"] is None else [f"  possible: {', '.join(answer['set']) or 'none'}"]
    if answer["always_in_set"]:  # None where there are no sets
        possible.append(f"  always possible, with too few lesions to tell: {', '.join(answer['always_in_set'])}")
    return [told, *why, *possible]


def _as_csv(answers: list[dict[str, Any]]) -> str:
    keys = next((list(a["probabilities"]) for a in answers if "probabilities" in a), [])
    first = ["image", "label", "malignant"]
    last = ["answer", "set", "always in set", "gate", "threshold", "reasons", "error", "notice"]
    rows = []
    for a in answers:
        probabilities = a.get("probabilities", {})
        rows.append(
            [
                a["image"],
                a.get("label", ""),
                _number(a.get("malignant")),
                *(_number(probabilities.get(key)) for key in keys),
                a.get("answer") or "",
                in_one_cell(a.get("set") or ()),
                in_one_cell(a.get("always_in_set") or ()),
                GATE_WORDS[a.get("gate", {}).get("passed")],
                _number(a.get("threshold")),
                " ".join(a.get("reasons", ())),
                a.get("error", ""),
                DISCLAIMER,
            ]
        )
    columns = [*first, *column_of_each(keys, [*first, *last]).values(), *last]
    return csv_text(pd.DataFrame(rows, columns=columns, dtype=object))  # pandas refuses names that are no text


def _number(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction:.6f}"
