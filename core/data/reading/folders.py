"""What the folders say of the pictures in them: parts, folds, magnification, patients, classes, or nothing."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from core.base.printable import first_few
from core.data.adapters.folder_names import (
    fold_of,
    is_bare_part,
    is_container,
    is_numbered_part,
    part_and_rest,
    part_of_folder,
    without_stamp,
)
from core.data.diagnoses.diagnoses import diagnosis, is_unknown, plain
from core.data.group_words import words
from core.data.reading.folder_doubts import doubt_of_depth, doubt_of_untitled, lie_beside_training
from core.data.reading.folder_kinds import GROUP_WORDS, class_beside_id, kind_of, tells
from core.data.spec import MOST_CLASSES

_NEARLY_ALL = 0.9
_MOSTLY = 0.5
_RARE = 0.02
_FEWEST_GROUPS = 3
_ASIDE = frozenset(
    "rejected reject rejects duplicate duplicates check checked review blurry blurred excluded exclude exclusions "
    "trash deleted delete misc miscellaneous unsorted unclear temp tmp skipped skip ignored ignore broken "
    "corrupt corrupted todo unusable badquality discarded discard removed aussortiert doppelt papierkorb "
    "whatsapp screenshot screenshots dcim telegram screenshoot bildschirmfotos "
    "bad poor quality artifact artifacts artefact artefacts".split()
)
_DOUBTFUL = ("id", "piece", "setting")


@dataclass(frozen=True)
class Level:
    """Folders at one depth, once parts and containers are taken away.

    `role` is "class", "malignancy" (above the classes), "magnification", "group", or "further"; `noun` is what a group
    is called, of a class too where its folders may be ids. `name` is that of the column that holds their names.
    """

    name: str
    role: str
    noun: str = ""


@dataclass
class FolderReading:
    """What the folders say: for each folder with pictures `parts`, `folds`, and `names` by level.

    `levels` says what the levels are; `sure` whether nothing else could be meant by the classes, else `doubt` why not.
    `problem` says why folders cannot be classes although they look like it. `beside_parts` are folders that lie beside
    those of a part and hold the same folders, but are called after no part that is known.
    """

    parts: dict[str, str] = field(default_factory=dict)
    folds: dict[str, int] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    levels: tuple[Level, ...] = ()
    doubt: str = ""
    problem: str = ""
    beside_parts: tuple[str, ...] = ()

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
    both, called_all = _parts_with_classes(pictures), _classes_called_all(pictures)
    for place in pictures:
        reading.names[place] = _stripped(place, reading, no_classes, both, called_all)
    _drop_constant(reading, pictures)
    _align(reading)
    _drop_constant(reading, pictures)
    _drop_pieces(reading, pictures)
    of_ids = _part_ids_from_classes(reading)
    counts = _counts(reading, pictures)
    total = sum(count for place, count in pictures.items() if reading.names[place]) or 1
    kinds = ["id" if number in of_ids else kind_of(names) for number, names in enumerate(counts)]
    covered = [sum(names.values()) / total for names in counts]
    chosen, reading.doubt = _class_level(counts, kinds, covered)
    if chosen is not None and lie_beside_training(reading.names, reading.parts, chosen):
        chosen = chosen if kinds[chosen] == "diagnosis" else None  # batches of one part, and no classes
    if chosen is not None:
        shape = doubt_of_untitled(counts[chosen]) or doubt_of_depth(reading.names, chosen)
        reading.doubt = f"{reading.doubt} {shape}".strip()
    if chosen is None and counts and len(counts[0]) > MOST_CLASSES and kinds[0] == "other":
        reading.problem = (
            f"{len(counts[0])} folders with pictures; a data set has at most {MOST_CLASSES} classes. Put the pictures "
            "of each class into one folder, or say in a table which class each picture has"
        )
    reading.levels = tuple(_level(number, names, kinds[number], chosen) for number, names in enumerate(counts))
    return reading


def _parts_with_classes(places: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Folders that say part and class at once, such as "train_mel", "train_nv", "test_mel", "test_nv"; with both.

    Several parts and several rests are needed, of which most come with more than one part.
    """
    names = {name for place in places for name in place.split("/")}
    both = {name: said for name in names if (said := part_and_rest(name)) is not None}
    parts_of: dict[str, set[str]] = {}
    for part, rest in both.values():
        parts_of.setdefault(plain(rest), set()).add(part)
    shared = sum(len(parts) > 1 for parts in parts_of.values())
    return both if len(parts_of) > 1 and shared >= _MOSTLY * len(parts_of) else {}


