"""Knowing gene-expression tables by headers and first lines of files: what is which, and which way round it lies."""

from dataclasses import dataclass, replace
from pathlib import Path

from core.base.errors import DataError
from core.base.printable import printable
from core.data.adapters.listing import Listing, list_folder
from core.data.genes.gene_evidence import (
    CLASS_NAMES,
    FEWEST_GENES,
    MOST_DESCRIPTIONS,
    SAMPLE_NAMES,
    class_column,
    describing_columns,
    facts,
    gene_columns,
    gene_key,
    has_genes,
    named,
    names_genes,
    names_of_facts,
    sample_key,
    tells_apart,
    varies,
)
from core.data.genes.gene_files import TableHead, is_table, plain_sample, read_head, tables_without_ending
from core.data.reading.choices import NONE, SIDES, Choices, choices_of

OF_NAMES = "names of samples"
"""Where the patient of a sample may be told too: names of TCGA begin with it."""
LABEL_FILES = ("actual.csv", "labels.csv")
"""What a file that says the class of each sample is best called."""
_FEWEST_OF_NUMBERS = 3
"""Where samples are numbered, a table of expression has at least one of so many that are labelled."""
_MOST_TABLES = 60
"""So many files of a folder are looked into."""


@dataclass(frozen=True)
class LabelsFile:
    """Where the class of each sample is said: numbers of the columns for both; `sample` is None where rows have none.

    What a series matrix of GEO says above its table counts as columns too. `others` are columns that might as well
    have been taken for the class. `group` is what somebody has chosen to be kept together: the name of a column, "none"
    or `OF_NAMES`; "" where nobody has.
    """

    head: TableHead
    sample: int | None
    label: int
    others: tuple[str, ...] = ()
    group: str = ""

    @property
    def label_name(self) -> str:
        """What the column with the classes is called."""
        return names_of_facts(self.head)[self.label]

    @property
    def sample_name(self) -> str:
        """What the column with the samples is called; empty where there is none."""
        return "" if self.sample is None else names_of_facts(self.head)[self.sample]


@dataclass(frozen=True)
class ExpressionFile:
    """A table of expression; `key` is the number of the column that names the gene, or the sample if these are rows."""

    head: TableHead
    key: int | None


@dataclass(frozen=True)
class GeneLayout:
    """Tables of expression that lie the same way round, and the labels of their samples.

    `labels` are one for each table where each has its own, else one for all. `unused` says of each other table why it
    is not one of them.
    """

    place: Path
    tables: tuple[ExpressionFile, ...]
    genes_in_rows: bool
    labels: tuple[LabelsFile, ...]
    unused: tuple[str, ...] = ()

    @property
    def own_labels(self) -> bool:
        """Whether each table has a column with the classes of its samples."""
        return not self.genes_in_rows and self.labels[0].head is self.tables[0].head

    @property
    def words(self) -> str:
        """In a sentence: which tables, which way round, and where the classes are from."""
        names, labels = " and ".join(each.head.path.name for each in self.tables), self.labels[0]
        lie = "genes in rows and samples in columns" if self.genes_in_rows else "samples in rows and genes in columns"
        source = "the same file" if labels.head is self.tables[0].head else labels.head.path.name
        what = "description" if labels.head.described else "column"
        called = f"“{labels.label_name}”" if labels.label_name else "without a name"
        return f"{names}: {lie}. The classes are from the {what} {called} of {source}."


def gene_places(listing: Listing, choices: Choices | None = None) -> tuple[tuple[str, Path], ...]:
    """Name and place of each gene-expression table in a folder, known by headers and first lines.

    The place is the folder, or a file where several tables that bring their own classes lie in it. That somebody has
    said where samples lie, as it is kept unless something else is given, makes a table of what names do not tell.
    """
    name = listing.folder.name
    if not any(is_table(file) for file in listing.files) and not tables_without_ending(listing.folder, listing.files):
        return ()
    decided = choices_of(listing.folder) if choices is None else choices
    heads, _ = _heads(listing)
    layouts: list[GeneLayout] = []
    for samples in dict.fromkeys((decided.samples, "", *(SIDES if decided.samples else ()))):
        layouts = layouts or _layouts(listing.folder, heads, samples)
    if len(layouts) == 1:
        return ((name, listing.folder),)
    files = [each.tables[0].head.path for each in layouts]
    return tuple((f"{name}-{file.name.split('.')[0]}", file) for file in files)


