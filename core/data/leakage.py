"""What the parts of a split share that they must not: groups, and identical pictures."""

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from core.data.splits import TEST, TRAIN, VALIDATION, Split


@dataclass(frozen=True)
class ClassLeakage:
    """The held-out pictures of one class, and how many of them training has seen in some form."""

    label: str
    held_out: int
    with_group_in_train: int
    with_copy_in_train: int


@dataclass(frozen=True)
class LeakageReport:
    """Groups and identical pictures shared between the parts of a split.

    `groups_shared` counts distinct groups that stand in more than one part; `identical_images_shared`
    counts distinct pictures (by the bytes of their files) that do. The held-out part is the test part, or
    the validation part where there is no test part. `with_group_in_train` counts its rows that have a
    photo of the same group in training, `with_copy_in_train` those that have the same picture there.
    """

    kind: str
    held_out_part: str
    groups_shared: int
    identical_images_shared: int
    held_out: int
    with_group_in_train: int
    with_copy_in_train: int
    by_class: tuple[ClassLeakage, ...]

    @property
    def leaking(self) -> bool:
        """True if any group or picture stands in more than one part."""
        return self.groups_shared > 0 or self.identical_images_shared > 0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types, with `leaking`."""
        return {**asdict(self), "by_class": [asdict(c) for c in self.by_class], "leaking": self.leaking}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "LeakageReport":
        """What `to_json` gave."""
        fields = {k: v for k, v in value.items() if k != "leaking"}
        return cls(**{**fields, "by_class": tuple(ClassLeakage(**c) for c in value["by_class"])})


def leakage_report(split: Split, content: pd.Series) -> LeakageReport:
    """Compare the parts of a split.

    Args:
        split: the split to judge.
        content: hash of each picture's bytes by image id (`content_hashes`); a picture without one
            counts as its own.
    """
    rows = split.rows
    pictures = rows["image_id"].map(content).astype(object).fillna(rows["image_id"])
    held_out_part = TEST if (rows["part"] == TEST).any() else VALIDATION
    held_out, train = rows["part"] == held_out_part, rows["part"] == TRAIN
    copy_in_train = pictures.isin(set(pictures[train]))[held_out]
    sibling_in_train = rows["group_id"].isin(set(rows.loc[train, "group_id"]))[held_out]
    table = pd.DataFrame({"label": rows.loc[held_out, "label"], "group": sibling_in_train, "copy": copy_in_train})
    by_class = tuple(
        ClassLeakage(str(label), len(of), int(of["group"].sum()), int(of["copy"].sum()))
        for label, of in table.groupby("label", sort=True)
    )
    return LeakageReport(
        kind=str(split.kind),
        held_out_part=held_out_part,
        groups_shared=_in_several_parts(rows["group_id"], rows["part"]),
        identical_images_shared=_in_several_parts(pictures, rows["part"]),
        held_out=len(table),
        with_group_in_train=int(table["group"].sum()),
        with_copy_in_train=int(table["copy"].sum()),
        by_class=by_class,
    )


def _in_several_parts(keys: pd.Series, parts: pd.Series) -> int:
    distinct = pd.DataFrame({"key": keys, "part": parts}).drop_duplicates()
    return int((distinct["key"].value_counts() > 1).sum())
