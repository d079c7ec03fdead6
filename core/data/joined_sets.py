"""Several data sets joined to one: which they are, how their classes are mapped, and which is for testing alone.

A joined set is a small file in the artifacts folder; no picture is copied. A picture that lies in two of them counts
once, and what a test set shares with the others is cut from it, by what the files hold.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from core.base.errors import DataError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.printable import printable
from core.base.progress import Progress, silent
from core.base.settings import artifacts_dir
from core.data.adapters.skin import class_in
from core.data.diagnoses import same_diagnosis
from core.data.images.fingerprint import content_hashes
from core.data.spec import MOST_CLASSES, ClassSpec, Dataset, DatasetSpec, Skip, unlike
from core.data.splits.splits import TEST, TRAIN

_NAME = re.compile(r"[\w][\w .-]{0,79}")


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


def join_sets(name: str, members: Iterable[Member], specs: Mapping[str, DatasetSpec]) -> JoinedSet:
    """Join data sets under a new name.

    Args:
        name: letters, digits, blanks, dashes, dots and underscores; not one of `specs`.
        members: two or more of them.
        specs: every data set that is here, by name.

    Raises:
        DataError: the name cannot be used, there are fewer than two members, one is not here, itself joined or asks
            something, a class is not one of it, all are for testing, or fewer than two classes are left.
    """
    members = tuple(members)
    known = {each.name for each in joined_sets()}
    if not _NAME.fullmatch(name) or name.strip(" .") != name:
        raise DataError(f"“{printable(name)[:80]}” cannot be a name. Use letters, digits, blanks, dashes and dots.")
    if name in specs and name not in known:
        raise DataError(f"There is a data set called “{name}”. Give another name.")
    if len({each.dataset for each in members}) < 2:
        raise DataError("Name two data sets or more to join them.")
    if all(each.test for each in members):
        raise DataError("One data set at least must be for training.")
    for each in members:
        _check_member(each, specs, known)
    joined = JoinedSet(name, members, _classes(members, specs))
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
    groups = {spec.group for spec in here}
    tests = [each.dataset for each in joined.members if each.test]
    titles = ", ".join(spec.title for spec in here)
    return DatasetSpec(
        name=joined.name,
        title=joined.name,
        description=f"Joined from {titles}, with the source of each picture as a column."
        + (f" {', '.join(tests)} is for testing alone." if tests else ""),
        classes=joined.classes,
        group=groups.pop() if len(groups) == 1 else "group",
        licence="; ".join(f"{spec.title}: {spec.licence}" for spec in here),
        citation=" ".join(dict.fromkeys(spec.citation for spec in here)),
        caution=" ".join(f"{spec.title}: {spec.caution}" for spec in here if spec.caution),
        synthetic=any(spec.synthetic for spec in here),
        unsure=" ".join(f"{spec.title}: {spec.unsure}" for spec in here if spec.unsure),
    )


def read_joined(
    joined: JoinedSet, spec: DatasetSpec, open_set: Callable[[str, Progress], Dataset], progress: Progress = silent
) -> Dataset:
    """Read a joined set: one row per picture, with the title of its data set as `source`.

    Image and group ids begin with the name of the data set. A picture whose file is byte for byte that of an earlier
    data set is left out, and its group becomes one with that of the other; so a picture of a test set that is in
    training is cut.

    Args:
        joined: which data sets.
        spec: its specification.
        open_set: opens one of them by name.
        progress: is told about each.

    Raises:
        DataError: one cannot be read, or nothing of a test set is left.
    """
    tables: list[pd.DataFrame] = []
    skipped: list[Skip] = []
    seen: dict[str, str] = {}
    links: list[tuple[str, str]] = []
    for each in sorted(joined.members, key=lambda member: member.test):  # what is trained on keeps its pictures
        dataset = open_set(each.dataset, progress)
        rows, left_out = _mapped(each, dataset)
        if left_out:
            skipped.append(
                Skip("", "", f"{left_out:,} pictures of {dataset.spec.title} have a class that is left out.")
            )
        hashes = content_hashes(dataset, progress).reindex(rows["within"])
        rows, cut = _without_shared(rows, hashes, seen, links)
        if cut:
            part = "are cut from the test part" if each.test else "are used once"
            reason = f"{cut:,} pictures of {dataset.spec.title} are files of another data set here; they {part}."
            skipped.append(Skip("", "", reason))
        if rows.empty:
            raise DataError(
                f"Nothing of {dataset.spec.title} is left: all its pictures are those of the other data sets, or of "
                "classes that are left out."
            )
        skipped += [Skip(f"{each.dataset}/{skip.image_id}" if skip.image_id else "", skip.path, skip.reason)
                    for skip in dataset.skipped]  # fmt: skip
        tables.append(rows)
    table = pd.concat(tables, ignore_index=True).drop(columns="within")
    table["group_id"] = table["group_id"].replace(_united(links))
    if not any(each.test for each in joined.members):
        table["split"] = None
    return Dataset(spec, table, joined.file.parent, tuple(skipped))


def _mapped(member: Member, dataset: Dataset) -> tuple[pd.DataFrame, int]:
    """The rows of one data set as they stand in the joined one, and how many have a class that is left out."""
    table = dataset.table
    labels = table["label"].map(dict(member.classes))
    rows = table[labels.notna()].assign(label=labels[labels.notna()])
    inner = unlike("source within", rows.columns, "file")
    return (
        rows.assign(
            **({inner: rows["source"]} if rows["source"].notna().any() else {}),
            within=rows["image_id"],
            image_id=member.dataset + "/" + rows["image_id"].astype(str),
            group_id=member.dataset + "/" + rows["group_id"].astype(str),
            source=dataset.spec.title,
            split=TEST if member.test else TRAIN,
        ).reset_index(drop=True),
        int(labels.isna().sum()),
    )


def _without_shared(
    rows: pd.DataFrame, hashes: pd.Series, seen: dict[str, str], links: list[tuple[str, str]]
) -> tuple[pd.DataFrame, int]:
    """Rows less those whose file an earlier data set has, and how many those are.

    Args:
        rows: as `_mapped` gives them.
        hashes: of the file of each row, missing where it cannot be read.
        seen: group id by hash, of earlier data sets; those of the rows are added.
        links: pairs of groups that share a picture are added.
    """
    values = hashes.to_numpy(dtype=object)
    groups = rows["group_id"].to_numpy(dtype=object)
    shared = [isinstance(value, str) and value in seen for value in values]
    links += [(group, seen[value]) for group, value, is_shared in zip(groups, values, shared, strict=True) if is_shared]
    for group, value, is_shared in zip(groups, values, shared, strict=True):
        if isinstance(value, str) and not is_shared:
            seen.setdefault(value, group)
    left = ~pd.Series(shared, rows.index, dtype=bool)
    return rows[left].reset_index(drop=True), int((~left).sum())


def _united(links: list[tuple[str, str]]) -> dict[str, str]:
    """One name for all groups that share pictures, whichever way round, by the name of each that changes."""
    named: dict[str, str] = {}

    def first(group: str) -> str:
        while group in named:
            group = named[group]
        return group

    for one, other in links:
        if (a := first(one)) != (b := first(other)):
            named[a] = b
    return {group: first(group) for group in named}


def _check_member(member: Member, specs: Mapping[str, DatasetSpec], joined: set[str]) -> None:
    spec = specs.get(member.dataset)
    if spec is None:
        raise DataError(f"There is no data set called “{printable(member.dataset)}” here.")
    if member.dataset in joined:
        raise DataError(f"{member.dataset} is joined itself. Name the data sets that it is made of.")
    if spec.unsure:
        raise DataError(f"{spec.title} asks something first: {spec.unsure}")
    if wrong := [key for key in member.classes if key not in spec.class_keys]:
        raise DataError(f"{spec.title} has no class “{wrong[0]}”; it has {', '.join(spec.class_keys)}.")


def _classes(members: tuple[Member, ...], specs: Mapping[str, DatasetSpec]) -> tuple[ClassSpec, ...]:
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
