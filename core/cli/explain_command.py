"""What the command `explain` does."""

import argparse
from dataclasses import asdict

from core.base.percents import percent
from core.cli.commands import Answer, TerminalProgress, marks_of
from core.explain.deletion import SHIFTS
from core.runs.explanations.explanation_checks import FEWEST_PICTURES
from core.runs.explanations.explanation_summary import Estimate, MethodCheck
from core.runs.explanations.explanation_words import heat_in_words
from core.runs.run_folder import open_run
from core.serving.predictor import DISCLAIMER


def explain(options: argparse.Namespace) -> Answer:
    """`explain RUN [--masks FOLDER] [--method METHOD …]`."""
    from core.runs.explanations.explaining import check_explanations

    run = open_run(options.run_id)
    progress = TerminalProgress()
    try:
        checks = check_explanations(run, options.masks, progress, options.method or None)
    finally:
        progress.close()
    marks, said = marks_of(run)
    value = {
        "run_id": run.run_id,
        **marks,
        "methods": [asdict(each) | {"faults": list(each.faults), "judged": each.judged} for each in checks],
        "notice": DISCLAIMER,
    }
    lines = [f"Explanations of {run.run_id} on {checks[0].pictures:,} pictures", *map(_line, checks)]
    if not any(check.masked for check in checks):
        lines.append("None of these pictures has a mask, so how much of the heat lies in the lesion is not known.")
    if not checks[0].judged:
        lines.append(f"These are fewer than {FEWEST_PICTURES} pictures: too few to judge a method by.")
    return value, [*lines, *said, DISCLAIMER]


def _line(check: MethodCheck) -> str:
    parts = [
        f"deleting the hottest tenth takes {_points(check.gain)} more than deleting it elsewhere",
        f"more than {int(0.9 * SHIFTS)} of {SHIFTS} shifted copies in {percent(check.far_ahead, 0)} of pictures",
    ]
    random = {"with random weights": check.whole, "with a random head": check.head}
    if alike := [f"{name} {like:.2f}" for name, like in random.items() if like is not None]:
        parts.append(f"rank correlation {', '.join(alike)}")
    if check.converged is not None:
        parts.append(f"adds up in {percent(check.converged, 0)}")
    if check.masked:
        parts.append(heat_in_words(check))
    return f"{check.method.called}: {'; '.join(parts)}. {' '.join(check.faults)}".rstrip()


def _points(estimate: Estimate) -> str:
    limits = estimate.limits
    interval = "" if limits is None else f" (95 % interval {100 * limits[0]:.1f} to {100 * limits[1]:.1f})"
    return f"{100 * estimate.mean:.1f} points{interval}"
