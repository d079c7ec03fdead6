"""Tags that people give to pictures of a data set: one small file each, with who gave a tag and when."""

import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from core.base.errors import DataError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.locks import locked
from core.base.settings import artifacts_dir
from core.base.signature import when
from core.data.statistics.counts import UNKNOWN

LONGEST_TAG, MOST_TAGS = 40, 50
"""Characters of a tag, and tags of a data set."""
MOST_TAGGED = 50_000
"""Pictures that one data set may have tagged, each counted once for every tag that it has."""
LOCK_SECONDS = 10.0
"""How long a change waits for another one."""


@dataclass(frozen=True)
class Tagging:
    """Who gave a picture a tag ("" for a person at the machine), and when, in seconds since the epoch."""

    by: str = ""
    when: float = 0.0


Tags = dict[str, dict[str, Tagging]]
"""For each tag, in the order of the alphabet, the pictures that have it by their ids."""


def tags_of(dataset: str) -> Tags:
    """The tags of a data set; none where their file is damaged."""
    try:
        return _tags(read_json(_file(dataset)))
    except UNREADABLE:
        return {}


def tags_version(dataset: str) -> tuple[int, int]:
    """Another value whenever the tags of a data set are others."""
    try:
        stat = _file(dataset).stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_ino


def tag_pictures(dataset: str, tag: str, image_ids: Iterable[str], by: str = "") -> int:
    """Give pictures a tag; those that have it already keep who gave it. Returns how many did not have it.

    Raises:
        DataError: the tag is empty or too long, or there are too many; nothing is changed then.
        DiskFullError: the tags are then as they were.
    """
    tag = " ".join(tag.split())
    if not 0 < len(tag) <= LONGEST_TAG or not tag.isprintable() or tag == UNKNOWN:
        raise DataError(f"A tag is a word or a few, of at most {LONGEST_TAG} characters.")
    given = {str(image_id): Tagging(by, round(time.time(), 3)) for image_id in image_ids}
    with _lock(dataset):
        tags = _tags_to_change(dataset)
        had = tags.get(tag, {})
        tags[tag] = {**given, **had}
        if len(tags) > MOST_TAGS:
            raise DataError(f"A data set has at most {MOST_TAGS} tags. Take one away from all its pictures first.")
        if sum(map(len, tags.values())) > MOST_TAGGED:
            raise DataError(f"A data set keeps at most {MOST_TAGGED:,} tagged pictures. Choose fewer.")
        _write(dataset, tags)
    return len(given.keys() - had.keys())


def untag_pictures(dataset: str, tag: str, image_ids: Iterable[str]) -> int:
    """Take a tag away from pictures; a tag that no picture has is gone. Returns how many had it.

    Raises:
        DataError: the file of the tags is damaged, and is left as it is.
        DiskFullError: the tags are then as they were.
    """
    taken = set(map(str, image_ids))
    with _lock(dataset):
        tags = _tags_to_change(dataset)
        had = tags.get(tag, {})
        left = {image_id: tagging for image_id, tagging in had.items() if image_id not in taken}
        if len(left) != len(had):
            _write(dataset, {**tags, tag: left})
    return len(had) - len(left)


def tags_table(dataset: str) -> pd.DataFrame:
    """One row for each tag of each picture: `image_id`, `tag`, `by` and `when` (UTC)."""
    rows = [
        (image_id, tag, tagging.by, when(tagging.when))
        for tag, pictures in tags_of(dataset).items()
        for image_id, tagging in pictures.items()
    ]
    return pd.DataFrame(rows, columns=["image_id", "tag", "by", "when"])


def _lock(dataset: str) -> AbstractContextManager[None]:
    file = _file(dataset)
    file.parent.mkdir(parents=True, exist_ok=True)
    return locked(
        file.with_suffix(".lock"), DataError("Somebody else is changing the tags. Try again in a moment."), LOCK_SECONDS
    )


def _tags_to_change(dataset: str) -> Tags:
    """The tags as they stand; a damaged file is not written over."""
    try:
        return _tags(read_json(_file(dataset)))
    except FileNotFoundError:
        return {}
    except UNREADABLE as error:
        raise DataError(f"The tags in {_file(dataset)} cannot be read, so nothing was changed.") from error


def _write(dataset: str, tags: Mapping[str, Mapping[str, Tagging]]) -> None:
    kept = {tag: pictures for tag, pictures in sorted(tags.items()) if pictures}
    write_json(
        _file(dataset),
        {
            "schema": 1,
            "tags": {
                tag: {image_id: [tagging.by, tagging.when] for image_id, tagging in pictures.items()}
                for tag, pictures in kept.items()
            },
        },
    )


def _file(dataset: str) -> Path:
    return artifacts_dir() / "tags" / f"{quote(dataset, safe='')}.json"


def _tags(value: object) -> Tags:
    """What a file says, without what is no tag."""
    said = value.get("tags") if isinstance(value, dict) else None
    if not isinstance(said, dict):
        raise ValueError("no tags")
    found = {
        str(tag): {str(image_id): _tagging(of) for image_id, of in pictures.items()}
        for tag, pictures in sorted(said.items())
        if isinstance(pictures, dict)
    }
    return {tag: pictures for tag, pictures in found.items() if pictures}


def _tagging(value: object) -> Tagging:
    by, moment = value if isinstance(value, list) and len(value) == 2 else ("", 0.0)
    return Tagging(str(by), float(moment) if type(moment) in (int, float) and 0 <= moment < 1e11 else 0.0)
