"""Weighing what tables, folders and file names say of official parts, folds and of what must not be split."""

from collections.abc import Callable, Sequence

import pandas as pd

from core.base.counting import plural
from core.base.printable import first_few, printable
from core.data.adapters.folder_names import fold_of, part_of_value
from core.data.compact_texts import folders_of, stems_of
from core.data.group_words import is_doubtful
from core.data.reading.choices import NONE
from core.data.reading.column_names import TIDY_NAMES, columns_named
from core.data.reading.columns_of_parts import columns_of_parts
from core.data.reading.file_names import NAME, parts_in_names
from core.data.reading.groups import are_kinds, chosen_groups, group_columns, in_one_spelling, torn
from core.data.reading.joined import FILE, NUMBER, Joined, shown_name
from core.data.reading.reading import FOLD, FOLDERS, GROUP, LABEL, PART, SPLIT, Reading
from core.data.splits.splits import TEST, TRAIN, VALIDATION

_MANY, _HALF = 0.1, 0.5


def read_parts(
    reading: Reading, rows: pd.DataFrame, joined: Joined, in_table: list[str], beside: Sequence[str] = ()
) -> None:
    """Decide where the official part of each picture is said; it becomes `SPLIT` of the rows.

    `beside` are folders that may be parts too, see `FolderReading.beside_parts`.
    """
    said = reading.choices.columns.get("split")
    none = pd.Series([None] * len(rows), rows.index, dtype=object)
    taken = {reading.columns.get("label"), *reading.used}
    by_values = columns_of_parts(rows, [name for name in in_table if name not in taken])
    reading.offered["split"] = [*columns_named(in_table, TIDY_NAMES["split"]), *by_values]
    candidates = (
        [] if said in (NONE, FOLDERS) else [said] if said is not None and said in rows else reading.offered["split"]
    )
    rows[SPLIT] = none
    by_folder = rows[PART].replace("", None) if PART in rows else none
    elsewhere = by_folder.notna().any() or joined.parts.notna().any()
    if said is None and (elsewhere or not _say_the_same(rows, by_values)):
        candidates = [name for name in candidates if name not in by_values]
    for column in candidates:
        written = rows[column].replace("", None)
        parts = written.map({text: part_of_value(text) for text in written.dropna().unique()})
        if parts.notna().sum() < 0.5 * max(1, written.notna().sum()):
            numbered = all(fold_of(text) is not None or text.isdigit() for text in written.dropna().unique())
            if numbered and _in_several(joined, column, str)[0]:
                del rows[column]  # its lines are for folds, and a picture stands in many
            elif numbered:
                reading.columns.setdefault("fold", column)
            continue
        several, inside = _in_several(joined, column, part_of_value)
        if len(several) >= _MANY * len(rows):
            reading.cautions.append(
                f"{printable(inside)} names {len(several):,} of {len(rows):,} pictures in several lines with different "
                f"{printable(column)}, as where the parts of each fold are listed. No official split is taken from it; "
                "to use that of one fold, keep its lines alone."
            )
            del rows[column]
            continue
        parts = parts.where(~rows.index.isin(several), None)
        if said is None and by_folder.nunique() > 1:  # one part for all says nothing of others
            parts = _with_folders(reading, column, parts, by_folder)
        rows[SPLIT] = parts.astype(object).where(parts.notna(), None)
        reading.columns["split"], reading.how["split"] = column, f"the column {column} names the parts"
        if several:
            reading.cautions.append(
                f"Pictures that {printable(inside)} names in several lines with different {printable(column)} are in "
                f"none of the official parts: {len(several):,}."
            )
        doubtful = parts.isna() & written.notna() & ~rows.index.isin(several)
        unclear = sorted(set(written[doubtful]))
        if unclear:
            count = int(doubtful.sum())
            reading.cautions.append(
                f"{count:,} pictures have a {column} that is no part ({', '.join(map(printable, unclear[:5]))}); they "
                "are in none of the official parts."
            )
        return
    if said != NONE and by_folder.notna().any():
        rows[SPLIT] = by_folder.astype(object).where(by_folder.notna(), None)
        if beside and said is None:
            reading.questions.append(_asked_of_beside(beside))
        elif said is None:
            _ask_of_no_part(reading, rows)
        if rows[SPLIT].notna().any():
            reading.columns["split"], reading.how["split"] = FOLDERS, "folders are called after the parts"
    elif said != NONE and len(joined.parts) and joined.parts.notna().any():
        rows[SPLIT] = joined.parts.astype(object)
        reading.columns["split"], reading.how["split"] = "names of tables", "tables are called after the parts"
    elif said is None and (named := parts_in_names(stems_of(rows[FILE]))) is not None:
        rows[SPLIT] = pd.Series(named, rows.index, dtype=object)
        reading.columns["split"], reading.how["split"] = "names of files", "names of files begin with the parts"
    by_values = [name for name in by_values if name in rows]  # of folds that are listed one after the other
    if said is None and "split" not in reading.columns and not _say_the_same(rows, by_values):
        reading.questions.append(
            f"{', '.join(map(printable, by_values[:4]))} each say other parts of the pictures: none of them is used. "
            f"Choose one (split={printable(by_values[0])}), or agree that there is no official split."
        )
    if FOLD not in rows and (folds := _folds_of_columns(rows, in_table)) is not None:
        rows[FOLD], used = folds
        reading.columns["fold"], reading.how["fold"] = used[0], f"{', '.join(used)} each name a part of one fold"
    elif FOLD in rows and joined.folds is not None:
        reading.columns["fold"], reading.how["fold"] = "names of tables", "tables are called after folds"
    elif FOLD in rows:
        reading.columns["fold"], reading.how["fold"] = FOLDERS, "folders are called after folds"