def _classes_called_all(places: Iterable[str]) -> set[str]:
    """Folders called "all" beside such as "hem", by their paths: the leukaemia ALL, and not all pictures."""
    beside: dict[str, set[str]] = {}
    for place in places:
        names = place.split("/")
        for number, name in enumerate(names):
            beside.setdefault("/".join(names[:number]), set()).add(name)
    found: set[str] = set()
    for above, names_beside in beside.items():
        others = [
            name
            for name in names_beside
            if not is_container(name) and not part_of_folder(name) and fold_of(name) is None
        ]
        if others:
            called = (name for name in names_beside if name.casefold() == "all")
            found.update(f"{above}/{name}" if above else name for name in called)
    return found


def _stripped(
    place: str,
    reading: FolderReading,
    no_classes: Collection[str],
    both: Mapping[str, tuple[str, str]],
    called_all: Collection[str],
) -> tuple[str, ...]:
    """The folders on the way to a place without parts, folds and containers, which are noted down.

    Those of `both` say a part and a class at once. A folder of the same name in itself, as some tools unpack, counts
    once; a part in a part says nothing more unless it is called so in plain words and the outer one is not.
    """
    left: list[str] = []
    path, outer = "", ""
    for called in place.split("/") if place else ():
        name = without_stamp(called)
        path = f"{path}/{called}" if path else called
        if called in no_classes or name in no_classes or (left and name == left[-1]):
            continue
        if path in called_all:
            left.append(name)
            continue
        if name in both and place not in reading.parts:
            reading.parts[place], rest = both[name]
            left.append(rest)
            continue
        if (fold := fold_of(name)) is not None:
            reading.folds[place] = fold
        elif (place not in reading.parts and not left and (part := part_of_folder(name))) or (
            place not in reading.parts and (part := part_of_folder(name)) and not diagnosis(name).known
        ):
            reading.parts[place], outer = part, name
        elif outer and (inner := part_of_folder(name)) and not diagnosis(name).known:
            if is_bare_part(name) and not is_bare_part(outer):
                reading.parts[place], outer = inner, name
        elif not is_container(name):
            left.append(name)
    return tuple(left)


def _align(reading: FolderReading) -> None:
    """Bring folders of the same name to the same level where something lies above some of them alone.

    With "other/mel" and "test/mel", where "test" is taken away, "mel" would be one of the first level, too.
    """
    depth = max(map(len, reading.names.values()), default=0)
    deep = [names for names in reading.names.values() if len(names) == depth]
    last, first = {plain(names[-1]) for names in deep if names}, {plain(names[0]) for names in deep if names}
    moved = [
        place for place, names in reading.names.items()
        if 0 < len(names) < depth and plain(names[-1]) in last and plain(names[0]) not in first
    ]  # fmt: skip
    for place in moved:
        names = reading.names[place]
        reading.names[place] = ("",) * (depth - len(names)) + names
    if moved and all(place in reading.parts for place in moved):
        others = {names[0] for place, names in reading.names.items() if len(names) == depth and names[0]
                  and place not in reading.parts}  # fmt: skip
        reading.beside_parts = tuple(sorted(others))


def _part_ids_from_classes(reading: FolderReading) -> set[int]:
    """Make two levels of one whose folders say an id and a class at once, such as "patient_012_benign"; gives the
    numbers of those of ids."""
    of_ids: set[int] = set()
    depth = max(map(len, reading.names.values()), default=0)
    for level in reversed(range(depth)):
        names = {each[level] for each in reading.names.values() if len(each) > level and each[level]}
        classes = {name: class_beside_id(name) for name in names}
        different = {plain(said) for said in classes.values()}
        if all(classes.values()) and 2 <= len(different) <= MOST_CLASSES and 2 * len(different) <= len(names):
            of_ids = {level, *(number + 1 for number in of_ids)}
            for place, each in reading.names.items():
                if len(each) > level:
                    reading.names[place] = (*each[: level + 1], classes.get(each[level], ""), *each[level + 1 :])
    return of_ids


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
            if name:
                counts[number][name] += pictures[place]
    return counts


