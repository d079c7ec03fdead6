"""Which of the pictures of a folder are used: no masks, nothing twice, of several versions the one that was chosen."""

from collections.abc import Sequence
from dataclasses import replace

from core.base.printable import printable
from core.data.reading.copies import copies_in
from core.data.reading.masks import masks_in, said_of_masks, without_masks
from core.data.reading.parts_again import parts_again
from core.data.reading.reading import Reading
from core.data.reading.sides import ALL, of_side, sides_in
from core.data.reading.tree import Tree
from core.data.spec import Skip


def without_derived(reading: Reading, tree: Tree) -> dict[str, Sequence[str]]:
    """The pictures of a folder, by the folder that they lie in, without masks and the like; those are noted down."""
    masks = masks_in(tree)
    if not masks:
        return tree.pictures
    said, count = said_of_masks(masks), sum(map(len, masks.values()))
    reading.left_out[said] = count
    reading.skipped.append(Skip("", "", f"{count:,} pictures are {said}; they are left out."))
    return without_masks(tree, masks)


def without_what_is_twice(reading: Reading, tree: Tree, places: dict[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """The pictures without folders that are copies of others, which are noted down."""
    copies = copies_in(replace(tree, pictures=places))
    if copies:
        first, other = min(copies.items())
        count = sum(len(places[place]) for place in copies)
        said = f"copies of pictures that lie here twice, such as {printable(first)} and {printable(other)}"
        reading.left_out[said] = count
        reading.skipped.append(Skip("", "", f"{count:,} pictures are {said}; they are left out."))
    return {place: names for place, names in places.items() if place not in copies}


def of_chosen_version(
    reading: Reading, places: dict[str, Sequence[str]]
) -> tuple[dict[str, Sequence[str]], tuple[str, ...]]:
    """The pictures of the version that somebody chose, or all; and the folders that hold pictures of the same names."""
    sides, chosen = sides_in(places), reading.choices.version
    again = {} if sides else parts_again(places)
    if again and not chosen:
        return _without_parts_again(reading, places, again), ()
    sides = sides or tuple(sorted({*again, *again.values()}))
    if sides:
        reading.offered["version"] = [*sides, ALL]
    if not chosen or chosen == ALL:
        return places, sides
    if chosen not in sides:
        reading.questions.append(
            f"It was decided that the pictures of {printable(chosen)} are used, and there is no such version here."
        )
        reading.choices = replace(reading.choices, version="")
        return places, sides
    left = of_side(places, sides, chosen)
    count = sum(map(len, places.values())) - sum(map(len, left.values()))
    reading.left_out[f"pictures of other versions than {printable(chosen)}"] = count
    return left, ()


def _without_parts_again(
    reading: Reading, places: dict[str, Sequence[str]], again: dict[str, str]
) -> dict[str, Sequence[str]]:
    """The pictures without those that are another form of a part, which are noted down and asked about."""
    starts = tuple(f"{each}/" for each in again)
    left = {place: names for place, names in places.items() if not place.startswith(starts)}
    other, part = min(again.items())
    shown = ", ".join(map(printable, sorted(again)))
    count = sum(map(len, places.values())) - sum(map(len, left.values()))
    reading.left_out[f"pictures of {shown}, called as those of {printable(part)}"] = count
    reading.offered["version"] = sorted({*again, *again.values()}) + [ALL]
    reading.questions.append(
        f"{shown} holds pictures called as those of {printable(part)}, the same in another form as it seems; they are "
        f"left out. Agree, or use them: version={printable(other)}, or version={ALL} where they are different pictures."
    )
    return left
