"""Views of a data set that people have given a name: what is filtered, as it stands in the address of a page."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from core.base.errors import DataError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.locks import locked
from core.base.settings import artifacts_dir

LONGEST_NAME, MOST_VIEWS = 60, 50
"""Characters of a name, and views of a data set."""
LOCK_SECONDS = 10.0
"""How long a change waits for another one."""
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
        DataError: the name is empty or too long, there are too many views, nothing is filtered, or the file of the
            views is damaged, and is left as it is.
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
    busy = DataError("Somebody else is changing the saved views. Try again in a moment.")
    with locked(file.with_suffix(".lock"), busy, LOCK_SECONDS):
        views = {**_views_to_change(dataset), **changes}
        kept = {name: view for name, view in views.items() if view is not None}
        if len(kept) > MOST_VIEWS:
            raise DataError(f"A data set has at most {MOST_VIEWS} saved views. Delete one first.")
        write_json(file, kept)


def _views_to_change(dataset: str) -> dict[str, View]:
    """The views as they stand; a damaged file is not written over."""
    try:
        return _views(read_json(_file(dataset)))
    except FileNotFoundError:
        return {}
    except UNREADABLE as error:
        raise DataError("The saved views of this data set cannot be read, so nothing was changed.") from error


def _file(dataset: str) -> Path:
    return artifacts_dir() / "views" / f"{quote(dataset, safe='')}.json"


def _views(value: object) -> dict[str, View]:
    """What a file says, without what is no view."""
    if not isinstance(value, dict):
        raise ValueError("no views")
    return {
        name: {key: [str(each) for each in values] for key, values in view.items() if isinstance(values, list)}
        for name, view in sorted(value.items())
        if isinstance(view, dict)
    }