def _with_folders(reading: Reading, column: str, parts: pd.Series, by_folder: pd.Series) -> pd.Series:
    """The parts by a column, and those by folders where it says none; asks where both say different ones.

    A column may divide the folder for training into training and validation.
    """
    both = parts.notna() & by_folder.notna()
    other = both & (parts != by_folder) & ~((parts == VALIDATION) & (by_folder == TRAIN))
    if other.any():
        reading.questions.append(
            f"{int(other.sum()):,} pictures lie in a folder of another part than the column {printable(column)} says, "
            f"which counts. Agree, or use the folders (split={FOLDERS})."
        )
    return parts.where(parts.notna(), by_folder)


def _asked_of_beside(folders: Sequence[str]) -> str:
    """Asks of folders that lie beside those of parts."""
    shown = first_few(folders)
    if len(folders) == 1:
        return (
            f"{shown} lies beside folders that are parts by their names, and holds the same folders. Rename it after "
            "its part (train, validation, test), or agree that its pictures are in none."
        )
    return (
        f"{shown} lie beside folders that are parts by their names, and hold the same folders. Rename them after their "
        "parts (train, validation, test), or agree that their pictures are in none."
    )


def _say_the_same(rows: pd.DataFrame, columns: Sequence[str]) -> bool:
    """Whether columns of parts, if there are several, say the same part of each picture."""
    parts = [rows[name].map({text: part_of_value(text) for text in rows[name].unique()}) for name in columns]
    return all(parts[0].equals(other) for other in parts[1:])


def _ask_of_no_part(reading: Reading, rows: pd.DataFrame) -> None:
    """Ask where pictures with a class lie in none of the folders that are parts; where all do, there are no parts."""
    without = rows[FILE][rows[SPLIT].isna() & (rows[LABEL].fillna("") != "")]
    if without.empty:
        return
    if len(without) == int((rows[LABEL].fillna("") != "").sum()):
        rows[SPLIT] = None  # pictures without a class alone lie in those of parts
        return
    shown = first_few(sorted(place or "no folder" for place in folders_of(without).unique()))
    reading.questions.append(
        f"{len(without):,} pictures with a class lie in {shown}, beside folders that are parts by their names. Put "
        "them into the folder of their part (train, validation, test), or agree that they are in none."
    )


def _in_several(joined: Joined, column: str, meant: Callable[[str], str | None]) -> tuple[list[int], str]:
    """Numbers of the pictures of which a table says different things in several lines, and what the table is called.

    `meant` gives what a text in the column says.
    """
    found: dict[int, str] = {}
    for inside, repeated in joined.repeated.items():
        if column in repeated:
            different = repeated[column].map(meant).groupby(repeated[NUMBER]).nunique()
            found.update(dict.fromkeys(different.index[different > 1].tolist(), shown_name(inside)))
    return list(found), next(iter(found.values()), "")


def _folds_of_columns(rows: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.Series, list[str]] | None:
    """The fold in which each picture is judged on, as text, where columns such as "fold_0" and "fold_1" each say a part
    of it and one of them alone that it is not for training; and these columns. None where there are none."""
    numbers = {name: fold for name in columns if (fold := fold_of(name)) is not None}
    parts = {name: rows[name].map({text: part_of_value(text) for text in rows[name].unique()}) for name in numbers}
    held = pd.DataFrame({name: said.isin((VALIDATION, TEST)) for name, said in parts.items() if said.notna().all()})
    if held.shape[1] < 2 or not (held.sum(axis=1) == 1).all():
        return None
    return held.idxmax(axis=1).map(lambda name: str(numbers[name])), list(held)


