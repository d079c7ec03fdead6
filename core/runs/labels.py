"""What people write about a run: a name, a star, tags and a note, beside what it found out by itself."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.base.errors import RunError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.typed_json import read_as
from core.runs.run_folder import RunFolder

LONGEST_NAME, LONGEST_TAG, MOST_TAGS, LONGEST_NOTE = 60, 30, 12, 2000
"""Characters of a name and of a tag, tags of a run, characters of a note."""


@dataclass(frozen=True)
class Labels:
    """What `labels.json` of a run says; tags stand in the order of the alphabet."""

    star: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    name: str = ""


def read_labels(run: RunFolder) -> Labels:
    """The labels of a run; none where nobody has written any, or where their file is damaged."""
    try:
        value = read_json(run.path / "labels.json")
        known = {name: value[name] for name in ("star", "tags", "note")}
        return read_as(Labels, {**known, "name": value.get("name", "")})  # older versions had none
    except UNREADABLE:
        return Labels()


def change_labels(run: RunFolder, **changes: Any) -> Labels:
    """Change `name`, `star`, `tags` or `note` and leave the others as they are, whoever else writes at the same time.

    Raises:
        RunError: the run is gone, there are too many tags, or a text is too long; nothing was changed.
        DiskFullError: the old labels are then still whole.
    """
    if "tags" in changes:
        changes["tags"] = _tidy(changes["tags"])
    if "name" in changes:
        changes["name"] = " ".join(changes["name"].split())
        if len(changes["name"]) > LONGEST_NAME:
            raise RunError(f"A name has at most {LONGEST_NAME} characters; this one has {len(changes['name']):,}.")
    if len(changes.get("note", "")) > LONGEST_NOTE:
        raise RunError(f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(changes['note']):,}.")
    try:
        with run.lock_named("labels.lock", 10):
            labels = replace(read_labels(run), **changes)
            write_json(run.path / "labels.json", asdict(labels), new_folders=False)
    except FileNotFoundError as error:
        raise RunError(f"The run {run.run_id} is gone.") from error
    return labels


def _tidy(tags: Iterable[str]) -> tuple[str, ...]:
    words = sorted({" ".join(tag.split()) for tag in tags} - {""})
    if len(words) > MOST_TAGS:
        raise RunError(f"A run has at most {MOST_TAGS} tags; these are {len(words)}.")
    if long := [word for word in words if len(word) > LONGEST_TAG]:
        raise RunError(f"A tag has at most {LONGEST_TAG} characters; “{long[0][:LONGEST_TAG]}…” has {len(long[0]):,}.")
    return tuple(words)
