"""Weighing what tables and folders say of the class of each picture."""

import pandas as pd

from core.base.printable import first_few, printable
from core.data.adapters.picture_files import stem
from core.data.diagnoses.diagnoses import diagnosis, is_unknown, same_diagnosis
from core.data.reading.boxes import BOXES, TEXTS, are_of_boxes
from core.data.reading.choices import NONE
from core.data.reading.class_codes import names_of_codes
from core.data.reading.class_names import whole_numbers
from core.data.reading.column_names import (
    BINARY_NAMES,
    LABEL_NAMES,
    columns_named,
    is_named,
    the_column,
)
from core.data.reading.file_names import CLASS_IN_NAME
from core.data.reading.folder_doubts import doubt_of_numbers
from core.data.reading.folders import FolderReading
from core.data.reading.folders_or_tables import against_folders, column_of_folders
from core.data.reading.joined import FILE, Joined
from core.data.reading.joining_by_keys import stands_for_several
from core.data.reading.label_candidate import Candidate
from core.data.reading.labels import LabelChoice, choose_label
from core.data.reading.notes import NOTE_SUFFIXES
from core.data.reading.reading import CONTRADICTED, FOLDERS, LABEL, Reading
from core.data.reading.tree import LIKE_PICTURES
from core.data.spec import MOST_CLASSES, Skip

_NEARLY_ALL, _MOSTLY, _SOME = 0.8, 0.5, 0.1
_FEW_SAID = 20


def read_labels(reading: Reading, rows: pd.DataFrame, joined: Joined, folders: FolderReading) -> None:
    """Decide between the column of a table and the names of folders; the class as written is `rows[LABEL]`."""
    said = reading.choices.columns.get("label")
    level = folders.level("class")
    by_folder = (
        rows[level.name].astype(object) if level and level.name in rows else pd.Series("", rows.index, dtype=object)
    )
    by_folder = by_folder.mask(by_folder.map(is_unknown).astype(bool), "") if len(rows) else by_folder
    in_table = [name for name in joined.rows if name in rows]
    choice = LabelChoice() if said in (FOLDERS, NONE) else _choice(rows, joined, in_table, said)
    chosen = choice.chosen
    proposed = choice if said is None else _choice(rows, joined, in_table, None)
    would_do = [chosen, proposed.chosen, *choice.others, *proposed.others]
    reading.offered["label"] = list(dict.fromkeys(each.column for each in would_do if each is not None))
    reading.folder_classes = tuple(sorted(set(by_folder) - {""}))
    if len(reading.folder_classes) == 1 and not diagnosis(reading.folder_classes[0]).known:
        reading.folder_classes = ()  # one folder for all, which says nothing
    if level is not None and level.noun and joined.keys and said is None and not (chosen and chosen.is_useful()):
        reading.folder_classes = ()  # they are called by ids that a table has a row for
    same = column_of_folders(rows, in_table, by_folder) if reading.folder_classes else ""
    if same and chosen is not None:
        reading.folder_classes = ()
    if reading.folder_classes:
        reading.offered["label"].append(FOLDERS)
    if CLASS_IN_NAME in rows:
        reading.offered["label"].append(CLASS_IN_NAME)
    covered = sum(joined.tables.values()) / max(1, len(rows))
    rival = None
    if said is None and reading.folder_classes and not folders.doubt and covered >= _NEARLY_ALL:
        rival = against_folders(choice, rows, in_table, by_folder, joined)
    if rival is not None:
        choice, folders.doubt = rival.choice, rival.doubt
        reading.offered["label"] += rival.columns
        chosen = choice.chosen
    values = chosen.values if chosen and len(rows) else pd.Series("", rows.index, dtype=object)
    stated = chosen.share if chosen else 0.0
    named = float((values != "").mean()) if len(rows) else stated
    told = bool(reading.folder_classes) and all(diagnosis(name).known for name in reading.folder_classes)
    use_table = chosen is not None and (
        said is not None
        or not reading.folder_classes
        or (rival is not None and rival.by_table)
        or (rival is None and bool(folders.doubt) and not told and chosen.is_useful() and covered >= _NEARLY_ALL)
        or (len(chosen.classes) > 1 and chosen.strong and not told and _are_of_things(joined, by_folder, values))
        or (len(chosen.classes) > 1 and chosen.strong and covered >= _NEARLY_ALL and (named >= _MOSTLY or not told))
    )
    if said == NONE:
        rows[LABEL] = ""
        reading.problem = (
            f"Somebody said that nothing is the class of the pictures of {printable(reading.folder.name)}."
        )
        return
    if use_table and chosen is not None and named > 0:
        _take_column(reading, rows, joined, choice, chosen)
        if choice.doubt and said is None and not (rival is not None and rival.by_table):  # which asks of it, too
            reading.questions.append(
                f"{choice.doubt} {chosen.column} is proposed; choose another one if it is not meant."
            )
        if rival is not None:
            reading.questions.append(rival.doubt)
        _ask_of_sides(reading, joined, chosen, said)
        _leave_out_unknown(reading, rows, in_table, chosen.column)
        if reading.folder_classes and said is None and level is not None and not folders.doubt:
            _warn_of_other_folders(reading, by_folder, values)
    elif CLASS_IN_NAME in rows and said is None and not reading.folder_classes:
        rows[LABEL] = rows[CLASS_IN_NAME]
        reading.columns["label"] = CLASS_IN_NAME
        shown = first_few(sorted(set(rows[LABEL]) - {""}))
        reading.how["label"] = f"files are called after {shown}"
        reading.questions.append(f"Nothing but the names of the files says the class: {shown}. Agree if these are it.")
    elif reading.folder_classes:
        _take_folders(reading, rows, by_folder, same, folders)
        if named and chosen is not None and len(chosen.classes) > 1:
            _fill_by_table(reading, rows, values, chosen)
        above = folders.level("malignancy")
        if above is not None and above.name in rows:
            reading.offered["label"].append(above.name)
    else:
        rows[LABEL] = ""
        reading.problem = _why_no_classes(reading, joined, folders, rows, choice.doubt if not named else "")


