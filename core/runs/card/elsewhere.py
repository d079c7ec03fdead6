"""What became of a model on other data."""

from core.base.errors import LesionLabError
from core.base.percents import percent, percent_limits
from core.evaluation.drop import BALANCED, drops
from core.runs.card.blocks import Block, Items, Missing, Section, table
from core.runs.card.facts import Facts
from core.runs.judging.result_words import change_in_words
from core.runs.judging.results import OtherResults, load_other, others_of


def external_section(facts: Facts) -> Section:
    """Every external test: figures, what became of balanced accuracy, shared pictures, classes."""
    title, run = "External tests", facts.run
    if facts.info.folds:
        how = "Joined folds have no one model that could be judged on other data. Look at the runs of the folds."
        return Section(title, (Missing("tests on other data", how),))
    rows, notes = [], []
    for name in others_of(run):
        try:
            other = load_other(run, name)
        except LesionLabError as error:
            notes.append(f"{name}: {error}")
            continue
        rows.append(_row(other))
        notes += [_note(other), *_drop(facts, other)]
    if not rows and not notes:
        how = (
            f"How good it is on {facts.things} of other places and people nobody knows. Open Results, tab External "
            "test, or:"
        )
        command = f"python -m core evaluate {run.run_id} --on DATA_SET_OR_FOLDER --shared cut"
        return Section(title, (Missing("tests on other data", how, command),))
    head = ("data", facts.things, "groups", "accuracy (95 %)", "balanced accuracy (95 %)", "macro AUC")
    blocks: list[Block] = [table(head, rows)] if rows else []
    return Section(title, (*blocks, Items(tuple(notes))))


def _row(other: OtherResults) -> tuple[str, ...]:
    metrics = other.metrics

    def figure(name: str) -> str:
        interval = percent_limits(metrics.intervals.get(name))
        return percent(getattr(metrics, name)) + (f" ({interval})" if interval else "")

    return (
        other.title, f"{metrics.images:,}", f"{metrics.groups:,}", figure("accuracy"), figure("balanced_accuracy"),
        figure("macro_auc"),
    )  # fmt: skip


def _note(other: OtherResults) -> str:
    """How an external test was done."""
    how, said = other.how, []
    if how.shared is not None:
        said.append(f"{how.shared.total:,} that the run's own data have, too, were cut.")
    elif other.seen is None:
        said.append("Whether the run has learnt from some of it is not known.")
    elif seen := other.seen + (how.near_duplicates_of_training or 0):
        said.append(f"The run has learnt from {seen:,} of it, whole or changed: the figures are too good.")
    else:
        said.append("The run has learnt from none of it.")
    if changed := [f"{key} counts as {meant}" for key, meant in how.classes.items() if key != meant]:
        said.append(f"{', '.join(changed)}.")
    if how.left_out:
        said.append(f"Left out: {', '.join(f'{key} ({n:,})' for key, n in how.left_out.items())}.")
    return f"{other.title}: {' '.join(said)}"


def _drop(facts: Facts, other: OtherResults) -> list[str]:
    if facts.table is None or facts.table.empty or other.predictions.empty:
        return []
    found = drops(facts.table, other.predictions, facts.info.class_keys)
    return [" ".join(change_in_words(each, facts.part_title, other.title)) for each in found if each.metric == BALANCED]
