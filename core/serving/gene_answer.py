"""Answering for samples by the expression of their genes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.percents import percent
from core.base.printable import printable
from core.data.genes.gene_expression import read_scale
from core.data.genes.gene_missing import MOST_OF_A_GENE
from core.data.genes.gene_samples import Samples, read_samples
from core.serving.answer import Answer, answer_of
from core.serving.gene_names import load_genes
from core.serving.predictor import Predictor

MOST_EXPLAINED = 200
"""So many samples of a table are explained, the first ones."""
_NAMED = 10


@dataclass(frozen=True)
class GeneEvidence:
    """What each gene that a model looks at added to its answer for one sample, as `core.explain.gene_attributions`.

    `genes` are their names; `added` is (classes, genes) in log-odds, and `difference` is (classes,), what they have to
    add up to: how far the score of a class is from that of the mean sample of the training part.
    """

    genes: tuple[str, ...]
    added: np.ndarray
    difference: np.ndarray

    def left_over(self, class_number: int) -> float:
        """By how much the genes together miss the difference that they explain, in log-odds."""
        return float(self.difference[class_number] - self.added[class_number].sum())


@dataclass(frozen=True)
class SampleAnswers:
    """What a model says of each sample of a table, by its name; `notes` say in sentences what was amiss in it.

    `evidence` has the samples that were explained: of a model that looks at no gene, none.
    """

    answers: dict[str, Answer]
    notes: tuple[str, ...]
    evidence: Mapping[str, GeneEvidence] = field(default_factory=dict)


def answer_table(run_folder: Path, table: Path) -> SampleAnswers:
    """Predict every sample of a table of expression.

    Args:
        run_folder: a run with a model for genes.
        table: as `core.data.genes.gene_samples.read_samples` reads it.

    Raises:
        RunError: the run has no trained model, or a damaged one.
        DataError: the table cannot be read, or too many genes of the model are missing in it.
    """
    genes = load_genes(run_folder / "genes.json")
    return answer_samples(Predictor.of_run(run_folder), genes, read_samples(table, genes))


def answer_samples(
    predictor: Predictor, genes: tuple[str, ...], samples: Samples, *, explain: bool = False
) -> SampleAnswers:
    """Predict samples, given the names of the genes that the model takes; the first `MOST_EXPLAINED` with evidence.

    A sample in which more than a fifth of the genes that the model looks at have no value is not answered, as no table
    that lacks them is: its answer would be that of the mean sample.

    Raises:
        DataError: too many genes of the model are missing in them.
    """
    blank = {gene for gene, none in zip(genes, np.isnan(samples.values).all(axis=0), strict=True) if none}
    notes = [*missing_genes(predictor, genes, samples.absent | blank), *_other_scale(predictor, samples)]
    samples, unanswered = _with_values(predictor, samples)
    notes += unanswered
    if samples.unknown:
        notes.append(f"{samples.unknown:,} columns that the model does not know were not looked at.")
    fractions = predictor.probabilities(samples.values)
    answers = {name: answer_of(predictor, each) for name, each in zip(samples.names, fractions, strict=True)}
    return SampleAnswers(answers, tuple(notes), _evidence(predictor, genes, samples) if explain else {})


def _evidence(predictor: Predictor, genes: tuple[str, ...], samples: Samples) -> dict[str, GeneEvidence]:
    from core.explain.gene_attributions import gene_attributions  # brings TensorFlow

    layer = _choosing(predictor)
    if layer is None:
        return {}
    names = tuple(chosen_genes(predictor, genes))
    values = samples.values[:MOST_EXPLAINED]
    added, difference = gene_attributions(predictor.model, layer.name, values, predictor.info.temperature)
    found = zip(samples.names, added, difference, strict=False)  # names go on after the samples that are explained
    return {name: GeneEvidence(names, *each) for name, *each in found}


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
        raise DataError(f"{counted} At most {percent(MOST_OF_A_GENE, 0)} may be; use a table that has them.")
    return (f"{counted} Each counts as its mean in training.",)


def _with_values(predictor: Predictor, samples: Samples) -> tuple[Samples, list[str]]:
    """The samples that have enough of the genes that a model looks at, and what to say of the others.

    Raises:
        DataError: none has.
    """
    layer = _choosing(predictor)
    if layer is None:
        return samples, []
    columns = np.asarray(layer.chosen)
    lacking = np.isnan(samples.values[:, columns]).mean(axis=1) > MOST_OF_A_GENE
    if not lacking.any():
        return samples, []
    names = [name for name, lacks in zip(samples.names, lacking, strict=True) if lacks]
    named = ", ".join(map(printable, names[:_NAMED])) + (" …" if len(names) > _NAMED else "")
    said = (
        f"{len(names):,} of the {len(lacking):,} samples lack a value for more than {percent(MOST_OF_A_GENE, 0)} of "
        f"the {len(columns):,} genes that the model looks at: {named}."
    )
    if lacking.all():
        raise DataError(f"{said} Use a table that has them.")
    kept = tuple(name for name, lacks in zip(samples.names, lacking, strict=True) if not lacks)
    return replace(samples, names=kept, values=samples.values[~lacking]), [f"{said} They are not answered."]


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
