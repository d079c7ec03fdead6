"""A class session: many people label the same series, and an instructor shows how all of them did.

A session is a folder `artifacts/lessons/quiz/<session>/` with `session.json`, which only an instructor's actions
write, and one file per participant in `participants/`, named by a random key and without any name.
"""

import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.base.errors import LessonError
from core.base.files import write_json
from core.teaching.quiz.quiz import SeriesSettings
from core.teaching.quiz.quiz_files import (
    ALPHABET,
    checked_key,
    damage_named,
    is_key,
    new_key,
    one_writer,
    quiz_folder,
    read_object,
)

CODE_LENGTH = 5
SESSION = "class session"


class Phase(StrEnum):
    """Where a session stands."""

    OPEN = "open"
    CLOSED = "closed"
    REVEALED = "revealed"

    @property
    def label(self) -> str:
        """As a list of sessions says it."""
        return "results shown" if self is Phase.REVEALED else str(self)

    @property
    def meaning(self) -> str:
        """What it means, in one sentence."""
        return {
            "open": "Answers are taken.",
            "closed": "No more answers are taken; the results of the class are not shown yet.",
            "revealed": "No more answers are taken, and the results of the class are shown.",
        }[self.value]


@dataclass(frozen=True)
class ClassSession:
    """A session as its file says. Times are seconds since the epoch."""

    session_id: str
    code: str
    """Short enough to be read off a projector; leads to the session only while it is open."""
    settings: SeriesSettings
    image_ids: tuple[str, ...]
    class_keys: tuple[str, ...]
    created: float
    phase: Phase = Phase.OPEN


def open_session(settings: SeriesSettings, image_ids: Sequence[str], class_keys: Sequence[str]) -> ClassSession:
    """Make a session that takes answers from now on.

    Raises:
        DiskFullError: no session was made.
    """
    with one_writer():
        taken = {each.code for each in list_sessions()[0]}
        code = next(code for code in iter(lambda: new_key(CODE_LENGTH), None) if code not in taken)
        session = ClassSession(new_key(), code, settings, tuple(image_ids), tuple(class_keys), time.time())
        try:
            _write_session(session)
        except BaseException:
            shutil.rmtree(session_folder(session.session_id), ignore_errors=True)
            raise
    return session


def load_session(session_id: str) -> ClassSession:
    """A session by its key.

    Raises:
        LessonError: it is no key, there is no such session, or its file is damaged.
    """
    value = read_object(session_folder(session_id) / "session.json", SESSION)
    with damage_named(SESSION):
        session = ClassSession(
            session_id=session_id,
            code=str(value["code"]),
            settings=SeriesSettings.from_json(value["settings"]),
            image_ids=texts(value["image_ids"]),
            class_keys=texts(value["class_keys"]),
            created=float(value["created"]),
            phase=Phase(value["phase"]),
        )
        if len(session.image_ids) != session.settings.size or not session.class_keys:
            raise ValueError("a series of another length")
    return session


def list_sessions() -> tuple[list[ClassSession], list[str]]:
    """All sessions, newest first, and the keys of those whose files are damaged."""
    sessions, damaged = [], []
    folder = quiz_folder()
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if is_key(path.name) and path.is_dir():
            try:
                sessions.append(load_session(path.name))
            except LessonError:
                damaged.append(path.name)
    return sorted(sessions, key=lambda each: -each.created), damaged


def session_of_code(code: str) -> ClassSession:
    """The open session of a code, however it is written.

    Raises:
        LessonError: no open session has it.
    """
    wanted = "".join(letter for letter in code.lower() if letter in ALPHABET)
    found = [each for each in list_sessions()[0] if each.code == wanted and each.phase is Phase.OPEN]
    if not found:
        raise LessonError("No open class session has this code. Look at it again, or ask whether the session is over.")
    return found[0]


def set_phase(session_id: str, phase: Phase) -> ClassSession:
    """Close a session, open it again, or show its results, which is final.

    Raises:
        LessonError: there is no such session, or it would show results while answers are taken, or take answers
            after results were shown.
    """
    with one_writer():
        session = load_session(session_id)
        if session.phase is Phase.REVEALED and phase is not Phase.REVEALED:
            raise LessonError("The results of this session have been shown, so it takes no answers any more.")
        if session.phase is Phase.OPEN and phase is Phase.REVEALED:
            raise LessonError("Close the session first: results would tell those who are still answering.")
        session = replace(session, phase=phase)
        _write_session(session)
    return session


def delete_session(session_id: str) -> None:
    """Delete a session with all answers, even a damaged one.

    Raises:
        LessonError: it is no key, or there is no such session.
    """
    folder = session_folder(session_id)
    with one_writer():
        if not folder.is_dir():
            raise LessonError(f"There is no such {SESSION}, or it has been deleted.")
        shutil.rmtree(folder)


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts read from JSON; a ValueError if it is anything else."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("not a list of texts")
    return tuple(value)


def session_folder(session_id: str) -> Path:
    """Where a session lies; a LessonError if the key could lead elsewhere."""
    return quiz_folder() / checked_key(session_id, SESSION)


def _write_session(session: ClassSession) -> None:
    value = asdict(session) | {"settings": session.settings.to_json(), "phase": str(session.phase)}
    del value["session_id"]  # the folder's name says it
    write_json(session_folder(session.session_id) / "session.json", value, private=True)