def _class_level(counts: list[Counter], kinds: list[str], covered: list[float]) -> tuple[int | None, str]:
    """The level whose folders are the classes, None if there is none; and what makes that doubtful, if anything."""
    possible = [number for number, names in enumerate(counts) if len(names) <= MOST_CLASSES]
    known = [number for number in possible if kinds[number] == "diagnosis" and covered[number] >= _MOSTLY]
    if known:
        several = [number for number in known if len(counts[number]) > 1]
        number = (several or known)[-1]
        doubt = _doubt_of_aside(counts[number]) or _doubt_of_rare(counts[number])
        finer = [
            deeper for deeper in possible if deeper > number and kinds[deeper] == "other"
            and covered[deeper] >= _NEARLY_ALL and len(counts[deeper]) > len(counts[number])
        ]  # fmt: skip
        return number, doubt or (_doubt_of_levels(counts, number, finer[0]) if finer else "")
    others = [number for number in possible if kinds[number] == "other" and covered[number] >= _NEARLY_ALL]
    several = [number for number in others if len(counts[number]) > 1] or others
    if several:
        also = [number for number in several[1:] if len(counts[number]) > 1]
        doubt = _doubt_of_levels(counts, several[0], also[0]) if also else ""
        names = counts[several[0]]
        if not doubt and sum(map(tells, names)) > 1:
            doubt = _doubt_of_rare(names)
        return several[0], doubt or _doubt_of_aside(names)
    rest = [number for number in possible if kinds[number] in _DOUBTFUL and covered[number] >= _NEARLY_ALL]
    rest = [number for number in rest if len(counts[number]) > 1]
    if rest:
        shown = first_few(sorted(counts[rest[0]]))
        if kinds[rest[0]] == "setting":
            return rest[0], f"The folders {shown} may be classes, or where and how the pictures were taken or kept."
        return rest[0], f"The folders {shown} may be classes, or patients, or pieces of a download."
    return None, ""


def _doubt_of_levels(counts: list[Counter], outer: int, inner: int) -> str:
    """Asks which of two levels has the classes."""
    first, second = (first_few(list(counts[number])) for number in (outer, inner))
    return f"The classes may be {first} or {second}, which are folders inside one another."


def _is_aside(name: str) -> bool:
    return bool(_ASIDE.intersection((*words(name), *plain(name).split())))


def _doubt_of_aside(names: Counter) -> str:
    """Asks of folders with what somebody has put aside by their names: "rejected", "to_check", "duplicates"."""
    aside = sorted(name for name in names if _is_aside(name) and not tells(name))
    if not aside or len(aside) == len(names):
        return ""
    one = len(aside) == 1
    return (
        f"{first_few(aside)} may be put aside rather than {'a class' if one else 'classes'}. Agree if "
        f"{'it is one' if one else 'they are some'}, or say no-classes={','.join(aside)}."
    )


def _doubt_of_rare(names: Counter) -> str:
    """Asks of folders among those of diagnoses that are called after none: where they hold hardly a picture, such as
    "docs", and whatever they hold where the others are benign and malignant."""
    told = [count for name, count in names.items() if tells(name)]
    few = max(2, _RARE * sum(told) / max(1, len(told)))
    others = sorted(name for name in names if not tells(name) and not is_unknown(name))
    rare = [name for name in others if names[name] <= few < min(told, default=0)]
    if rare:
        said = "holds few pictures and may be no class" if len(rare) == 1 else "hold few pictures and may be no classes"
        agree = "it is one" if len(rare) == 1 else "they are some"
        return f"{first_few(rare)} {said}. Agree if {agree}, or say no-classes={','.join(rare)}."
    if others and {plain(name) for name in names if tells(name)} == {"benign", "malignant"}:
        said = "lies beside benign and malignant and says neither. Agree if it is a class"
        if len(others) > 1:
            said = "lie beside benign and malignant and say neither. Agree if they are classes"
        return f"{first_few(others)} {said}, or say no-classes={','.join(others)}."
    return ""


def _level(number: int, names: Counter, kind: str, chosen: int | None) -> Level:
    column = f"folder {number + 1}"
    said = Counter(GROUP_WORDS[word] for name in names for word in words(name) if word in GROUP_WORDS)
    noun = said.most_common(1)[0][0] if said else "group"
    if number == chosen:
        return Level(column, "class", noun if kind in ("id", "group") else "")
    if kind == "magnification":
        return Level("magnification", "magnification")
    if kind == "diagnosis" and chosen is not None and number < chosen:
        return Level(column, "malignancy")
    if kind in ("id", "group") or (len(names) > MOST_CLASSES and kind != "setting"):
        if len(names) < _FEWEST_GROUPS and not said:
            return Level(column, "further")  # pieces of a download rather than two patients
        return Level(column, "group", noun)
    return Level(column, "further")
