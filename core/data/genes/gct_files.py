"""Tables of the Broad Institute: GCT files, which describe their samples, and CLS files, which have their classes.

Both are specified at https://software.broadinstitute.org/cancer/software/gsea/wiki/index.php/Data_formats.
"""

from collections.abc import Sequence
from pathlib import Path

from core.base.errors import DataError
from core.base.files import open_regular

CLASSES = ".cls"
_MOST_DIGITS = 9
_LONGEST = 4_000_000
"""Bytes of a list of classes."""


def said_of_samples(
    path: Path, above: Sequence[str], columns: Sequence[str], lines: Sequence[tuple[str, ...]]
) -> tuple[dict[str, tuple[str, ...]], int]:
    """What a GCT file and the list of classes beside it say of the samples, by what is said; its first entry names
    them. Empty where they say nothing. And how many lines below the header are of that and no genes.

    Args:
        path: of the GCT file.
        above: the lines above its header; that of its version is followed by numbers of lines and columns.
        columns: its header.
        lines: the first lines below it.
    """
    version = next((number for number, line in enumerate(above) if line.startswith("#1.")), None)
    sizes = above[version + 1].split() if version is not None and version + 1 < len(above) else []
    if len(sizes) < 2 or not all(each.isdecimal() and len(each) <= _MOST_DIGITS for each in sizes):
        return {}, 0
    of_genes, of_samples = (int(sizes[2]), int(sizes[3])) if len(sizes) >= 4 else (1, 0)
    samples = tuple(columns[1 + of_genes :])
    if len(samples) != int(sizes[1]) or of_samples > len(lines):
        return {}, 0
    described = {"sample": samples}
    for line in lines[:of_samples]:
        described[line[0]] = line[1 + of_genes :]
    beside = _classes_beside(path)
    if beside is not None and len(classes := _read_classes(beside)) == len(samples):
        described["class"] = classes
    return described if len(described) > 1 else {}, of_samples


def _classes_beside(path: Path) -> Path | None:
    """The list of classes that is called like the table, or the only one in its folder."""
    try:
        found = sorted(each for each in path.parent.iterdir() if each.suffix.lower() == CLASSES and each.is_file())
    except OSError:
        return None
    called = [each for each in found if each.stem == path.name.partition(".")[0]]
    return next(iter(called or (found if len(found) == 1 else [])), None)


def _read_classes(path: Path) -> tuple[str, ...]:
    """The class of each sample; none where the file is no list of classes, as where it has a number for each."""
    try:
        with open_regular(path) as file:
            lines = file.read(_LONGEST).decode("utf-8-sig", errors="replace").splitlines()
    except (OSError, DataError):
        return ()
    lines = [line for line in lines if line.strip()]
    if len(lines) != 3 or not lines[1].startswith("#"):
        return ()
    names, labels = lines[1].lstrip("# ").split(), lines[2].split()
    seen = list(dict.fromkeys(labels))  # the first name is that of the label that comes first
    if len(seen) != len(names):
        return ()
    return tuple(names[seen.index(label)] for label in labels)
