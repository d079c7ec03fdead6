"""Answering for samples by the expression of their genes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.data.gene_expression import read_scale
from core.data.gene_missing import MOST_OF_A_GENE
from core.data.gene_samples import Samples, read_samples
from core.serving.answer import Answer, answer_of
from core.serving.gene_names import load_genes
from core.serving.predictor import Predictor

_NAMED = 10


@dataclass(frozen=True)
class SampleAnswers:
    """What a model says of each sample of a table, by its name; `notes` say in sentences what was amiss in it."""

    answers: dict[str, Answer]
    notes: tuple[str, ...]


def answer_table(run_folder: Path, table: Path) -> SampleAnswers:
    """Predict every sample of a table of expression.

    Args:
        run_folder: a run with a model for genes.
        table: as `core.data.gene_samples.read_samples` reads it.

    Raises:
        RunError: the run has no trained model, or a damaged one.
        DataError: the table cannot be read, or too many genes of the model are missing in it.
    """
    genes = load_genes(run_folder / "genes.json")
    return answer_samples(Predictor.of_run(run_folder), genes, read_samples(table, genes))


def answer_samples(predictor: Predictor, genes: tuple[str, ...], samples: Samples) -> SampleAnswers:
    """Predict samples, given the names of the genes that the model takes.

    Raises:
        DataError: too many genes of the model are missing in them.
    """
    notes = [*missing_genes(predictor, genes, samples.absent), *_other_scale(predictor, samples)]
    if samples.unknown:
        notes.append(f"{samples.unknown:,} columns that the model does not know were not looked at.")
    fractions = predictor.probabilities(samples.values)
    answers = {name: answer_of(predictor, each) for name, each in zip(samples.names, fractions, strict=True)}
    return SampleAnswers(answers, tuple(notes))


def missing_genes(predictor: Predictor, genes: tuple[str, ...], absent: frozenset[str]) -> tuple[str, ...]:
    """What to say of genes that a table lacks; nothing where the model looks at none of them.

    Args:
        predictor: with a model for genes.
        genes: those that it takes, in its order.
        absent: which of them the table lacks.

    Raises:
        DataError: more than a fifth of those that it looks at are missing; names the first.
    """
    chosen = chosen_genes(predictor, genes)
    missing = [gene for gene in chosen if gene in absent]
    if not missing:
        return ()
    named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
    counted = (
        f"{len(missing):,} of the {len(chosen):,} genes that the model looks at are missing in this table: {named}."
    )
    if len(missing) > MOST_OF_A_GENE * len(chosen):
        raise DataError(f"{counted} At most {MOST_OF_A_GENE:.0%} may be; use a table that has them.")
    return (f"{counted} Each counts as its mean in training.",)


def chosen_genes(predictor: Predictor, genes: tuple[str, ...]) -> list[str]:
    """Names of the genes that a model looks at, those that differ most between its classes first."""
    layer = _choosing(predictor)
    return [] if layer is None else [genes[number] for number in np.asarray(layer.chosen)]


def _choosing(predictor: Predictor) -> Any:
    """The layer that chooses genes; None of a model that looks at none."""
    from core.models.genes import CHOSEN  # brings Keras, which the web process does without

    return next((layer for layer in predictor.model.layers if layer.name == CHOSEN), None)


def _other_scale(predictor: Predictor, samples: Samples) -> list[str]:
    """A note where the values look like logarithms and the model has learnt from intensities, or the reverse."""
    known, layer = samples.values[np.isfinite(samples.values)], _choosing(predictor)
    if layer is None or not known.size:
        return []
    reading = read_scale(pd.DataFrame(known[:, None]))
    learnt_from_intensities = bool(np.asarray(layer.scale)[0])
    if reading.logarithmic != learnt_from_intensities:
        return []
    has, learnt = ("logarithms", "intensities") if reading.logarithmic else ("intensities", "logarithms")
    return [
        f"The values look like {has} ({reading.evidence}), and the model has learnt from {learnt}: do not trust it."
    ]
