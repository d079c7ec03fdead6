"""A gene-expression table: samples by genes and the class of each sample, read from the files that hold it.

Known is the leukaemia set of Golub et al. (1999).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import pandas as pd

from core.base.errors import DataError
from core.base.printable import printable
from core.data.diagnoses.diagnoses import diagnosis
from core.data.genes.gene_evidence import names_of_facts
from core.data.genes.gene_expression import ScaleReading, read_scale
from core.data.genes.gene_folders import OF_NAMES, ExpressionFile, GeneLayout, folder_of_choices, layout_of
from core.data.genes.gene_missing import without_missing
from core.data.genes.gene_reading import (
    ExpressionPart,
    read_genes_in_rows,
    read_groups,
    read_labels,
    read_samples_in_rows,
)
from core.data.group_words import group_word
from core.data.reading.choices import NONE, Choices, choices_of
from core.data.spec import ClassSpec, DatasetSpec
from core.data.splits.splits import TEST, TRAIN
from core.data.trainable import how_to_decide

_HELD_OUT = re.compile(r"(?<![a-z])(independent|test|testing)(?![a-z])")
_GENE_OF_GOLUB = "X95735_at"
"""Zyxin, of the chip that Golub et al. used."""

GOLUB_SPEC = DatasetSpec(
    name="golub",
    title="Leukaemia gene expression (Golub 1999)",
    description=(
        "Expression of 7,129 genes in bone marrow and blood of 72 patients with acute leukaemia, 38 for training and "
        "34 independent ones."
    ),
    classes=(
        ClassSpec("ALL", "acute lymphoblastic leukaemia", malignant=True),
        ClassSpec("AML", "acute myeloid leukaemia", malignant=True),
    ),
    group="patient",
    licence="public research data, no licence stated",
    citation=(
        "Golub T. R. et al.: Molecular classification of cancer: class discovery and class prediction by gene "
        "expression monitoring. Science 286, 531-537 (1999). doi:10.1126/science.286.5439.531"
    ),
    homepage="https://www.kaggle.com/datasets/crawford/gene-expression",
    holds="genes",
)


@dataclass(frozen=True)
class GeneTable:
    """Expression of genes in samples.

    `expression` is (samples, genes) float32 as measured, indexed by sample and gene; `labels` is the class key and
    `split` "train", "test" or missing of each sample; `descriptions` names each gene in words. `understood` says in
    sentences how the files were read, `left_out` counts by reasons what was not taken as it stands, `cautions` are
    what one should look at. `columns` are the names of those with the samples, the labels and the groups in the file
    `labels_file`; `samples_in` is "rows" or "columns". `certain` is false where another column might have the labels.
    `unlabelled` counts samples of the tables whose class is not known, which are not among those of `expression`.
    `groups` is what must not be split: the patient of each sample, or the sample itself where nothing says it.
    """

    spec: DatasetSpec
    expression: pd.DataFrame
    labels: pd.Series
    split: pd.Series
    descriptions: pd.Series
    root: Path
    understood: str
    left_out: dict[str, int]
    cautions: tuple[str, ...]
    scale: ScaleReading
    columns: dict[str, str]
    labels_file: str
    certain: bool
    groups: pd.Series
    samples_in: str
    unlabelled: int = 0

    @property
    def told(self) -> tuple[str, ...]:
        """What one must know of the reading, in sentences: cautions, and what was not taken as it stands."""
        return (
            *self.cautions,
            *(f"{reason[0].upper()}{reason[1:]}: {count:,}." for reason, count in self.left_out.items()),
        )


def read_gene_table(place: Path, *, fill: bool = True, choices: Choices | None = None) -> GeneTable:
    """Read all expression tables of a folder, or one file, as samples by genes, whichever way round they lie.

    Samples of a table with “independent” or “test” in its name are the test part, those of the others the training
    part. Missing values are filled or left out as `core.data.genes.gene_missing.without_missing` says; without `fill`,
    those that would be filled stay missing. Of what was decided, as it is kept unless something else is given, count
    the column of the class, which classes are one, and which are malignant.

    Raises:
        DataError: a file is missing or is not such a table, samples stand in several tables, or hardly any gene is
            in all.
    """
    choices = choices_of(folder_of_choices(place)) if choices is None else choices
    layout = layout_of(place, choices)
    files, labels, groups, left_out, cautions, source, unlabelled = _files(layout, choices)
    parts = [part for _, part in files]
    if layout.own_labels:
        parts, labels, groups = _named_apart(files, labels, groups)
    names = pd.concat(labels).index
    if names.has_duplicates:
        tables = " and ".join(file.head.path.name for file, _ in files)
        raise DataError(
            f"The sample {names[names.duplicated()][0]} stands in several tables of {printable(place.name)}: {tables}. "
            "Keep one."
        )
    common, dropped = _common_genes(place, [part.values for part in parts])
    left_out.update(dropped)
    split = pd.concat([pd.Series(_part(file), part.values.index) for (file, _), part in zip(files, parts, strict=True)])
    if split.nunique() < 2:
        split[:] = None
    values = parts[0].values if len(parts) == 1 else pd.concat([part.values[common] for part in parts])
    values, missing = without_missing(values, split, place, fill=fill)
    left_out.update(missing)
    label = pd.concat(labels).loc[values.index].replace(dict(choices.merged))
    if label.nunique() < 2:
        raise DataError(
            f"The samples in {printable(place.name)} that can be used are all {label.iloc[0]}. Two classes are needed."
        )
    order = sorted(values.index, key=lambda name: (len(name), name))
    if order != values.index.tolist():
        values = values.loc[order]
    group = pd.concat(groups).loc[order]
    return GeneTable(
        spec=_with_malignant(_spec(layout, label, values.columns, group, source), choices.malignant),
        expression=values,
        labels=label.loc[order],
        split=split.loc[order],
        descriptions=parts[0].descriptions[values.columns],
        root=place,
        understood=layout.words,
        left_out=dict(left_out),
        cautions=tuple(cautions),
        scale=read_scale(values if fill else values.fillna(values.median())),
        columns={
            "sample": layout.labels[0].sample_name,
            "label": layout.labels[0].label_name,
            **({"group": source} if source else {}),
        },
        samples_in="columns" if layout.genes_in_rows else "rows",
        labels_file=layout.labels[0].head.path.name,
        certain=not any(each.others for each in layout.labels),
        groups=group,
        unlabelled=unlabelled,
    )


_File = tuple[ExpressionFile, ExpressionPart]


def _files(
    layout: GeneLayout, choices: Choices
) -> tuple[list[_File], list[pd.Series], list[pd.Series], Counter[str], list[str], str, int]:
    """Each file that has samples of a known class, their classes and groups; what was left out; cautions; what says
    the groups; how many samples have no class that is known."""
    left_out: Counter[str] = Counter()
    cautions = [*layout.unused, *_cautions(layout)]
    files, labels, groups, absent, source, unlabelled = [], [], [], 0, "", 0
    for number, file in enumerate(layout.tables):
        if number == 0 or layout.own_labels:
            classes, unread = read_labels(layout.labels[number], choices.apart)
            together, source = read_groups(layout.labels[number], classes.index)
            left_out.update(unread)
            absent += len(classes)
        own = layout.labels[number].label if layout.own_labels else None
        part = read_genes_in_rows(file, classes) if layout.genes_in_rows else read_samples_in_rows(file, classes, own)
        unlabelled += part.unlabelled
        if part.values.empty:
            cautions.append(f"{file.head.path.name} has no sample whose class is known, and is left out.")
            continue
        left_out.update(part.left_out)
        files.append((file, part))
        labels.append(classes.loc[part.values.index])
        groups.append(together.loc[part.values.index])
        absent -= len(part.values)
    if not files:
        raise DataError(f"No sample in {layout.place} has a class that is known. Correct the labels.")
    if absent > 0:
        left_out["labelled samples that are in no table"] = absent
    return files, labels, groups, left_out, cautions, source, unlabelled


def _named_apart(
    files: list[_File], labels: list[pd.Series], groups: list[pd.Series]
) -> tuple[list[ExpressionPart], list[pd.Series], list[pd.Series]]:
    """Parts, labels and groups of tables that name samples anew, with the file's name where one stands in several."""
    parts = [part for _, part in files]
    if not pd.concat(labels).index.has_duplicates:
        return parts, labels, groups
    apart, classes, together = [], [], []
    for (file, part), each, group in zip(files, labels, groups, strict=True):
        index = [f"{file.head.path.stem} {name}" for name in each.index]
        apart.append(replace(part, values=part.values.set_axis(index)))
        classes.append(each.set_axis(index))
        together.append((f"{file.head.path.stem} " + group).set_axis(index))
    return apart, classes, together


