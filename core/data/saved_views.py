"""Views of a data set that people have given a name: what is filtered, as it stands in the address of a page."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock

from core.base.errors import DataError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.settings import artifacts_dir

LONGEST_NAME, MOST_VIEWS = 60, 50
"""Characters of a name, and views of a data set."""
View = dict[str, list[str]]
"""Parameters of an address with their values."""


def saved_views(dataset: str) -> dict[str, View]:
    """The views of a data set by name, in the order of the alphabet; none where their file is damaged."""
    try:
        return _views(read_json(_file(dataset)))
    except UNREADABLE:
        return {}


def save_view(dataset: str, name: str, address: Mapping[str, list[str]]) -> None:
    """Keep a view; one of the same name is replaced.

    Raises:
        DataError: the name is empty or too long, there are too many views, or nothing is filtered.
        DiskFullError: the views are then as they were.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise DataError(f"A view needs a name of at most {LONGEST_NAME} characters.")
    if not address:
        raise DataError("Nothing is filtered, so there is no view to save.")
    _change(dataset, {name: {key: list(values) for key, values in address.items()}})


def delete_view(dataset: str, name: str) -> None:
    """Let go of a view; one that is not there is no mistake."""
    _change(dataset, {name: None})


def _change(dataset: str, changes: Mapping[str, View | None]) -> None:
    file = _file(dataset)
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock"), timeout=10):
        views = {**saved_views(dataset), **changes}
        kept = {name: view for name, view in views.items() if view is not None}
        if len(kept) > MOST_VIEWS:
            raise DataError(f"A data set has at most {MOST_VIEWS} saved views. Delete one first.")
        write_json(file, kept)


def _file(dataset: str) -> Path:
    return artifacts_dir() / "views" / f"{quote(dataset, safe='')}.json"


def _views(value: object) -> dict[str, View]:
    """What a file says, without what is no view."""
    entries = value.items() if isinstance(value, dict) else ()
    return {
        name: {key: [str(each) for each in values] for key, values in view.items() if isinstance(values, list)}
        for name, view in sorted(entries)
        if isinstance(view, dict)
    }
