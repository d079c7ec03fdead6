"""The reading of a folder as one plain object, for programs, and as text, for people."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.base.errors import DataError
from core.data.adapters.listing import holds_pictures, list_folder
from core.data.gene_folders import gene_places
from core.data.gene_table import read_gene_table
from core.data.reading.choices import Choices, choices_of
from core.data.reading.reader import read_folder
from core.data.reading.reading import Reading


def inspect_folder(folder: Path, choices: Mapping[str, str] | Iterable[str] = ()) -> dict[str, Any]:
    """What is understood of a folder, with the decisions that are kept for it and those that are given.

    Args:
        folder: a folder with pictures, tables, or both.
        choices: settings as `Choices.with_settings` takes them, as texts "label=dx" or as a mapping.

    Returns:
        `kind` ("pictures", "genes" or "nothing"), `pictures` (a count), `classes` and `malignant` by class, `parts`,
        `group` (`column`, `level`, `groups`, and `coarser` columns that are known), `columns` by meaning, `table`,
        `left_out` by reason, `cautions`, `questions`, `problem`, `how` each is known, and `certain`.

    Raises:
        DataError: the folder cannot be read, or a choice is none.
    """
    settings = [f"{what}={value}" for what, value in choices.items()] if isinstance(choices, Mapping) else list(choices)
    if (places := gene_places(list_folder(folder))) and not holds_pictures(folder, 3):
        if settings:
            raise DataError(f"{folder} is a gene-expression table; call its columns sample and label instead.")
        return _genes_as_object(places[0][1])
    return as_object(read_folder(folder, choices_of(folder).with_settings(settings)))


def as_object(reading: Reading) -> dict[str, Any]:
    """The reading in plain JSON types, as `inspect_folder` gives it."""
    group = reading.group
    return {
        "kind": reading.kind,
        "pictures": len(reading.rows),
        "classes": reading.counts,
        "malignant": {each.key: each.malignant for each in reading.classes},
        "parts": reading.parts,
        "group": {
            "column": group.column if group else None,
            "level": reading.noun,
            "groups": int(reading.rows["group_id"].nunique()) if len(reading.rows) else 0,
            "coarser": [each.column for each in reading.coarser],
        },
        "columns": dict(reading.columns),
        "table": reading.table or None,
        "left_out": dict(reading.left_out),
        "cautions": list(reading.cautions),
        "certain": reading.certain,
        "questions": [] if reading.agreed else list(reading.questions),
        "problem": reading.problem,
        "how": dict(reading.how),
    }


def _genes_as_object(place: Path) -> dict[str, Any]:
    """A gene-expression table in the same form; what cannot be read is its `problem`."""
    try:
        table = read_gene_table(place)
    except DataError as error:
        return as_object(Reading(place, Choices(), "genes", problem=str(error)))
    parts = table.split.value_counts().to_dict() if table.split.notna().any() else {}
    return {
        "kind": "genes",
        "pictures": 0,
        "samples": len(table.expression),
        "genes": len(table.expression.columns),
        "logarithmic": table.scale.logarithmic,
        "classes": {key: int(count) for key, count in table.labels.value_counts().sort_index().items()},
        "malignant": {each.key: each.malignant for each in table.spec.classes},
        "parts": {part: int(count) for part, count in parts.items()},
        "group": {"column": None, "level": table.spec.group, "groups": len(table.expression), "coarser": []},
        "columns": dict(table.columns),
        "table": table.labels_file,
        "left_out": dict(table.left_out),
        "cautions": list(table.cautions),
        "certain": table.certain,
        "questions": [],
        "problem": "",
        "how": {"genes": table.understood},
    }
