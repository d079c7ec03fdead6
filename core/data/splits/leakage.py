"""What the parts of a split share that they must not: groups, and identical pictures."""

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from core.base.counting import counted
from core.base.percents import percent
from core.base.printable import printable
from core.base.random_streams import Stream, random_stream
from core.base.typed_json import fields_as
from core.data.spec import Dataset, DatasetSpec
from core.data.splits.cautions import split_cautions
from core.data.splits.levels import levels_of
from core.data.splits.splits import TEST, TRAIN, VALIDATION, Split, SplitKind


@dataclass(frozen=True)
class ClassLeakage:
    """The held-out pictures of one class, and how many of them training has seen in some form."""

    label: str
    held_out: int
    with_group_in_train: int
    with_copy_in_train: int


@dataclass(frozen=True)
class LevelLeakage:
    """How many held-out pictures have one of their patient, lesion … in training.

    `noun` is what a group of the level is called, `column` the column that says it, "" for the groups that a grouped
    split keeps together; `groups` is how many there are.
    """

    noun: str
    column: str
    groups: int
    with_group_in_train: int


@dataclass(frozen=True)
class LeakageReport:
    """Groups and identical pictures shared between the parts of a split.

    `groups_shared` counts distinct groups that stand in more than one part; `identical_images_shared`
    counts distinct pictures (by the bytes of their files) that do. The held-out part is the test part, or
    the validation part where there is no test part. `with_group_in_train` counts its rows that have a
    photo of the same group in training, `with_copy_in_train` those that have the same picture there. `levels` has every
    level at which pictures are known to belong together, and `cautions` what the parts cannot tell, in sentences.

    `trunk` says where the weights come from that the network began with, "" if it began with chance; `known_to_trunk`
    counts the held-out pictures that it had learnt from before, or whose group it had, None where that cannot be told.
    `things` is what was divided: "pictures", or "samples" of a table of genes. `data_digest` is a SHA-256 of what was
    divided and how, by which the data are known again: id, content, class and part of each; "" in earlier versions.
    """

    kind: str
    held_out_part: str
    groups_shared: int
    identical_images_shared: int
    held_out: int
    with_group_in_train: int
    with_copy_in_train: int
    by_class: tuple[ClassLeakage, ...]
    levels: tuple[LevelLeakage, ...] = ()
    cautions: tuple[str, ...] = ()
    trunk: str = ""
    known_to_trunk: int | None = 0
    things: str = "pictures"
    data_digest: str = ""

    @property
    def leaking(self) -> bool:
        """True if any group or picture stands in more than one part, or a patient, lesion … that is known beside, or
        if the network had learnt from held-out pictures before."""
        return self.groups_shared > 0 or self.identical_images_shared > 0 or bool(self.level_sentences)

    @property
    def shared(self) -> str:
        """How many groups and pictures stand in more than one part, as "2 groups and 1 identical picture"."""
        return (
            f"{counted(self.groups_shared, 'groups')} and "
            f"{counted(self.identical_images_shared, f'identical {self.things}')}"
        )

    @property
    def level_sentences(self) -> tuple[str, ...]:
        """What goes beyond the group: of levels beside it and of earlier learning, one sentence for each that leaks."""
        levels = (
            f"{percent(each.with_group_in_train / self.held_out)} of the {self.held_out_part} {self.things} "
            f"({each.with_group_in_train:,} of {self.held_out:,}) have a {self.things[:-1]} of their {each.noun} "
            f"({printable(each.column)}) in training."
            for each in self.levels
            if each.column and each.with_group_in_train > self.with_group_in_train
        )
        known = self.known_to_trunk or 0
        of_trunk = (
            f"{percent(known / max(self.held_out, 1))} of the {self.held_out_part} {self.things} ({known:,} of "
            f"{self.held_out:,}), or others of their group, were learnt from before: the network began with the "
            f"weights of {self.trunk}."
        )
        return (*levels, *([of_trunk] if known else []))

    def with_trunk(self, trunk: str, known: int | None) -> "LeakageReport":
        """The same report for a network that began with the weights of `trunk`, which know so many held-out pictures.

        Where `known` is None, a sentence in `cautions` says that it cannot be told.
        """
        told = known is not None
        caution = (
            f"Whether the weights of {trunk} have learnt from {self.things} of the {self.held_out_part} part cannot be "
            "told."
        )
        cautions = self.cautions if told else (*self.cautions, caution)
        return replace(self, trunk=trunk, known_to_trunk=known, cautions=cautions)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types, with `leaking`."""
        lists = {"by_class": [*map(asdict, self.by_class)], "levels": [*map(asdict, self.levels)]}
        return {**asdict(self), **lists, "cautions": list(self.cautions), "leaking": self.leaking}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "LeakageReport":
        """What `to_json` gave.

        Raises:
            ValueError: it is something else.
        """
        return cls(**fields_as(cls, value))


def leakage_report(split: Split, content: pd.Series, dataset: Dataset | None = None) -> LeakageReport:
    """Compare the parts of a split.

    Args:
        split: the split to judge.
        content: hash of each picture's bytes by image id (`content_hashes`); a picture without one
            counts as its own.
        dataset: what is divided: it tells the names of the classes and the levels that are known beside the
            group; without it neither is said.
    """
    rows = split.rows.astype(object)  # columns of strings take ten times as long to go through
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
        levels=_levels(dataset, rows["image_id"], held_out, train, rows["part"].nunique()) if dataset else (),
        cautions=_cautions(dataset.spec, split) if dataset else (),
        things=_things(dataset.spec) if dataset else "pictures",
        data_digest=_digest(rows, pictures),
    )


def _digest(rows: pd.DataFrame, pictures: pd.Series) -> str:
    """A SHA-256 over id, content, class and part of each row, in an order that hangs on nothing else."""
    columns = (rows["image_id"], pictures, rows["label"], rows["part"])
    lines = sorted("\t".join(map(str, row)) for row in zip(*columns, strict=True))
    return sha256("\n".join(map(printable, lines)).encode()).hexdigest()


def _cautions(spec: DatasetSpec, split: Split) -> tuple[str, ...]:
    official = split.kind is SplitKind.OFFICIAL
    return split_cautions(split.rows, spec.classes, spec.group, official=official, things=_things(spec))


def _things(spec: DatasetSpec) -> str:
    return "samples" if spec.holds == "genes" else "pictures"


def _levels(
    dataset: Dataset, image_ids: pd.Series, held_out: pd.Series, train: pd.Series, parts: int
) -> tuple[LevelLeakage, ...]:
    """What each level lets through; one with fewer groups than parts is none that a split could keep together."""
    found = []
    for level in levels_of(dataset):
        keys = image_ids.map(level.keys).astype(object)
        if level.groups < parts and level.column:
            continue
        shared = held_out & keys.notna() & keys.isin(set(keys[train].dropna()))
        found.append(LevelLeakage(level.noun, level.column, level.groups, int(shared.sum())))
    return tuple(found)


def chance_of_a_sibling(table: pd.DataFrame, train_fraction: float) -> pd.Series:
    """Chance that a held-out picture has a photo of its group in training, over all random splits, 0…1.

    One value per row of `table` (with `group_id`), on its index: 1 − (1 − train_fraction)^siblings. Drawing
    without replacement within classes makes a difference of less than a percentage point for classes of a
    hundred pictures or more.
    """
    siblings = table.groupby("group_id")["group_id"].transform("size") - 1
    return 1 - (1 - train_fraction) ** siblings


@dataclass(frozen=True)
class LeakedPair:
    """A held-out picture and a training picture that gives it away.

    `identical` is True if both are the same picture; otherwise they are two photos of `group_id`, the group
    of the held-out one.
    """

    held_out_id: str
    train_id: str
    group_id: str
    label: str
    identical: bool


def draw_leaked_pair(split: Split, content: pd.Series, seed: int, label: str | None = None) -> LeakedPair | None:
    """One of the leaks that `leakage_report` counts, None where there is none.

    Classes are drawn with equal chances, then a held-out picture, then its partner in training. Identical
    pictures are shown where the split has any of the class, else two photos of one group.

    Args:
        split: the split to look into.
        content: as for `leakage_report`.
        seed: the same seed draws the same pair.
        label: a class key, to draw from that class alone.
    """
    rows = split.rows.astype(object)
    pictures = rows["image_id"].map(content).astype(object).fillna(rows["image_id"])
    part = TEST if (rows["part"] == TEST).any() else VALIDATION
    held_out, train = rows["part"] == part, rows["part"] == TRAIN
    copied = held_out & pictures.isin(set(pictures[train]))
    related = held_out & rows["group_id"].isin(set(rows.loc[train, "group_id"]))
    leaked = copied | related
    if label is not None:
        leaked &= rows["label"] == label
    if not leaked.any():
        return None
    rng = random_stream(seed, Stream.LEAKED_PAIR)
    drawn = rng.choice(np.sort(rows.loc[leaked, "label"].unique()))
    of_class = leaked & (rows["label"] == drawn)
    identical = bool((of_class & copied).any())
    candidates = rows[of_class & copied] if identical else rows[of_class]
    chosen = candidates.sort_values("image_id").iloc[rng.integers(len(candidates))]
    same = pictures == pictures[chosen.name] if identical else rows["group_id"] == chosen["group_id"]
    partners = np.sort(rows.loc[train & same, "image_id"].unique())
    return LeakedPair(
        held_out_id=str(chosen["image_id"]),
        train_id=str(rng.choice(partners)),
        group_id=str(chosen["group_id"]),
        label=str(drawn),
        identical=identical,
    )


def _in_several_parts(keys: pd.Series, parts: pd.Series) -> int:
    distinct = pd.DataFrame({"key": keys, "part": parts}).drop_duplicates()
    return int((distinct["key"].value_counts() > 1).sum())