def _take_column(reading: Reading, rows: pd.DataFrame, joined: Joined, choice: LabelChoice, chosen: Candidate) -> None:
    """Have the chosen column say the class, and ask of other tables and columns that speak against it."""
    reading.columns["label"] = chosen.column
    reading.how["label"] = _how_label(chosen, choice, reading.choices.columns.get("label"))
    if chosen.note:
        reading.cautions.append(chosen.note)
    if chosen.column == BOXES and are_of_boxes(reading.table):
        reading.cautions.append(
            f"A picture has the class of its boxes in {printable(reading.table)}; without a box, or with boxes of "
            "several classes, it has none."
        )
    rows[LABEL] = chosen.values
    reading.used = chosen.used
    if reading.table in joined.keys:  # of tables that name no picture, that which says the class
        reading.table = joined.source.get(chosen.column, reading.table)
    decided = reading.choices.table in joined.tables
    for name in sorted({chosen.column, *chosen.used} & (set() if decided else joined.differing.keys())):
        count, second = joined.differing[name]
        reading.questions.append(
            f"{count:,} pictures have another {name} in {printable(second)} than in {printable(reading.table)}, "
            f"which counts. Agree, or choose the table that holds (table={printable(second)})."
        )
    _ask_of_other_set(reading, chosen.values, choice)


def _take_folders(
    reading: Reading, rows: pd.DataFrame, by_folder: pd.Series, same: str, folders: FolderReading
) -> None:
    """Have the names of folders say the class; `same` is a column that says what they do and is no class by name."""
    reading.columns["label"] = FOLDERS
    reading.how["label"] = f"pictures lie in folders called {first_few(reading.folder_classes)}"
    rows[LABEL] = by_folder
    if reading.choices.columns.get("label") is not None:
        return
    if doubt := folders.doubt or doubt_of_numbers(reading.folder_classes):
        reading.questions.append(doubt)
    if same:
        reading.questions.append(
            f"Folders are called as the column {printable(same)} says, which is no class by its name. Agree if "
            "they are the classes, or choose the column that is."
        )