def layout_of(place: Path, choices: Choices | None = None) -> GeneLayout:
    """What of a folder, or of one file, are expression and labels, with these decisions or else those that are kept.

    Raises:
        DataError: it holds no gene-expression table; says what was looked at and what is lacking.
    """
    decided = choices_of(folder_of_choices(place)) if choices is None else choices
    if place.is_file():
        head = read_head(place)
        rows = [] if decided.samples == "columns" else _with_own_classes([head], place.parent, decided.samples)
        layouts = ([] if decided.samples == "rows" else _described_alone([head])) or rows
        problems: list[str] = []
        heads = [head]
    else:
        heads, problems = _heads(list_folder(place))
        layouts = _layouts(place, heads, decided.samples)
    if len(layouts) == 1:
        unused = _unused(layouts[0], heads, problems)
        return replace(layouts[0], place=place, unused=unused, labels=_decided(layouts[0].labels, decided))
    if layouts:
        names = ", ".join(each.tables[0].head.path.name for each in layouts)
        raise DataError(
            f"{printable(place.name)} holds several gene-expression tables: {names}. Give one of the files."
        )
    told = " ".join(problems) or f"Looked at: {', '.join(each.path.name for each in heads) or 'no table at all'}."
    if decided.samples:
        raise DataError(
            f"No table of {printable(place.name)} can be read with its samples in {decided.samples}, as "
            f"it was decided. Choose the other side, or add {LABEL_FILES[1]} with a sample and its label "
            f"in each row. {told}"
        )
    raise DataError(
        f"{printable(place.name)} has no table of expression with the class of each sample. Put {LABEL_FILES[1]}, with "
        f"a sample and its label in each row, beside a table of genes by samples. {told}"
    )


def folder_of_choices(place: Path) -> Path:
    """The folder by whose name decisions about a gene-expression table are kept."""
    return place if place.is_dir() else place.parent


def _decided(labels: tuple[LabelsFile, ...], choices: Choices) -> tuple[LabelsFile, ...]:
    """The same files with the columns that somebody has chosen, that of the class in those that have it."""
    if group := choices.columns.get("group", ""):
        labels = tuple(replace(each, group=group) for each in labels)
    said = choices.columns.get("label", NONE)
    if said == NONE:
        return labels
    names = [names_of_facts(each.head) for each in labels]
    return tuple(
        replace(each, label=known.index(said), others=()) if said in known else each
        for each, known in zip(labels, names, strict=True)
    )


def _heads(listing: Listing) -> tuple[list[TableHead], list[str]]:
    """The tables of a folder, and what is wrong with others that are called so."""
    heads, problems = [], []
    tables = [name for name in listing.files if is_table(name) and (listing.folder / name).is_file()]  # no pipes
    tables += tables_without_ending(listing.folder, listing.files)
    for name in tables[:_MOST_TABLES]:
        try:
            heads.append(read_head(listing.folder / name))
        except DataError as error:
            if ".txt" not in name.lower() and "." in name:  # most are no tables
                problems.append(str(error))
    return heads, problems


def _layouts(folder: Path, heads: list[TableHead], samples: str = "") -> list[GeneLayout]:
    """One layout, or several where each is one file alone; none where nothing is known for expression with classes.

    Where somebody has said that the samples lie in "rows" or in "columns", only what fits counts; names need not be
    those of genes then.
    """
    own = [] if samples == "columns" else _with_own_classes(heads, folder, samples)
    if any(named(each.labels[0].label_name, CLASS_NAMES) for each in own):
        return own
    labelled = _labelled_by_another(folder, heads, samples)
    alone = [] if samples == "rows" else _described_alone(heads)
    return [labelled] if labelled is not None else own or alone


def _with_own_classes(heads: list[TableHead], folder: Path, samples: str = "") -> list[GeneLayout]:
    """Samples in rows with a column for their class, such as those of CuMiDa; tables with the same columns are one."""
    return _own_classes(heads, folder, is_said=False) or (
        _own_classes(heads, folder, is_said=True) if samples == "rows" else []
    )


def _own_classes(heads: list[TableHead], folder: Path, *, is_said: bool) -> list[GeneLayout]:
    found: dict[tuple[str, ...], list[tuple[ExpressionFile, LabelsFile]]] = {}
    for head in heads:
        if sum(head.numeric) < FEWEST_GENES or head.described:
            continue
        key = sample_key(head)
        if not is_said and key is not None and names_genes(head.column(key)):
            continue  # it lies the other way round
        label, others = class_column(head, [number for number in describing_columns(head) if number != key])
        if label is not None and _has_genes(head, gene_columns(head, key, label), folder, is_said=is_said):
            table, labels = ExpressionFile(head, key), LabelsFile(head, key, label, others)
            found.setdefault(head.columns, []).append((table, labels))
    return [
        GeneLayout(each[0][0].head.path, tuple(table for table, _ in each), False, tuple(labels for _, labels in each))
        for each in found.values()
    ]


