"""Joining a class session, and how often one visitor may.

A visitor is a person who is logged in, or else a network address: a class behind one router shares it, so the limit is
a large class, and one visitor still cannot fill a session. Counted in memory: answers are kept without a name.
"""

import ipaddress
import threading
from collections import Counter

import streamlit as st

from core.base.errors import LessonError
from core.teaching.quiz.class_answers import Participant, join
from dashboard.roles import current_person

PER_PERSON = 3
"""A phone, a laptop, and one that was lost."""
PER_ADDRESS = 120

_joined: Counter[tuple[str, str]] = Counter()
_lock = threading.Lock()


def join_as_visitor(session_id: str) -> Participant:
    """A new participant of an open session, for the person whose page this is.

    Raises:
        LessonError: as `join_as`.
    """
    if person := current_person():
        return join_as(f"person {person.lower()}", session_id, PER_PERSON)
    return join_as(f"network {network(str(st.context.ip_address))}", session_id, PER_ADDRESS)


def join_as(visitor: str, session_id: str, most: int) -> Participant:
    """A new participant of an open session, for a visitor who may join at most so many times.

    Raises:
        LessonError: as `core.teaching.quiz.class_answers.join`, or the visitor has joined often enough.
    """
    with _lock:
        if _joined[session_id, visitor] >= most:
            raise LessonError(
                f"You, or others in your network, have joined this session {most} times; more is not possible. Go on "
                "in the window where you joined, or ask the instructor."
            )
        participant = join(session_id)
        _joined[session_id, visitor] += 1
    return participant


def network(address: str) -> str:
    """What one visitor holds of the network: an IPv4 address, or the 64 bits by which IPv6 names a household.

    Empty where no address is known, as on loopback.
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)