def _warn_of_other_folders(reading: Reading, by_folder: pd.Series, values: pd.Series) -> None:
    """Say how many pictures lie in a folder of another class than the table says, where these are the fewer."""
    both, same = _in_both(by_folder, values)
    if 0 < both - same < _MOSTLY * both:
        reading.cautions.append(
            f"{both - same:,} pictures lie in a folder of another name than the class that {printable(reading.table)} "
            "says; the table counts, for it names nearly every picture."
        )


def _are_of_things(joined: Joined, by_folder: pd.Series, values: pd.Series) -> bool:
    """Whether folders are called after what a table has a row of, such as patients, and not after its classes."""
    both, same = _in_both(by_folder, values)
    return bool(joined.keys) and both > 0 and same < _SOME * both


def _in_both(by_folder: pd.Series, values: pd.Series) -> tuple[int, int]:
    """How many pictures have a class by folder and by table, and of how many these mean the same."""
    both = (by_folder != "") & (values != "")
    pairs = pd.DataFrame({"folder": by_folder[both], "said": values[both]}).value_counts()
    same = sum(int(count) for (folder, said), count in pairs.items() if same_diagnosis(str(folder), str(said)))
    return int(both.sum()), same


def name_classes(reading: Reading, rows: pd.DataFrame, joined: Joined) -> None:
    """Give numbered classes the names that a list beside the pictures has for them; changes `rows[LABEL]`."""
    numbers = whole_numbers(rows[LABEL].fillna("")) if joined.class_names else None
    told = (".txt", *NOTE_SUFFIXES)
    fitting = (each for each in joined.class_names if numbers is not None or not each.inside.lower().endswith(told))
    named = sorted((each for each in fitting if numbers is not None or each.sure), key=lambda each: not each.sure)
    for listed in named:
        shown = printable(listed.inside.rpartition("/")[2])
        from_zero = reading.columns.get("label") == BOXES and reading.table.endswith(TEXTS)
        said = listed.of(numbers, from_zero=from_zero) if numbers is not None else None
        if said is None or numbers is None:
            if listed.sure:
                reading.cautions.append(f"{shown} names other numbers than those of classes here; it was not used.")
            continue
        names, sure = said
        rows[LABEL] = numbers.map(names).reindex(rows.index).fillna("")
        reading.how["label"] = f"{reading.how.get('label', '')}; {shown} names the numbers".removeprefix("; ")
        if not sure:
            first, name = min(names.items())
            why = (
                f"{shown} names the classes in their order, and no picture has the first or the last number"
                if listed.named is None
                else f"{shown} names numbers between other lines"
            )
            reading.questions.append(
                f"{why}: is {first} “{printable(name)}”? Agree, or write a list of numbers and names, classes.csv."
            )
        return
    if numbers is None:
        _name_codes(reading, rows, joined)


def _name_codes(reading: Reading, rows: pd.DataFrame, joined: Joined) -> None:
    """Give classes that are called by codes the names that a text beside the pictures has for them."""
    codes = set(rows[LABEL].fillna("").unique()) - {""}
    for inside in (each for each in joined.nameless if each.lower().endswith(".txt")):
        if (names := names_of_codes(reading.folder / inside, codes)) is not None:
            rows[LABEL] = rows[LABEL].map(names).fillna("")
            named = f"{printable(inside.rpartition('/')[2])} names the codes"
            reading.how["label"] = f"{reading.how.get('label', '')}; {named}".removeprefix("; ")
            return


