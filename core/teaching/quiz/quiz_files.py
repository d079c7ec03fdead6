"""Where answers to the quiz are stored, and what every file of it has in common."""

import contextlib
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.base.errors import LessonError
from core.base.files import disk_full_named, read_json
from core.base.locks import locked
from core.base.settings import artifacts_dir

ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
"""Letters and digits that are not taken for each other and form no words."""
KEY_LENGTH = 16
"""76 bits: nobody guesses a key."""
WAIT = 0.005
"""Seconds between two looks at whether the others have finished."""
PATIENCE = 20.0
"""Seconds to wait for others who are writing; one write takes about a millisecond."""


def quiz_folder() -> Path:
    """Folder of class sessions and kept results."""
    return artifacts_dir() / "lessons" / "quiz"


def new_key(length: int = KEY_LENGTH) -> str:
    """A key drawn by a source of chance fit for secrets."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def checked_key(key: str, what: str) -> str:
    """The key, if it could be one that was made here; so that no address reaches another file.

    Raises:
        LessonError: it could not; the message names `what`, such as "class session".
    """
    if not is_key(key):
        raise LessonError(f"This is not the key of a {what}. Check the link: a part of it may be missing.")
    return key


def is_key(text: str) -> bool:
    """True if the text could be a key that was made here."""
    return re.fullmatch(f"[{ALPHABET}]{{{KEY_LENGTH}}}", text) is not None


def read_object(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        LessonError: it is not there, or damaged; the message names `what`.
    """
    try:
        value = read_json(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LessonError(f"There is no such {what}, or it has been deleted.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise LessonError(f"This {what} cannot be used: its file is damaged.") from error
    if not isinstance(value, dict):
        raise LessonError(f"This {what} cannot be used: its file is damaged.")
    return value


@contextlib.contextmanager
def damage_named(what: str) -> Iterator[None]:
    """Turn what a file of another content causes into an error that names `what`."""
    try:
        yield
    except LessonError:
        raise
    except Exception as error:  # the file may hold anything
        raise LessonError(f"This {what} cannot be used: its file is damaged.") from error


@contextlib.contextmanager
def one_writer() -> Iterator[None]:
    """Only one process or thread at a time changes what is stored; readers need not wait.

    Raises:
        LessonError: others have been writing for a long time.
    """
    folder = quiz_folder()
    with disk_full_named(folder):
        folder.mkdir(parents=True, exist_ok=True)
    busy = LessonError("The server is busy storing other answers. Try again in a moment.")
    with locked(folder / ".lock", busy, PATIENCE, WAIT):
        yield
