"""Folders beside one another with the same file names: versions of the same pictures, of which one may be chosen."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import PictureError
from core.base.printable import printable
from core.data.adapters.folder_names import fold_of, is_bare_part
from core.data.adapters.picture_files import split_ending, stem
from core.data.diagnoses.diagnoses import diagnosis
from core.data.images.pictures import decode_square

ALL = "all"
"""The choice to use every version."""
_LOOKED_AT, _SAME = 20, 0.9
_FEWEST = 3
_ALIKE = 0.9
_PIXELS = 16


def sides_in(places: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Paths of folders that hold the same file names, such as "images" and "images_512"; none where there are none.

    Parts, folds and diagnoses are none: numbers may begin anew in each of them.

    Args:
        places: names of pictures in order, by the path of their folder.
    """
    found: dict[str, None] = {}
    for alike in _differing(places):
        prefixes = list(alike)
        for number, one in enumerate(prefixes):
            for other in prefixes[number + 1 : number + 3]:
                if share_names(places[alike[one]], places[alike[other]]):
                    found.update(dict.fromkeys((one, other)))
    return tuple(sorted(found))


def _differing(places: Iterable[str]) -> Iterator[dict[str, str]]:
    """Folders whose paths differ in one name alone, each by its path up to that name."""
    beside: dict[tuple[str, str], dict[str, str]] = {}
    for place in places:
        names = place.split("/")
        for number, name in enumerate(names):
            if name and not is_bare_part(name) and fold_of(name) is None and not diagnosis(name).known:
                before, after = "/".join(names[:number]), "/".join(names[number + 1 :])
                beside.setdefault((before, after), {})["/".join(names[: number + 1])] = place
    return (alike for alike in beside.values() if len(alike) > 1)


def share_names(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether nearly all of some names of the folder with fewer stand in the other, whatever their ending."""
    fewer, more = sorted((one, other), key=len)
    if len(fewer) < _FEWEST:
        return False
    looked = fewer[:: max(1, len(fewer) // _LOOKED_AT)]
    return sum(_named_alike(more, name) is not None for name in looked) >= _SAME * len(looked)


def _named_alike(names: Sequence[str], name: str) -> str | None:
    """The name in a list in order that differs in its ending at most, None if there is none."""
    wanted = f"{stem(name)}."
    place = bisect_left(names, wanted)
    return names[place] if place < len(names) and names[place].startswith(wanted) else None


def of_side(places: Mapping[str, Sequence[str]], sides: Sequence[str], chosen: str) -> dict[str, Sequence[str]]:
    """The pictures of one side, and those that are of none."""
    others = [side for side in sides if side != chosen]
    return {place: names for place, names in places.items() if not any(_within(place, side) for side in others)}


def look_alike(root: Path, places: Mapping[str, Sequence[str]], sides: Sequence[str]) -> bool:
    """Whether the first pictures of the same name show the same on two sides, as far as they can be read."""
    first, second = sides[:2]
    compared: list[bool] = []
    for place in (place for place in places if _within(place, first)):
        beside = second + place[len(first) :]
        for name in places[place][:_FEWEST] if beside in places else ():
            other = _named_alike(places[beside], name)
            if other is not None and (same := _same(root / place / name, root / beside / other)) is not None:
                compared.append(same)
            if len(compared) == _FEWEST:
                return all(compared)
    return bool(compared) and all(compared)


def _same(one: Path, other: Path) -> bool | None:
    """Whether two pictures correlate once they are made small; None if one cannot be read."""
    try:
        first, second = (decode_square(path, _PIXELS).astype(np.float64).ravel() for path in (one, other))
    except PictureError:
        return None
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return bool(np.array_equal(first, second))
    return bool(np.asarray(np.corrcoef(first, second))[0, 1] >= _ALIKE)


def _within(place: str, folder: str) -> bool:
    return place == folder or place.startswith(f"{folder}/")


def within_sides(files: pd.Series, sides: Sequence[str]) -> pd.Series:
    """What each picture is called within its side, with folders and without its ending: alike for its versions."""
    starts = tuple(f"{side}/" for side in sorted(sides, key=len, reverse=True))

    def within(file: str) -> str:
        start = next((each for each in starts if file.startswith(each)), "")
        return split_ending(file[len(start) :])[0].casefold()

    return files.map(within)


def shown_sides(sides: Sequence[str]) -> str:
    """The folders in a sentence."""
    return ", ".join(map(printable, sides[:4])) + (" …" if len(sides) > 4 else "")


def file_stem(path: str) -> str:
    """What a picture is called, without folders and ending, in small letters."""
    return stem(path).casefold()
