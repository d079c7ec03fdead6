"""A link that makes an instructor where a class is taught without a login and nobody sits at the machine.

Whoever starts the server reads the link in its terminal. Its token is a random one that is used once: it is exchanged
for a session of the browser that opened it, and the terminal shows the next one. The token stands behind the `#` of the
link, which browsers send to nobody, so neither logs of servers and proxies nor a `Referer` hold it. Of tokens and
sessions only SHA-256 are kept, in memory: what is restarted knows none.
"""

import hmac
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from hashlib import sha256

import streamlit as st

from dashboard.addresses import address
from dashboard.visit import LOOPBACK_NAMES, is_loopback, server_address

PATH = "api/instructor"
SESSION_SECONDS = 12 * 3600
"""How long somebody who opened the link stays an instructor: a day of teaching."""
_BYTES = 32
"""Of a token and of the name of a session: nobody guesses 256 bits."""


class InstructorLink:
    """The token of the link and the sessions that were begun with it; safe to be asked by many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._token: bytes | None = None
        self._used: set[bytes] = set()
        self._sessions: dict[bytes, float] = {}

    def new_token(self) -> str:
        """Another token, which takes the place of one that nobody has used."""
        token = secrets.token_urlsafe(_BYTES)
        with self._lock:
            self._token = _digest(token)
        return token

    def exchange(self, token: str) -> str | None:
        """The name of a new session, for the browser alone, where the token is that of the link; it is then used up."""
        sent = _digest(token)
        with self._lock:
            if self._token is None or not hmac.compare_digest(self._token, sent):
                return None
            self._token = None
            self._used.add(sent)
            session = secrets.token_urlsafe(_BYTES)
            self._sessions[_digest(session)] = self._clock() + SESSION_SECONDS
        return session

    def was_used(self, token: str) -> bool:
        """Whether a token was one of this server's and has been exchanged."""
        return _digest(token) in self._used

    def knows(self, session: str) -> bool:
        """Whether a session was begun with a token of this server, has not ended and is not too old."""
        end = self._sessions.get(_digest(session))
        return end is not None and self._clock() < end

    def end(self, session: str) -> None:
        """Let whoever has this session be a viewer again."""
        with self._lock:
            self._sessions.pop(_digest(session), None)


link = InstructorLink()
"""The one of this server."""


def reached_by_network() -> bool:
    """Whether the server listens where people of other machines reach it, so that nobody counts as being at it."""
    return not is_loopback(server_address())


def cookie_name() -> str:
    """The cookie that holds the session; servers on other ports of a machine, which share its cookies, have others."""
    return f"lesionlab-instructor-{st.get_option('server.port')}"


def opened_link(cookies: Mapping[str, str]) -> bool:
    """Whether the browser of these cookies has opened the link."""
    return link.knows(cookies.get(cookie_name(), ""))


def print_link(why: str = "") -> None:
    """A new link to the terminal alone, under every name by which the server may be asked for; never to a log."""
    token = link.new_token()
    said = why or "Reachable by network and without a login, so everybody is a viewer."
    lines = [f"  {said}", "  To start trainings and class sessions, open this in your browser; it works once:", ""]
    lines += [f"    {each}#{token}" for each in link_addresses()]
    sys.stdout.write("\n" + "\n".join(lines) + "\n\n")
    sys.stdout.flush()


def link_addresses() -> list[str]:
    """The link without its token: under what people open behind a proxy, and under the names that the server has."""
    allowed = st.get_option("server.allowedHosts") or LOOPBACK_NAMES
    named = [each for each in allowed if "*" not in each and not is_loopback(each.strip("[]"))]
    if len(named) < len(allowed) or not named:
        named.insert(0, "localhost")
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    hosts = [f"[{each}]" if ":" in each and not each.startswith("[") else each for each in named]
    here = [f"{scheme}://{each}:{st.get_option('server.port')}" for each in hosts]
    return [f"{origin.rstrip('/')}{address(PATH)}" for origin in (*st.get_option("server.corsAllowedOrigins"), *here)]


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
