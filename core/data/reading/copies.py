"""Folders that lie twice in a download, such as `data/train` beside `train` with the same pictures."""

from collections.abc import Sequence
from pathlib import Path

from core.data.compact_texts import Names
from core.data.reading.tree import Tree

_COMPARED = 5
_FEWEST = 3


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
    try:
        return all(0 < (one / name).stat().st_size == (other / name).stat().st_size
                   and (one / name).read_bytes() == (other / name).read_bytes() for name in compared)  # fmt: skip
    except OSError:
        return False
