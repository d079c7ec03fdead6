"""`groups.csv`: which pictures belong together, and whatever else a person knows of them."""

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.base.errors import DataError
from core.data.adapters.metadata_file import ages, column_named, part_of, read_texts, refuse_too_wide, sexes
from core.data.adapters.picture_files import stem
from core.data.spec import TIDY_COLUMNS, Skip, unlike

GROUPS_FILE = "groups.csv"

IMAGE_NAMES = ("image", "image_id", "image_name", "file", "file_name", "path", "picture", "isic_id", "id")
GROUP_NAMES = {
    "group": "group", "group_id": "group", "lesion": "lesion", "lesion_id": "lesion", "patient": "patient",
    "patient_id": "patient", "subject": "subject", "subject_id": "subject", "person": "person", "case": "case",
    "case_id": "case", "slide": "slide", "slide_id": "slide", "wsi": "slide",
}  # fmt: skip
"""Names of the column that says what must not be split, and the noun for it."""
LABEL_NAMES = ("label", "class", "dx", "diagnosis", "category", "target")
_TIDY = {
    "age": ("age", "age_approx", "age_years"),
    "sex": ("sex", "gender"),
    "site": ("site", "localization", "anatom_site_general", "anatom_site", "anatomical_site"),
    "diagnosis_method": ("diagnosis_method", "dx_type", "diagnosis_confirm_type"),
    "source": ("source", "dataset"),
    "split": ("split", "part", "subset"),
}
_OURS = frozenset({*TIDY_COLUMNS, "image", "file", "number", "label_said", "split_said"})
"""Names of columns while the table is joined to the pictures."""


@dataclass(frozen=True)
class Header:
    """Names of the columns that were found; `noun` is what a group is called."""

    image: str
    group: str
    label: str | None
    noun: str


def read_groups_header(path: Path) -> Header:
    """The columns of a `groups.csv` by what they are called.

    Raises:
        DataError: it cannot be read, or has no column for images or groups; lists the columns that it has.
    """
    refuse_too_wide(path)
    try:
        with path.open(encoding="utf-8-sig") as file:
            columns = pd.read_csv(file, nrows=0, skipinitialspace=True).columns
    except (ValueError, OSError) as error:
        raise DataError(f"{path} cannot be read as a CSV table: {error}") from error
    return _header(path, [str(name).strip() for name in columns])


def _header(path: Path, columns: list[str]) -> Header:
    image, group = column_named(columns, IMAGE_NAMES), column_named(columns, GROUP_NAMES)
    missing = [name for name, column in (("image", image), ("group", group)) if column is None]
    if image is None or group is None:
        raise DataError(
            f"{path} lacks a column {' and a column '.join(missing)}; it has "
            f"{', '.join(columns[:20]) or 'no columns'}. Call them image and group (or lesion_id, patient_id, "
            "slide_id); label and further columns are optional."
        )
    noun = next(noun for name, noun in GROUP_NAMES.items() if column_named([group], [name]))
    return Header(image, group, column_named(columns, LABEL_NAMES), noun)