def _ask_of_other_set(reading: Reading, values: pd.Series, choice: LabelChoice) -> None:
    """Ask where pictures without a class have one in another column: two data sets may lie in one folder."""
    without = values == ""
    for other in choice.others:
        if reading.choices.columns.get("label") or not other.strong or other.kind == "level":
            continue
        theirs = other.values[without]
        if without.mean() >= _SOME and (theirs != "").mean() >= _NEARLY_ALL and (other.values[~without] == "").all():
            reading.questions.append(
                f"{int(without.sum()):,} pictures have no {printable(reading.columns['label'])} but a "
                f"{printable(other.column)}: two data sets may lie in one folder. Add the folder of each by itself and "
                "join them, or agree to leave these out."
            )
            return


def _ask_of_sides(reading: Reading, joined: Joined, chosen: Candidate, said: str | None) -> None:
    """Ask where a class stands once for pictures of both sides of a body, of which one alone may show it."""
    for inside, views in joined.views.items():
        if views.both_sides and set(chosen.used or (chosen.column,)) & set(views.of_row):
            once = (
                f"A line of {printable(inside)} has one class for pictures of both sides "
                f"({', '.join(map(printable, views.images[:4]))}): which of them shows it cannot be told; each gets it."
            )
            if said is None:
                reading.questions.append(f"{once} Agree, or write a class for each side.")
            else:
                reading.cautions.append(once)


def _choice(rows: pd.DataFrame, joined: Joined, in_table: list[str], said: str | None) -> LabelChoice:
    if said is not None and said in rows and said not in in_table:
        return choose_label(rows, [], said)
    return choose_label(rows[in_table], joined.images.values(), said)


def _how_label(chosen: Candidate, choice: LabelChoice, said: str | None) -> str:
    column, used = chosen.column, chosen.used
    if said is not None:
        return f"somebody chose {the_column(column)}"
    listed = ", ".join(used[:4]) + (" …" if len(used) > 4 else "")
    told = chosen.kind == "values" and all(diagnosis(str(name)).known for name in chosen.classes.index)
    words = {
        "one-hot": f"each row marks one of the columns {listed}",
        "level": f"of the levels of diagnosis, {column} gives the most classes with enough pictures",
        "name": f"the column is called {column}",
        "binary": f"the column {column} says of each picture whether it is malignant",
        "weak": f"the column is called {column}, and no other says more",
        "target": f"the column is called {column}, and no other says more",
        "values": f"the values of {the_column(column)} are " + ("diagnoses" if told else "few, and repeat"),
        "marks": f"columns of 0 and 1 may mark the classes: {listed}",
    }
    others = [each.column for each in choice.others if each.is_useful()]
    return words.get(chosen.kind, the_column(column)) + (f"; {', '.join(others)} would do too" if others else "")


def _leave_out_unknown(reading: Reading, rows: pd.DataFrame, in_table: list[str], column: str) -> None:
    """Count the pictures without a class; those too of which a finer column says that nobody knows the diagnosis."""
    finer = [name for name in columns_named(in_table, LABEL_NAMES) if name != column]
    if is_named(column, BINARY_NAMES):
        for name in finer[:1]:
            unknown = rows[name].map(lambda text: bool(text) and is_unknown(text)).astype(bool) & (rows[LABEL] != "")
            if unknown.any():
                rows.loc[unknown, LABEL] = ""
                reading.not_known = int(unknown.sum())
                reading.left_out[f"pictures whose {name} is not known"] = reading.not_known
                reading.cautions.append(
                    f"{unknown.sum():,} pictures have a {column} but their {name} is “unknown”; they are left out. Set "
                    f"label={column} to use them all."
                )


