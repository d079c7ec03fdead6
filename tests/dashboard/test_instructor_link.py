"""The link that makes an instructor without a login: used once, not guessed, not leaked, dead after a restart."""

import asyncio
import logging
from dataclasses import dataclass, field

import httpx
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route

from dashboard import instructor_link
from dashboard.instructor_link import SESSION_SECONDS, InstructorLink, cookie_name, link_addresses, print_link
from dashboard.rest import instructor_page
from dashboard.rest.limits import Rate
from dashboard.roles import Role, role_of_request

NETWORK = {"server.address": "0.0.0.0", "server.port": 8501, "server.allowedHosts": ["localhost", "192.168.1.5"]}
NETWORK |= {"server.corsAllowedOrigins": [], "server.baseUrlPath": "", "server.sslCertFile": ""}
PEER = "192.168.1.77"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch):
    """`told(**options)`: what the server was started with; the link is one of its own."""
    real = st.get_option
    options = dict(NETWORK)
    monkeypatch.setattr(st, "get_option", lambda key: options[key] if key in options else real(key))
    fresh = InstructorLink()
    monkeypatch.setattr(instructor_link, "link", fresh)
    monkeypatch.setattr(instructor_page, "link", fresh)
    monkeypatch.setattr(instructor_page, "_attempts", Rate())

    def told(**more: object) -> InstructorLink:
        options.update({name.replace("_", ".", 1): value for name, value in more.items()})
        return fresh

    return told


@dataclass
class Browser:
    """One of another machine, in front of the two routes alone."""

    origin: str = "http://192.168.1.5:8501"
    path: str = "/api/instructor"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self) -> httpx.Response:
        return asyncio.run(self._ask("GET", b""))

    def post(self, token: str) -> httpx.Response:
        return asyncio.run(self._ask("POST", token.encode()))

    async def _ask(self, method: str, sent: bytes) -> httpx.Response:
        app = Starlette(
            routes=[
                Route(self.path, instructor_page.instructor_page, methods=["GET"]),
                Route(self.path, instructor_page.become_instructor, methods=["POST"]),
            ]
        )
        transport = httpx.ASGITransport(app, client=(PEER, 5000))
        async with httpx.AsyncClient(transport=transport, base_url=self.origin) as web:
            answer = await web.request(method, self.path, content=sent, headers={"Origin": self.origin})
            self.cookies.update(web.cookies)
        return answer


def role(cookies: dict[str, str]) -> Role:
    """Of somebody on another machine whose browser sends these cookies."""
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = [(b"host", b"192.168.1.5:8501"), (b"cookie", sent.encode())]
    return role_of_request(
        HTTPConnection(
            {"type": "http", "headers": headers, "client": (PEER, 5000), "server": ("192.168.1.5", 8501)}
            | {"http_version": "1.1"}
        )
    )


def printed_token(capsys: pytest.CaptureFixture) -> str:
    """The token that stands in the terminal last."""
    return capsys.readouterr().out.rpartition("#")[2].split()[0]


def test_whoever_opens_the_link_is_an_instructor_and_others_stay_viewers(told, capsys) -> None:
    told()
    print_link()
    browser = Browser()
    answer = browser.post(printed_token(capsys))
    assert answer.status_code == 200
    assert answer.text == "/"
    assert role(browser.cookies) is Role.INSTRUCTOR
    assert role({}) is Role.VIEWER
    assert role({cookie_name(): "x" * 43}) is Role.VIEWER


def test_a_link_that_was_used_works_for_nobody_else_and_the_terminal_shows_another_one(told, capsys) -> None:
    told()
    print_link()
    token = printed_token(capsys)
    assert Browser().post(token).status_code == 200
    shown = capsys.readouterr().out
    second = Browser().post(token)
    assert second.status_code == 403
    assert "It was used already" in second.text
    assert "set-cookie" not in second.headers
    assert f"opened at {PEER}" in shown
    assert Browser().post(shown.rpartition("#")[2].split()[0]).status_code == 200


def test_of_two_who_use_a_link_at_once_one_becomes_an_instructor() -> None:
    from concurrent.futures import ThreadPoolExecutor

    link = InstructorLink()
    token = link.new_token()
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(link.exchange, [token] * 64))
    assert sum(session is not None for session in sessions) == 1


