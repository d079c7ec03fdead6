"""Where a model comes from: what it is, its data and their licence, how they were divided, and hashes of all that."""

import contextlib

from core.base.errors import LesionLabError
from core.base.files import UNREADABLE, sha256_if_readable
from core.base.signature import when, who
from core.data.splits.splits import PARTS, Split
from core.runs.card.blocks import Block, Items, Missing, Section, Text, table
from core.runs.card.facts import Facts
from core.runs.judging.earlier_figures import earlier_figures
from core.runs.judging.result_words import not_above_floor
from core.runs.outside_origin import load_outside
from core.runs.trained import read_trained

_ANEW = "It was not written down when this run was made. A run that is trained anew has it."


def model_section(facts: Facts) -> Section:
    """What was trained, how, when and by whom."""
    run, info, recipe = facts.run, facts.info, facts.run.recipe()
    trained = read_trained(run)
    rows: list[tuple[str, object]] = [("Run", info.run_id), ("Model", info.model_at_size)]
    if facts.things == "pictures":
        rows.append(("Picture size", f"{info.image_size}×{info.image_size}"))
    if recipe.architecture:
        parts = (f"{name.replace('_', ' ')} {value}" for name, value in recipe.architecture.items())
        rows.append(("Of its structure, not as by default", ", ".join(parts)))
    if info.metadata:
        rows.append(("Told beside the picture", f"{info.metadata.in_words}, where known"))
    if facts.leakage.trunk:
        rows.append(("Began with", facts.leakage.trunk))
    if (outside := load_outside(run)) is not None:
        rows.append(("Brought from outside", outside.file))
    if trained is not None:
        if trained.parameters:
            rows.append(("Trainable parameters", f"{trained.parameters:,}"))
        kept = "kept is" if recipe.keep == "last" else "the best was"
        best = "" if trained.best_epoch is None else f", {kept} epoch {trained.best_epoch + 1}"
        rows.append(("Epochs", f"{trained.epochs}{best}"))
    rows += [("Balancing", recipe.balance), ("Seed", recipe.seed)]
    try:
        status = run.written_status()
    except (LesionLabError, *UNREADABLE):
        status = None
    if status is not None:
        rows.append(("Made", when(status.created)))
        rows.append(("Started by", who(status.owner)))
    rows.append(("Temperature of its answers", f"{info.temperature:.2f}" if info.temperature != 1 else "none"))
    return Section("The model", (table(("field", "value"), rows),))


def data_section(facts: Facts) -> Section:
    """Which data, under what licence, and how many of each class were in each part."""
    info = facts.info
    synthetic = " Its pictures are synthetic." if info.synthetic else ""
    blocks: list[Block] = [
        Text(f"{info.dataset_title}.{synthetic} {info.citation}".strip()),
        Text(f"Licence: {info.licence}."),
    ]
    if facts.dataset is not None and facts.dataset.spec.caution:
        blocks.append(Text(facts.dataset.spec.caution))
    try:
        rows = Split.load(facts.run.split_file).rows
    except LesionLabError:
        rows = None
    if rows is not None:
        parts = [part for part in PARTS if (rows["part"] == part).any()]
        counted = []
        for key, name in (*facts.names.items(), ("", "all")):
            of = rows if not key else rows[rows["label"] == key]
            cells = [of[of["part"] == part] for part in parts]
            counted.append((name, *(f"{len(each):,} ({each['group_id'].nunique():,})" for each in cells)))
        blocks.append(table((f"{facts.things} (groups) by class", *parts), counted))
    return Section("Data and licence", tuple(blocks))


def split_section(facts: Facts) -> Section:
    """How the data were divided, and what that lets through."""
    leakage, recipe = facts.leakage, facts.run.recipe()
    things = facts.things
    blocks: list[Block] = [Text(f"Split: {facts.info.split}, seed {recipe.seed}. {recipe.split.explanation}")]
    related = leakage.with_group_in_train, leakage.with_copy_in_train
    found = [
        f"{leakage.shared} stand in more than one part.",
        f"Of {leakage.held_out:,} {things} of the {leakage.held_out_part} part, {related[0]:,} have another of their "
        f"group in training, and {related[1]:,} the very same.",
        *leakage.level_sentences,
    ]
    blocks.append(Items(tuple(found)))
    if leakage.known_to_trunk is None:
        blocks.append(Text("Whether the weights that it began with know held-out pictures cannot be told."))
    blocks += [Text(said) for said in leakage.cautions]
    if things == "pictures":
        compared = (
            "Compared are ids, groups and the content of files. Pictures that were cropped, turned or brightened are "
            "looked for on the page Integrity."
        )
        blocks.append(Text(compared))
    return Section("Split and leakage", tuple(blocks))


def hashes_section(facts: Facts) -> Section:
    """By what model and data are known again, and what it was trained with."""
    run, leakage = facts.run, facts.leakage
    blocks: list[Block] = []
    rows = []
    if facts.info.folds:
        blocks.append(Text("It has no model of its own: the folds have one each, whose cards tell their hashes."))
    else:
        rows.append((f"model ({run.model_file.name})", sha256_if_readable(run.model_file) or "not here"))
    if (outside := load_outside(run)) is not None:
        rows.append((f"the file that was brought ({outside.file})", outside.sha256))
    if leakage.data_digest:
        rows.append(("data: id, content, class and part of each", leakage.data_digest))
    for name, file in (("predictions", run.predictions_file), ("split", run.split_file)):
        if digest := sha256_if_readable(file):
            rows.append((f"{name} ({file.name})", digest))
    if rows:
        blocks.append(table(("of", "SHA-256"), rows))
    if not leakage.data_digest and not facts.info.folds:
        blocks.append(Missing("the hash of the data", _ANEW))
    trained = read_trained(run)
    if trained is not None and trained.versions:
        environment = [*trained.versions.items(), *([("hardware", trained.hardware)] if trained.hardware else [])]
        blocks.append(table(("trained with", "version"), environment))
    elif not facts.info.folds:
        blocks.append(Missing("the versions of what it was trained with", _ANEW))
    return Section("Hashes and environment", tuple(blocks))


def warnings_of(facts: Facts) -> tuple[Text, ...]:
    """What must be known before anything else."""
    leakage, found = facts.leakage, []
    if facts.info.leaking:
        found.append(Text("This split leaks.", warning=True))
        levels = "".join(f" {said}" for said in leakage.level_sentences)
        shared = f"{leakage.shared} appear in more than one part.{levels} The figures below are too good."
        found.append(Text(shared))
    found += [Text(said) for said in leakage.cautions]
    if facts.info.synthetic:
        found.append(Text("The pictures are synthetic: the figures say nothing about real skin."))
    if said := not_above_floor(facts.metrics, facts.names):
        found.append(Text(said))
    with contextlib.suppress(LesionLabError, *UNREADABLE):
        if said := earlier_figures(facts.run, facts.run.written_status()):
            found.append(Text(said))
    return tuple(found)
