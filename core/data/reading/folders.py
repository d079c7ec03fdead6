"""What the folders say of the pictures in them: parts, folds, magnification, patients, classes, or nothing."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from core.data.adapters.folder_names import (
    fold_of,
    is_container,
    is_id,
    is_numbered_part,
    magnification_of,
    part_of_folder,
)
from core.data.diagnoses import diagnosis
from core.data.group_words import words
from core.data.spec import MOST_CLASSES

_NEARLY_ALL = 0.9
_MOSTLY = 0.5
_GROUP_WORDS = {
    "patient": "patient", "patients": "patient", "pat": "patient", "subject": "patient", "case": "case",
    "lesion": "lesion", "slide": "slide", "wsi": "slide", "sob": "slide", "video": "video", "plate": "plate",
}  # fmt: skip


@dataclass(frozen=True)
class Level:
    """Folders at one depth, once parts and containers are taken away.

    `role` is "class", "malignancy" (above the classes), "magnification", "group", or "further"; `noun` is what a group
    is called. `name` is that of the column that holds the names of the folders.
    """

    name: str
    role: str
    noun: str = ""


@dataclass
class FolderReading:
    """What the folders say: for each folder with pictures `parts`, `folds`, and `names` by level.

    `levels` says what the levels are; `sure` whether nothing else could be meant by the classes, else `doubt` why not.
    `problem` says why folders cannot be classes although they look like it.
    """

    parts: dict[str, str] = field(default_factory=dict)
    folds: dict[str, int] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    levels: tuple[Level, ...] = ()
    doubt: str = ""
    problem: str = ""

    def level(self, role: str) -> Level | None:
        """The level with a role, the deepest where there are several."""
        return next((level for level in reversed(self.levels) if level.role == role), None)


def read_folders(pictures: dict[str, int], no_classes: Collection[str] = ()) -> FolderReading:
    """What the names of folders say.

    Args:
        pictures: how many pictures lie in each folder, by its path.
        no_classes: names of folders of which somebody has said that they are no classes.
    """
    reading = FolderReading()
    for place in pictures:
        reading.names[place] = _stripped(place, reading, no_classes)
    _drop_constant(reading, pictures)
    _drop_pieces(reading, pictures)
    counts = _counts(reading, pictures)
    total = sum(count for place, count in pictures.items() if reading.names[place]) or 1
    kinds = [_kind(names) for names in counts]
    covered = [sum(names.values()) / total for names in counts]
    chosen, reading.doubt = _class_level(counts, kinds, covered)
    if chosen is None and counts and len(counts[0]) > MOST_CLASSES and kinds[0] == "other":
        reading.problem = (
            f"{len(counts[0])} folders with pictures; a data set has at most {MOST_CLASSES} classes. Put the pictures "
            "of each class into one folder, or say in a table which class each picture has"
        )
    reading.levels = tuple(_level(number, names, kinds[number], chosen) for number, names in enumerate(counts))
    return reading


def _stripped(place: str, reading: FolderReading, no_classes: Collection[str]) -> tuple[str, ...]:
    """The folders on the way to a place without parts, folds and containers, which are noted down."""
    left: list[str] = []
    for name in place.split("/") if place else ():
        if name in no_classes:
            continue
        if (fold := fold_of(name)) is not None:
            reading.folds[place] = fold
        elif (place not in reading.parts and not left and (part := part_of_folder(name))) or (
            place not in reading.parts and (part := part_of_folder(name)) and not diagnosis(name).known
        ):
            reading.parts[place] = part
        elif not is_container(name):
            left.append(name)
    return tuple(left)


def _drop_constant(reading: FolderReading, pictures: dict[str, int]) -> None:
    """Take away what every picture lies in, as long as something below tells them apart."""
    while True:
        deep = [names for names in reading.names.values() if names]
        if not deep or len({names[0] for names in deep}) > 1 or len({names[1:] for names in deep if names[1:]}) < 2:
            return
        for place in pictures:
            reading.names[place] = reading.names[place][1:]


def _drop_pieces(reading: FolderReading, pictures: dict[str, int]) -> None:
    """Take away the first level where its folders are pieces of one download, such as HAM10000_images_part_1 and _2."""
    first = {names[0] for names in reading.names.values() if names}
    if not first or not all(map(is_numbered_part, first)):
        return
    said = {tuple(word for word in words(name) if not word.isdigit()) for name in first}
    if len(said) == 1 and (len(first) > 1 or not any(names[1:] for names in reading.names.values())):
        for place in pictures:
            reading.names[place] = reading.names[place][1:]


def _counts(reading: FolderReading, pictures: dict[str, int]) -> list[Counter]:
    counts: list[Counter] = []
    for place, names in reading.names.items():
        for number, name in enumerate(names[:12]):
            if number == len(counts):
                counts.append(Counter())
            counts[number][name] += pictures[place]
    return counts


def _kind(names: Counter) -> str:
    """What the names of one level look like: "magnification", "diagnosis", "id", "piece" or "other"."""
    if all(magnification_of(name) for name in names):
        return "magnification"
    known = sum(1 for name in names if _tells(name))
    if known >= _MOSTLY * len(names) and len(names) <= MOST_CLASSES:
        return "diagnosis"
    if sum(map(is_id, names)) >= 0.8 * len(names) or any(words(name)[:1] == ["patient"] for name in names):
        return "id"
    return "piece" if all(map(is_numbered_part, names)) else "other"


def _tells(name: str) -> bool:
    said = diagnosis(name)
    return said.known or said.malignant is not None


def _class_level(counts: list[Counter], kinds: list[str], covered: list[float]) -> tuple[int | None, str]:
    """The level whose folders are the classes, None if there is none; and what makes that doubtful, if anything."""
    possible = [number for number, names in enumerate(counts) if len(names) <= MOST_CLASSES]
    known = [number for number in possible if kinds[number] == "diagnosis" and covered[number] >= _MOSTLY]
    if known:
        several = [number for number in known if len(counts[number]) > 1]
        return (several or known)[-1], ""
    others = [number for number in possible if kinds[number] == "other" and covered[number] >= _NEARLY_ALL]
    several = [number for number in others if len(counts[number]) > 1] or others
    if several:
        also = [number for number in several[1:] if len(counts[number]) > 1]
        doubt = ""
        if also:
            first, second = (", ".join(list(counts[number])[:3]) for number in (several[0], also[0]))
            doubt = f"The classes may be {first} … or {second} …, which are folders inside one another."
        return several[0], doubt
    rest = [number for number in possible if kinds[number] in ("id", "piece") and covered[number] >= _NEARLY_ALL]
    rest = [number for number in rest if len(counts[number]) > 1]
    if rest:
        shown = ", ".join(sorted(counts[rest[0]])[:3])
        return rest[0], f"The folders {shown} … may be classes, or patients, or pieces of a download."
    return None, ""


def _level(number: int, names: Counter, kind: str, chosen: int | None) -> Level:
    column = f"folder {number + 1}"
    if number == chosen:
        return Level(column, "class")
    if kind == "magnification":
        return Level("magnification", "magnification")
    if kind == "diagnosis" and chosen is not None and number < chosen:
        return Level(column, "malignancy")
    if kind == "id" or len(names) > MOST_CLASSES:
        said = Counter(_GROUP_WORDS[word] for name in names for word in words(name) if word in _GROUP_WORDS)
        return Level(column, "group", said.most_common(1)[0][0] if said else "group")
    return Level(column, "further")
