"""The address of the instructor link: a page that takes the token out of the address bar and exchanges it."""

import base64
import logging
from hashlib import sha256

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from dashboard.addresses import address, base_path
from dashboard.instructor_link import SESSION_SECONDS, cookie_name, link, print_link, reached_by_network
from dashboard.rest.limits import Rate
from dashboard.rest.refusals import Refusal
from dashboard.rest.rest import no_such_address
from dashboard.roles import access_rules

ATTEMPTS_PER_MINUTE = 10
"""Of one network address; a person needs one."""
MOST_BYTES = 200
"""Of what is sent as a token."""
_NOT_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_SCRIPT = """
const token = location.hash.slice(1), said = document.querySelector("p");
history.replaceState(null, "", location.pathname);
const say = (text) => { said.textContent = text; };
if (!token) say("Open the whole link as the terminal shows it.");
else fetch(location.pathname, { method: "POST", body: token, credentials: "same-origin", cache: "no-store" }).then(
  async (answer) => { if (answer.ok) location.replace(await answer.text()); else say(await answer.text()); },
  () => say("The server does not answer. Open the link again."),
);
"""
_POLICY = (
    f"default-src 'none'; script-src 'sha256-{base64.b64encode(sha256(_SCRIPT.encode()).digest()).decode()}'; "
    "style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Instructor link · Lesion Lab</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
    "<style>:root {{ color-scheme: light dark }} body {{ margin: 3rem auto; padding: 0 1rem; max-width: 40rem; "
    "font: 1.1rem/1.5 system-ui, sans-serif }}</style></head><body><h1>Lesion Lab</h1>"
    '<p role="status">One moment …</p><script>{script}</script></body></html>'
).format(script=Markup(_SCRIPT))
_attempts = Rate()
logger = logging.getLogger(__name__)


def link_is_offered() -> bool:
    """Whether the link makes an instructor here: without a login, and where nobody counts as being at the machine."""
    rules = access_rules()
    return rules is not None and not rules.login and reached_by_network()


async def instructor_page(request: Request) -> Response:
    """`GET /api/instructor`: the page that the link opens. Looking at it uses nothing up."""
    if not link_is_offered():
        return await no_such_address(request)
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY, **_NOT_KEPT})


async def become_instructor(request: Request) -> Response:
    """`POST /api/instructor`: exchange a token for a session; answers with the address to go on to."""
    if not link_is_offered():
        return await no_such_address(request)
    who = request.client.host if request.client else ""
    try:
        _attempts.count(who, ATTEMPTS_PER_MINUTE)
    except Refusal as refusal:
        return PlainTextResponse(refusal.text, refusal.status, {**refusal.headers, **_NOT_KEPT})
    token = await _token_of(request)
    session = link.exchange(token)
    if session is None:
        logger.warning("somebody at %s tried an instructor link that does not work", who)
        used = " It was used already." if link.was_used(token) else ""
        text = f"This link does not work.{used} The terminal of the server shows the one that does."
        return PlainTextResponse(text, 403, _NOT_KEPT)
    print_link(
        f"The instructor link was opened at {who}. If that was not you, restart the server. For another browser:"
    )
    answer = PlainTextResponse(address(""), headers=_NOT_KEPT)
    answer.set_cookie(
        cookie_name(),
        session,
        max_age=SESSION_SECONDS,
        path=base_path() or "/",
        secure=request.headers.get("origin", "").startswith("https://"),  # as the browser sees it, behind a proxy too
        httponly=True,
        samesite="strict",
    )
    return answer


async def _token_of(request: Request) -> str:
    """What was sent, empty where it is too long for a token."""
    sent = b""
    async for part in request.stream():
        sent += part
        if len(sent) > MOST_BYTES:
            return ""
    return sent.decode("utf-8", "replace").strip()
