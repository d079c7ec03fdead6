"""Folders that lie twice in a download, such as `data/train` beside `train`, and pictures in folders of two classes."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from core.data.compact_texts import Names, repeated, stems_of
from core.data.reading.tree import Tree

_COMPARED = 5
_FEWEST = 3
_MOST_COMPARED = 500


def copies_in(tree: Tree) -> dict[str, str]:
    """Folders of pictures that are copies, each with the one that it is a copy of: that with the shorter path.

    The folders on the way to the one all lie on the way to the other, too, so that "test/mel" is none of "train/mel";
    they hold files of the same names, of which the first and the last few are byte for byte the same.
    """
    by_names: dict[tuple[str, Names], list[str]] = {}
    for place, names in tree.pictures.items():
        if len(names) >= _FEWEST:
            by_names.setdefault((place.rpartition("/")[2].casefold(), Names(names)), []).append(place)
    found: dict[str, str] = {}
    for (_, same), alike in by_names.items():
        places = sorted(alike, key=lambda place: (place.count("/"), place))
        for number, place in enumerate(places[1:], start=1):
            for other in places[:number]:
                if other.count("/") == place.count("/"):
                    break  # of those that follow none is shorter
                if (
                    other not in found
                    and _lies_within(other, place)
                    and _same_files(tree.folder / other, tree.folder / place, same)
                ):
                    found[place] = other
                    break
    return found


def _lies_within(shorter: str, longer: str) -> bool:
    """Whether the folders of one path all come in the other, in this order."""
    rest = iter(longer.split("/"))
    return all(name in rest for name in shorter.split("/"))


def _same_files(one: Path, other: Path, names: Sequence[str]) -> bool:
    """Whether files of these names are the same in both folders, as far as they are compared."""
    compared = dict.fromkeys((*names[:_COMPARED], *names[-_COMPARED:]))
    return all(_same(one / name, other / name) for name in compared)


def of_several_classes(root: Path, files: pd.Series, labels: pd.Series) -> list[tuple[str, str]]:
    """Pairs of files of one name that are byte for byte the same and lie in folders of different classes.

    Where very many names come twice, as numbers do that begin anew in each folder, some of them are compared. Where a
    picture is the same as one of another name in its class, too, sameness says nothing.

    Args:
        root: the folder.
        files: paths from there.
        labels: the class of each, "" where none is known.
    """
    labelled = files[labels.fillna("") != ""]
    stems = stems_of(labelled)
    again = stems[repeated(stems)].unique()
    compared = stems.isin(again[:: max(1, len(again) // _MOST_COMPARED)])
    found: list[tuple[str, str]] = []
    for _, each in labelled[compared].groupby(stems[compared]):
        group = list(each.index)
        if labels[group].nunique() < 2:
            continue
        first: dict[int, list[int]] = {}
        for number in group:
            first.setdefault(_size(root / files[number]), []).append(number)
        for size, alike in first.items():
            for other in alike[1:] if size else ():
                if labels[other] != labels[alike[0]] and _same(root / files[alike[0]], root / files[other]):
                    found.append((files[alike[0]], files[other]))
    if found:
        shown = found[0][0]
        like = labelled[(labels == labels[files == shown].iloc[0]) & (stems != stems[files == shown].iloc[0])]
        if len(like) and _same(root / shown, root / like.iloc[0]):
            return []
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _same(one: Path, other: Path) -> bool:
    """Whether two files are the same, byte for byte, and not empty."""
    try:
        return 0 < one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
    except OSError:
        return False
