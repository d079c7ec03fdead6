"""A class session takes answers from many at once, under keys that nobody guesses, and survives damage and mischief."""

import json
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from core.base.errors import LessonError
from core.teaching.quiz import class_answers
from core.teaching.quiz.class_answers import answer, finish, join, load_participant, participants, take_back
from core.teaching.quiz.class_session import (
    ClassSession,
    Phase,
    delete_session,
    list_sessions,
    load_session,
    open_session,
    session_of_code,
    set_phase,
)
from core.teaching.quiz.quiz import LEFT_OUT, SeriesSettings
from core.teaching.quiz.quiz_files import KEY_LENGTH, is_key, new_key, quiz_folder

IDS = tuple(f"I{number}" for number in range(10))
KEYS = ("mel", "nv")
HOSTILE = (
    "",
    ".",
    "..",
    "../../runs",
    "/etc/passwd",
    "kept",
    "a" * KEY_LENGTH + "/..",
    "b" * 100_000,
    "b" * (KEY_LENGTH - 1) + "\n",
    "b" * (KEY_LENGTH - 1) + "\0",
    "ｂ" * KEY_LENGTH,
    "%2e%2e",
)


@pytest.fixture
def session(artifacts: Path) -> ClassSession:
    """An open session of ten pictures and two classes."""
    return open_session(SeriesSettings("a-run"), IDS, KEYS)


def test_answers_and_nicknames_are_for_the_owner_of_the_server_alone(session: ClassSession) -> None:
    join(session.session_id)
    files = [each for each in quiz_folder().rglob("*.json") if each.is_file()]
    assert len(files) == 2, "the session, and one participant"
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
    assert {each.parent.stat().st_mode & 0o777 for each in files} == {0o700}


def answer_all(session_id: str) -> str:
    """Join, answer every picture and finish, as one student of many; for a thread or a process."""
    participant = join(session_id).participant_id
    for position in range(len(IDS)):
        answer(session_id, participant, position, KEYS[position % 2])
    return finish(session_id, participant).participant_id


def participant_file(session: ClassSession, participant_id: str) -> Path:
    return quiz_folder() / session.session_id / "participants" / f"{participant_id}.json"


def test_a_session_can_be_read_again_as_it_was_opened(session: ClassSession) -> None:
    assert load_session(session.session_id) == session
    assert session.phase is Phase.OPEN
    assert is_key(session.session_id)


def test_a_code_leads_to_its_session_however_it_is_typed_until_it_is_closed(session: ClassSession) -> None:
    assert session_of_code(f"  {session.code.upper()[:2]}-{session.code[2:]} ") == session
    set_phase(session.session_id, Phase.CLOSED)
    with pytest.raises(LessonError, match="No open class session"):
        session_of_code(session.code)


@pytest.mark.parametrize("code", ["", "aaaaa", "../..", "\0", "b" * 10_000])
def test_a_code_of_no_session_is_told(session: ClassSession, code: str) -> None:
    with pytest.raises(LessonError, match="No open class session"):
        session_of_code(code)


@pytest.mark.parametrize("key", HOSTILE)
def test_keys_that_lead_elsewhere_are_refused_by_every_function(session: ClassSession, key: str) -> None:
    before = sorted(quiz_folder().rglob("*"))
    participant = join(session.session_id).participant_id
    for action in (
        lambda: load_session(key),
        lambda: set_phase(key, Phase.CLOSED),
        lambda: delete_session(key),
        lambda: join(key),
        lambda: participants(key),
        lambda: load_participant(session.session_id, key),
        lambda: answer(session.session_id, key, 0, "nv"),
        lambda: finish(key, participant),
    ):
        with pytest.raises(LessonError, match="not the key"):
            action()
    assert set(before) <= set(quiz_folder().rglob("*"))
    assert load_participant(session.session_id, participant).answers == ()


