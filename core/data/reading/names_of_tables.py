"""What tables say by their names and by the paths in them: parts and folds of the pictures, and their classes."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.data.adapters.folder_names import fold_of, is_of_train_and_validation, part_of_folder
from core.data.adapters.picture_files import stem
from core.data.reading.folder_kinds import tells
from core.data.reading.joined import Joined, workbook_of
from core.data.spec import MOST_CLASSES
from core.data.splits.splits import TEST, TRAIN, VALIDATION

_NUMBER = re.compile(r"\d+")
_NEARLY_ALL = 0.9
_LOOKED_AT = 1000


def name_of_table(inside: str) -> str:
    """The name of a table without folders and ending, that of the sheet of a workbook."""
    if book := workbook_of(inside):
        return inside[len(book) + 2 : -1]
    return stem(inside)


def parts_of_tables(joined: Joined, tables: Sequence[tuple[str, np.ndarray]], pictures: int) -> pd.Series:
    """The part of each picture by the names of the tables that name it, missing where none says one.

    Tables such as "train_fold0" and "test_fold0" say several parts of a picture: then there is none, and the fold is
    the one in whose test (or validation) part it is. Where it is in several, that is asked. Tables that are called
    after folds alone name the pictures of each.

    Args:
        joined: its `folds` and `asked` are set.
        tables: the path of each table and the numbers of the pictures that it names, -1 for none.
        pictures: how many there are.
    """
    parts = pd.Series([None] * pictures, dtype=object)
    said = [(inside, np.unique(numbers[numbers >= 0]), part_of_folder(name_of_table(inside)))
            for inside, numbers in tables if len(tables) > 1]  # fmt: skip
    said = [each for each in said if each[2] is not None]
    divided = [each for each in said if not is_of_train_and_validation(name_of_table(each[0]))]
    if {TRAIN, VALIDATION} <= {part for _, _, part in divided}:
        said = divided  # "trainval.txt" beside "train.txt" and "val.txt" says no more
    several = False
    for _, here, part in said:
        before = parts.iloc[here]
        several = several or bool((before.notna() & (before != part)).any())
        parts.iloc[here] = part
    if not several:
        folds = _folds_of_tables(said, tables, pictures)
        if folds is not None:
            joined.folds = folds
            return pd.Series([None] * pictures, dtype=object)
        return parts
    held = TEST if any(part == TEST for _, _, part in said) else VALIDATION
    folds, times = np.full(pictures, "", dtype=object), np.zeros(pictures, np.int64)
    for inside, here, part in said:
        if part == held:
            folds[here] = next(iter(_NUMBER.findall(inside.rpartition("/")[2])[-1:]), "")
            times[here] += 1
    named = np.unique(np.concatenate([here for _, here, _ in said]))
    if (times[named] == 1).all() and "" not in folds[named]:
        joined.folds = pd.Series(folds, dtype=object)
    else:
        asked = (
            "Tables say several parts of the same pictures, and not each is to be judged on in one of them: none of "
            "the parts is used. Leave the tables of one division there, or agree."
        )
        joined.asked = f"{joined.asked} {asked}".strip()
    return pd.Series([None] * pictures, dtype=object)


def _folds_of_tables(
    of_parts: Sequence[tuple[str, np.ndarray, str | None]], tables: Sequence[tuple[str, np.ndarray]], pictures: int
) -> pd.Series | None:
    """The fold of each picture, where tables such as "test_0" and "test_1", or "split_0" and "split_1", name different
    ones; None where there are none. Numbered tests are folds if nothing is for training and they name all pictures."""
    found: list[tuple[str, np.ndarray]] = []
    if of_parts and {part for _, _, part in of_parts} <= {TEST, VALIDATION}:
        named = [(_NUMBER.findall(inside.rpartition("/")[2])[-1:], here) for inside, here, _ in of_parts]
        if len(np.unique(np.concatenate([here for _, here in named]))) == pictures:
            found = [(number[0], here) for number, here in named if number]
        if len(found) < len(named):
            return None
    elif not of_parts:
        numbered = [(fold_of(name_of_table(inside)), numbers) for inside, numbers in tables]
        found = [(str(fold), np.unique(each[each >= 0])) for fold, each in numbered if fold is not None]
    if len({number for number, _ in found}) < 2:
        return None
    folds = np.full(pictures, "", dtype=object)
    for number, here in found:
        if (folds[here] != "").any():
            return None  # a picture stands in several
        folds[here] = number
    return pd.Series(folds, dtype=object)


def diagnoses_in_paths(names: pd.Series) -> pd.Series | None:
    """The folder of each picture in the paths of a table, where these are diagnoses; else None.

    Paths may be those of another machine.
    """
    if not names.iloc[:_LOOKED_AT].str.contains(r"[\\/]", regex=True).any():
        return None
    folders = names.str.replace("\\", "/", regex=False).str.extract(r"([^/]+)/[^/]*$")[0].fillna("")
    different = [each for each in folders.unique() if each]
    if not 2 <= len(different) <= MOST_CLASSES or not all(map(tells, different)):
        return None
    return folders.astype(object) if (folders != "").mean() >= _NEARLY_ALL else None
