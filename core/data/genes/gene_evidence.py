"""What of a table is sample, class or gene: told by the names of its columns and by its first lines."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.data.adapters.listing import holds_pictures
from core.data.adapters.metadata_file import column_named
from core.data.diagnoses.diagnoses import is_unknown
from core.data.genes.gene_files import TableHead, plain_sample
from core.data.group_words import plain_name
from core.data.reading.column_names import AGE_NAMES, SEX_NAMES

MOST_CLASSES = 20
FEWEST_GENES = 10
"""Fewer columns of numbers in a table with a sample in each row may be anything."""
_SURELY_GENES = 1000
"""So many columns of numbers beside a class are genes, whatever they are called."""
SAMPLE_NAMES = ("sample", "samples", "sample_id", "patient", "patient_id", "geo_accession", "id", "case", "barcode")
CLASS_NAMES = (
    "label", "class", "dx", "diagnosis", "category", "target",
    "cancer", "cancer_type", "type", "subtype", "tumor_type", "tumour_type", "disease", "disease_state",
    "diagnose", "diagnostico", "diagnostic", "klasse", "clase", "classe", "diagnosis_group", "group", "condition",
    "status", "phenotype", "tissue", "tissue_type", "histology", "cell_type",
)  # fmt: skip
_NO_CLASS = (*AGE_NAMES, *SEX_NAMES, "batch", "race", "ethnicity", "site", "platform", "platform_id", "vital_status")
_NO_GENE = (*_NO_CLASS, "survival", "os", "os_time", "time", "event", "stage", "grade")
GENE_NAMES = (
    "gene accession number", "accession", "gene", "genes", "gene_id", "gene_symbol", "gene_name", "symbol", "id_ref",
    "hugo_symbol", "entrez_gene_id", "probe", "probe_id", "probeset", "name", "id",
)  # fmt: skip
_GENE_LIKE = re.compile(
    r"gene[ _.-]?\d+|g\d+|\w+_at|ens[a-z]*g\d+(\.\d+)?|ilmn_\d+|a_\d+_p\d+|(hsa|mmu)-(mir|let)-\S+|cg\d{6,}|loc\d+",
    re.IGNORECASE,
)
_SAMPLE_LIKE = re.compile(r"(gsm|srr|err|drr|samn|samea)\d+|(tcga|gtex)[-._]", re.IGNORECASE)
_SYMBOL = re.compile(r"(?=.{2,})[A-Z][A-Z0-9]*[A-Z][A-Z0-9-]*(orf\d+)?(\.\d+)?(\|\d+)?|[A-Z]\d+orf\d+(\|\d+)?")
MOST_DESCRIPTIONS = 500
"""More columns say nothing of samples, they are genes."""
_EDGE = 10


def sample_key(head: TableHead) -> int | None:
    """The column that names the sample of each row, None if there is none."""
    called = (n for n in describing_columns(head) if named(head.columns[n], SAMPLE_NAMES))
    key = next((n for n in called if tells_apart(head.column(n))), None)
    if key is not None:
        return key
    first = head.columns[0]
    fits = is_unnamed(first) or (not head.numeric[0] and not named(first, CLASS_NAMES))
    return 0 if fits and tells_apart(head.column(0)) else None


def gene_key(head: TableHead, samples: set[str]) -> int | None:
    """The column that names the gene of each row, None if there is none."""
    rest = [n for n, name in enumerate(head.columns[:MOST_DESCRIPTIONS]) if plain_sample(name) not in samples]
    ranked = {name: number for number, name in enumerate(map(plain_name, reversed(GENE_NAMES)))}
    called = [n for n in rest if plain_name(head.columns[n]) in ranked]
    if called:
        return max(called, key=lambda n: ranked[plain_name(head.columns[n])])
    texts = (n for n in rest if not head.numeric[n] and tells_apart(head.column(n)))
    return next(texts, 0 if 0 in rest and is_unnamed(head.columns[0]) else None)


def gene_columns(head: TableHead, key: int | None, label: int | None) -> list[int]:
    """Numbers of the columns with the expression of a gene in a table with samples in rows."""
    of_samples = {n for n in describing_columns(head) if head.numeric[n] and named(head.columns[n], SAMPLE_NAMES)}
    return [
        n
        for n, numeric in enumerate(head.numeric)
        if numeric
        and n not in (key, label)
        and n not in of_samples
        and not is_unnamed(head.columns[n])
        and plain_name(head.columns[n]) not in _OTHER
    ]


def is_unnamed(name: str) -> bool:
    """Whether a column has no name, or the one that pandas gives to such an index."""
    return name.lower() in ("", "index") or name.startswith("Unnamed: ")


def named(name: str, names: Iterable[str]) -> bool:
    """Whether a column is called by one of the names; case and signs do not count."""
    return column_named([name], names) is not None


def describing_columns(head: TableHead) -> list[int]:
    """Columns of words, and those of numbers at the edges that are called like a sample or a class."""
    edges = {*range(_EDGE), *range(len(head.columns) - _EDGE, len(head.columns))}
    known = (*SAMPLE_NAMES, *CLASS_NAMES)
    return [
        n for n, numeric in enumerate(head.numeric) if not numeric or (n in edges and named(head.columns[n], known))
    ]


def names_of_facts(head: TableHead) -> tuple[str, ...]:
    """What a table says of samples: names of its columns; of a series matrix what stands above its own table."""
    return tuple(head.described) or head.columns


def facts(head: TableHead, number: int) -> Sequence[str]:
    """What a table says of samples under one of `names_of_facts`, as far as its first lines tell."""
    return list(head.described.values())[number] if head.described else head.column(number)


def class_column(head: TableHead, numbers: Iterable[int]) -> tuple[int | None, tuple[str, ...]]:
    """The column with classes: one that is called so, else one with 2 to 20 values that repeat; and others as good."""
    names, whole = names_of_facts(head), head.whole or bool(head.described)
    kinds = {n: [value for value in facts(head, n) if not is_unknown(value)] for n in numbers}
    called = [n for n in kinds if named(names[n], CLASS_NAMES)]
    called.sort(key=lambda n: next(i for i, name in enumerate(CLASS_NAMES) if named(names[n], (name,))))
    for n in called:
        if len(set(kinds[n])) <= MOST_CLASSES and (len(set(kinds[n])) > 1 or not whole):
            return n, ()
    fits = [n for n, known in kinds.items() if 2 <= len(set(known)) <= min(MOST_CLASSES, len(known) // 2)]
    fits = [n for n in fits if not named(names[n], _NO_CLASS)] or fits
    chosen = next(iter([*fits, *called]), None)
    return chosen, tuple(names[n] for n in fits[1:])


def has_genes(head: TableHead, columns: list[int], folder: Path | None) -> bool:
    """Whether columns of numbers are expression: by the names of genes, or because there are very many."""
    if len(columns) < FEWEST_GENES:
        return False
    names = [head.columns[n] for n in columns[:: max(1, len(columns) // _SURELY_GENES)]]
    if sum(bool(_SAMPLE_LIKE.match(name)) for name in names) * 2 >= len(names):
        return False
    if sum(bool(_GENE_LIKE.fullmatch(name) or _SYMBOL.fullmatch(name)) for name in names) * 2 >= len(names):
        return varies(head, columns)
    many = len(columns) >= _SURELY_GENES and (folder is None or not holds_pictures(folder))
    return many and not all(_is_byte(line[n]) for line in head.lines[:3] for n in columns if len(line) > n)


def names_genes(values: Sequence[str]) -> bool:
    """Whether values are surely names of genes or probes."""
    return sum(bool(_GENE_LIKE.fullmatch(value)) for value in values) * 2 > len(values)


def varies(head: TableHead, columns: list[int]) -> bool:
    """Whether there is more than marks of 0 and 1, as of classes."""
    values = [line[n] for line in head.lines[:_EDGE] for n in columns if len(line) > n]
    return len(columns) >= _SURELY_GENES or sum(v.strip("0.,") in ("", "1") for v in values) < 0.9 * len(values)


def _is_byte(text: str) -> bool:
    return text.isdecimal() and int(text) < 256


def tells_apart(values: Sequence[str]) -> bool:
    """Whether most values stand once, as names do and classes do not."""
    return 2 * len({value for value in values if value}) > len(values)


_OTHER = frozenset(map(plain_name, _NO_GENE))
