"""The table as files: `reproduction.md` for people and `reproduction.json` for programs."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.base.errors import LesionLabError
from core.base.files import write_atomically, write_json
from core.base.percents import percent, percent_range, points, points_range
from core.base.settings import artifacts_dir
from core.base.signature import when
from core.data.spec import ClassSpec
from core.reproduction.gaps import gap, taken_apart_sentence
from core.reproduction.outcomes import Half, Standing
from core.runs.run_folder import RunFolder, open_run
from core.serving.predictor import PredictorInfo
from core.teaching.taken_apart import TakenApart, take_apart

COLUMNS = ("system", "published", "as they did it", "honestly held out", "floor", "seconds", "hardware")
"""Of the table in Markdown."""


def report_files() -> tuple[Path, Path]:
    """Where the table is written, as Markdown and as JSON."""
    return artifacts_dir() / "reproduction.md", artifacts_dir() / "reproduction.json"


def write_report(standings: Sequence[Standing], command: str) -> tuple[Path, Path]:
    """Write both files, whole at any moment; returns where they are."""
    table, data = report_files()
    rows = [row_of(each) for each in standings]
    write_json(data, {"command": command, "written": when(time.time()), "rows": rows})
    write_atomically(table, as_markdown(rows, command))
    return table, data


def row_of(standing: Standing) -> dict[str, Any]:
    """One row in plain JSON types; what has not been trained is null."""
    system = standing.system
    apart = apart_of(standing)
    return {
        "system": system.name,
        "title": system.title,
        "models": list(system.models),
        "published": {"value": system.published, "said": system.published_said, "on": system.published_on},
        "state": str(standing.progress),
        "theirs": _half(standing.theirs),
        "honest": _half(standing.honest),
        "explanation": gap(standing),
        "taken_apart": None if apart is None else _apart(apart, standing),
    }


def apart_of(standing: Standing) -> TakenApart | None:
    """What their figure consists of, where the row asks for that and its run is there."""
    figure = standing.theirs.figure
    if not standing.system.taken_apart or figure is None:
        return None
    try:
        run = open_run(figure.run_id)
        return _taken_apart(run, (run.evaluation / "predictions.parquet").stat().st_mtime_ns)
    except (LesionLabError, OSError):
        return None


@lru_cache(maxsize=8)
def _taken_apart(run: RunFolder, written: int) -> TakenApart:  # noqa: ARG001 - part of the key
    return take_apart(run)


def classes_of(standing: Standing) -> tuple[ClassSpec, ...]:
    """The classes, as the run that is taken apart knows them."""
    figure = standing.theirs.figure
    assert figure is not None
    return PredictorInfo.load(open_run(figure.run_id).predictor_file).classes


def as_markdown(rows: Sequence[dict[str, Any]], command: str) -> str:
    """The table, with what must be known about each row below it."""
    lines = [
        "# Reference systems",
        "",
        f"Written {when(time.time())} by `{command}`. Accuracies with 95 % intervals over whole groups; the floor is "
        "what always giving the most frequent class of the training part reaches.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{' --- |' * len(COLUMNS)}",
    ]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    for row in rows:
        lines += ["", f"## `{row['system']}`", ""]
        lines += [_about(row, "theirs", "As they did it"), "", _about(row, "honest", "Honestly held out")]
        if row["explanation"]:
            lines += ["", row["explanation"]]
        if row["taken_apart"]:
            lines += ["", *_apart_in_markdown(row["taken_apart"])]
    return "\n".join(lines) + "\n"


def _half(half: Half) -> dict[str, Any]:
    planned = half.planned
    figure, claim = half.figure, half.claim
    return {
        "protocol": planned.said,
        "dataset": planned.dataset or None,
        "dataset_title": planned.title or None,
        "notes": list(planned.notes),
        "why_not": planned.problem or half.problem or None,
        "trainings": [
            {
                "run_id": each.run.run_id if each.run else None,
                "state": str(each.state) if each.state else None,
                "seed": each.recipe.seed,
                "model": each.recipe.model,
            }
            for each in half.each
        ],
        "figure": None if figure is None else asdict(figure),
        "claim": None if claim is None else asdict(claim),
    }


def _apart(apart: TakenApart, standing: Standing) -> dict[str, Any]:
    cuts = {
        "all": apart.whole,
        "without_copies": apart.without_copies,
        "without_related_pictures": apart.without_relatives,
    }
    return {
        "part": apart.part,
        "copied": apart.copied,
        "explanation": taken_apart_sentence(apart, classes_of(standing)),
        **{
            name: None
            if metrics is None
            else {
                "rows": sum(map(sum, metrics.confusion)),
                "accuracy": metrics.accuracy,
                "interval": metrics.intervals.get("accuracy"),
                "balanced_accuracy": metrics.balanced_accuracy,
                "floor": metrics.majority_accuracy,
                "recall": {c.key: c.sensitivity for c in metrics.per_class},
                "support": {c.key: c.support for c in metrics.per_class},
            }
            for name, metrics in cuts.items()
        },
    }


def _cells(row: dict[str, Any]) -> list[str]:
    halves = (row["theirs"], row["honest"])
    figures = [_figure(half) for half in halves]
    found = [half["figure"] or half["claim"] for half in halves]
    floors = [percent(half["figure"]["floor"]) if half["figure"] else "–" for half in halves]
    seconds = sum(each["seconds"] or 0.0 for each in found if each)
    hardware = dict.fromkeys(each["hardware"] for each in found if each and each["hardware"])
    return [
        f"`{row['system']}`",
        row["published"]["said"],
        *figures,
        " / ".join(floors) if any(half["figure"] for half in halves) else "–",
        f"{seconds:,.0f}" if any(found) else "–",
        "; ".join(hardware) or "–",
    ]


def _figure(half: dict[str, Any]) -> str:
    figure, claim = half["figure"], half["claim"]
    if claim is not None:
        found = claim["difference"]
        between = "" if found["lower"] is None else f" ({points_range(found['lower'], found['upper'])})"
        return f"{points(found['value'])} points{between}"
    if figure is None:
        return "not possible here" if half["why_not"] else "not trained yet"
    accuracy = percent(figure["accuracy"])
    interval = figure["interval"]
    between = f" ({percent_range(*interval)})" if interval else ""
    return f"{accuracy}{between}" + ", **leaks**" * figure["leaking"]


def _about(row: dict[str, Any], half: str, title: str) -> str:
    said = row[half]
    parts = [f"**{title}**: {said['protocol']}."]
    if said["dataset_title"]:
        parts.append(f"On {said['dataset_title']}.")
    parts += said["notes"]
    if said["why_not"]:
        parts.append(said["why_not"])
    if (figure := said["figure"]) and figure["balanced_accuracy"] is not None:
        auc = "not defined" if figure["macro_auc"] is None else f"{figure['macro_auc']:.3f}"
        parts.append(
            f"Balanced accuracy {percent(figure['balanced_accuracy'])}, macro AUC {auc}, log loss "
            f"{figure['log_loss']:.3f}, on {figure['pictures']:,} pictures (run `{figure['run_id']}`)."
        )
    return " ".join(parts)


def _apart_in_markdown(apart: dict[str, Any]) -> list[str]:
    cuts = [(name, apart[name]) for name in ("all", "without_copies", "without_related_pictures") if apart[name]]
    keys = list(cuts[0][1]["recall"])
    lines = [f"| judged on | rows | accuracy | balanced | {' | '.join(f'recall {key}' for key in keys)} |"]
    lines.append(f"|{' --- |' * (4 + len(keys))}")
    for name, cut in cuts:
        recalls = [
            "–" if cut["recall"][key] is None else f"{percent(cut['recall'][key])} of {cut['support'][key]:,}"
            for key in keys
        ]
        lines.append(
            f"| {name.replace('_', ' ')} | {cut['rows']:,} | {percent(cut['accuracy'])} | "
            f"{percent(cut['balanced_accuracy'])} | {' | '.join(recalls)} |"
        )
    return [*lines, "", apart["explanation"]]
