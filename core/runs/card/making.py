"""Putting a model card together, from what a run knows of itself; what was not computed is named."""

from collections.abc import Sequence

import pandas as pd

from core.base.errors import LesionLabError
from core.data.catalog import open_dataset
from core.data.spec import Dataset
from core.data.splits.splits import VALIDATION
from core.data.statistics.skin_tone import open_skin_tones, shows_skin
from core.evaluation.metrics import Metrics
from core.runs.card.as_markdown import card_markdown
from core.runs.card.blocks import Block, Card, Items, Missing, Section, Text
from core.runs.card.elsewhere import external_section
from core.runs.card.facts import Facts, facts_at_evaluation
from core.runs.card.figures import calibration_section, deciding_section, figures_section, folds_section
from core.runs.card.notes import load_notes
from core.runs.card.origin import data_section, hashes_section, model_section, split_section, warnings_of
from core.runs.card.people import retest_section, source_section, subgroups_section
from core.runs.card.purpose import intended_use, out_of_scope
from core.runs.card.told import told_section
from core.runs.card.weaknesses import explanations_section, failures_section
from core.runs.judging.results import Fold, load_folds, load_results
from core.runs.run_folder import RunFolder
from core.serving.predictor import DISCLAIMER, PredictorInfo


def card_at_evaluation(run: RunFolder, info: PredictorInfo, metrics: Metrics, folds: Sequence[Fold] = ()) -> str:
    """The short card as Markdown that lies in a run's folder from its evaluation on: what never changes.

    Args:
        run: just judged.
        info: of its predictor.
        metrics: of the part that speaks for it.
        folds: that have come together in it; none for any other run.
    """
    facts = facts_at_evaluation(run, info, metrics)
    last = Section(
        "What is not on this short card",
        (
            Text("It was written when the run was evaluated. What people wrote, external tests, subgroups, failures:"),
            Missing("the whole card", "The page Model card has it, or:", f"python -m core card {info.run_id}"),
        ),
    )
    return card_markdown(_card(facts, [*_first(facts, folds), last]))


def make_card(
    run: RunFolder, dataset: Dataset | None, tones: pd.Series | None = None, more: Sequence[Section] = ()
) -> Card:
    """The whole model card of an evaluated run. Takes seconds: subgroups and classes are resampled.

    Args:
        run: that was evaluated.
        dataset: of the run; None where it is not here.
        tones: angle of the skin tone by image id, where it was estimated.
        more: sections that are known elsewhere, such as the members of an ensemble.

    Raises:
        RunError, DataError: the run is not evaluated, or its results are damaged.
    """
    results, folds = load_results(run), load_folds(run)
    facts = Facts(
        run, results.info, results.headline, results.metrics[results.headline], results.leakage,
        results.part(results.headline), results.part(VALIDATION), dataset, tones,
    )  # fmt: skip
    sections = [
        *_first(facts, folds), *more, calibration_section(facts), deciding_section(facts), subgroups_section(facts),
        source_section(facts), retest_section(facts), explanations_section(facts), external_section(facts),
        failures_section(facts), _notes(run), hashes_section(facts),
    ]  # fmt: skip
    known = [each for each in sections if each is not None]
    return _card(facts, [*known, _missing(_card(facts, known))])


def data_of(run: RunFolder) -> tuple[Dataset | None, pd.Series | None]:
    """The data set of a run and its skin tones, each None where it is not here."""
    try:
        dataset = open_dataset(PredictorInfo.load(run.predictor_file).dataset)
    except LesionLabError:
        return None, None
    return dataset, open_skin_tones(dataset) if shows_skin(dataset.spec) else None


def _first(facts: Facts, folds: Sequence[Fold]) -> list[Section]:
    """What is known from the evaluation on."""
    told = told_section(facts)
    return [
        model_section(facts), intended_use(facts), out_of_scope(facts), data_section(facts), split_section(facts),
        figures_section(facts), *([folds_section(tuple(folds))] if folds else []), *([told] if told else []),
    ]  # fmt: skip


def _card(facts: Facts, sections: Sequence[Section]) -> Card:
    title = f"{facts.info.model} on {facts.info.dataset_title}"
    return Card(facts.info.run_id, title, DISCLAIMER, tuple(sections), warnings_of(facts))


def _notes(run: RunFolder) -> Section:
    try:
        notes = load_notes(run)
    except LesionLabError as error:
        return Section("Notes by people", (Missing("notes", str(error)),))
    if not notes:
        return Section("Notes by people", (Text("Nobody has written any yet. The page Model card takes them."),))
    blocks: list[Block] = []
    for note in notes:
        blocks += [
            Text(f"{note.heading}:", warning=True),
            *(Text(line) for line in note.text.splitlines() if line.strip()),
        ]
    return Section("Notes by people", tuple(blocks))


def _missing(card: Card) -> Section:
    """All that was not computed once more, in one place."""
    if not card.missing:
        return Section("What was not computed", (Text("Nothing is missing that this card knows of."),))
    names = tuple(f"{each.what} ({section.title})" for section in card.sections for each in section.blocks
                  if isinstance(each, Missing))  # fmt: skip
    return Section("What was not computed", (Items(names), Text("How each is computed stands in its section.")))
