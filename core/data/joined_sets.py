"""Several data sets joined to one: which they are, how their classes are mapped, and which is for testing alone.

A joined set is a small file in the artifacts folder; no picture is copied. A picture that lies in two of them counts
once, and what a test set shares with the others is cut from it, by what pictures show.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.base.errors import DataError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.printable import one_line, printable, shortened
from core.base.settings import artifacts_dir
from core.data.adapters.skin import class_in
from core.data.diagnoses.diagnoses import same_diagnosis
from core.data.spec import MOST_CLASSES, ClassSpec, DatasetSpec
from core.data.trainable import why_not_used

_NAME = re.compile(r"[\w][\w .-]{0,79}")
_LONGEST_NAME = 200
"""Bytes; a file is called so, and so are folders of caches."""
LONGEST_CLASS = 80
"""Letters of a class that none of the data sets has."""


@dataclass(frozen=True)
class Member:
    """One of the data sets: its name, the class that each of its classes becomes, and whether it is for testing alone.

    Classes that are not in `classes` are left out.
    """

    dataset: str
    classes: Mapping[str, str]
    test: bool = False


@dataclass(frozen=True)
class JoinedSet:
    """A joined data set by its name, with its classes in order of their keys."""

    name: str
    members: tuple[Member, ...]
    classes: tuple[ClassSpec, ...] = field(default=())

    @property
    def file(self) -> Path:
        """Where it is kept."""
        return _folder() / f"{self.name}.json"


def propose_mapping(specs: Iterable[DatasetSpec]) -> dict[str, dict[str, str]]:
    """The class that each class of each data set becomes: that of the first which means the same, else itself."""
    keys: list[str] = []
    mapping: dict[str, dict[str, str]] = {}
    for spec in specs:
        own: dict[str, str] = {}
        for each in spec.classes:
            meant = class_in(each.key, keys)
            if meant not in keys:
                meant = next((key for key in keys if same_diagnosis(key, each.key)), each.key)
            own[each.key] = meant
        keys += [key for key in own.values() if key not in keys]
        mapping[spec.name] = own
    return mapping


def join_sets(
    name: str, members: Iterable[Member], specs: Mapping[str, DatasetSpec], taken: Collection[str] = ()
) -> JoinedSet:
    """Join data sets under a new name.

    Args:
        name: letters, digits, blanks, dashes, dots and underscores; neither one of `specs` nor of a joined set.
        members: two or more of them.
        specs: every data set that is here, by name.
        taken: further names that are not free, such as those of gene tables and of downloads that are not here.

    Raises:
        DataError: the name cannot be used, there are fewer than two members, one is not here, itself joined or not
            trained on, a class is not one of it or becomes what is no name, all are for testing, or fewer than two
            classes are left.
    """
    members = tuple(members)
    known = {each.name for each in joined_sets()}
    if not _NAME.fullmatch(name) or name.strip(" .") != name or len(name.encode()) > _LONGEST_NAME:
        raise DataError(
            f"“{shortened(one_line(name), 80)}” cannot be a name. Use at most 80 letters, digits, blanks, dashes and "
            "dots."
        )
    if name in known:
        raise DataError(f"There is a joined data set called “{name}”. Give another name, or remove that one first.")
    if name in specs or name in taken:
        raise DataError(f"There is a data set called “{name}”. Give another name.")
    if len({each.dataset for each in members}) < 2:
        raise DataError("Name two data sets or more to join them.")
    if all(each.test for each in members):
        raise DataError("One data set at least must be for training.")
    for each in members:
        _check_member(each, specs, known)
    joined = JoinedSet(name, members, joined_classes(members, specs))
    if not 2 <= len(joined.classes) <= MOST_CLASSES:
        raise DataError(f"{len(joined.classes)} classes would be left; a data set has 2 to {MOST_CLASSES}.")
    _folder().mkdir(parents=True, exist_ok=True)
    write_json(joined.file, {"members": [asdict(each) | {"classes": dict(each.classes)} for each in members],
                             "classes": [asdict(each) for each in joined.classes]})  # fmt: skip
    return joined


def joined_sets() -> tuple[JoinedSet, ...]:
    """Every joined set, by name; a damaged file is passed over."""
    found = []
    try:
        files = sorted(_folder().glob("*.json"))
    except OSError:
        return ()
    for path in files:
        try:
            said = read_json(path)
            members = tuple(Member(str(m["dataset"]), dict(m["classes"]), bool(m["test"])) for m in said["members"])
            found.append(JoinedSet(path.stem, members, tuple(ClassSpec(**each) for each in said["classes"])))
        except (*UNREADABLE, AttributeError):
            continue
    return tuple(found)


def remove_joined(name: str) -> bool:
    """Forget a joined set; its data sets stay. False if there is none of this name."""
    for each in joined_sets():
        if each.name == name:
            each.file.unlink(missing_ok=True)
            return True
    return False


def joined_spec(joined: JoinedSet, specs: Mapping[str, DatasetSpec]) -> DatasetSpec:
    """What is known of a joined set before it is read; its data sets that are not here are missing in `specs`."""
    here = [specs[each.dataset] for each in joined.members if each.dataset in specs]
    complete = len(here) == len(joined.members)
    groups = {spec.group for spec in here}
    tests = [each.dataset for each in joined.members if each.test]
    titles = ", ".join(spec.title for spec in here)
    return DatasetSpec(
        name=joined.name,
        title=joined.name,
        description=f"Joined from {titles}, with the source of each picture as a column."
        + (f" {', '.join(tests)} is for testing alone." if tests else ""),
        classes=joined_classes(joined.members, specs) if complete else joined.classes,
        group=groups.pop() if len(groups) == 1 else "group",
        licence="; ".join(f"{spec.title}: {spec.licence}" for spec in here),
        citation=" ".join(dict.fromkeys(spec.citation for spec in here)),
        caution=" ".join(f"{spec.title}: {spec.caution}" for spec in here if spec.caution),
        synthetic=any(spec.synthetic for spec in here),
        unsure=" ".join(f"{spec.title}: {spec.unsure}" for spec in here if spec.unsure),
    )


def _check_member(member: Member, specs: Mapping[str, DatasetSpec], joined: set[str]) -> None:
    spec = specs.get(member.dataset)
    if spec is None:
        raise DataError(f"There is no data set called “{shortened(one_line(member.dataset))}” here.")
    if member.dataset in joined:
        raise DataError(f"{member.dataset} is itself a joined data set. Name the data sets that it was made from.")
    if why := why_not_used(spec):
        raise DataError(why)
    if wrong := [key for key in member.classes if key not in spec.class_keys]:
        shown = ", ".join(shortened(key, LONGEST_CLASS) for key in spec.class_keys)
        raise DataError(f"{spec.title} has no class “{shortened(printable(wrong[0]), LONGEST_CLASS)}”; it has {shown}.")
    own = {key for each in specs.values() for key in each.class_keys}
    for key in member.classes.values():
        if key not in own and (not key or len(key) > LONGEST_CLASS or key.strip() != key or one_line(key) != key):
            raise DataError(
                f"“{shortened(one_line(key), LONGEST_CLASS)}” cannot be a class. Give it at most {LONGEST_CLASS} "
                "letters in one line."
            )


def joined_classes(members: Iterable[Member], specs: Mapping[str, DatasetSpec]) -> tuple[ClassSpec, ...]:
    """The classes that are left, each with the name and malignancy of the first class that becomes it."""
    found: dict[str, ClassSpec] = {}
    for member in members:
        for each in specs[member.dataset].classes:
            key = member.classes.get(each.key)
            if key is None:
                continue
            name = each.name if key == each.key else key.replace("_", " ")
            if key not in found or (key == each.key and found[key].name != name):
                found[key] = ClassSpec(key, name, each.malignant)
            elif found[key].malignant is None and each.malignant is not None:
                found[key] = ClassSpec(key, found[key].name, each.malignant)
    return tuple(found[key] for key in sorted(found))


def _folder() -> Path:
    return artifacts_dir() / "settings" / "joined"
