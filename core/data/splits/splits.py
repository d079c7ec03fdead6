"""Dividing a data set into training, validation and test parts, with leaks or without."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from core.base.errors import ConfigurationError, DataError
from core.base.files import write_atomically
from core.base.random_streams import Stream, random_stream
from core.data.splits.dealing import deal_groups
from core.data.splits.folds import deal_folds, own_folds
from core.data.splits.some_of import some_of

TRAIN, VALIDATION, TEST = PARTS = ("train", "validation", "test")


class SplitKind(StrEnum):
    """How rows are assigned to parts."""

    GROUPED = "grouped"
    RANDOM = "random"
    OVERSAMPLE_FIRST = "oversample-first"
    OFFICIAL = "official"

    @property
    def explanation(self) -> str:
        """One sentence on what this kind does, for people."""
        return _EXPLANATIONS[self]


_EXPLANATIONS = {
    SplitKind.GROUPED: (
        "All pictures of one group stay together, dealt so that each part has its share of the pictures of every "
        "class: nothing leaks."
    ),
    SplitKind.RANDOM: "Pictures are drawn one by one, so photos of one lesion land on both sides. Leaks.",
    SplitKind.OVERSAMPLE_FIRST: (
        "Rare classes are copied to the size of the largest before the random draw, so the same picture "
        "stands on both sides. Leaks badly."
    ),
    SplitKind.OFFICIAL: (
        "As its publishers divided it, so that figures can be compared with published ones. Where they give no "
        "validation part, one is drawn from the training part, whole groups together."
    ),
}


@dataclass(frozen=True)
class Split:
    """Which row belongs to which part.

    `rows` has the columns `image_id`, `group_id`, `label`, `part` ("train", "validation" or "test"). An
    image id stands more than once only after oversampling.
    """

    kind: SplitKind
    seed: int
    rows: pd.DataFrame

    def part(self, name: str) -> pd.DataFrame:
        """The rows of one part, in a stable order."""
        return self.rows[self.rows["part"] == name].reset_index(drop=True)

    def without(self, image_ids: set[str]) -> "Split":
        """The same split less some pictures, such as those that could not be read."""
        rows = self.rows[~self.rows["image_id"].isin(image_ids)].reset_index(drop=True)
        return Split(self.kind, self.seed, rows)

    def counts(self) -> pd.DataFrame:
        """Pictures by class (rows) and part (columns)."""
        counts = pd.crosstab(self.rows["label"], self.rows["part"])
        return counts.reindex(columns=list(PARTS), fill_value=0)

    def fractions(self) -> pd.Series:
        """Share of all pictures that each part has, 0…1, by part."""
        return self.counts().sum() / len(self.rows)

    def class_shifts(self) -> pd.DataFrame:
        """Share of each class (rows) in each part (columns) less its share in all parts, −1…1; missing if empty."""
        counts = self.counts()
        return (counts / counts.sum().replace(0, np.nan)).sub(counts.sum(axis=1) / len(self.rows), axis=0)

    def save(self, path: Path) -> None:
        """Write as parquet."""
        table = self.rows.copy()
        table.attrs = {"kind": str(self.kind), "seed": self.seed}
        write_atomically(path, table.to_parquet())

    @classmethod
    def load(cls, path: Path) -> "Split":
        """Read what `save` wrote.

        Raises:
            DataError: the file is missing, damaged, or is not a split.
        """
        try:
            table = pd.read_parquet(path)[["image_id", "group_id", "label", "part"]]
            kind, seed = SplitKind(table.attrs["kind"]), int(table.attrs["seed"])
        except Exception as error:  # pyarrow raises a dozen kinds for a damaged file
            raise DataError(f"The split at {path} is missing or damaged. Clone the run to train it anew.") from error
        table.attrs = {}
        return cls(kind, seed, table)


def make_split(
    table: pd.DataFrame,
    kind: SplitKind | str = SplitKind.GROUPED,
    seed: int = 0,
    fractions: tuple[float, float, float] = (0.70, 0.15, 0.15),
    most: int = 0,
    fold: tuple[int, int] | None = None,
) -> Split:
    """Divide tidy metadata into train, validation and test.

    Args:
        table: tidy metadata with `image_id`, `group_id`, `label`, and `split` for an official split.
        kind: "grouped" (whole groups, dealt by their pictures of each class), "random" (stratified by class, single
            images), "oversample-first" (every class copied up to the largest, then random) or "official" (the
            column `split`; pictures without a part are left out).
        seed: the same seed gives the same split.
        fractions: shares of the pictures in train, validation and test. The share of the test part may be 0. An
            official split has its own parts; the shares of training and validation alone count, where it has no
            validation part.
        most: divide about so many pictures only, as `some_of` draws them; 0 divides all.
        fold: (which, of how many), from 1: the test part is this fold of a cross-validation, and the rest is divided
            by the shares of training and validation, whole groups together. Of a grouped one folds are dealt: with the
            same seed every group is in one test part. Of an official one they are those of the column `fold`, which
            may tear groups; pictures without a fold are left out.

    Raises:
        ConfigurationError: fractions that do not sum to 1 or leave training or validation empty.
        DataError: too few groups to fill every part, too few of a class for folds, or no official split.
    """
    kind = SplitKind(kind)
    train, validation, test = fractions
    if not (abs(sum(fractions) - 1) <= 1e-6 and min(train, validation) > 0 and test >= 0):  # so NaN fails too
        raise ConfigurationError(
            f"The parts must sum to 1 and training and validation must be above 0; got {train:g} / "
            f"{validation:g} / {test:g}."
        )
    table = some_of(table, most, seed)
    rng = random_stream(seed, Stream.SPLIT)
    rows = table[["image_id", "group_id", "label"]]
    if fold is not None:
        return _with_fold_as_test(*_in_folds(table, kind, fold[1], seed), kind, seed, fractions, *fold)
    if kind is SplitKind.OFFICIAL:
        return _official(table, seed, fractions, rng)
    if kind is SplitKind.GROUPED:
        parts = _grouped(rows, fractions, rng)
    else:
        if kind is SplitKind.OVERSAMPLE_FIRST:
            rows = rows.iloc[oversampled(rows["label"], rng)]
        rows = rows.reset_index(drop=True)
        parts = _stratified(rows["label"], fractions, rng)
    rows = rows.assign(part=parts).reset_index(drop=True)
    wanted = [part for part, fraction in zip(PARTS, fractions, strict=True) if fraction > 0]
    if empty := [part for part in wanted if not (rows["part"] == part).any()]:
        raise DataError(
            f"The data set has too few groups for a split of {train:g} / {validation:g} / {test:g}: the part "
            f"{empty[0]} would be empty. Set the share of the test part to 0, or choose another kind of split."
        )
    return Split(kind, seed, rows)


def default_fractions(table: pd.DataFrame) -> tuple[float, float]:
    """Shares of training and validation that suit these data; what is left is the test part.

    Two patients, as in a small download, fill two parts only.
    """
    return (0.70, 0.15) if table["group_id"].nunique() >= len(PARTS) else (0.50, 0.50)


def possible_kinds(table: pd.DataFrame, fractions: tuple[float, float, float]) -> tuple[SplitKind, ...]:
    """Kinds of split that fill every part of these data, in the order in which they are offered."""
    if table.empty:
        return ()
    possible = []
    for kind in SplitKind:
        try:
            make_split(table, kind, 0, fractions)
        except DataError:
            continue
        possible.append(kind)
    return tuple(possible)


def split_by_folds(
    table: pd.DataFrame,
    folds: int,
    seed: int,
    fractions: tuple[float, float, float],
    most: int = 0,
    kind: SplitKind | str = SplitKind.GROUPED,
) -> list[Split]:
    """The split of every fold of a cross-validation, as `make_split` gives each; they are dealt once.

    Raises:
        DataError: as `make_split`.
    """
    rows, dealt = _in_folds(some_of(table, most, seed), SplitKind(kind), folds, seed)
    return [
        _with_fold_as_test(rows, dealt, SplitKind(kind), seed, fractions, fold, folds) for fold in range(1, folds + 1)
    ]


def _in_folds(table: pd.DataFrame, kind: SplitKind, folds: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """The rows that have a fold, and the fold of each, from 1: dealt, or of an official split those that are given."""
    rows = table[["image_id", "group_id", "label"]]
    if kind is not SplitKind.OFFICIAL:
        return rows, deal_folds(rows, folds, seed)
    given = own_folds(table, folds)
    return rows[given.notna()], given[given.notna()].astype(int)


def _with_fold_as_test(
    rows: pd.DataFrame,
    dealt: pd.Series,
    kind: SplitKind,
    seed: int,
    fractions: tuple[float, float, float],
    fold: int,
    folds: int,
) -> Split:
    rest = (dealt != fold).to_numpy()
    rows = rows.reset_index(drop=True)
    train, validation, _ = fractions
    of_both = (train / (train + validation), validation / (train + validation), 0.0)
    rng = random_stream(seed, Stream.SPLIT, fold)
    rows["part"] = _grouped(rows[rest], of_both, rng).reindex(rows.index, fill_value=TEST)
    if not (rows["part"] == VALIDATION).any():
        raise DataError(
            f"With {folds} folds too few groups are left beside fold {fold} to hold some out for validation. Ask for "
            "more folds, or take a single split."
        )
    return Split(kind, seed, rows)


def _official(table: pd.DataFrame, seed: int, fractions: tuple[float, float, float], rng: np.random.Generator) -> Split:
    said = table["split"].to_numpy(dtype=object) if "split" in table else np.full(len(table), None)
    rows = table[["image_id", "group_id", "label"]].reset_index(drop=True).assign(part=said)
    rows = rows[rows["part"].isin(PARTS)].reset_index(drop=True)
    here = set(rows["part"])
    if TRAIN not in here or len(here) < 2:
        raise DataError(
            "This data set has no official split. ISIC 2018, MedMNIST and PatchCamelyon have one, and a folder per "
            "class where groups.csv has a column split or the classes lie in folders train, validation and test. "
            "Choose another kind of split."
        )
    if VALIDATION not in here:
        training = rows["part"] == TRAIN
        train, validation, _ = fractions
        of_both = (train / (train + validation), validation / (train + validation), 0.0)
        rows.loc[training, "part"] = _grouped(rows[training], of_both, rng)
        if not (rows["part"] == VALIDATION).any():
            raise DataError(
                "The training part of the official split has too few groups to hold some out for validation."
            )
    return Split(SplitKind.OFFICIAL, seed, rows)


def oversampled(labels: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """Positions in which every class stands as often as the largest, int64 (rows,).

    Every row stands at least once; the others are drawn with replacement within their class.
    """
    largest = labels.value_counts().max()
    drawn = [np.arange(len(labels))]
    for _, same in sorted(_positions(labels).items()):
        drawn.append(rng.choice(same, largest - len(same), replace=True))
    return np.concatenate(drawn)


def undersampled(labels: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """Positions in which every class stands as often as the smallest, int64 (rows,), sorted."""
    smallest = labels.value_counts().min()
    drawn = [rng.choice(same, smallest, replace=False) for _, same in sorted(_positions(labels).items())]
    return np.sort(np.concatenate(drawn))


def _positions(labels: pd.Series) -> dict[str, np.ndarray]:
    return {str(k): np.asarray(v) for k, v in labels.reset_index(drop=True).groupby(labels.to_numpy()).indices.items()}


def _grouped(rows: pd.DataFrame, fractions: tuple[float, float, float], rng: np.random.Generator) -> pd.Series:
    """Part of each row, whole groups together; the order of the rows does not matter."""
    counts = pd.crosstab(rows["group_id"], rows["label"])
    wanted = np.flatnonzero(fractions)
    dealt = deal_groups(counts.to_numpy(), np.asarray(fractions)[wanted], rng)
    return rows["group_id"].map(pd.Series(np.asarray(PARTS, dtype=object)[wanted[dealt]], index=counts.index))


def _stratified(labels: pd.Series, fractions: tuple[float, float, float], rng: np.random.Generator) -> pd.Series:
    """Assign each entry to a part, class by class, so that every class has about the same shares.

    A class with enough entries has at least one in every wanted part.
    """
    parts = np.empty(len(labels), dtype=object)
    for _, positions in sorted(_positions(labels).items()):
        counts = _sizes(len(positions), fractions)
        parts[rng.permutation(positions)] = np.repeat(PARTS, counts)
    return pd.Series(parts, index=labels.index)


def _sizes(total: int, fractions: tuple[float, float, float]) -> np.ndarray:
    """Whole numbers near `total * fractions` that sum to `total` (largest remainder)."""
    exact = total * np.asarray(fractions)
    counts = np.floor(exact).astype(int)
    for position in np.argsort(counts - exact, kind="stable")[: total - counts.sum()]:
        counts[position] += 1
    for position in np.flatnonzero((counts == 0) & (np.asarray(fractions) > 0)):
        if counts.max() > 1:
            counts[counts.argmax()] -= 1
            counts[position] += 1
    return counts