def read_groups(reading: Reading, rows: pd.DataFrame, free: list[str], derived: dict[str, str]) -> None:
    """Decide what must not be split: the coarsest column that says so; it becomes `GROUP` of the rows."""
    said = reading.choices.columns.get("group")
    derived = {column: noun for column, noun in derived.items() if not _is_class(rows, column)}
    found = group_columns(rows, free, derived)
    as_written = {name: rows[name] for name in (*(each.column for each in found), said) if name and name in rows}
    if alike := in_one_spelling(rows, as_written):
        reading.cautions += alike
    if any(rows[name] is not texts for name, texts in as_written.items()):
        found = group_columns(rows, free, derived)
    if said is not None and said != NONE and said in rows and said not in {each.column for each in found}:
        found = [*group_columns(rows, [], {said: "group"}), *found]
    reading.offered["group"] = [each.column for each in found]
    if said == NONE:
        found = []
    elif said is not None:
        found.sort(key=lambda each: each.column != said)
    else:
        found.sort(key=lambda each: (_says_little(rows, each.column), not each.sure))
    chosen = next(iter(found), None)
    if chosen is None:
        rows[GROUP] = None
        reading.how["group"] = (
            "somebody said that there is none" if said == NONE else "nothing says which pictures belong together"
        )
        return
    found = [each for each in found if each is chosen or each.noun != "group" or not are_kinds(rows[each.column])]
    reading.group = chosen
    reading.coarser = tuple(
        each
        for each in found[1:]
        if (-each.rank, each.groups) < (-chosen.rank, chosen.groups)
        and each.covered >= chosen.covered
        and torn(rows, each.column, chosen.column)  # else both tell the same apart
    )
    reading.finer = tuple(each for each in found[1:] if each not in reading.coarser and each.sure)
    reading.columns["group"] = chosen.column
    usable = [chosen, *reading.finer] if chosen.sure else [chosen]
    rows[GROUP] = chosen_groups(rows, usable)
    _say_group(reading, rows, said)


def _says_little(rows: pd.DataFrame, column: str) -> bool:
    """Whether a column has a value for fewer than half of the pictures with a class."""
    said = rows.loc[rows[LABEL].fillna("") != "", column]
    return len(said) > 0 and float((said.fillna("") != "").mean()) < _HALF


def _is_class(rows: pd.DataFrame, column: str) -> bool:
    """Whether a column tells the classes apart and nothing else, as numbers before their names do."""
    pairs = rows.loc[(rows[LABEL] != "") & (rows[column] != ""), [column, LABEL]].drop_duplicates()
    return len(pairs) == pairs[LABEL].nunique() == pairs[column].nunique() > 1


def _say_group(reading: Reading, rows: pd.DataFrame, said: str | None) -> None:
    group = reading.group
    if group is None:
        return
    finest = next((each for each in reading.finer if each.noun != group.noun), None)
    together = f"pictures of one {group.noun} stay together"
    if said is not None:
        reading.how["group"] = f"somebody chose the column {group.column}; {together}"
    elif group.sure and finest is not None:
        reading.how["group"] = (
            f"{finest.groups:,} {plural(finest.noun)} of {group.groups:,} {plural(group.noun)}: {together}, the "
            "coarsest known"
        )
    elif group.sure:
        reading.how["group"] = f"the column is called {group.column}: {group.groups:,} {plural(group.noun)}; {together}"
    else:
        where = "in the names of the files" if group.column.startswith(NAME) else f"in {group.column}"
        reading.how["group"] = f"proposed: {group.groups:,} {plural(group.noun)} are told apart {where}"
        _ask_of_groups(reading, rows, f"{group.groups:,} groups were found {where} ({group.noun})")
    if said is None and group.sure and (is_doubtful(group.column) or are_kinds(rows[group.column])):
        reading.how["group"] = f"proposed: {reading.how['group']}"
        _ask_of_groups(reading, rows, f"{printable(group.column)} is called as groups are ({group.groups:,} of them)")
    for coarser in reading.coarser:
        reading.cautions.append(
            f"{coarser.groups:,} {plural(coarser.noun)} ({coarser.column}) are coarser than {group.groups:,} "
            f"{plural(group.noun)}: pictures of one {coarser.noun} may stand on both sides of a split."
        )
    for finer in reading.finer:
        if crossing := torn(rows, finer.column, group.column):
            reading.cautions.append(
                f"{crossing:,} {plural(finer.noun)} ({finer.column}) belong to several {plural(group.noun)}. Check the "
                "table."
            )


def _ask_of_groups(reading: Reading, rows: pd.DataFrame, found: str) -> None:
    group = reading.group
    if group is None:
        return
    example = next((printable(text) for text in rows[group.column] if text), "")
    reading.questions.append(
        f"{found}. Agree if pictures of one {group.noun}, such as {example}, belong together, choose another column "
        "(group=COLUMN), or none (group=none)."
    )