def _common_genes(place: Path, values: list[pd.DataFrame]) -> tuple[pd.Index, dict[str, int]]:
    """The genes that are in all tables, in the order of the first, and how many are not."""
    every = reduce(lambda one, other: one.union(other, sort=False), (each.columns for each in values))
    common = reduce(lambda one, other: one.intersection(other, sort=False), (each.columns for each in values))
    if len(common) * 2 < min(len(each.columns) for each in values):
        raise DataError(
            f"The tables in {printable(place.name)} do not have the same genes: {len(common):,} are in all. Put "
            f"each into "
            "a folder of "
            "its own."
        )
    return common, {"genes that are not in every table": len(every) - len(common)} if len(common) < len(every) else {}


def gene_spec(name: str, place: Path) -> DatasetSpec:
    """What is known of a gene-expression table before it is read: its classes are not."""
    return DatasetSpec(name, name, "", (), "sample", "not known", f"Own data in {place.name}.", holds="genes")


def asked_of_genes(place: Path, choices: Choices | None = None) -> str:
    """What must be answered before anything is trained on a gene-expression table, in a sentence; "" if nothing.

    Raises:
        DataError: it is none.
    """
    return " ".join(_cautions(layout_of(place, choices)))


def refuse_unclear_genes(name: str, place: Path) -> None:
    """Raise where something is asked of a gene-expression table that is to be trained on under this name.

    Raises:
        DataError: says what is asked, and the command that answers; or it is no such table.
    """
    if asked := asked_of_genes(place):
        folder = folder_of_choices(place)
        raise DataError(
            f"Nothing is trained on {name} until somebody has agreed to how it is understood: {asked} Answer with: "
            f"{how_to_decide(folder)}"
        )


