"""Folders such as "auto_test" beside "test" that hold another form of the same pictures: one part, not two."""

from collections.abc import Mapping, Sequence

from core.data.adapters.folder_names import is_bare_part, part_of_folder
from core.data.reading.sides import share_names

_FEWEST_FOLDERS = 2


def parts_again(places: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Folders that hold a part anew, by the folder of that part: "kneeKL224/auto_test" of "kneeKL224/test".

    Both hold the same folders with pictures of the same names, each of which comes once in the part: where numbers
    begin anew in each folder, they are of different pictures.

    Args:
        places: names of pictures in order, by the path of their folder.
    """
    below: dict[str, dict[str, str]] = {}
    for place in places:
        names = place.split("/")
        for number, name in enumerate(names[:-1]):
            if part_of_folder(name):
                below.setdefault("/".join(names[: number + 1]), {})["/".join(names[number + 1 :])] = place
    found: dict[str, str] = {}
    for plain in [path for path in below if is_bare_part(_last(path))]:
        part, above = part_of_folder(_last(plain)), plain.rpartition("/")[0]
        for other in below:
            beside = other.rpartition("/")[0] == above and not is_bare_part(_last(other))
            if beside and part_of_folder(_last(other)) == part and _hold_the_same(below[plain], below[other], places):
                found[other] = plain
    return found


def _hold_the_same(plain: dict[str, str], other: dict[str, str], places: Mapping[str, Sequence[str]]) -> bool:
    both = plain.keys() & other.keys()
    if len(both) < _FEWEST_FOLDERS or not other.keys() <= plain.keys():
        return False
    enough = [key for key in both if share_names(places[plain[key]], places[other[key]])]
    if 2 * len(enough) <= len(both):
        return False
    names = [name for place in plain.values() for name in places[place]]
    return len(set(names)) == len(names)


def _last(path: str) -> str:
    return path.rpartition("/")[2]
