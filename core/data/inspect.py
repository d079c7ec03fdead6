"""The reading of a folder as one plain object, for programs, and as lines, for people."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.errors import DataError
from core.base.files import with_home
from core.base.printable import first_few, printable
from core.base.progress import silent
from core.data.adapters.listing import holds_pictures, list_folder
from core.data.adapters.registry import ADAPTERS
from core.data.catalog_entries import MOST_BELOW
from core.data.compact_texts import count_different, stems_of
from core.data.decided_layouts import Layouts, in_arrays, refuse_of_arrays, with_decided_classes
from core.data.genes.gene_evidence import names_of_facts
from core.data.genes.gene_folders import OF_NAMES, folder_of_choices, gene_places, layout_of
from core.data.genes.gene_glance import GeneReading, read_genes
from core.data.picture_shards import read_decided
from core.data.reading.choices import NONE, Choices, choices_of, keep_choices
from core.data.reading.one_hot_columns import ONE_HOT, ONE_HOT_OR_NONE
from core.data.reading.reader import read_folder
from core.data.reading.reading import FOLDERS, UNLABELLED, Reading
from core.data.recognition import recognise
from core.data.shard_files import find_shards
from core.data.spec import MOST_CLASSES, ClassSpec, Dataset
from core.data.splits.folds import names_of_own_folds
from core.data.splits.splits import TEST, TRAIN, VALIDATION
from core.data.trainable import why_not_trained

_HOLDING = ("arrays ", "files ending in .npz", "archives that are still packed")
"""Reasons why files are left out that may be a data set in a known layout."""


def inspect_folder(folder: Path, choices: Mapping[str, str] | Iterable[str] = ()) -> dict[str, Any]:
    """What is understood of a folder, with the decisions that are kept for it and those that are given.

    Args:
        folder: a folder with pictures, tables, or both.
        choices: settings as `Choices.with_settings` takes them, as texts "label=dx" or as a mapping.

    Returns:
        `kind` ("pictures", "genes" or "nothing"), `pictures` (a count), `classes` and `malignant` by class, `parts`,
        `group` (`column`, `level`, `groups`, and `coarser` columns that are known), `columns` by meaning, `table`,
        `left_out` by reason, `cautions`, `certain`; and `questions`, `open` (what is not decided and may stay so),
        `problem`, and `how` each is known.

    Raises:
        DataError: the folder cannot be read, or a choice is none.
    """
    folder = _a_folder(folder)
    settings = _settings(choices)
    decided = choices_of(folder).with_settings(settings)
    if (place := _genes_alone(folder, decided)) is not None:
        _check_gene_choices(place, Choices().with_settings(settings), decided.samples)
        genes = read_genes(place, decided)
        _check_classes(genes.classes, (), Choices().with_settings(settings))
        return genes_as_object(genes)
    known = _published(folder)
    reading, found = _looked_into(folder, decided, known)
    below = [] if found is not None else _genes_below(reading, settings)
    if len(below) == 1:
        return inspect_folder(below[0], settings)
    _check_decided(reading, found, known, Choices().with_settings(settings))
    if below:
        names = ", ".join(printable(each.name) for each in below)
        reading.cautions.append(f"Gene-expression tables lie in the folders {names}. Give one of them.")
    return as_object(reading, found)


def decide(folder: Path, settings: Iterable[str], *, agree: bool = False) -> dict[str, Any]:
    """Keep what is decided about a folder, and agree to what is understood then; gives what `inspect_folder` does.

    Raises:
        DataError: as `inspect_folder`; nothing is kept.
        DiskFullError: it cannot be kept.
    """
    folder, settings = _a_folder(folder), list(settings)
    choices = choices_of(folder).with_settings(settings)
    if (place := _genes_alone(folder, choices)) is not None:
        return _decide_genes(place, choices, settings, agree=agree)
    known = _published(folder)
    reading, found = _looked_into(folder, choices, known)
    below = [] if found is not None else _genes_below(reading, settings)
    if len(below) == 1:
        return decide(below[0], settings, agree=agree)
    _check_decided(reading, found, known, Choices().with_settings(settings))
    if agree and (found is None or not known):  # of a known layout nothing is asked
        choices = replace(choices, agreed=reading.state)
        reading = replace(reading, choices=choices)
    keep_choices(folder, choices)
    return as_object(reading, found)


def as_object(reading: Reading, found: Dataset | None = None) -> dict[str, Any]:
    """A reading in plain JSON types, as `inspect_folder` gives it; of a known layout what its own reader gives."""
    group = reading.group
    value = {
        "kind": reading.kind,
        "pictures": len(reading.rows),
        "classes": reading.counts,
        "malignant": {each.key: each.malignant for each in reading.classes},
        "parts": reading.parts,
        "group": {
            "column": (group.column or None) if group else None,
            "level": reading.noun,
            "groups": count_different(reading.rows["group_id"]) if len(reading.rows) else 0,
            "coarser": [each.column for each in reading.coarser],
        },
        "columns": dict(reading.columns),
        "folds": list(names_of_own_folds(reading.rows)),
        "table": reading.table or None,
        "left_out": dict(reading.left_out),
        "cautions": list(reading.cautions),
        "certain": reading.certain,
        "questions": [] if reading.agreed else list(reading.questions),
        "open": _open(reading),
        "problem": reading.problem,
        "how": dict(reading.how),
    }
    return value if found is None else value | _of_known(reading, found)


def _open(reading: Reading) -> list[str]:
    """What nobody has said, such as whether each class is malignant of which that is not known, and how to answer."""
    malignant = [
        f"Is {printable(each.name)} malignant? --set {shlex.quote(f'malignant:{each.key}=yes')}, no, or unknown where "
        "nobody knows."
        for each in reading.unjudged
    ]
    return [*reading.undecided, *([] if reading.problem else malignant)]


def _of_known(reading: Reading, found: Dataset) -> dict[str, Any]:
    """What differs where a known layout is read by its own reader."""
    spec, table = found.spec, found.table
    counts, parts = table["label"].value_counts(), table["split"].value_counts()
    columns = reading.columns if reading.kind == "pictures" else {}
    left_out = dict(reading.left_out)
    if reading.kind == "nothing":  # what holds the pictures is none of what is left out
        left_out = {why: count for why, count in left_out.items() if not why.startswith(_HOLDING)}
    single = str(counts.index[0]) if len(counts) == 1 else ""
    problem = why_not_trained(replace(spec, unpictured=table.empty, single_class=single))
    if found.described.empty:
        problem = f"None of the pictures of {spec.title} is here."
    return {
        "kind": "pictures",
        "pictures": len(table) + reading.others,
        "classes": {each.key: int(counts[each.key]) for each in spec.classes if each.key in counts},
        "malignant": {each.key: each.malignant for each in spec.classes if each.key in counts},
        "parts": {part: int(parts.get(part, 0)) for part in (TRAIN, VALIDATION, TEST)} | {UNLABELLED: reading.others},
        "group": {
            "column": columns.get("group"),
            "level": spec.group,
            "groups": count_different(table["group_id"]),
            "coarser": [],
        },
        "columns": reading.columns if len(parts) else {k: v for k, v in reading.columns.items() if k != "split"},
        "folds": list(names_of_own_folds(table)),
        "left_out": left_out,
        "cautions": list(dict.fromkeys([*([spec.caution] if spec.caution else []), *reading.cautions])),
        "certain": not problem,
        "questions": [],
        "open": _open(reading) if reading.classes == spec.classes else [],
        "problem": problem,
        "how": {**reading.how, "layout": f"its files are those of {spec.title}"},
        "data_set": spec.name,
    }


def lines_of(value: Mapping[str, Any]) -> list[str]:
    """The object of `inspect_folder` in lines for people."""
    if value["kind"] == "nothing":
        nothing = "Nothing here is a picture, or a table that describes pictures or genes."
        return [nothing, *_left_out(value), *(f"Caution: {each}" for each in value["cautions"])]
    genes = value["kind"] == "genes"
    if genes and value["problem"]:
        return [value["problem"]]
    what = "samples" if genes else "pictures"
    malignant = {True: "malignant", False: "benign", None: "not known to be malignant or benign"}
    group = value["group"]
    lines = [f"{value[what]:,} {what}, {len(value['classes'])} classes:"]
    lines += [f"  {printable(name)}: {count:,} ({malignant[value['malignant'][name]]})"
              for name, count in value["classes"].items()]  # fmt: skip
    parts = ", ".join(f"{part} {count:,}" for part, count in value["parts"].items() if count)
    lines += [f"Parts: {parts or 'none are given'}."]
    if folds := value["folds"]:
        shown = ", ".join(map(printable, folds))
        lines += [f"{len(folds)} folds ({shown}): train with --folds own to test on each; else they are not used."]
    lines += [
        f"{group['groups']:,} groups, one for each {group['level']}"
        + (f" ({group['column']})." if group["column"] else ".")
    ]
    lines += [f"{what}: {column}" + (f" – {value['how'][what]}." if what in value["how"] else "")
              for what, column in value["columns"].items() if column != what]  # fmt: skip
    lines += [*_left_out(value), *(f"Caution: {each}" for each in value["cautions"])]
    lines += [f"Asked: {each}" for each in value["questions"]]
    lines += [f"Asked, and may stay open: {each}" for each in value["open"]]
    if value["problem"]:
        return [*lines, value["problem"]]
    if value["certain"]:
        return [*lines, "Certain: it can be trained on."]
    return [
        *lines,
        "Not certain: it is not trained on until somebody has agreed (--agree) or decided (--set).",
    ]


def _left_out(value: Mapping[str, Any]) -> list[str]:
    return [f"Left out: {count:,} {reason}." for reason, count in value["left_out"].items()]


def _settings(choices: Mapping[str, str] | Iterable[str]) -> list[str]:
    return [f"{what}={value}" for what, value in choices.items()] if isinstance(choices, Mapping) else list(choices)


def _a_folder(folder: Path) -> Path:
    folder = with_home(folder).absolute()
    if not folder.exists():
        raise DataError(f"There is no folder {printable(folder)}.")
    if not folder.is_dir():
        raise DataError(f"{printable(folder)} is a file. Give the folder that it lies in, or unpack it first.")
    return folder


def _genes_below(reading: Reading, settings: list[str]) -> list[Path]:
    """The folders in one that is nothing itself which hold a gene-expression table, as the catalog finds them."""
    if reading.kind != "nothing" or holds_pictures(reading.folder, 3):
        return []
    inner = [reading.folder / name for name in list_folder(reading.folder).folders[:MOST_BELOW]]
    return [each for each in inner if gene_places(list_folder(each), choices_of(each).with_settings(settings))]


def _genes_alone(folder: Path, choices: Choices) -> Path | None:
    """The gene-expression table in a folder that has one and no pictures."""
    places = gene_places(list_folder(folder), choices)
    return places[0][1] if places and not holds_pictures(folder, 3) else None


def _looked_into(folder: Path, choices: Choices, known: Layouts) -> tuple[Reading, Dataset | None]:
    """The reading of a folder, and what the reader of a known layout gives where nobody has decided otherwise."""
    shards = find_shards(list_folder(folder), choices.columns.get("label"))
    if shards is not None:
        return read_decided(shards, choices)
    reading = read_folder(folder, choices)
    if choices.decides and known and not in_arrays(known):
        return reading, None
    seen = reading.rows.get(["path", "label", "split"]) if known and not in_arrays(known) else None
    if known:  # whose rows count, so that those of the reading need not be in memory beside them
        reading = replace(reading, rows=pd.DataFrame(), described=pd.DataFrame())
    for spec, adapter in known:
        try:
            found = with_decided_classes(adapter.read(folder, spec, silent), choices)
            return _with_others(reading, seen, found), found
        except DataError as error:
            if reading.kind == "nothing":
                return replace(reading, problem=str(error)), None
    if known:
        return read_folder(folder, choices), None
    if reading.kind == "nothing" and (refused := recognise(folder, layouts_alone=True).refused):
        return replace(reading, kind="pictures", problem=refused[0][0].problem), None
    return reading, None


def _with_others(reading: Reading, seen: pd.DataFrame | None, found: Dataset) -> Reading:
    """The reading of a folder in a known layout, whose reader gave `found`, with the pictures that this does not name.

    Those that have a class by another table are spoken of, and parts that the layout does not know; `seen` are the
    paths, labels and parts of all pictures there.
    """
    reading = replace(reading, cautions=[])
    if seen is None or seen.empty:
        return reading
    named = found.described.loc[found.described["path"].notna(), "path"]
    others = seen[~seen["path"].isin(named)]
    others = others[~stems_of(others["path"]).isin(stems_of(named))]  # further copies of the same pictures
    reading = replace(reading, others=len(others))
    parts = seen.loc[seen["path"].isin(found.table["path"]), "split"].value_counts()
    if len(parts) > 1 and found.table["split"].isna().all():
        shown = ", ".join(f"{part} {count:,}" for part, count in parts.items())
        reading.cautions.append(
            f"Folders or tables here say parts ({shown}), which are not used: {found.spec.title} has none of its own. "
            "To use them, read all as any other folder (layout=none)."
        )
    labelled = others.loc[others["label"].notna(), "path"]
    if labelled.empty:
        return reading
    places = sorted({str(Path(path).parent.relative_to(reading.folder)) for path in labelled})
    reading.left_out[f"pictures of other tables than that of {found.spec.title}"] = len(labelled)
    reading.cautions.append(
        f"{len(labelled):,} pictures in {first_few(places)} are not of {found.spec.title}, and other tables here say "
        "their classes. They are left out; to use them, read all as any other folder (layout=none)."
    )
    return reading


def _published(folder: Path) -> Layouts:
    """The data sets of a folder that a layout of its own reads."""
    listing = list_folder(folder)
    try:
        found = [(spec, adapter) for adapter in ADAPTERS for spec in adapter.recognise(listing)]
    except DataError:  # the folder has such a layout and cannot be used as it is
        return ()
    return tuple(each for each in found if not each[0].problem)


def _check_decided(reading: Reading, found: Dataset | None, known: Layouts, decided: Choices) -> None:
    """Refuse new decisions that nothing here can follow; older ones may be of another machine.

    Raises:
        DataError: says what could be decided.
    """
    if decided.layout and not known:
        raise DataError(
            f"{printable(reading.folder.name)} has the layout of no public data set: it is read as any folder."
        )
    refuse_of_arrays(known, decided)
    _check_columns(reading, decided)
    written = reading.offered.get("class") or [each for spec, _ in known for each in spec.class_keys]
    _check_classes(reading.classes if found is None else found.spec.classes, written, decided)


def _check_classes(classes: Sequence[ClassSpec], written: Sequence[str], decided: Choices) -> None:
    """Refuse decisions about classes that are not here.

    Args:
        classes: as they are with all that was decided.
        written: what stands where the classes are written; empty where nobody knows.
        decided: what is new.

    Raises:
        DataError: lists the classes that are here.
    """
    keys = [each.key for each in classes]
    absent = [name for name in decided.malignant if name not in keys]
    absent += [name for name in decided.merged if written and name not in (*written, *keys)]
    if absent:
        raise DataError(
            f"No class is called “{printable(absent[0])}”. There are: {first_few(keys, MOST_CLASSES) or 'none'}."
        )


def _decide_genes(place: Path, choices: Choices, settings: list[str], *, agree: bool) -> dict[str, Any]:
    """Keep what was decided about a gene-expression table, and the column of the class where all of it is agreed to."""
    _check_gene_choices(place, Choices().with_settings(settings), choices.samples)
    reading = read_genes(place, choices)
    _check_classes(reading.classes, (), Choices().with_settings(settings))
    if agree and not reading.problem:
        reading = read_genes(place, reading.agreed)
    keep_choices(folder_of_choices(place), reading.choices)
    return genes_as_object(reading)


def _check_gene_choices(place: Path, decided: Choices, samples: str) -> None:
    """Refuse what cannot be decided of a gene-expression table whose samples lie in "rows" or "columns", or "".

    Raises:
        DataError: says what can, and which columns there are.
    """
    others = replace(decided, columns={}, merged={}, malignant={}, samples="") != Choices()
    if others or decided.columns.keys() - {"label", "group"}:
        raise DataError(
            f"{printable(place)} is a gene table. There you can set: label=COLUMN, group=COLUMN|none, "
            "samples=rows|columns, merge:CLASS=CLASS and malignant:CLASS=yes|no|unknown. Call the column "
            "that names samples “sample”."
        )
    if not decided.columns:
        return
    names = names_of_facts(layout_of(place, Choices(samples=samples)).labels[0].head)
    for what, said in decided.columns.items():
        if said not in (*names, *((NONE, OF_NAMES) if what == "group" else ())):
            there = ", ".join(map(printable, names[:12])) + (" …" if len(names) > 12 else "")
            raise DataError(f"No column is called “{printable(said)}”, to be the {what}. There are: {there}.")


def genes_as_object(reading: GeneReading) -> dict[str, Any]:
    """The reading of a gene-expression table in the same form; what cannot be read is its `problem`."""
    if reading.problem:
        return as_object(Reading(reading.place, Choices(), "genes", problem=reading.problem))
    counts = reading.by_class.set_index("key")
    return {
        "kind": "genes",
        "pictures": 0,
        "samples": reading.samples,
        "genes": reading.genes,
        "logarithmic": reading.logarithmic,
        "classes": {key: int(count) for key, count in counts["samples"].items()},
        "malignant": {each.key: each.malignant for each in reading.classes},
        "parts": {
            **{part: int(counts[part].sum()) for part in (TRAIN, VALIDATION, TEST)},
            UNLABELLED: reading.unlabelled,
        },
        "samples_in": reading.samples_in,
        "group": {
            "column": reading.columns.get("group"),
            "level": reading.group,
            "groups": reading.groups,
            "coarser": [],
        },
        "columns": dict(reading.columns),
        "folds": [],
        "table": reading.table,
        "left_out": dict(reading.left_out),
        "cautions": [*reading.cautions, *reading.questions],
        "certain": reading.certain,
        "questions": list(reading.questions),
        "open": [],
        "problem": "",
        "how": {"genes": reading.words, "scale": reading.scale},
    }


def _check_columns(reading: Reading, decided: Choices) -> None:
    """Refuse new decisions that name a column which is not there; older ones may be of another machine.

    Raises:
        DataError: lists those that are.
    """
    tables = reading.offered.get("table", [])
    if decided.table and decided.table not in tables:
        raise DataError(
            f"No table that is used is called “{printable(decided.table)}”. There are: "
            f"{', '.join(map(printable, tables)) or 'none'}."
        )
    versions = reading.offered.get("version", [])
    if decided.version and decided.version not in versions:
        raise DataError(
            f"There is no version “{printable(decided.version)}” of the pictures. There are: "
            f"{', '.join(map(printable, versions)) or 'none'}."
        )
    for what, column in decided.columns.items():
        if column not in (*reading.every, NONE, FOLDERS, ONE_HOT, ONE_HOT_OR_NONE):
            there = ", ".join(map(printable, reading.every)) or "none"
            raise DataError(f"No column is called “{printable(column)}”, to be the {what}. There are: {there}.")