def _fill_by_table(reading: Reading, rows: pd.DataFrame, values: pd.Series, chosen: Candidate) -> None:
    """Give pictures that lie in no folder of a class the one that a table says, where both mean the same by a class."""
    names = list(chosen.values[chosen.values != ""].unique())
    without = (rows[LABEL] == "") & (values != "")
    in_numbers = whole_numbers(pd.Series(names, dtype=object)) is not None
    if without.any() and in_numbers and whole_numbers(pd.Series(reading.folder_classes, dtype=object)) is None:
        reading.questions.append(
            f"{without.sum():,} pictures lie in no folder of a class and have a number in the column {chosen.column}: "
            f"nobody has said which number is which class. Write {', '.join(reading.folder_classes[:3])} … there, or "
            "agree to leave these out."
        )
    elif chosen.strong or all(any(same_diagnosis(each, known) for known in reading.folder_classes) for each in names):
        _leave_out_contradicted(reading, rows, values)


def _leave_out_contradicted(reading: Reading, rows: pd.DataFrame, values: pd.Series) -> None:
    both = (rows[LABEL] != "") & (values != "")
    other = pd.Series(False, rows.index)
    for (folder, said), same in pd.DataFrame({"f": rows[LABEL][both], "s": values[both]}).groupby(["f", "s"]):
        if not same_diagnosis(str(folder), str(said)):
            other.loc[same.index] = True
    for number in other.index[other][:_FEW_SAID]:
        file, folder, said = rows[FILE][number], rows[LABEL][number], values[number]
        reason = f"Its folder says “{folder}”, {printable(reading.table)} says “{said}”. Correct one."
        reading.skipped.append(Skip(stem(file), file, reason))
    if other.sum() > _MOSTLY * both.sum():
        reading.questions.append(
            f"{int(other.sum()):,} of {int(both.sum()):,} pictures lie in folders of another name than the class that "
            f"{printable(reading.table)} says, and are left out. Choose which counts: label=COLUMN for the table, or "
            f"label={FOLDERS}."
        )
    if other.any():
        reading.left_out[f"pictures whose folder and {printable(reading.table)} say different classes"] = int(
            other.sum()
        )
        rows[CONTRADICTED] = other
    rows[LABEL] = rows[LABEL].where(rows[LABEL] != "", values)


def _why_no_classes(
    reading: Reading, joined: Joined, folders: FolderReading, rows: pd.DataFrame, doubt: str = ""
) -> str:
    pictures, shown = len(rows), printable(reading.folder.name)
    if folders.problem:
        return f"{shown} has {folders.problem}."
    if doubt:
        return (
            f"Nothing says one class for each of the {pictures:,} pictures of {shown}. {doubt} Write one class a line, "
            f"or say which column has it{_that_may_be(joined, rows)}."
        )
    if reading.table:
        return (
            f"Nothing says which class the {pictures:,} pictures of {shown} have: no column of "
            f"{printable(reading.table)} is one of classes. Say which column is{_that_may_be(joined, rows)}, or add "
            "one called label."
        )
    said = next(iter(joined.nameless.values()), "")
    if stands_for_several(said):
        return f"{said} Nobody has said which of them are meant."
    if not said and any(LIKE_PICTURES in reason for reason in reading.left_out):
        said = "The texts beside them hold no boxes in the form of YOLO."
    unread = ("spreadsheets", "workbooks", "data bases")
    not_read = [reason for reason in reading.left_out if reason.startswith(unread)]
    if not said and not_read:
        said = f"Not read are {not_read[0]}."
    return (
        f"Nothing says which class the {pictures:,} pictures of {shown} have. Put the table that does beside them, "
        "such as HAM10000_metadata.csv, or the pictures of each class into a folder of its own."
        + (f" {said}" if said else "")
    )


def _that_may_be(joined: Joined, rows: pd.DataFrame) -> str:
    """The columns with a few different values each, one of which may be the class, to follow “which column is”."""
    names = (name for name in joined.columns if name in rows and name not in joined.images.values())
    few = [name for name in names if 2 <= rows[name][rows[name] != ""].nunique() <= min(MOST_CLASSES, len(rows) // 2)]
    return f" ({', '.join(map(printable, few[:8]))}{' …' if len(few) > 8 else ''})" if few else ""
