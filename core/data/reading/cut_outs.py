"""Pictures that were cut out of those in the folder above, such as cells of a slide in "cropped"."""

import re
from collections.abc import Mapping, Sequence

from core.data.adapters.picture_files import stem

_NEARLY_ALL = 0.9
_SEPARATORS = re.compile(r"[_\-. ]+(?=[^_\-. ]*$)")


def cut_out_of(places: Mapping[str, Sequence[str]]) -> list[str] | None:
    """What each picture is or was cut out of, by path without ending and in their order; None where none was.

    Pictures of a folder were where nearly all names begin with one of the folder above: "001_02" with "001".

    Args:
        places: names of pictures by the path of their folder.
    """
    if not any(place and place.rpartition("/")[0] in places for place in places):
        return None
    said: list[str] = []
    found_any = False
    for place, names in places.items():
        above = place.rpartition("/")[0]
        whole = {stem(name) for name in places.get(above, ())} if place else set()
        found = [_beginning_in(stem(name), whole) for name in names] if whole else []
        if found and sum(map(bool, found)) >= _NEARLY_ALL * len(found):
            found_any = True
            said += [f"{above}/{each}" if each else f"{place}/{stem(name)}"
                     for each, name in zip(found, names, strict=True)]  # fmt: skip
        else:
            said += [f"{place}/{stem(name)}" for name in names]
    return said if found_any else None


def _beginning_in(name: str, whole: set[str]) -> str:
    """The longest of the names that another begins with, up to a separator; "" if there is none."""
    while found := _SEPARATORS.search(name):
        name = name[: found.start()]
        if name in whole:
            return name
    return ""
