"""Folds that each hold all pictures, one part for training and the rest to judge on, as tools for them write them."""

from collections import Counter
from collections.abc import Sequence

from core.base.printable import printable
from core.data.reading.folders import FolderReading
from core.data.splits.splits import TEST, TRAIN, VALIDATION

_NEARLY_ALL = 0.9


def once_of_folds(
    places: dict[str, Sequence[str]], folders: FolderReading
) -> tuple[dict[str, Sequence[str]], int, str]:
    """Each picture once, where folders of folds hold each a part for training with the pictures of other folds' tests.

    A picture is of the fold in whose test (or validation) part it lies, and of no official part; changes `folders`.

    Returns:
        The pictures by folder, as `places`; how many copies are left out; and what is asked where the same pictures
        lie in several folds and in which one they are tested cannot be told.
    """
    of_folds = [place for place in places if place in folders.folds and place in folders.parts]
    parts = {folders.parts[place] for place in of_folds}
    held_part = TEST if TEST in parts else VALIDATION
    if len({folders.folds[place] for place in of_folds}) < 2 or not {TRAIN, held_part} <= parts:
        return places, 0, ""
    held: Counter[tuple[object, ...]] = Counter()
    others: Counter[tuple[object, ...]] = Counter()
    for place in of_folds:
        keys = held if folders.parts[place] == held_part else others
        keys.update((*folders.names[place], name) for name in places[place])
    both = held.keys() & others.keys()
    if len(both) < _NEARLY_ALL * len(held):
        return places, 0, ""
    if max(held.values()) > 1 or len(both) < len(others):
        first = min(both, key=str)[-1]
        return places, 0, (
            f"The same names, such as {printable(str(first))}, are for training in one fold and to judge on in "
            "another, and not each is judged on in one. Give the folder of one fold, or agree that they are different "
            "pictures."
        )  # fmt: skip
    left = {
        place: names for place, names in places.items() if place not in of_folds or folders.parts[place] == held_part
    }
    for place in of_folds:
        folders.parts.pop(place)
    return left, sum(others.values()), ""
