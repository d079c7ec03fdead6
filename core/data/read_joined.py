"""Reading a joined data set: rows of all its members, what they share by content once, and nothing of it in a test."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

from core.base.errors import DataError
from core.base.progress import Progress, silent
from core.data.images.copies import shared_pictures
from core.data.joined_sets import JoinedSet, Member
from core.data.spec import Dataset, DatasetSpec, Skip, unlike
from core.data.splits.splits import TEST, TRAIN


def read_joined(
    joined: JoinedSet, spec: DatasetSpec, open_set: Callable[[str, Progress], Dataset], progress: Progress = silent
) -> Dataset:
    """Read a joined set: one row per picture, with the title of its data set as `source`.

    Image and group ids begin with the name of the data set. A picture that shows the same as one of an earlier data
    set, whatever its file is called and however it was saved, is left out, and its group becomes one with that of the
    other. So what a test set shares with training is cut from it, and with it the other pictures of the same groups.

    Args:
        joined: which data sets.
        spec: its specification.
        open_set: opens one of them by name.
        progress: is told about each.

    Raises:
        DataError: one cannot be read, or nothing of one is left.
    """
    members = sorted(joined.members, key=lambda member: member.test)  # what is trained on keeps its pictures
    tables: list[pd.DataFrame] = []
    skipped: list[Skip] = []
    earlier: list[tuple[Dataset, dict[str, str]]] = []
    links: list[tuple[str, str]] = []
    titles = []
    for each in members:
        dataset = open_set(each.dataset, progress)
        titles.append(dataset.spec.title)
        labels = dataset.table["label"].map(dict(each.classes))
        used = labels.notna()
        if left_out := int((~used).sum()):
            skipped.append(Skip("", "", f"{left_out:,} pictures of {titles[-1]} have a class that is left out."))
        rows = _mapped(each, dataset, labels)
        ids = dataset.table.loc[used, "image_id"]
        same = [_groups_of_same(dataset, ids, other, theirs, progress) for other, theirs in earlier]
        earlier.append((dataset, dict(zip(ids, rows["group_id"], strict=True))))
        rows, cut = _without_shared(rows, same, links)
        if cut:
            part = "are cut from the test part" if each.test else "are used once"
            skipped.append(
                Skip("", "", f"{cut:,} pictures of {titles[-1]} are those of another data set here; they {part}.")
            )
        skipped += [Skip(f"{each.dataset}/{skip.image_id}" if skip.image_id else "", skip.path, skip.reason)
                    for skip in dataset.skipped]  # fmt: skip
        tables.append(rows)
    united, trained = _united(links), set[str]()
    for number, (each, title) in enumerate(zip(members, titles, strict=True)):
        rows = tables[number].assign(group_id=tables[number]["group_id"].map(lambda group: united.get(group, group)))
        torn = rows["group_id"].isin(trained) & each.test
        if torn.any():
            reason = f"{torn.sum():,} pictures of {title} belong together with one that is in training; they are cut"
            skipped.append(Skip("", "", f"{reason} from the test part."))
        tables[number] = rows[~torn]
        if not each.test:
            trained |= set(rows["group_id"])
        if tables[number].empty:
            raise DataError(
                f"Nothing of {title} is left: all its pictures are those of the other data sets, or of classes that "
                "are left out."
            )
    table = _together(tables)
    if not any(each.test for each in members):
        table["split"] = None
    return Dataset(spec, table, joined.file.parent, tuple(skipped))


def _mapped(member: Member, dataset: Dataset, labels: pd.Series) -> pd.DataFrame:
    """The rows of one data set that have a label, as they stand in the joined one."""
    rows = dataset.table[labels.notna()]
    inner = unlike("source within", rows.columns, "file")
    return rows.assign(
        **({inner: rows["source"]} if rows["source"].notna().any() else {}),
        label=labels[labels.notna()],
        image_id=member.dataset + "/" + rows["image_id"].astype(str),
        group_id=member.dataset + "/" + rows["group_id"].astype(str),
        source=dataset.spec.title,
        split=TEST if member.test else TRAIN,
    ).reset_index(drop=True)


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """All rows in one table; a column that holds numbers in one data set and texts in another holds texts."""
    table = pd.concat(tables, ignore_index=True)
    for name in table.columns:
        values = [rows[name].dropna() for rows in tables if name in rows]
        if len({_kind(each) for each in values if len(each)}) > 1:
            table[name] = table[name].map(str, na_action="ignore")
    return table


def _kind(values: pd.Series) -> str:
    inferred = infer_dtype(values)
    return "number" if inferred in ("integer", "floating", "mixed-integer-float") else inferred


def _groups_of_same(
    dataset: Dataset, image_ids: pd.Series, other: Dataset, groups: dict[str, str], progress: Progress
) -> np.ndarray:
    """Group of the picture of an earlier data set that each picture shows again, None where none does.

    Args:
        dataset: whose pictures are asked about.
        image_ids: of these pictures.
        other: the earlier data set.
        groups: group id by image id of those of its pictures that are used.
        progress: is told about decoding.

    Returns:
        Group ids, shape (pictures,), object.
    """
    if image_ids.empty or not groups:
        return np.full(len(image_ids), None, dtype=object)
    found = image_ids.map(shared_pictures(dataset, other, progress).map(groups)).astype(object)
    return found.where(found.notna(), None).to_numpy()


def _without_shared(
    rows: pd.DataFrame, same: list[np.ndarray], links: list[tuple[str, str]]
) -> tuple[pd.DataFrame, int]:
    """Rows less those that an earlier data set has, and how many those are.

    Args:
        rows: as `_mapped` gives them.
        same: for each earlier data set the group of the same picture there, None where there is none.
        links: pairs of groups that share a picture are added.
    """
    shared = np.zeros(len(rows), dtype=bool)
    for groups in same:
        here = np.array([group is not None for group in groups], dtype=bool)
        links += list(zip(rows["group_id"][here], groups[here], strict=True))
        shared |= here
    return rows[~shared].reset_index(drop=True), int(shared.sum())


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