def test_a_key_of_the_right_form_that_nobody_has_is_told(session: ClassSession) -> None:
    with pytest.raises(LessonError, match="no such class session"):
        load_session(new_key())
    with pytest.raises(LessonError, match="no such participant"):
        load_participant(session.session_id, new_key())


def test_answers_are_stored_in_order_and_the_last_can_be_taken_back(session: ClassSession) -> None:
    participant = join(session.session_id).participant_id
    answer(session.session_id, participant, 0, "nv")
    answer(session.session_id, participant, 1, "mel")
    take_back(session.session_id, participant, 1)
    answer(session.session_id, participant, 1, LEFT_OUT)
    assert load_participant(session.session_id, participant).answers == ("nv", LEFT_OUT)


def test_a_second_tap_on_the_same_button_changes_nothing(session: ClassSession) -> None:
    participant = join(session.session_id).participant_id
    for _ in range(3):
        answer(session.session_id, participant, 0, "nv")
    assert load_participant(session.session_id, participant).answers == ("nv",)
    take_back(session.session_id, participant, 0)
    take_back(session.session_id, participant, 0)
    assert load_participant(session.session_id, participant).answers == ()


def test_another_answer_to_an_answered_picture_is_refused(session: ClassSession) -> None:
    participant = join(session.session_id).participant_id
    answer(session.session_id, participant, 0, "nv")
    for position, key in ((0, "mel"), (2, "nv"), (-1, "nv"), (10, "nv")):
        with pytest.raises(LessonError, match="answered already"):
            answer(session.session_id, participant, position, key)
    with pytest.raises(LessonError, match="not one of the classes"):
        answer(session.session_id, participant, 1, "<script>")
    assert load_participant(session.session_id, participant).answers == ("nv",)


def test_only_a_whole_series_can_be_finished_and_then_nothing_changes(session: ClassSession) -> None:
    participant = join(session.session_id).participant_id
    with pytest.raises(LessonError, match="10 pictures are not answered yet"):
        finish(session.session_id, participant)
    done = load_participant(session.session_id, answer_all(session.session_id))
    assert done.finished
    assert take_back(session.session_id, done.participant_id, 9) == done
    assert answer(session.session_id, done.participant_id, 9, "nv") == done


def test_a_closed_session_takes_nobody_and_nothing(session: ClassSession) -> None:
    participant = join(session.session_id).participant_id
    set_phase(session.session_id, Phase.CLOSED)
    for action in (
        lambda: join(session.session_id),
        lambda: answer(session.session_id, participant, 0, "nv"),
        lambda: take_back(session.session_id, participant, 0),
        lambda: finish(session.session_id, participant),
    ):
        with pytest.raises(LessonError, match="closed"):
            action()
    set_phase(session.session_id, Phase.OPEN)
    answer(session.session_id, participant, 0, "nv")


def test_results_are_never_shown_while_answers_are_taken(session: ClassSession) -> None:
    with pytest.raises(LessonError, match="Close the session first"):
        set_phase(session.session_id, Phase.REVEALED)
    set_phase(session.session_id, Phase.CLOSED)
    set_phase(session.session_id, Phase.REVEALED)
    for phase in (Phase.OPEN, Phase.CLOSED):
        with pytest.raises(LessonError, match="have been shown"):
            set_phase(session.session_id, phase)


def test_forty_threads_at_once_lose_no_answer(session: ClassSession) -> None:
    with ThreadPoolExecutor(40) as pool:
        joined = list(pool.map(answer_all, [session.session_id] * 40))
    everybody, damaged = participants(session.session_id)
    assert len(set(joined)) == len(everybody) == 40
    assert damaged == 0
    assert all(each.finished and each.answers == KEYS * 5 for each in everybody)


def test_several_processes_at_once_lose_no_answer(session: ClassSession) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        joined = list(pool.map(answer_all, [session.session_id] * 12))
    everybody, _ = participants(session.session_id)
    assert {each.participant_id for each in everybody} == set(joined)
    assert all(each.answers == KEYS * 5 for each in everybody)


