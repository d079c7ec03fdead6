"""Reading a folder: pictures and tables are found, joined, and what they say is weighed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from core.base.errors import DataError
from core.base.printable import first_few, printable
from core.base.settings import is_data_root
from core.data.adapters.picture_files import stem
from core.data.adapters.table_files import read_table
from core.data.compact_texts import Names, compact, stems_of
from core.data.diagnoses.diagnoses import diagnosis
from core.data.download.archives import ENDINGS
from core.data.reading.choices import NONE, Choices
from core.data.reading.column_names import IMAGE_NAMES, columns_named
from core.data.reading.compose import compose, note_classes
from core.data.reading.copies import of_several_classes
from core.data.reading.cut_outs import cut_out_of
from core.data.reading.exports import ask_of_an_export
from core.data.reading.file_names import (
    ALTERED,
    BEGINNING,
    CLASS_IN_NAME,
    NAME,
    NO_GROUPS,
    ORIGINAL,
    beginnings_or_ends,
    classes_in_names,
    columns_in_names,
    ids_before,
)
from core.data.reading.folder_doubts import doubt_of_neighbours
from core.data.reading.folders import FolderReading, read_folders
from core.data.reading.image_columns import read_naming
from core.data.reading.joined import FILE, STEM, Joined, shown_name, workbook_of
from core.data.reading.joining import join_tables
from core.data.reading.joining_by_folders import FOLDER
from core.data.reading.joining_by_keys import lies_beside_none, stands_for_several
from core.data.reading.labels import choose_label
from core.data.reading.masks import masks_in, without_masks
from core.data.reading.one_hot_columns import ONE_HOT, ONE_HOT_OR_NONE
from core.data.reading.picture_names import PictureNames
from core.data.reading.pictures_used import of_chosen_version, without_derived, without_what_is_twice
from core.data.reading.placeholders import said_of_empty
from core.data.reading.reading import FOLD, FOLDERS, LABEL, PART, Reading
from core.data.reading.repeated_folds import once_of_folds
from core.data.reading.sides import ALL, look_alike, shown_sides, within_sides
from core.data.reading.tree import LIKE_PICTURES, Tree, called_by, look_through
from core.data.reading.unnamed_tables import take_unnamed_tables
from core.data.reading.versions import in_several_forms, saved_twice, versions
from core.data.reading.weigh_groups import read_groups, read_parts
from core.data.reading.weigh_labels import name_classes, read_labels
from core.data.spec import Skip

_MOST_SAID = 5


def read_folder(folder: Path, choices: Choices | None = None, table: str = "") -> Reading:
    """Read what a folder of pictures is, from all that lies in it.

    Args:
        folder: it may hold pictures and tables at any depth.
        choices: what was decided about it.
        table: the name of a table in it; it alone counts then, and the pictures that it names.

    Raises:
        DataError: the folder cannot be read.
    """
    choices = choices or Choices()
    tree = look_through(folder.absolute())
    take_unnamed_tables(tree)
    if table:
        tree = _named_alone(tree, table)
    reading = Reading(tree.folder, choices, stamps=tuple(tree.stamps()))
    reading.left_out.update(sorted(Counter(why.rstrip(".") for _, why in tree.strange).items()))
    reading.left_out.update(sorted(tree.others.items()))
    reading.skipped += [Skip(stem(name), name, why) for name, why in tree.strange]
    places = without_what_is_twice(reading, tree, without_derived(reading, tree))
    places, sides = of_chosen_version(reading, places)
    folders = read_folders({place: len(names) for place, names in places.items()}, choices.no_classes)
    ask_of_an_export(places, folders)
    _ask_of_neighbours(tree, folders)
    places, copies, asked = once_of_folds(places, folders)
    if copies:
        reading.left_out["copies of pictures in the training parts of other folds"] = copies
    reading.questions += [asked] if asked else []
    reading.cautions += [said] if (said := said_of_empty(tree.folder, places)) else []
    files, rows, copied = _rows_of_folders(places, folders)
    _ask_of_copies(reading, files, rows)
    derived = {level.name: level.noun for level in folders.levels if level.role == "group" and level.name in rows}
    derived |= {name: name.removeprefix(NAME) for name in rows if name.startswith(NAME) and name not in NO_GROUPS}

    def told() -> pd.DataFrame:
        lying_in = [file.rpartition("/")[0].rpartition("/")[2] for file in files]
        said = rows[[name for name in rows if name[0] != "\0"]].assign(**{"": lying_in})
        if (ids := ids_before(stems_of(files))) is not None:
            said[BEGINNING] = ids
        if sides and (choices.version == ALL or (not choices.version and look_alike(tree.folder, places, sides))):
            said[STEM] = stems_of(files).str.casefold()
        return said

    if sides and ORIGINAL not in rows and (choices.version == ALL or look_alike(tree.folder, places, sides)):
        rows[ORIGINAL] = within_sides(files, sides)
        derived[ORIGINAL] = ORIGINAL.removeprefix(NAME)
    joined = join_tables(tree, files, choices.columns.get("image"), told, choices.table)
    places, tree.pictures = {}, dict.fromkeys(tree.pictures, Names())  # `files` has all names
    if files.empty and not _describes(joined, tree, reading):
        unread = [why for inside, why in joined.nameless.items() if not (_is_remark(inside) or lies_beside_none(why))]
        reading.cautions += map(printable, unread)
        _note_archives(reading, tree)
        return reading
    if files.empty:
        joined.rows, joined.unpictured = joined.unpictured.drop(columns=FILE), pd.DataFrame()
        rows = pd.DataFrame({FILE: joined.rows[joined.images[next(iter(joined.images))]]}, index=joined.rows.index)
    if tree.texts:
        reading.left_out[LIKE_PICTURES] = len(tree.texts)
    reading.kind = "pictures"
    _note_tables(reading, joined, len(files), sides)
    if joined.folds is not None and FOLD not in rows:
        rows[FOLD] = joined.folds
    reading.questions += [joined.asked] if joined.asked else []
    for ending, count in joined.beside.items():
        reading.left_out[called_by(ending)] -= count
        if not reading.left_out[called_by(ending)]:
            reading.left_out.pop(called_by(ending))
    if joined.by_stem and ORIGINAL not in rows:
        rows[ORIGINAL] = stems_of(files).str.casefold()
        derived[ORIGINAL] = ORIGINAL.removeprefix(NAME)
    if FOLDER in joined.rows:
        derived[FOLDER] = "folder"
    unclear = any(map(stands_for_several, joined.nameless.values()))
    if sides and not (choices.version or joined.by_stem or unclear or ORIGINAL in rows):
        reading.offered.pop("version", None)
    elif sides and not (choices.version or joined.by_stem or unclear or copied):
        reading.cautions.append(
            f"Pictures of the same names lie in {shown_sides(sides)}, versions of one another as it seems. Set "
            f"version={printable(sides[0])} to use one of these folders alone."
        )
    table_columns = list(joined.rows)
    rows = pd.concat([rows.drop(columns=[name for name in rows if name in table_columns]), joined.rows], axis=1)
    joined.rows = joined.rows.head(0)  # `rows` has them all
    if not (joined.tables or CLASS_IN_NAME in rows or folders.level("class")):
        named = beginnings_or_ends(stems_of(files))
        rows = rows if named is None else rows.assign(**{CLASS_IN_NAME: named})
    reading.every = tuple(name for name in rows if not name.startswith("\0"))
    reading.offered["image"] = joined.columns
    _without_absent_columns(reading)
    read_labels(reading, rows, joined, folders)
    _ask_of_several_classes(reading, rows)
    name_classes(reading, rows, joined)
    taken = {*reading.columns.values(), *joined.images.values()}
    read_parts(reading, rows, joined, table_columns, folders.beside_parts)
    level = folders.level("class")
    by_table = level is not None and level.name in rows and reading.columns.get("label") != FOLDERS
    of_things = level is not None and by_table and (level.noun or joined.keys)  # called after what a table has a row of
    if level is not None and of_things and rows[level.name].nunique() > 2:  # two are rather pieces of a download
        derived[level.name] = level.noun or "group"
    read_groups(reading, rows, [name for name in table_columns if name not in taken], derived)
    compose(reading, rows, joined, table_columns, files)
    note_classes(reading)
    _note_empty_folders(reading, tree)
    if not reading.columns.get("label"):
        _note_archives(reading, tree)
    return reading


def _ask_of_neighbours(tree: Tree, folders: FolderReading) -> None:
    """Ask whether folders of pictures that lie in a data folder are classes, where neither a table nor parts say so."""
    level = folders.level("class")
    if level is None or folders.doubt or level is not folders.levels[0] or not is_data_root(tree.folder):
        return
    if not (tree.tables or "" in tree.pictures or any(folders.parts.values())):
        folders.doubt = doubt_of_neighbours({names[0] for names in folders.names.values() if names and names[0]})


def _ask_of_copies(reading: Reading, files: pd.Series, rows: pd.DataFrame) -> None:
    """Ask about pictures that are altered copies by their names where nothing says of which."""
    copies = int(files.str.contains(ALTERED, regex=True).sum()) if ORIGINAL not in rows else 0
    if 0 < copies < len(files):
        reading.questions.append(
            f"{copies:,} pictures are altered copies by their names (aug_…), and nothing says of which: they may stand "
            "on both sides of a split. Take them away, or agree to train on them."
        )


def _ask_of_several_classes(reading: Reading, rows: pd.DataFrame) -> None:
    """Ask about pictures that lie in the folders of several classes at once."""
    if reading.columns.get("label") != FOLDERS or reading.problem:
        return
    if twice := of_several_classes(reading.folder, rows[FILE], rows[LABEL]):
        one, other = map(printable, twice[0])
        reading.questions.append(
            f"The same pictures lie in folders of several classes, {len(twice):,} of those that were compared, such as "
            f"{one} and {other}. Take away the wrong ones, or agree that each counts as what its folder says."
        )


def _named_alone(tree: Tree, inside: str) -> Tree:
    """What lies in a folder, with one of its tables alone and the pictures that this names."""
    places = without_masks(tree, masks_in(tree))
    files = [(place, name) for place, names in places.items() for name in names]
    _, columns = read_naming(tree.folder / inside, PictureNames([f"{place}/{name}" for place, name in files]))
    pictures: dict[str, list[str]] = {}
    for number in sorted({number for _, numbers in columns for number in numbers.tolist() if number >= 0}):
        place, name = files[number]
        pictures.setdefault(place, []).append(name)
    return replace(tree, pictures={place: Names(named) for place, named in pictures.items()}, tables=[inside])


def _rows_of_folders(
    places: Mapping[str, Sequence[str]], folders: FolderReading
) -> tuple[pd.Series, pd.DataFrame, bool]:
    """Paths of the pictures, what folders and file names say of them, as texts by column, and whether these say of what
    pictures are copies."""
    files = compact(f"{place}/{name}" if place else name for place, names in places.items() for name in names)
    repeats = [len(names) for names in places.values()]
    keys = list(places)
    columns: dict[str, pd.Series] = {}
    copied = False

    def note(column: str, values: list[str]) -> None:
        level = folders.level("class")
        if column == PART or (level and column == level.name) or len(set(values)) > 1:
            columns[column] = pd.Series(values, dtype=object).repeat(repeats).reset_index(drop=True)

    if keys:
        note(PART, [folders.parts.get(place, "") for place in keys])
        note(FOLD, [str(folders.folds.get(place, "")) for place in keys])
        for number, each in enumerate(folders.levels):
            note(each.name, [(folders.names[place] + ("",) * 20)[number] for place in keys])
        stems = stems_of(files)
        named = columns_in_names(stems)
        if copied := ORIGINAL in named:
            named[ORIGINAL] = _within_classes(named[ORIGINAL], columns, folders)
        if folders.level("class") is None and (said := classes_in_names(stems)) is not None:
            named[CLASS_IN_NAME] = list(said)
        if not any(name not in NO_GROUPS for name in named) and (whole := cut_out_of(places)) is not None:
            named[ORIGINAL] = list(whole)
        if not any(name not in NO_GROUPS for name in named) and (twice := saved_twice(files, stems)) is not None:
            named[ORIGINAL] = list(twice)
        if not any(name not in NO_GROUPS for name in named) and (forms := in_several_forms(files, stems)) is not None:
            named[ORIGINAL] = list(forms)
        _note_versions(stems, columns, folders, named)
        for name, values in named.items():
            if len(set(values)) > 1 and name.removeprefix(NAME) not in columns:  # what folders say already
                columns[name] = pd.Series([value or "" for value in values], dtype=object)
    return files, pd.DataFrame({FILE: files, **columns}), copied


def _within_classes(
    originals: list[str | None], columns: Mapping[str, pd.Series], folders: FolderReading
) -> list[str | None]:
    """What pictures are copies of, with their class where the same names stand in those of several: numbers that begin
    anew in each of them are of different pictures."""
    level = folders.level("class")
    if level is None or level.name not in columns:
        return originals
    lying_in = columns[level.name]
    if not (lying_in.groupby(pd.Series(originals, dtype=object)).nunique() > 1).any():
        return originals
    return [name and f"{place}/{name}" for name, place in zip(originals, lying_in, strict=True)]


def _note_versions(
    stems: pd.Series, columns: dict[str, pd.Series], folders: FolderReading, named: dict[str, list[str | None]]
) -> None:
    """Propose that files of one name belong together, or ask whether folders with the same names are classes."""
    level = folders.level("class")
    found = versions(stems, columns[level.name] if level is not None else [""] * len(stems))
    if found and not any(name not in NO_GROUPS for name in named):
        named[ORIGINAL] = list(stems)
    elif found is False and level is not None and not folders.doubt:
        classes = sorted(set(columns[level.name]) - {""})
        if not any(diagnosis(name).known for name in classes):
            shown = first_few(classes)
            folders.doubt = f"The same file names lie in {shown}: these may be views of the same pictures, no classes."


def _describes(joined: Joined, tree: Tree, reading: Reading) -> bool:
    """Whether a folder without pictures has a table that names some, which can be explored; it becomes `unpictured`."""
    for inside in tree.tables:
        try:
            table = read_table(tree.folder / inside, 2000)
        except DataError:
            continue
        image = next(iter(columns_named(table.columns, IMAGE_NAMES)), None)
        choice = choose_label(table.rows, [image] if image else [])
        if image and choice.chosen and choice.chosen.kind != "values" and len(choice.chosen.classes) >= 2:
            joined.unpictured = table.rows.assign(**{FILE: table.rows[image]})
            joined.images[inside], joined.without[inside], joined.tables[inside] = image, len(table.rows), 0
            for named in [each for each in joined.nameless if inside in (each, workbook_of(each))]:
                joined.nameless.pop(named)
            reading.skipped.append(Skip("", "", f"None of the {len(table.rows):,} pictures of {inside} is here."))
            return True
    return False


def _note_tables(reading: Reading, joined: Joined, pictures: int, sides: Sequence[str]) -> None:
    chosen = reading.choices.table
    used = sorted(joined.tables, key=lambda each: (each != chosen, each in joined.keys, -joined.tables[each]))
    reading.offered["table"] = used
    reading.table = used[0] if used else ""
    if used and used[0] in joined.keys:
        reading.how["image"] = (
            f"{joined.keys[used[0]]} of {printable(used[0])} is what folders or files are called by: of "
            f"{joined.tables[used[0]]:,} of {pictures:,} pictures"
        )
    elif used:
        image = joined.images[used[0]]
        reading.columns["image"] = image
        reading.how["image"] = (
            f"of the columns of {printable(used[0])}, {image} names the most pictures that are here: "
            f"{joined.tables[used[0]]:,} of {pictures:,}"
        )
    if used:
        if len(used) > 1:
            shown = ", ".join(map(printable, used[:_MOST_SAID])) + (" …" if len(used) > _MOST_SAID else "")
            reading.how["tables"] = f"{len(used)} tables are joined: {shown}"
    else:
        reading.how["image"] = "no table names the pictures"
    if empty := [inside for inside in joined.empty if not _is_remark(inside)]:
        shown = ", ".join(map(printable, empty[:_MOST_SAID])) + (" …" if len(empty) > _MOST_SAID else "")
        reading.left_out[f"tables without a row ({shown})"] = len(empty)
    for inside, absent in joined.without.items():
        reading.left_out[f"rows of {printable(inside)} whose picture is not here"] = absent
    for inside, why in joined.nameless.items():
        sentence = printable(why) if why.endswith(".") else f"{printable(why)}."
        if _is_remark(inside):
            continue
        reading.cautions.append(sentence)
        if pictures and not used and sides and stands_for_several(why):
            if any("version=" in each for each in reading.questions):
                continue
            reading.questions.append(
                f"{sentence} They lie in {shown_sides(sides)}. Say which of these is meant (version={sides[0]}), or "
                f"that they show the same pictures (version={ALL})."
            )
        elif pictures and not used:
            reading.questions.append(f"A table lies beside the pictures and was not used. {sentence}")
    if joined.by_stem and not reading.choices.version:
        reading.questions.append(
            f"Names in {shown_name(joined.by_stem)} each stand for pictures in {shown_sides(sides)}, which look alike. "
            f"Agree that all are used, those of one name together, or choose one of the folders (version={sides[0]})."
        )


def _without_absent_columns(reading: Reading) -> None:
    """Let go of decisions on columns that are not here, as in another folder of the same name, and ask again."""
    known = {NONE, FOLDERS, ONE_HOT, ONE_HOT_OR_NONE, *reading.every, *reading.offered["image"]}
    columns = reading.choices.columns
    for what, column in columns.items():
        if column not in known:
            reading.questions.append(
                f"It was decided that {printable(column)} is the {what}, and there is no such column here."
            )
    here = {what: column for what, column in columns.items() if column in known}
    reading.choices = replace(reading.choices, columns=here)


def _is_remark(inside: str) -> bool:
    """Whether a text is more likely to be read by people: a licence, notes, requirements."""
    return inside.lower().endswith(".txt")


def _note_archives(reading: Reading, tree: Tree) -> None:
    """Say what lies there still packed, which may be what is lacking."""
    alone = [each for each in tree.archives if not each.lower().endswith(ENDINGS)]
    if shown := ", ".join(map(printable, [each for each in tree.archives if each not in alone][:_MOST_SAID])):
        reading.cautions.append(f"Still packed: {shown}. Unpack it on the Data page, or with python -m core unpack.")
    if shown := ", ".join(map(printable, alone[:_MOST_SAID])):
        reading.cautions.append(f"Still packed: {shown}. Unpack it with a program for such files (gunzip, 7-Zip).")


def _note_empty_folders(reading: Reading, tree: Tree) -> None:
    """Say which folders beside those of classes hold no picture."""
    if reading.columns.get("label") != FOLDERS:
        return
    root = reading.folder
    holding = {place for each in tree.pictures for place in (root / each, *(root / each).parents)}
    beside = {place.parent for place in holding if place.name in reading.folder_classes}
    others = (Path(place) for place in tree.folders)
    empty = sorted(str(place.relative_to(root)) for place in others if place.parent in beside and place not in holding)
    if empty:
        shown = ", ".join(map(printable, empty[:5])) + (" …" if len(empty) > 5 else "")
        reading.cautions.append(f"{shown} {'holds' if len(empty) == 1 else 'hold'} no picture: no class comes of it.")
