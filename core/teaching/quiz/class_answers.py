"""The answers of the participants of a class session: one file each, named by a random key and without any name."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from core.base.errors import LessonError
from core.base.files import write_json
from core.teaching.quiz.class_session import ClassSession, Phase, load_session, session_folder, texts
from core.teaching.quiz.quiz import LEFT_OUT
from core.teaching.quiz.quiz_files import checked_key, damage_named, is_key, new_key, one_writer, read_object

MOST_PARTICIPANTS = 500
"""A class is smaller; this keeps a mischievous visitor from filling the disk."""
PARTICIPANT = "participant's file"


@dataclass(frozen=True)
class Participant:
    """What one person has answered so far: a class key per picture, in order, or `LEFT_OUT`."""

    participant_id: str
    joined: float
    answers: tuple[str, ...] = field(default=())
    finished: bool = False

    def done(self, size: int) -> bool:
        """Whether the person has finished a series of so many pictures, or answered all without saying so."""
        return self.finished or len(self.answers) >= size


def join(session_id: str) -> Participant:
    """A new participant of an open session, under a random key.

    Raises:
        LessonError: there is no such session, it is closed, or it is full.
    """
    with one_writer():
        _taking_answers(session_id)
        if len(_participant_files(session_id)) >= MOST_PARTICIPANTS:
            raise LessonError(f"This session is full: it has {MOST_PARTICIPANTS} participants already.")
        participant = Participant(new_key(), time.time())
        _write_participant(session_id, participant)
    return participant


def load_participant(session_id: str, participant_id: str) -> Participant:
    """A participant by key.

    Raises:
        LessonError: one of the keys is none, there is no such file, or it is damaged.
    """
    return _read(load_session(session_id), participant_id)


def _read(session: ClassSession, participant_id: str) -> Participant:
    value = read_object(_participant_file(session.session_id, participant_id), PARTICIPANT)
    with damage_named(PARTICIPANT):
        participant = Participant(
            participant_id=participant_id,
            joined=float(value["joined"]),
            answers=texts(value["answers"]),
            finished=value["finished"] is True,
        )
        known = {*session.class_keys, LEFT_OUT}
        if len(participant.answers) > session.settings.size or not known.issuperset(participant.answers):
            raise ValueError("answers that nobody can have given")
    return participant


def participants(session_id: str) -> tuple[list[Participant], int]:
    """All participants in the order in which they joined, and how many damaged files were passed over.

    Raises:
        LessonError: there is no such session.
    """
    session = load_session(session_id)
    found, damaged = [], 0
    for path in _participant_files(session_id):
        try:
            found.append(_read(session, path.stem))
        except LessonError:
            damaged += 1
    return sorted(found, key=lambda each: each.joined), damaged


def answer(session_id: str, participant_id: str, position: int, key: str) -> Participant:
    """Store the answer to the picture at `position`, counted from 0. The same answer twice does no harm.

    Raises:
        LessonError: the session is closed or gone, the picture was answered otherwise already or is not the next,
            or the class is unknown.
    """

    def add(session: ClassSession, participant: Participant) -> Participant:
        if key not in {*session.class_keys, LEFT_OUT}:
            raise LessonError("This answer is not one of the classes of the session.")
        if position == len(participant.answers) - 1 and participant.answers[-1] == key:
            return participant
        if position != len(participant.answers) or position >= session.settings.size:
            raise LessonError(
                "This picture was answered already, perhaps in another tab. Go on from where it stands now."
            )
        return replace(participant, answers=(*participant.answers, key))

    return _change(session_id, participant_id, add)


def take_back(session_id: str, participant_id: str, position: int) -> Participant:
    """Take back the last answer, if it is the one at `position`; else nothing changes.

    Raises:
        LessonError: the session is closed or gone.
    """
    return _change(
        session_id,
        participant_id,
        lambda _, each: replace(each, answers=each.answers[:-1]) if position == len(each.answers) - 1 else each,
    )


def finish(session_id: str, participant_id: str) -> Participant:
    """Declare all answers final; after it none is changed.

    Raises:
        LessonError: the session is closed or gone, or pictures are still unanswered.
    """

    def end(session: ClassSession, participant: Participant) -> Participant:
        left = session.settings.size - len(participant.answers)
        if left:
            raise LessonError(f"{left} pictures are not answered yet.")
        return replace(participant, finished=True)

    return _change(session_id, participant_id, end)


def _change(
    session_id: str, participant_id: str, change: Callable[[ClassSession, Participant], Participant]
) -> Participant:
    with one_writer():
        session = _taking_answers(session_id)
        before = _read(session, participant_id)
        if before.finished:
            return before
        after = change(session, before)
        if after != before:
            _write_participant(session_id, after)
    return after


def _taking_answers(session_id: str) -> ClassSession:
    session = load_session(session_id)
    if session.phase is not Phase.OPEN:
        raise LessonError("This class session is closed: no more answers are taken.")
    return session


def _participant_file(session_id: str, participant_id: str) -> Path:
    return session_folder(session_id) / "participants" / f"{checked_key(participant_id, 'participant')}.json"


def _participant_files(session_id: str) -> list[Path]:
    with contextlib.suppress(FileNotFoundError):
        return [file for file in (session_folder(session_id) / "participants").glob("*.json") if is_key(file.stem)]
    return []


def _write_participant(session_id: str, participant: Participant) -> None:
    value = {k: v for k, v in asdict(participant).items() if k != "participant_id"}
    write_json(_participant_file(session_id, participant.participant_id), value, private=True)