def test_two_tabs_of_one_participant_answer_a_picture_once(
    session: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    participant = join(session.session_id).participant_id
    write = class_answers._write_participant

    def write_late(*args) -> None:
        time.sleep(0.05)  # long enough for another tab to come between reading and writing, if it could
        write(*args)

    monkeypatch.setattr(class_answers, "_write_participant", write_late)

    def tap(key: str) -> bool:
        try:
            answer(session.session_id, participant, 0, key)
        except LessonError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(tap, KEYS * 10))
    assert len(load_participant(session.session_id, participant).answers) == 1
    assert sum(taken) == 10


def test_a_deleted_session_leaves_nothing_and_does_not_come_back(session: ClassSession) -> None:
    participant = join(session.session_id).participant_id
    delete_session(session.session_id)
    assert not (quiz_folder() / session.session_id).exists()
    for action in (
        lambda: load_session(session.session_id),
        lambda: answer(session.session_id, participant, 0, "nv"),
        lambda: join(session.session_id),
        lambda: delete_session(session.session_id),
    ):
        with pytest.raises(LessonError, match="no such class session"):
            action()
    assert not (quiz_folder() / session.session_id).exists()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"answers": 3}', '{"answers": ["nv"], "joined": 1}', "\x00\xff", "[" * 100_000],
)
def test_a_damaged_file_of_a_participant_is_passed_over_and_named_to_its_owner(
    session: ClassSession, content: str
) -> None:
    good, bad = join(session.session_id), join(session.session_id)
    participant_file(session, bad.participant_id).write_text(content)
    everybody, damaged = participants(session.session_id)
    assert (everybody, damaged) == ([good], 1)
    with pytest.raises(LessonError, match="damaged"):
        load_participant(session.session_id, bad.participant_id)
    with pytest.raises(LessonError, match="damaged"):
        answer(session.session_id, bad.participant_id, 0, "nv")


def test_answers_that_nobody_can_have_given_count_as_damage(session: ClassSession) -> None:
    participant = join(session.session_id).participant_id
    for answers in (["nv"] * 11, ["wart"]):
        value = {"joined": 1.0, "answers": answers, "finished": True}
        participant_file(session, participant).write_text(json.dumps(value))
        assert participants(session.session_id) == ([], 1)


def test_a_damaged_session_is_listed_apart_and_can_be_deleted(session: ClassSession) -> None:
    other = open_session(SeriesSettings("a-run"), IDS, KEYS)
    file = quiz_folder() / session.session_id / "session.json"
    for content in (
        "{}",
        file.read_text().replace("open", "ajar"),
        file.read_text().replace('"size": 10', '"size": 11'),
    ):
        file.write_text(content)
        assert list_sessions() == ([other], [session.session_id])
        with pytest.raises(LessonError, match="damaged"):
            load_session(session.session_id)
    delete_session(session.session_id)
    assert list_sessions() == ([other], [])


def test_files_of_participants_hold_answers_and_a_time_and_nothing_else(session: ClassSession) -> None:
    participant = answer_all(session.session_id)
    assert set(json.loads(participant_file(session, participant).read_text())) == {"joined", "answers", "finished"}


def test_a_full_session_takes_nobody_else(session: ClassSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_answers, "MOST_PARTICIPANTS", 2)
    join(session.session_id)
    join(session.session_id)
    with pytest.raises(LessonError, match="full"):
        join(session.session_id)


def test_sessions_are_listed_newest_first_and_open_ones_have_different_codes(artifacts: Path) -> None:
    assert list_sessions() == ([], [])
    opened = [open_session(SeriesSettings("a-run"), IDS, KEYS) for _ in range(5)]
    assert list_sessions()[0] == opened[::-1]
    assert len({each.code for each in opened}) == 5


def test_a_list_of_sessions_says_in_plain_words_where_each_stands() -> None:
    assert [phase.label for phase in Phase] == ["open", "closed", "results shown"]
