"""One visitor cannot fill a class session."""

from pathlib import Path

import pytest
import streamlit as st

from core.base.errors import LessonError
from core.teaching.quiz.class_answers import participants
from core.teaching.quiz.class_session import ClassSession, open_session
from core.teaching.quiz.quiz import SeriesSettings
from dashboard.state import joining
from dashboard.state.joining import join_as, join_as_visitor, network


@pytest.fixture
def session(artifacts: Path) -> ClassSession:
    settings = SeriesSettings(run_id="20260101-000000-cnn-59k-demo-000000", size=10)
    return open_session(settings, [f"I{n}" for n in range(10)], ["mel", "nv"])


def test_a_visitor_joins_as_often_as_a_visitor_may_and_others_still_find_room(session: ClassSession) -> None:
    for _ in range(3):
        join_as("network 192.0.2.7", session.session_id, 3)
    for _ in range(2):
        with pytest.raises(LessonError, match="have joined this session 3 times"):
            join_as("network 192.0.2.7", session.session_id, 3)
    join_as("network 192.0.2.8", session.session_id, 3)
    assert len(participants(session.session_id)[0]) == 4


def test_a_person_who_is_logged_in_joins_three_times_from_wherever(session: ClassSession, monkeypatch) -> None:
    where = iter(f"192.0.2.{number}" for number in range(100))
    monkeypatch.setattr(type(st.context), "ip_address", property(lambda _: next(where)))
    monkeypatch.setattr(joining, "current_person", lambda: "Ben@Example.org")
    for _ in range(3):
        join_as_visitor(session.session_id)
    monkeypatch.setattr(joining, "current_person", lambda: "ben@example.org")
    with pytest.raises(LessonError, match="have joined this session 3 times"):
        join_as_visitor(session.session_id)
    monkeypatch.setattr(joining, "current_person", lambda: "eva@example.org")
    join_as_visitor(session.session_id)
    assert len(participants(session.session_id)[0]) == 4


def test_a_network_joins_as_often_as_a_large_class_and_no_more(session: ClassSession, monkeypatch) -> None:
    monkeypatch.setattr(joining, "current_person", lambda: None)
    seen = ["2001:db8::1", "2001:db8::2"]
    monkeypatch.setattr(type(st.context), "ip_address", property(lambda _: seen[0]))
    for _ in range(120):
        seen.reverse()  # whoever has a household of addresses goes round them
        join_as_visitor(session.session_id)
    with pytest.raises(LessonError, match="have joined this session 120 times"):
        join_as_visitor(session.session_id)
    seen[0] = "192.0.2.8"
    join_as_visitor(session.session_id)
    assert len(participants(session.session_id)[0]) == 121


def test_the_limit_is_of_each_session(session: ClassSession) -> None:
    other = open_session(session.settings, session.image_ids, session.class_keys)
    join_as("person ben@example.org", session.session_id, 1)
    join_as("person ben@example.org", other.session_id, 1)


def test_who_did_not_get_in_has_not_joined(session: ClassSession) -> None:
    with pytest.raises(LessonError):
        join_as("network 192.0.2.7", "bcdfghjkmnpqrstv", 1)
    with pytest.raises(LessonError, match="no such class session"):
        join_as("network 192.0.2.7", "bcdfghjkmnpqrstv", 1)


def test_a_household_has_one_address_however_many_it_can_choose() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:2") == "2001:db8::/64"
    assert network("2001:db8:1::1") != network("2001:db8::1")
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("None") == ""