def _described_alone(heads: list[TableHead]) -> list[GeneLayout]:
    """Series matrices of GEO, which describe their samples themselves."""
    found = []
    for head in heads:
        match = _match(head, head) if head.described else None
        if match is not None:
            found.append(GeneLayout(head.path, (ExpressionFile(head, match.key),), True, (match.labels,)))
    return found


@dataclass(frozen=True)
class _Match:
    """A table whose samples another describes."""

    hits: int
    genes_in_rows: bool
    key: int
    labels: LabelsFile


def _has_genes(head: TableHead, columns: list[int], folder: Path | None, *, is_said: bool) -> bool:
    return len(columns) >= FEWEST_GENES if is_said else has_genes(head, columns, folder)


def _labelled_by_another(folder: Path, heads: list[TableHead], samples: str) -> GeneLayout | None:
    """The tables whose samples are named in a column of another table that has classes."""
    best: tuple[tuple[int, int, bool], GeneLayout] | None = None
    for labels in heads:
        matches = [
            (head, match) for head in heads if head is not labels and (match := _match(head, labels, folder, samples))
        ]
        if not matches:
            continue
        most = max(matches, key=lambda each: each[1].hits)[1]
        same = [
            (head, match)
            for head, match in matches
            if (match.genes_in_rows, match.labels.sample) == (most.genes_in_rows, most.labels.sample)
        ]
        rank = (sum(match.hits for _, match in same), len(same), labels.path.name in LABEL_FILES)
        tables = tuple(ExpressionFile(head, match.key) for head, match in same)
        if best is None or rank > best[0]:
            best = rank, GeneLayout(folder, tables, most.genes_in_rows, (most.labels,))
    return best[1] if best else None


def _match(head: TableHead, labels: TableHead, folder: Path | None = None, samples_in: str = "") -> _Match | None:
    """How the samples of a table of expression are named in a table of labels; None where they are not.

    With `samples_in` somebody has said that they lie in "rows" or in "columns".
    """
    names = names_of_facts(labels)
    if sum(head.numeric) < 2 or len(names) > MOST_DESCRIPTIONS:
        return None
    naming = () if folder is None else dict.fromkeys((0, *describing_columns(head)))
    rows = {n: {plain_sample(v) for v in head.column(n)} for n in naming if tells_apart(head.column(n))}
    best: tuple[tuple[int, bool], _Match] | None = None
    for number in range(len(names)):
        values = facts(labels, number)
        if not tells_apart(values):
            continue
        numbers = not labels.described and labels.numeric[number]
        samples = {value if numbers else plain_sample(value) for value in values if value}
        ways: list[tuple[int, bool, int]] = []
        hits = len(samples & head.plain_columns)
        if numbers and hits * _FEWEST_OF_NUMBERS < len(samples):
            hits = 0  # any measurements hold some of the numbers from 1 on
        if hits >= 2 and hits * 2 >= min(len(samples), len(head.plain_columns)):
            gene = gene_key(head, samples)
            if gene is not None and varies(head, [n for n, numeric in enumerate(head.numeric) if numeric]):
                ways.append((hits, True, gene))
        for key, called in rows.items():
            hits = len(samples & called)
            genes = gene_columns(head, key, None)
            if hits >= 2 and hits * 2 >= len(called) and _has_genes(head, genes, folder, is_said=bool(samples_in)):
                ways.append((hits, False, key))
        ways = [way for way in ways if not samples_in or way[1] == (samples_in == "columns")]
        label, others = class_column(labels, [n for n in range(len(names)) if n != number]) if ways else (None, ())
        if label is None:
            continue
        file = LabelsFile(labels, number, label, others)
        found = [_Match(*way, file) for way in ways]
        for match in found:
            rank = (match.hits, named(names[number], SAMPLE_NAMES))
            if best is None or rank > best[0]:
                best = rank, match
    return best[1] if best else None


def _unused(layout: GeneLayout, heads: list[TableHead], problems: list[str]) -> tuple[str, ...]:
    used = {each.head.path for each in layout.tables} | {each.head.path for each in layout.labels}
    others = [head.path for head in heads if head.path not in used and ".txt" not in head.path.name.lower()]
    return (*problems, *(f"{path.name} is not used: it does not go with the other tables." for path in others))