def test_a_token_is_not_guessed_for_after_some_tries_even_the_right_one_has_to_wait(told, capsys, caplog) -> None:
    told()
    print_link()
    token = printed_token(capsys)
    assert len(token) >= 43  # 256 bits
    browser = Browser()
    guesses = [token[:-1], token.swapcase(), "", " ", "é" * 43, "x" * 10_000, f"{token}x", token[1:], "0", "null"]
    with caplog.at_level(logging.WARNING):
        assert [browser.post(each).status_code for each in guesses] == [403] * 10
    assert browser.post(token).status_code == 429
    assert not browser.cookies
    assert caplog.text.count(PEER) == 10
    assert token[:20] not in caplog.text


def test_neither_logs_nor_addresses_nor_referers_hold_a_token(told, capsys, caplog) -> None:
    told()
    with caplog.at_level(logging.DEBUG):
        print_link()
        token = printed_token(capsys)
        page = Browser().get()
        Browser().post(token)
    assert token not in caplog.text
    assert all("#" in each for each in (f"{address}#{token}" for address in link_addresses()))
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert 'history.replaceState(null, "", location.pathname)' in page.text
    assert vars(instructor_link.link)["_token"] != token


def test_looking_at_the_page_of_the_link_as_chat_programs_do_uses_nothing_up(told, capsys) -> None:
    told()
    print_link()
    token = printed_token(capsys)
    for _ in range(20):
        assert Browser().get().status_code == 200
    assert Browser().post(token).status_code == 200


def test_the_session_is_read_by_no_script_and_sent_by_no_other_site(told, capsys) -> None:
    told(server_baseUrlPath="lab", server_corsAllowedOrigins=["https://lab.example.org"])
    print_link()
    shown = capsys.readouterr().out
    assert "https://lab.example.org/lab/api/instructor#" in shown
    assert "http://192.168.1.5:8501/lab/api/instructor#" in shown
    answer = Browser("https://lab.example.org", "/lab/api/instructor").post(shown.rpartition("#")[2].split()[0])
    assert answer.text == "/lab"
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Secure", "Path=/lab"} <= {part.strip() for part in cookie.split(";")}


def test_after_a_restart_neither_an_old_link_nor_an_old_session_is_known(told) -> None:
    before, after = InstructorLink(), InstructorLink()
    unused = before.new_token()
    session = before.exchange(before.new_token())
    assert session is not None
    assert before.knows(session)
    after.new_token()
    assert not after.knows(session)
    assert after.exchange(unused) is None


def test_a_session_ends_after_a_day_of_teaching_or_when_the_role_is_given_back() -> None:
    now = 0.0
    link = InstructorLink(clock=lambda: now)
    first, second = (link.exchange(link.new_token()) for _ in range(2))
    link.end(second)
    assert link.knows(first)
    assert not link.knows(second)
    now = SESSION_SECONDS + 1.0
    assert not link.knows(first)


@pytest.mark.parametrize("options", [{"server_address": "127.0.0.1"}, {"server_address": "localhost"}])
def test_a_server_for_this_machine_alone_has_no_such_link(told, options) -> None:
    link = told(**options)
    assert Browser().get().status_code == 404
    assert Browser().post(link.new_token()).status_code == 404
    session = link.exchange(link.new_token())
    assert role({cookie_name(): session}) is Role.VIEWER  # somebody who comes through a proxy, say


def test_where_a_login_is_configured_the_login_decides_alone(told, monkeypatch) -> None:
    from dashboard import roles

    link = told()
    session = link.exchange(link.new_token())
    for rules in (roles.Rules(login=True), None):
        monkeypatch.setattr(roles, "access_rules", lambda rules=rules: rules)
        monkeypatch.setattr(instructor_page, "access_rules", lambda rules=rules: rules)
        assert Browser().post(link.new_token()).status_code == 404
        assert role({cookie_name(): session}) is not Role.INSTRUCTOR


def test_names_with_wildcards_and_addresses_of_ipv6_make_links_that_can_be_opened(told) -> None:
    told(server_allowedHosts=["*.example.org", "fe80::1"])
    assert link_addresses() == ["http://localhost:8501/api/instructor", "http://[fe80::1]:8501/api/instructor"]
