"""The reading of a folder as one plain object, for programs, and as text, for people."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.data.reading.choices import choices_of
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