@dataclass(frozen=True)
class GroupsFile:
    """The table and what its columns are."""

    path: Path
    header: Header
    rows: pd.DataFrame

    @classmethod
    def read(cls, path: Path) -> "GroupsFile":
        """Read a `groups.csv`.

        Raises:
            DataError: as `read_groups_header`.
        """
        rows = read_texts(path)
        names: list[str] = []
        for name in rows.columns:
            names.append(unlike(str(name).strip(), names, "again"))
        rows.columns = names
        return cls(path, _header(path, list(rows.columns)), rows)

    @property
    def has_labels(self) -> bool:
        """Whether it says the class of pictures."""
        return self.header.label is not None

    @property
    def group_noun(self) -> str:
        """What must not be split."""
        return self.header.noun

    def labels(self) -> set[str]:
        """The classes that it names."""
        return set(self.rows[self.header.label].dropna()) if self.header.label else set()

    def joined(self, pictures: pd.DataFrame, skipped: list[Skip]) -> pd.DataFrame:
        """The pictures with their groups, labels and all further columns; what does not fit is added to `skipped`.

        The group is missing where no line gives one. A picture that stands twice with different groups or labels is
        left out.

        Args:
            pictures: one row per picture with `image_id`, `path`, `label`, `split` and `file`, its path from the
                folder. A row of the table may name a picture by any of id, path and file name, with or without
                ending, where that is one picture's alone.
            skipped: is added to.
        """
        known = self._known(skipped)
        numbers = known["image"].map(_by_any_name(pictures))
        for line, name in known.loc[numbers.isna(), "image"].items():
            nameless = pd.isna(name)
            why = "no image is named" if nameless else f"there is no picture {name}, or there are several"
            reason = f"Line {line + 2} of {self.path.name}: {why}. Correct it to use the line."
            skipped.append(Skip("" if nameless else name, "", reason))
        known = known.assign(number=numbers).dropna(subset="number")
        contradicted = self._contradicted(known, skipped)
        known = known.drop_duplicates("number")
        known = known.set_index(known.pop("number").astype(int)).drop(columns="image")
        known = known.rename(columns={"label": "label_said", "split": "split_said"})
        joined = pictures.reset_index(drop=True).join(known.reindex(range(len(pictures))))
        joined = joined.drop(index=contradicted)
        for column in ("label", "split"):
            said = joined.pop(f"{column}_said") if f"{column}_said" in joined else None
            if said is not None:
                other = joined[column].notna() & said.notna() & (joined[column] != said)
                if column == "label":
                    for row in joined[other].assign(said=said[other]).itertuples():
                        reason = f"Its folder says “{row.label}”, {self.path.name} says “{row.said}”. Correct one."
                        skipped.append(Skip(row.image_id, row.path, reason))
                joined[column] = joined[column].where(joined[column].notna(), said)
                if column == "label":
                    joined = joined[~other]
        return joined

    def _contradicted(self, known: pd.DataFrame, skipped: list[Skip]) -> list[int]:
        """Numbers of the pictures that stand several times and not in one group or class; adds to `skipped`."""
        wrong = []
        for number, same in known[known["number"].duplicated(keep=False)].groupby("number"):
            lines = ", ".join(str(line + 2) for line in same.index)
            said = f"Lines {lines} of {self.path.name} are of one picture"
            differing = [
                " and ".join(same[column].fillna("none").astype(str).unique())
                for column in ("group_id", "label")
                if column in same and same[column].nunique(dropna=False) > 1
            ]
            if differing:
                said += f" and differ: {'; '.join(differing)}. It is left out; keep the right line."
                wrong.append(int(number))
            else:
                said += "; the first is used."
            skipped.append(Skip(str(same["image"].iloc[0]), "", said))
        return wrong

    def _known(self, skipped: list[Skip]) -> pd.DataFrame:
        """The table with columns `image`, `group_id`, `label`, those of tidy metadata, and all others as they are.

        Others with a name that is used here are renamed as in `core.data.spec.tidy`: `path` becomes `path (file)`.
        """
        rows, header = self.rows, self.header
        named = {header.image: "image", header.group: "group_id"} | ({header.label: "label"} if header.label else {})
        for tidy_name, names in _TIDY.items():
            column = column_named([c for c in rows.columns if c not in named], names)
            if column is not None:
                named[column] = tidy_name
        clashing = {c: unlike(c, _OURS | {*rows.columns}, "file") for c in rows.columns if c in _OURS}
        known = rows.rename(columns=clashing | named)
        if "age" in known:
            known["age"] = ages(known["age"], skipped)
        if "sex" in known:
            known["sex"] = sexes(known["sex"])
        if "split" in known:
            known["split"] = known["split"].map(lambda text: part_of(text) if isinstance(text, str) else None)
        for column in known.columns.difference(["image", "group_id", *TIDY_COLUMNS]):
            numbers = pd.to_numeric(known[column], errors="coerce")
            if known[column].notna().any() and numbers.notna().equals(known[column].notna()):
                known[column] = numbers
        return known


def _by_any_name(pictures: pd.DataFrame) -> dict[str, int]:
    """Position of each picture by its id, path and file name, with and without ending; ambiguous ones are left out."""
    numbers: dict[str, int | None] = {}
    for number, (image_id, file) in enumerate(zip(pictures["image_id"], pictures["file"], strict=True)):
        base = os.path.basename(file)  # noqa: PTH119 - asked 200,000 times
        for name in {image_id, file, os.path.splitext(file)[0], base, stem(file)}:  # noqa: PTH122
            numbers[name] = None if name in numbers else number
    return {name: number for name, number in numbers.items() if number is not None}
