"""The door: what every request and every websocket has to pass before anything else looks at it.

The page of another site, opened in the browser of somebody at this machine, can send requests here: under another name
that it makes point to this machine (DNS rebinding), or under the right one from its own origin. Neither is let in.
"""

import re

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.addresses import base_path
from dashboard.for_viewers import frame_for_viewers
from dashboard.login_cookie import user_of_cookies
from dashboard.roles import Role, person_of, role_of_request
from dashboard.visit import Visit

WRONG_HOST = (
    "This server is not known under this name. If it should be, start it with --server.allowedHosts and the name."
)
WRONG_ORIGIN = (
    "This server answers only to its own pages. If a proxy stands before it, start it with "
    "--server.corsAllowedOrigins and the address that people open."
)
_TO_LOG_IN = re.compile(r"/(_stcore/(health|host-config|stream)|api/health)?")
_BY_TOKEN = re.compile(r"/(api/(openapi\.json|docs|predict|models|runs(/[^/]+)?))")
"""What decides by itself who is let in, for it takes tokens, or shows nothing of this server."""
_CONTENT = re.compile(r"/(_stcore|api|media|component|app)(/.*)?")
"""What shows something of this server; all else is Streamlit's own page, alike everywhere."""
_METRICS = "/_stcore/metrics"


class Door:
    """ASGI middleware around all that the server answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let in with headers that keep other sites from using what is answered."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if refusal := _refusal(scope):
            status, text = refusal
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
            else:
                await PlainTextResponse(text, status)(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, _without_secrets(scope, send))
        else:
            await self.app(scope, receive, _with_policy(Visit.of_scope(scope).host or "", send))


def _refusal(scope: Scope) -> tuple[int, str] | None:
    """Status and reason for what is not let in."""
    visit = Visit.of_scope(scope)
    if visit.host is None:
        return 400, "A request names exactly one host."
    if not visit.host_allowed(st.get_option("server.allowedHosts")):
        return 403, WRONG_HOST
    if not visit.origin_allowed(st.get_option("server.corsAllowedOrigins")):
        return 403, WRONG_ORIGIN
    if scope["type"] == "websocket":
        return None  # what a page shows is decided where it is drawn
    path = scope["path"].removeprefix(base_path())
    if not _CONTENT.fullmatch(path) or _TO_LOG_IN.fullmatch(path) or _BY_TOKEN.fullmatch(path):
        return None
    role = role_of_request(HTTPConnection(scope))
    if role is Role.STRANGER:
        return 401, "Log in first."
    if path == _METRICS and role is not Role.INSTRUCTOR:
        return 403, "Only instructors are told of the server's memory."
    return None


def _without_secrets(scope: Scope, send: Send) -> Send:
    """Send pages to whoever is no instructor without what only instructors may read."""
    connection = HTTPConnection(scope)
    if role_of_request(connection) is Role.INSTRUCTOR:
        return send
    person = person_of(user_of_cookies(connection.cookies))

    async def send_on(message: Message) -> None:
        if message["type"] == "websocket.send" and message.get("bytes"):
            message = {**message, "bytes": frame_for_viewers(message["bytes"], person)}
        await send(message)

    return send_on


def _with_policy(host: str, send: Send) -> Send:
    policy = _policy(host)

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in policy.items():
                headers.setdefault(name, value)
        await send(message)

    return send_on


def _policy(host: str) -> dict[str, str]:
    """What browsers are told: load nothing from elsewhere, and let no other site embed or frame what is here."""
    framed_by = " ".join(["'self'", *st.get_option("server.corsAllowedOrigins")])
    return {
        "Content-Security-Policy": (
            f"img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; "
            f"connect-src 'self' data: blob: ws://{host} wss://{host}; object-src 'none'; base-uri 'self'; "
            f"frame-ancestors {framed_by}"
        ),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
