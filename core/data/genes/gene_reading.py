"""Reading the tables that a layout of gene expression names: samples by genes, and the class of each sample."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.printable import first_few
from core.data.diagnoses.diagnoses import is_unknown
from core.data.genes.gene_evidence import (
    GENE_NAMES,
    MOST_CLASSES,
    describing_columns,
    gene_columns,
    is_unnamed,
    named,
    names_of_facts,
)
from core.data.genes.gene_files import TableHead, plain_sample
from core.data.genes.gene_folders import OF_NAMES, ExpressionFile, LabelsFile
from core.data.genes.gene_numbers import read_columns, read_texts
from core.data.group_words import PERSONS, group_word
from core.data.reading.choices import NONE
from core.data.reading.groups import in_one_spelling

LARGEST = 1e15
"""No measure of expression comes near; the squares of larger ones do not fit the numbers."""
_NAMED = 3
_SAMPLES_OF_ONE = 4
"""A column in which each value stands for more samples on average names no patients."""
_PATIENT_OF_TCGA = re.compile(r"TCGA[-._][A-Z0-9]{2}[-._][A-Z0-9]{4}(?![A-Z0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class ExpressionPart:
    """What one file holds: (samples, genes) float32 with NaN where a value is missing, what is said of each gene.

    `left_out` counts by reasons what was not taken, `unlabelled` the samples whose class is not known.
    """

    values: pd.DataFrame
    descriptions: pd.Series
    left_out: dict[str, int]
    unlabelled: int = 0


_NOTHING = ExpressionPart(pd.DataFrame(), pd.Series(dtype=str), {})
"""Of a file in which no sample has a known class."""


def read_labels(file: LabelsFile, apart: Collection[str] = ()) -> tuple[pd.Series, dict[str, int]]:
    """The class of each sample by its name, and how many were left out why.

    Classes that differ in case or blanks alone are one, written as most are, but for those that stay `apart`.

    Raises:
        DataError: a sample has two classes, or there are fewer than 2 classes or more than `MOST_CLASSES`.
    """
    head, rows = file.head, _rows_saying(file, file.label)
    classes: dict[str, str] = {}
    unlabelled = 0
    for sample, label, line in rows:
        if not sample or is_unknown(label):
            unlabelled += 1
        elif classes.setdefault(sample, label) != label:
            raise DataError(
                f"{head.called} has the sample {sample} twice, as {classes[sample]} and in line {line} as "
                f"{label}. Keep one line."
            )
    said = Counter(classes.values())
    written: dict[tuple[bool, str], str] = {}
    spelt = {label: (True, label) if label in apart else (False, _plain_class(label)) for label in said}
    for label, _ in said.most_common():
        written.setdefault(spelt[label], label)
    meant = {label: written[spelt[label]] for label in said}
    labels = pd.Series({name: meant[label] for name, label in classes.items()}, dtype=str)
    if len(written) == 1:
        raise DataError(
            f"{head.called} has one class alone: all {len(classes):,} samples are “{next(iter(written.values()))}” in "
            f"the column “{file.label_name}”, so there is nothing to tell apart. If another column has the classes, "
            "call it label."
        )
    if not 2 <= len(written) <= MOST_CLASSES:
        raise DataError(
            f"{head.called} has {len(written)} different labels in the column “{file.label_name}”; 2 to "
            f"{MOST_CLASSES} can be shown. Call the column with the classes label."
        )
    left_out = {"samples whose class is not known": unlabelled} if unlabelled else {}
    if len(said) > len(written):
        others = first_few([f"“{label}”" for label, kept in meant.items() if label != kept])
        again = f"ways to write a class that differ in case or decimals alone, taken for one ({others})"
        left_out[again] = len(said) - len(written)
    return labels.rename("label"), left_out


def read_groups(file: LabelsFile, samples: pd.Index) -> tuple[pd.Series, str]:
    """What must not be split of each sample: its patient where a column or its name says it, else the sample itself.

    Names of TCGA begin with the patient: one may have a sample of the tumour and one of healthy tissue. What somebody
    has chosen goes before.

    Returns:
        The group of each sample, and what says it: a column, `OF_NAMES`, or "" where each sample is its own.
    """
    if file.group == NONE:
        return pd.Series(samples, samples, dtype=object), ""
    names = names_of_facts(file.head)
    chosen = [names.index(file.group)] if file.group in names else []
    said, source = {}, ""
    for column in chosen or ([] if file.group == OF_NAMES else _patient_columns(file)):
        known = {sample: text for sample, text, _ in _rows_saying(file, column) if not is_unknown(text)}
        known = _in_one_spelling(known)
        several = len(known) > len(set(known.values())) * _SAMPLES_OF_ONE
        if chosen or not several:  # else it says something of them, as case or control
            said, source = known, names[column]
            break
    of_names = {name: match[0] if (match := _PATIENT_OF_TCGA.match(name)) else name for name in samples}
    groups = pd.Series([said.get(name, of_names[name]) for name in samples], samples, dtype=object)
    return groups, source or (OF_NAMES if any(name != group for name, group in of_names.items()) else "")


def read_genes_in_rows(file: ExpressionFile, labels: pd.Series | None) -> ExpressionPart:
    """A table with genes in rows; the columns of labelled samples are read, under the names that the labels have.

    There may be none. Without labels, all columns of numbers are samples.

    Raises:
        DataError: it cannot be read, holds what is no number, or no gene.
    """
    head, key = file.head, file.key or 0
    if labels is None:
        samples = {n: each for n, each in enumerate(head.columns) if n != key and head.numeric[n] and _is_sample(each)}
    else:
        known = _finder(labels.index)
        samples = {n: found for n, name in enumerate(head.columns) if n != key and (found := known(name)) is not None}
    others = [n for n in range(len(head.columns)) if n != key and n not in samples]
    numbers = [head.columns[n] for n in others if head.numeric[n]]
    unlabelled = [name for name in numbers if _is_sample(name)]
    if not samples:
        return replace(_NOTHING, unlabelled=len(unlabelled))
    told = next((n for n in others if not head.numeric[n] and not head.columns[n].lower().startswith("call")), key)
    said, array = read_columns(head, (key, told), list(samples))
    if not said:
        raise DataError(f"{head.called} has columns but not one gene. Use the table as it was published.")
    values = pd.DataFrame(array.T, index=list(samples.values()), columns=[gene for gene, _ in said])
    left_out = {f"columns of numbers without a label ({_first(unlabelled)})": len(unlabelled)} if unlabelled else {}
    part = _checked(head, values, [text or gene for gene, text in said], left_out)
    return replace(part, unlabelled=len(unlabelled))


def read_samples_in_rows(file: ExpressionFile, labels: pd.Series | None, own: int | None = None) -> ExpressionPart:
    """A table with samples in rows; those with a label are read, under the names that the labels have.

    There may be none. Without labels, all are read.

    Args:
        file: the table.
        labels: of the samples by name, or by their number from 1 on where no column names them.
        own: the column with the classes where this table has them.

    Raises:
        DataError: as `read_genes_in_rows`.
    """
    head, key = file.head, file.key
    columns = gene_columns(head, key, own)
    known = _finder(labels.index) if labels is not None else lambda name: name
    said, array = read_columns(head, () if key is None else (key,), columns)
    called = [texts[0] if texts else str(number) for number, texts in enumerate(said, start=1)]
    names = [known(each) for each in called]
    labelled = np.array([name is not None for name in names], bool)
    if not labelled.any():
        return replace(_NOTHING, unlabelled=len(called))
    unlabelled = [each for each, name in zip(called, names, strict=True) if name is None]
    genes = [head.columns[n] for n in columns]
    rows = array if labelled.all() else array[labelled]
    values = pd.DataFrame(rows, index=[name for name in names if name is not None], columns=genes)
    left_out = {f"samples without a label ({_first(unlabelled)})": len(unlabelled)} if unlabelled else {}
    return replace(_checked(head, values, genes, left_out), unlabelled=len(unlabelled))


def _rows_saying(file: LabelsFile, column: int) -> Iterator[tuple[str, str, int]]:
    """Sample, what a column says of it, and line of each row."""
    head = file.head
    if head.described:
        described = list(head.described.values())
        for name, text in zip(described[file.sample or 0], described[column], strict=True):
            yield name, text, 0
        return
    columns = (column,) if file.sample is None else (column, file.sample)
    for number, (line, (text, *sample)) in enumerate(read_texts(head, columns), start=1):
        yield (sample[0] if sample else str(number)), text, line


def _plain_class(label: str) -> str:
    """A class as it is compared; pandas writes 1 as "1.0" beside missing ones."""
    plain = " ".join(label.casefold().split())
    return plain.partition(".")[0] if re.fullmatch(r"\d+\.0+", plain) else plain


def _in_one_spelling(known: dict[str, str]) -> dict[str, str]:
    """The group of each sample written in one way; samples whose group nobody knows are left away."""
    rows = pd.DataFrame({"group": list(known.values())}, dtype=object)
    in_one_spelling(rows, ["group"])
    return {sample: text for sample, text in zip(known, rows["group"], strict=True) if text}


def _patient_columns(file: LabelsFile) -> list[int]:
    """Columns that may say the patient of each sample, beside the one that names the sample."""
    names = names_of_facts(file.head)
    numbers = range(len(names)) if file.head.described else describing_columns(file.head)
    others = (n for n in numbers if n not in (file.sample, file.label))
    return [n for n in others if (word := group_word(names[n])) is not None and word[0] in PERSONS]


def _is_sample(name: str) -> bool:
    return not is_unnamed(name) and not named(name, GENE_NAMES)


def _finder(names: pd.Index) -> Callable[[str], str | None]:
    """Finds the name of a labelled sample by what a table calls it."""
    exact = set(names)
    plain = {plain_sample(name): name for name in names}
    if len(plain) < len(exact):  # some differ in case or signs alone
        return lambda name: name if name in exact else None
    return lambda name: name if name in exact else plain.get(plain_sample(name))


def _checked(
    head: TableHead, values: pd.DataFrame, descriptions: list[str], left_out: dict[str, int]
) -> ExpressionPart:
    """Genes each once: those without a name are left out, those that stand several times are averaged."""
    array = values.to_numpy()
    beyond = np.abs(array) >= LARGEST  # also what is infinite; false where a value is missing
    if beyond.any():
        sample, gene = (int(each[0]) for each in np.nonzero(beyond))
        raise DataError(
            f"{head.called} has {int(beyond.sum()):,} values that are infinite or too large to be an "
            f"expression, the first of the gene {values.columns[gene]} in the sample {values.index[sample]}. "
            f"Correct it or remove it."
        )
    twice = values.index[values.index.duplicated()]
    if len(twice):
        raise DataError(f"The sample {twice[0]} stands several times in {head.called}. Keep one.")
    said = pd.Series(descriptions, values.columns, name="description", dtype=str)
    nameless = np.array([not name for name in values.columns], bool)
    if nameless.any():
        left_out = left_out | {"genes without a name": int(nameless.sum())}
        values, said = values.loc[:, ~nameless], said[~nameless]
    again = values.columns.duplicated()
    if again.any():
        left_out = left_out | {"further measurements of a gene, averaged with the first": int(again.sum())}
        repeated = values.columns.isin(values.columns[again])
        order = values.columns[~again]
        means = values.loc[:, repeated].T.groupby(level=0, sort=False).mean().T.astype("float32")
        values = pd.concat([values.loc[:, ~repeated], means], axis=1)[order]
        said = said[~again]
    if values.empty:
        raise DataError(f"{head.called} has columns but not one gene with a name. Use the table as it was published.")
    return ExpressionPart(values, said, left_out)


def _first(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
