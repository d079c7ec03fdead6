"""Logging in with OpenID Connect, against a provider of our own on loopback; and by the link of the terminal."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from core.runs.run_folder import RunFolder
from core.teaching.quiz.class_session import list_sessions
from tests.conftest import free_port
from tests.pages.patience import settled


class Provider(BaseHTTPRequestHandler):
    """Lets everybody in at once, as the person whom the class attribute names."""

    email = "ben@example.org"
    nonces: dict[str, str]

    def do_GET(self) -> None:
        here = f"http://127.0.0.1:{self.server.server_port}"
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/authorize":
            self.nonces["code"] = asked.get("nonce", "")
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': 'code', 'state': asked['state']})}"
            )
            self.end_headers()
        elif url.path == "/keys":
            self._answer({"keys": [self.server.key.as_dict(private=False, alg="RS256", use="sig")]})
        else:
            self._answer(
                {
                    "issuer": here,
                    "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token",
                    "jwks_uri": f"{here}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )

    def do_POST(self) -> None:
        from joserfc import jwt

        self.rfile.read(int(self.headers["Content-Length"]))
        now = int(time.time())
        claims = {
            "iss": f"http://127.0.0.1:{self.server.server_port}",
            "sub": "1",
            "aud": "lesion-lab",
            "iat": now,
            "exp": now + 600,
            "nonce": self.nonces["code"],
            "email": self.email,
        }
        token = jwt.encode({"alg": "RS256", "kid": self.server.key.kid}, claims, self.server.key)
        self._answer({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def _answer(self, value: dict) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[ThreadingHTTPServer]:
    from joserfc.jwk import RSAKey

    Provider.nonces = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.key = RSAKey.generate_key(2048, {"kid": "one"})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.timeout(1200)
def test_a_viewer_logs_in_as_instructor_and_may_train_until_logging_out(
    demo_artifacts: Path, start_server, visitors, provider, tmp_path: Path
) -> None:
    port = free_port()
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        f"""
        [auth]
        redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
        cookie_secret = "only for this test"
        client_id = "lesion-lab"
        client_secret = "none"
        server_metadata_url = "http://127.0.0.1:{provider.server_port}/.well-known/openid-configuration"
        [roles]
        instructors = ["ben@example.org"]
        """
    )
    server = start_server(port, ["--secrets.files", str(secrets)])
    page = visitors(viewport={"width": 1440, "height": 900})
    page.goto(f"{server.url}/train")
    start = page.get_by_role("button", name="Start training")
    start.wait_for()
    settled(page)
    assert start.is_disabled()
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("ben@example.org · instructor").wait_for()
    page.goto(f"{server.url}/train")
    start.and_(page.locator(":enabled")).wait_for()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in").wait_for()


@pytest.mark.browser
@pytest.mark.timeout(1200)
@pytest.mark.long  # what such a link does, and for whom, is tested beside it without a browser
def test_a_teacher_without_a_login_opens_the_link_of_the_terminal_and_may_train_and_hold_a_class(
    trained: RunFolder, start_server, visitors
) -> None:
    options = ["--server.address", "0.0.0.0", "--server.baseUrlPath", "lab"]
    server = start_server(None, options, path="/lab")
    link = next(line.strip() for line in server.log.read_text().splitlines() if "/lab/api/instructor#" in line)
    asked: list[str] = []
    page, phone = visitors(), visitors()
    page.on("request", lambda request: asked.append(request.url + request.headers.get("referer", "")))
    page.goto(link.replace("localhost", "127.0.0.1"))
    page.get_by_text("You are the instructor, by the link of the terminal.").wait_for()
    token = link.partition("#")[2]
    page.wait_for_url(lambda url: token not in url)
    assert not any(token in each.partition("#")[0] for each in asked)
    page.go_back()
    page.wait_for_url(lambda url: token not in url)
    page.goto(f"{server.url}/lab/train")
    page.get_by_role("button", name="Start training").wait_for()
    page.wait_for_function(
        "[...document.querySelectorAll('button')].some(b => b.innerText.includes('Start training') && !b.disabled)"
    )
    phone.goto(f"{server.url}/lab/train")
    phone.get_by_text("finds a link for instructors in its terminal").first.wait_for()
    phone.get_by_role("button", name="Start training").and_(phone.locator(":disabled")).wait_for()

    phone.goto(f"{server.url}/lab/quiz?run={trained.run_id}")
    phone.get_by_text("Instructors open class sessions here.").wait_for()
    settled(phone)
    assert not phone.get_by_role("button", name="Open a class session").count()
    page.goto(f"{server.url}/lab/quiz?run={trained.run_id}")
    page.get_by_role("button", name="Open a class session with this series").click()
    joined = page.locator("[data-testid=stMetric]", has_text="Joined")
    joined.get_by_text("0", exact=True).wait_for()
    [session], _ = list_sessions()
    phone.get_by_role("textbox", name="Code from the projector").fill(session.code)
    phone.get_by_role("button", name="Join").click()
    phone.get_by_role("img", name="Picture 1 of the series").wait_for()
    joined.get_by_text("1", exact=True).wait_for()
    phone.goto(f"{server.url}/lab/quiz?session={session.session_id}&view=class")
    phone.get_by_text("Only instructors").first.wait_for()
    settled(phone)
    assert not phone.get_by_role("button", name="Close: no more answers").count()

    page.goto(f"{server.url}/lab/train")
    page.get_by_role("button", name="Be a viewer again").click()
    page.get_by_text("finds a link for instructors in its terminal").first.wait_for()
