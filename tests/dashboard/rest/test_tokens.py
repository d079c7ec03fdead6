"""What the secrets say of tokens, and what limits hold."""

import hmac

import pytest

from dashboard.rest import limits, tokens
from dashboard.rest.limits import Rate, Room
from dashboard.rest.refusals import Refusal
from dashboard.rest.tokens import ApiRules
from dashboard.roles import Role, RulesError

A, B = "a" * 32, "b" * 32


def section(**entries: object) -> dict:
    return {"api": {"tokens": entries}}


@pytest.mark.parametrize(
    "secrets",
    [
        {"api": 5},
        {"api": {"tokens": []}},
        {"api": {"token": {}}},
        {"api": {"requests_per_minute": 0}},
        {"api": {"requests_per_minute": True}},
        {"api": {"requests_per_minute": "60"}},
        section(scanner=A),
        section(scanner={"token": A}),
        section(scanner={"token": A, "role": "owner"}),
        section(scanner={"token": A, "role": ["viewer"]}),
        section(scanner={"token": A[1:], "role": "viewer"}),
        section(scanner={"token": A + " ", "role": "viewer"}),
        section(scanner={"token": "é" * 32, "role": "viewer"}),
        section(scanner={"token": 10**40, "role": "viewer"}),
        section(scanner={"token": A, "role": "viewer", "until": "2030"}),
        section(scanner={"token": A, "role": "viewer"}, other={"token": A, "role": "instructor"}),
    ],
    ids=str,
)
def test_a_section_that_cannot_be_understood_is_refused_as_a_whole(secrets: dict) -> None:
    with pytest.raises(RulesError):
        ApiRules.of_secrets(secrets)


def test_every_token_is_compared_in_constant_time_whichever_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    both = section(one={"token": A, "role": "viewer"}, two={"token": B, "role": "instructor"})
    rules = ApiRules.of_secrets(both)
    compared: list[int] = []
    real = hmac.compare_digest

    def counted(known: bytes, sent: bytes) -> bool:
        compared.append(len(sent))
        return real(known, sent)

    monkeypatch.setattr(tokens.hmac, "compare_digest", counted)
    roles = [holder and holder.role for holder in map(rules.holder_of, (A, B, "", A[1:], "\udcff", A + B))]
    assert roles == [Role.VIEWER, Role.INSTRUCTOR, None, None, None, None]
    assert compared == [32] * 12
    assert A not in repr(rules)


def test_who_asks_too_often_waits_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    rate = Rate()
    for _ in range(6):
        rate.count("a", 6)
    with pytest.raises(Refusal) as refused:
        rate.count("a", 6)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "10")
    rate.count("b", 6)
    now += 10
    rate.count("a", 6)
    with pytest.raises(Refusal):
        rate.count("a", 6)


def test_callers_are_forgotten_so_that_their_number_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    rate = Rate()
    for number in range(30_000):
        rate.count(str(number), 6)
    assert len(rate._left) <= 10_001


def test_room_is_given_back_whatever_happens() -> None:
    room = Room(10, "full")
    with pytest.raises(Refusal, match="full"), room.share(4) as share:  # noqa: PT012
        share.grow(6)
        share.grow(1)
    with pytest.raises(ZeroDivisionError), room.share(10):
        raise ZeroDivisionError
    with room.share(10):
        pass
