"""Telling pictures from what was derived from them: masks, superpixels, heat maps."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from core.base.errors import PictureError
from core.base.printable import first_few
from core.data.adapters.folder_names import (
    is_bare_mask_name,
    is_mask_folder,
    is_mask_name,
    part_of_folder,
    without_mask_word,
)
from core.data.adapters.picture_files import stem
from core.data.compact_texts import Names
from core.data.images.pictures import decode_square
from core.data.reading.sides import share_names
from core.data.reading.tree import Tree

_SAME = 0.9
"""Of two folders whose files are called alike, so many have a namesake in the other."""
_MOST_COMPARED = 40
_LOOKED_AT = 3
_TWO_VALUES, _LEAST = 0.9, 0.01
"""Of a mask, so much has one of two values, borders being blurred; and each value at least so much."""
_COLOURLESS = 8
_HANDFUL = 6
_LAST_PART = re.compile(r"[_\-. ][A-Za-z]+$")


def masks_in(tree: Tree) -> dict[str, Sequence[str]]:
    """Files that are masks, or derived from pictures, by the folder that they lie in.

    A folder is one of masks by its name, or where its files are called like those of a folder beside it and hold two
    values only; a file by an ending such as "_segmentation" where the picture of that name is here. Where everything
    would be a mask, nothing is.
    """
    folders = {place for place in tree.pictures if any(is_mask_folder(name) for name in place.split("/"))}
    rest = {place: names for place, names in tree.pictures.items() if place not in folders}
    if not rest:
        folders, rest = set(), dict(tree.pictures)
    folders |= _called_like_others(tree.folder, rest)
    found: dict[str, Sequence[str]] = {place: tree.pictures[place] for place in folders}
    suspects = {
        place: [name for name in names if is_mask_name(stem(name))]
        for place, names in rest.items()
        if place not in folders
    }
    for place, names in rest.items():
        if place not in folders and (flat := _few_colours_by_suffix(tree.folder / place, names)):
            found[place] = flat
    for place, names in rest.items():
        bare = [name for name in names if is_bare_mask_name(stem(name))]
        if place not in folders and 0 < 2 * len(bare) <= len(names):
            found[place], suspects[place] = [*dict.fromkeys((*found.get(place, ()), *bare))], []
    if any(suspects.values()):
        stems = {stem(name) for place, names in rest.items() if place not in folders for name in names}
        for place, names in suspects.items():
            derived = [name for name in names if without_mask_word(stem(name)) in stems]
            if derived:
                found[place] = [*dict.fromkeys((*found.get(place, ()), *derived))]
    return found


def _few_colours_by_suffix(place: Path, names: Sequence[str]) -> list[str]:
    """Pictures of a few colours that are called like the others of their folder with the same ending: "a-d" of "a"."""
    if not any(_LAST_PART.search(stem(name)) for name in names[:: max(1, len(names) // _MOST_COMPARED)]):
        return []
    by_stem = {stem(name): name for name in names}
    endings: dict[str, list[str]] = {}
    for each in by_stem:
        found = _LAST_PART.search(each)
        if found and each[: found.start()] in by_stem:
            endings.setdefault(found[0], []).append(each)
    for ending, called in endings.items():
        bases = len(by_stem) - len(called)
        if len(called) >= max(_LOOKED_AT, _SAME * bases):
            seen = [_has_few_colours(place / by_stem[each]) for each in called[:_LOOKED_AT]]
            others = [_has_few_colours(place / by_stem[each.removesuffix(ending)]) for each in called[:_LOOKED_AT]]
            if all(seen) and not any(others):
                return [by_stem[each] for each in called]
    return []


def _has_few_colours(path: Path) -> bool | None:
    """Whether a handful of colours, each of 8 ranges a channel, hold nearly all of a picture; None if unreadable."""
    try:
        pixels = decode_square(path, 64).astype(np.int32) // 32
    except PictureError:
        return None
    counts = np.sort(np.bincount((pixels @ np.array([64, 8, 1])).ravel()))[::-1]
    return bool(counts[:_HANDFUL].sum() >= _TWO_VALUES * counts.sum())


def _called_like_others(root: Path, places: Mapping[str, Sequence[str]]) -> set[str]:
    """Folders whose files have namesakes in a folder beside them, and look like masks while those do not.

    Beside it lies whatever has a path that differs in one name: a tree of masks may lie beside that of the pictures.
    """
    found: set[str] = set()
    for siblings in _differing_in_one(places):
        for place in siblings:
            likes = [
                other for other in siblings if other != place and len(places[place]) >= _LOOKED_AT
                and _SAME * len(places[place]) <= len(places[other]) and share_names(places[place], places[other])
            ]  # fmt: skip
            if (
                likes
                and _two_valued(root, place, places[place])
                and not any(_two_valued(root, other, places[other]) for other in likes)
            ):
                found.add(place)
    return found


def _differing_in_one(places: Iterable[str]) -> Iterator[list[str]]:
    """Folders whose paths differ in one name alone, such as "img/benign" and "lbl/benign"; not in that of a part."""
    beside: dict[tuple[str, str], list[str]] = {}
    for place in places:
        names = place.split("/")
        for number, name in enumerate(names):
            if not part_of_folder(name):
                before, after = "/".join(names[:number]), "/".join(names[number + 1 :])
                beside.setdefault((before, after), []).append(place)
    for alike in beside.values():
        if 2 <= len(alike) <= _MOST_COMPARED:
            yield alike


def _two_valued(root: Path, place: str, names: Iterable[str]) -> bool:
    """Whether each of the first pictures of a folder that can be read is grey and holds hardly more than two values."""
    seen = [each for name in list(names)[:_LOOKED_AT] if (each := _is_two_valued(root / place / name)) is not None]
    return bool(seen) and all(seen)


def _is_two_valued(path: Path) -> bool | None:
    """Whether two of 16 ranges of grey hold nearly all of a picture, and each a part; None if it cannot be read."""
    try:
        return holds_two_values(decode_square(path, 64))
    except PictureError:
        return None


def holds_two_values(pixels: np.ndarray, least: float = _LEAST) -> bool:
    """Whether two of 16 ranges of grey hold nearly all of a picture (rows, columns, 3) uint8, each at least so much."""
    if (np.ptp(pixels, axis=2) > _COLOURLESS).mean() > 1 - _TWO_VALUES:
        return False
    shares = np.sort(np.bincount(pixels[..., 0].ravel() // 16, minlength=16))[::-1] / pixels[..., 0].size
    return bool(shares[0] + shares[1] >= _TWO_VALUES and shares[1] >= least)


def without_masks(tree: Tree, masks: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """The pictures of a folder that are no masks, as `Tree.pictures`."""
    left: dict[str, Sequence[str]] = {}
    for place, names in tree.pictures.items():
        derived = set(masks.get(place, ()))
        if kept := [name for name in names if name not in derived]:
            left[place] = Names(kept)
    return left


def said_of_masks(found: Mapping[str, Sequence[str]]) -> str:
    """In words, where the masks lie."""
    places = sorted(place or "the folder itself" for place in found)
    return f"masks or other derived pictures, in {first_few(places)}"
