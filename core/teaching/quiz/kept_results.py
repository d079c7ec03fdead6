"""Results of the quiz that somebody asked to keep: answers, and a nickname if one was typed."""

import datetime
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.base.errors import LessonError
from core.base.files import write_json
from core.teaching.quiz.quiz import SeriesSettings
from core.teaching.quiz.quiz_files import (
    checked_key,
    damage_named,
    is_key,
    new_key,
    one_writer,
    quiz_folder,
    read_object,
)

LONGEST_NICKNAME = 30
MOST_KEPT = 5000
"""Keeps a mischievous visitor from filling the disk."""
RESULT = "kept result"
_ALLOWED_MARKS = "-_.' "


@dataclass(frozen=True)
class KeptResult:
    """One kept result; `key` is the only way to it, and to deleting it."""

    key: str
    settings: SeriesSettings
    image_ids: tuple[str, ...]
    answers: tuple[str, ...]
    nickname: str
    day: str
    """When it was kept, as YYYY-MM-DD in UTC; no time, which would tell more about a person."""


def clean_nickname(text: str) -> str:
    """A nickname of letters, digits, spaces and -_.' alone; may be empty.

    Raises:
        LessonError: more than 30 characters are left.
    """
    plain = " ".join(unicodedata.normalize("NFC", text[:10_000]).split())
    kept = "".join(c for c in plain if unicodedata.category(c)[0] in "LN" or c in _ALLOWED_MARKS).strip()
    if len(kept) > LONGEST_NICKNAME:
        raise LessonError(f"A nickname has at most {LONGEST_NICKNAME} characters; this one has {len(kept):,}.")
    return kept


def keep_result(
    settings: SeriesSettings, image_ids: Sequence[str], answers: Sequence[str], nickname: str = ""
) -> KeptResult:
    """Store a result under a new random key.

    Raises:
        LessonError: the nickname is too long, or too many results are kept already.
        DiskFullError: nothing was kept.
    """
    name = clean_nickname(nickname)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    kept = KeptResult(new_key(), settings, tuple(image_ids), tuple(answers), name, day)
    with one_writer():
        if len(_files()) >= MOST_KEPT:
            raise LessonError(f"No more results can be kept: there are {MOST_KEPT:,} already.")
        value = asdict(kept) | {"settings": settings.to_json()}
        write_json(_file(kept.key), {k: v for k, v in value.items() if k != "key"}, private=True)
    return kept


def load_result(key: str) -> KeptResult:
    """A kept result by its key.

    Raises:
        LessonError: it is no key, there is no such result, or its file is damaged.
    """
    value = read_object(_file(key), RESULT)
    with damage_named(RESULT):
        kept = KeptResult(
            key=key,
            settings=SeriesSettings.from_json(value["settings"]),
            image_ids=tuple(str(each) for each in value["image_ids"]),
            answers=tuple(str(each) for each in value["answers"]),
            nickname=clean_nickname(str(value["nickname"])),
            day=datetime.date.fromisoformat(value["day"]).isoformat(),
        )
        if not 0 < len(kept.answers) <= len(kept.image_ids):
            raise ValueError("answers to other pictures")
    return kept


def delete_result(key: str) -> None:
    """Delete a kept result, even a damaged one.

    Raises:
        LessonError: it is no key, or there is no such result.
    """
    with one_writer():
        try:
            _file(key).unlink()
        except FileNotFoundError as error:
            raise LessonError(f"There is no such {RESULT}, or it has been deleted.") from error


def results_of_series(settings: SeriesSettings) -> list[KeptResult]:
    """Kept results of the same series, whether with metadata or without; damaged files are passed over."""
    found = []
    for path in _files():
        try:
            kept = load_result(path.stem)
        except LessonError:
            continue
        if _series(kept.settings) == _series(settings):
            found.append(kept)
    return found


def _series(settings: SeriesSettings) -> tuple[object, ...]:
    return settings.run_id, settings.size, settings.sampling, settings.seed


def _file(key: str) -> Path:
    return quiz_folder() / "kept" / f"{checked_key(key, RESULT)}.json"


def _files() -> list[Path]:
    folder = quiz_folder() / "kept"
    return [path for path in folder.glob("*.json") if is_key(path.stem)]