def _with_malignant(spec: DatasetSpec, malignant: Mapping[str, bool | None]) -> DatasetSpec:
    classes = tuple(replace(each, malignant=malignant.get(each.key, each.malignant)) for each in spec.classes)
    return replace(spec, classes=classes)


def has_test_part(place: Path) -> bool:
    """Whether the tables of a place, as far as their names tell, are divided into training and test."""
    layout = layout_of(place)
    return len({_part(file) for file in layout.tables}) > 1


def _part(file: ExpressionFile) -> str:
    return TEST if _HELD_OUT.search(file.head.path.stem.lower()) else TRAIN


def _cautions(layout: GeneLayout) -> Iterator[str]:
    labels = layout.labels[0]
    if labels.others:
        yield (
            f"No column of {labels.head.path.name} is called label; besides “{labels.label_name}”, which was taken, "
            f"{', '.join(labels.others[:5])} might be the class."
        )
    if labels.group not in ("", NONE, OF_NAMES, *names_of_facts(labels.head)):
        yield (
            f"It was decided that {printable(labels.group)} is the group, and there is no such column in "
            f"{labels.head.path.name}."
        )


def _spec(layout: GeneLayout, labels: pd.Series, genes: pd.Index, groups: pd.Series, source: str) -> DatasetSpec:
    place = layout.place
    keys = tuple(sorted(labels.unique()))
    if keys == GOLUB_SPEC.class_keys and _GENE_OF_GOLUB in genes:
        return replace(GOLUB_SPEC, group=_noun(source)) if layout.labels[0].group else GOLUB_SPEC
    of_patients = "patient" in layout.labels[0].sample_name.lower() or (groups != groups.index).any()
    name = place.name if place.is_dir() else place.name.split(".")[0]
    return DatasetSpec(
        name=name,
        title=name,
        description=f"Gene expression of {len(labels):,} samples.",
        classes=classes_of(keys),
        group=_noun(source) if layout.labels[0].group else "patient" if of_patients else "sample",
        licence="not known",
        citation=f"Own data in {name}.",
        holds="genes",
    )


def _noun(source: str) -> str:
    """What must not be split, as a noun, by what somebody has chosen."""
    if source in ("", OF_NAMES):
        return "patient" if source else "sample"
    return (group_word(source) or ("group",))[0]


def classes_of(keys: tuple[str, ...]) -> tuple[ClassSpec, ...]:
    """The classes of a gene-expression table by their keys, in this order: the names of diagnoses that they mean."""
    if keys == GOLUB_SPEC.class_keys:
        return GOLUB_SPEC.classes
    meant = [diagnosis(key, keys) for key in keys]
    names = Counter(each.name for each in meant)
    return tuple(
        ClassSpec(key, each.name if names[each.name] == 1 else key, each.malignant)
        for key, each in zip(keys, meant, strict=True)
    )
