"""What was understood of a gene-expression table, small enough for a page: counts, classes, columns, what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from core.base.errors import DataError
from core.data.adapters.listing import changed_at, settled, stamps
from core.data.genes.gene_evidence import names_of_facts
from core.data.genes.gene_folders import OF_NAMES, folder_of_choices, layout_of
from core.data.genes.gene_table import asked_of_genes, read_gene_table
from core.data.reading.choices import NONE, Choices, choices_of
from core.data.spec import ClassSpec
from core.data.splits.splits import TEST, TRAIN, VALIDATION


@dataclass(frozen=True)
class GeneReading:
    """What was understood of a gene-expression table with the decisions `choices`.

    `by_class` has a row per class in their order: `key`, `samples`, and the samples of the parts "train", "validation"
    and "test"; `unlabelled` counts those whose class is not known. `words` say which files lie which way round, `scale`
    whether values are logarithms and by which figures. `columns` are those of samples, classes and groups in the file
    `table`, `offered` all that could be the class, the likeliest first, and `offered_groups` all that could say what
    belongs together. `samples_in` is "rows" or "columns". `groups` counts what must not be split, each a `group`.
    `questions` is what must be answered before anything is trained, and `problem` says why nothing can be read; then
    all else is empty.
    """

    place: Path
    choices: Choices
    samples: int = 0
    genes: int = 0
    classes: tuple[ClassSpec, ...] = ()
    by_class: pd.DataFrame = field(default_factory=pd.DataFrame)
    group: str = "sample"
    groups: int = 0
    words: str = ""
    samples_in: str = ""
    logarithmic: bool = False
    scale: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    table: str = ""
    offered: tuple[str, ...] = ()
    offered_groups: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    unlabelled: int = 0
    cautions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    problem: str = ""
    stamps: tuple[tuple[str, int], ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it may be trained on: it can be read, and nothing is asked."""
        return not self.problem and not self.questions

    @property
    def agreed(self) -> Choices:
        """The decisions with which what is understood now is agreed to."""
        group = self.columns.get("group", self.choices.columns.get("group"))
        decided = {"label": self.columns["label"], "samples": self.samples_in, **({"group": group} if group else {})}
        return self.choices.with_settings(f"{what}={said}" for what, said in decided.items())

    def holds(self) -> bool:
        """Whether no file has changed since they were read."""
        rested = settled(max((changed for _, changed in self.stamps), default=0))
        return rested and all(changed_at(path) == changed for path, changed in self.stamps)


def read_genes(place: Path, choices: Choices | None = None) -> GeneReading:
    """Read a gene-expression table with these decisions, or else with those that are kept; never an error.

    Args:
        place: a folder with one, or the file.
        choices: which column is the class, which classes are one, and which are malignant.
    """
    choices = choices_of(folder_of_choices(place)) if choices is None else choices
    before = tuple(stamps(place, 1))
    try:
        offered = _offered(place, choices)
        table = read_gene_table(place, choices=choices)
        asked = asked_of_genes(place, choices)
    except DataError as error:
        return GeneReading(place, choices, problem=str(error), stamps=before)
    keys = [each.key for each in table.spec.classes]
    by_class = pd.DataFrame({"key": keys})
    by_class["samples"] = table.labels.value_counts().reindex(keys, fill_value=0).to_numpy()
    for part in (TRAIN, VALIDATION, TEST):
        by_class[part] = table.labels[table.split == part].value_counts().reindex(keys, fill_value=0).to_numpy()
    return GeneReading(
        place=place,
        choices=choices,
        samples=len(table.expression),
        genes=len(table.expression.columns),
        classes=table.spec.classes,
        by_class=by_class,
        group=table.spec.group,
        groups=int(table.groups.nunique()),
        words=table.understood,
        samples_in=table.samples_in,
        logarithmic=table.scale.logarithmic,
        scale=table.scale.evidence,
        columns=table.columns,
        table=table.labels_file,
        offered=tuple(dict.fromkeys([table.columns["label"], *offered])),
        offered_groups=tuple(
            dict.fromkeys(
                [
                    *([each] if (each := table.columns.get("group")) else []),
                    NONE,
                    OF_NAMES,
                    *(name for name in offered if name != table.columns["label"]),
                ]
            )
        ),
        left_out=table.left_out,
        unlabelled=table.unlabelled,
        cautions=tuple(each for each in table.cautions if each not in asked),
        questions=(asked,) if asked else (),
        stamps=before,
    )


def _offered(place: Path, choices: Choices) -> list[str]:
    """Columns that could be the class: first those that evidence speaks for, then all that say something of samples."""
    labels = layout_of(place, Choices(samples=choices.samples)).labels[0]
    names = [name for number, name in enumerate(names_of_facts(labels.head)) if name and number != labels.sample]
    few = [name for name in names if name in (labels.label_name, *labels.others)]
    return [*few, *(name for name in names[:_MOST_OFFERED] if name not in few)]


_MOST_OFFERED = 60
