"""Groups that people merged because their pictures show the same thing, so that no split tears them apart.

They are kept by image ids in `artifacts/groups/<data set>.json`; the data set's own files stay as they are.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
from filelock import FileLock

from core.base.errors import DataError
from core.base.files import read_json, write_json
from core.base.settings import artifacts_dir
from core.data.spec import Dataset


@dataclass(frozen=True)
class Merge:
    """Pictures whose groups count as one; `when` is in seconds since the epoch, `why` is a short phrase."""

    image_ids: tuple[str, ...]
    why: str
    when: float


def groups_file(dataset_name: str) -> Path:
    """Where the merges of a data set are kept."""
    return artifacts_dir() / "groups" / f"{dataset_name}.json"


def list_merges(dataset_name: str) -> list[Merge]:
    """All merges of a data set, the oldest first.

    Raises:
        DataError: the file is damaged. Going on without it would tear apart what was merged.
    """
    path = groups_file(dataset_name)
    try:
        return [Merge(tuple(m["image_ids"]), str(m["why"]), float(m["when"])) for m in read_json(path)["merges"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is damaged, so merged groups are not known. Repair it, or delete it to lose them."
        ) from error


def chained(pairs: Collection[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Sets of pictures that pairs hold together, directly or by others between them; each and all of them in order."""
    first = _first_of(pairs)
    together: dict[str, list[str]] = {}
    for each in sorted({image_id for pair in pairs for image_id in pair}):
        together.setdefault(first.get(each, each), []).append(each)
    return [tuple(each) for each in together.values()]


def _first_of(sets: Iterable[Collection[str]]) -> dict[str, str]:
    """The first in order of all that sets hold together, directly or by others between them, by each of the others."""
    leader: dict[str, str] = {}

    def first(each: str) -> str:
        while each in leader:
            each = leader[each]
        return each

    for names in sets:
        found = {first(each) for each in names}
        kept = min(found, default="")
        leader |= dict.fromkeys(found - {kept}, kept)
    return {each: first(each) for each in leader}


def merge_groups(dataset: Dataset, pairs: Collection[tuple[str, ...]], why: str) -> None:
    """Let the groups of pictures count as one from now on; pictures merged with a third join all three.

    Args:
        dataset: whose groups.
        pairs: the image ids of each merge, two or more.
        why: short phrase that is kept with it.

    Raises:
        DataError: fewer than two pictures, or one that is not in the data set.
    """
    known = set(dataset.table["image_id"])
    for image_ids in pairs:
        if len(set(image_ids)) < 2:
            raise DataError("A merge needs at least two different pictures.")
        if strange := set(image_ids) - known:
            raise DataError(f"The picture {min(strange)} is not in {dataset.spec.title}.")
    path = groups_file(dataset.spec.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        merges = list_merges(dataset.spec.name)
        present = {frozenset(merge.image_ids) for merge in merges}
        now = time.time()
        merges += [Merge(tuple(sorted(pair)), why, now) for pair in pairs if frozenset(pair) not in present]
        _write(path, merges)


def undo_merges(dataset_name: str, undone: Collection[tuple[str, ...]]) -> None:
    """Take merges back, given by their image ids; those that are not there are passed over."""
    path = groups_file(dataset_name)
    if not path.is_file():
        return
    gone = {frozenset(image_ids) for image_ids in undone}
    with FileLock(path.with_suffix(".lock")):
        _write(path, [m for m in list_merges(dataset_name) if frozenset(m.image_ids) not in gone])


def with_merged_groups(dataset: Dataset) -> Dataset:
    """The data set with one `group_id` for each set of merged groups: the first of theirs in order.

    Raises:
        DataError: the file of merges is damaged.
    """
    merges = list_merges(dataset.spec.name)
    if not merges:
        return dataset
    table = dataset.table
    group_of = table.drop_duplicates("image_id").set_index("image_id")["group_id"]
    merged = _first_of([group_of[i] for i in merge.image_ids if i in group_of.index] for merge in merges)

    def with_groups(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(group_id=rows["group_id"].map(lambda group: merged.get(group, group)))

    table, described = with_groups(table), dataset.described
    return replace(dataset, table=table, described=table if described is dataset.table else with_groups(described))


def merges_version(dataset_name: str) -> str:
    """Changes whenever the merges of a data set may have."""
    try:
        return str(groups_file(dataset_name).stat().st_mtime_ns)
    except OSError:
        return ""


def _write(path: Path, merges: list[Merge]) -> None:
    write_json(path, {"merges": [asdict(merge) for merge in merges]})
