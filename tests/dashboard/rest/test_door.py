"""The door of a real server: what other sites, proxies and attackers send to it."""

import contextlib
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from core.runs.run_folder import RunFolder, create_run
from core.runs.run_states import ErrorKind, State
from core.training.recipe import make_recipe
from dashboard.router import PAGES
from tests import web
from tests.conftest import Server, free_port, no_standby
from tests.tabs import connected, open_page, texts

SECRET = "a cookie secret that is only for this test"


@contextlib.contextmanager
def serving(folder: Path, *options: str, **reached: str) -> Iterator[tuple[Server, RunFolder]]:
    """A server on an artifacts folder with one queued run."""
    with pytest.MonkeyPatch.context() as patch:
        (folder / "data").mkdir()
        patch.setenv("LESIONLAB_ARTIFACTS", str(folder / "artifacts"))
        patch.setenv("LESIONLAB_DATA", str(folder / "data"))
        patch.delenv("LESIONLAB_SCHEDULER", raising=False)
        no_standby()
        run = create_run(make_recipe(dataset="demo", model="cnn-59k"))
        server = Server.start(free_port(), folder / "server.log", options, **reached)
        try:
            yield server, run
        finally:
            server.end()


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, RunFolder]]:
    """One on loopback, as it comes."""
    with serving(tmp_path_factory.mktemp("open")) as served:
        yield served


@pytest.fixture(scope="module")
def closed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, RunFolder]]:
    """One that demands a login and lets in members alone, under a path."""
    folder = tmp_path_factory.mktemp("closed")
    secrets = folder / "secrets.toml"
    secrets.write_text(
        f"""
        [auth]
        redirect_uri = "http://127.0.0.1:1/oauth2callback"
        cookie_secret = "{SECRET}"
        client_id = "lesion-lab"
        client_secret = "none"
        server_metadata_url = "http://127.0.0.1:1/.well-known/openid-configuration"
        [roles]
        instructors = ["ben@example.org"]
        viewers = ["@example.org"]
        """
    )
    with serving(folder, "--secrets.files", str(secrets)) as served:
        yield served


def raw(server: Server, request: str, seconds: float = 120) -> bytes:
    """What the server answers to bytes on the wire until it closes it, or is silent for so long."""
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as wire:
        wire.sendall(request.encode("latin-1"))
        wire.settimeout(seconds)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while part := wire.recv(65536):
                answer += part
    return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def get(server: Server, path: str, *lines: str, version: str = "1.1") -> bytes:
    return raw(server, "\r\n".join([f"GET {path} HTTP/{version}", *lines, "Connection: close", "", ""]))


def addresses(run: RunFolder) -> list[str]:
    """One of each kind that is served."""
    return [
        "/",
        "/train",
        "/api/health",
        f"/api/runs/{run.run_id}/live",
        f"/api/runs/{run.run_id}/pictures/0",
        "/api/datasets/demo/picture?id=x",
        "/assets/x/live/main.js",
        "/static/js/index.js",
        "/media/0.jpg",
        "/_stcore/health",
        "/_stcore/host-config",
        "/_stcore/metrics",
        "/_stcore/upload_file/x/y",
        "/_stcore/agent/openapi.json",
        "/component/x/y.js",
        "/oauth2callback?code=1&state=2",
        "/auth/login",
        "/there-is-no-such-page",
    ]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "x"])
def test_a_websocket_under_another_name_is_refused(host: str, open_server) -> None:
    server, _ = open_server
    with pytest.raises(InvalidStatus) as refused:
        connected(server.port, host=host)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::1]"])
def test_a_websocket_under_a_name_of_this_machine_is_let_in(host: str, open_server) -> None:
    server, _ = open_server
    with connected(server.port, host=host):
        pass


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:3000", "http://localhost:3000", "https://127.0.0.1", "file://"],
)
def test_a_websocket_from_the_page_of_another_site_is_refused(origin: str, open_server) -> None:
    server, _ = open_server
    with pytest.raises(InvalidStatus) as refused:
        connected(server.port, origin=origin)
    assert refused.value.response.status_code == 403


def test_everything_that_is_served_is_refused_under_another_name_and_by_every_method(open_server) -> None:
    server, run = open_server
    for address in addresses(run):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
            request = (
                f"{method} {address} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            assert status(raw(server, request)) == 403, (method, address)


def test_everything_that_is_served_is_refused_to_pages_of_other_sites(open_server) -> None:
    server, run = open_server
    with web.Client(base_url=server.url, headers={"Origin": "http://evil.example"}) as other_site:
        for address in addresses(run):
            for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
                answer = other_site.request(method, address)
                assert answer.status_code == 403, (method, address)
                assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Host:"],
        ["Host: 127.0.0.1", "Host: evil.example"],
        ["Host: evil.example", "Host: 127.0.0.1"],
        ["Host: 127.0.0.1", "Host: 127.0.0.1"],
        ["Host: 127.0.0.1@evil.example"],
        ["Host: evil.example@127.0.0.1"],
        ["Host: 127.0.0.1, evil.example"],
        ["Host: 127.0.0.1/.evil.example"],
        ["Host: 127.0.0.1:80:80"],
        ["Host: evil.example", "X-Forwarded-Host: 127.0.0.1"],
        ["Host : 127.0.0.1"],
        ["Host: evil.example\r\n Host: 127.0.0.1"],
        ["Host: " + "x" * 20_000],
    ],
    ids=lambda lines: "; ".join(lines)[:50],
)
def test_a_host_that_is_not_exactly_one_name_of_this_machine_gets_nothing(lines: list[str], open_server) -> None:
    server, run = open_server
    for address in ("/api/health", f"/api/runs/{run.run_id}/live"):
        for version in ("1.1", "1.0"):
            assert status(get(server, address, *lines, version=version)) in (0, 400, 403, 431)


def test_a_request_line_that_names_another_server_changes_nothing(open_server) -> None:
    server, _ = open_server
    assert status(get(server, "http://127.0.0.1/api/health", "Host: evil.example")) in (400, 403)


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 60",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding : chunked",
        "Content-Length: +4",
        "Content-Length: -1",
    ],
)
def test_no_second_request_is_smuggled_in_behind_the_first(head: str, open_server) -> None:
    server, _ = open_server
    smuggled = "0\r\n\r\nGET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    answer = raw(server, f"POST /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n\r\n{smuggled}", seconds=3)
    assert b'"web_process"' not in answer


def test_health_tells_the_person_at_the_machine_how_it_is_and_others_only_that_it_is(open_server) -> None:
    server, _ = open_server
    assert "web_process" in web.get(f"{server.url}/api/health").json()
    for headers in (
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": ""},
        {"Forwarded": "for=127.0.0.1;host=localhost"},
        {"X-Real-IP": "::1"},
        {"Via": "1.1 proxy"},
    ):
        assert web.get(f"{server.url}/api/health", headers=headers).json() == {"status": "ok"}
        assert web.get(f"{server.url}/_stcore/metrics", headers=headers).status_code == 403
    body = get(server, "/api/health", "Host: 127.0.0.1", version="1.0").partition(b"\r\n\r\n")[2]
    assert json.loads(body) == {"status": "ok"}


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, ""),
        ({"X-Forwarded-For": "127.0.0.1"}, "You reach this server through a proxy"),
        ({"x-forwarded-proto": ""}, "You reach this server through a proxy"),
        ({"Forwarded": "for=127.0.0.1"}, "You reach this server through a proxy"),
        ({"Cookie": "_streamlit_user=forged; role=instructor"}, ""),
    ],
    ids=str,
)
def test_who_comes_through_a_proxy_is_a_viewer_and_the_page_says_why(headers: dict, told: str, open_server) -> None:
    server, _ = open_server
    with connected(server.port, headers=headers) as tab:
        shown = texts(open_page(tab, "data"))
    assert "data sets are here" in shown or "data set is here" in shown
    assert ("Only instructors can add and download data" in shown) is bool(told)
    assert told in shown


@pytest.mark.parametrize(
    "run_id",
    [
        "..%2f..%2fetc",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cetc",
        "%00",
        "%ff%fe",
        "%E2%80%AE",
        "a" * 60_000,
        "%0d%0aX-Evil:%20yes",
        "'%20OR%201=1--",
        "*",
        "~root",
        "con",
    ],
    ids=lambda run_id: run_id[:20],
)
def test_ids_that_lead_elsewhere_lead_nowhere(run_id: str, open_server) -> None:
    server, _ = open_server
    for address in (f"/api/runs/{run_id}/live", f"/api/runs/{run_id}/pictures/0", f"/api/runs/x/pictures/{run_id}"):
        answer = get(server, address, "Host: 127.0.0.1")
        assert status(answer) in (400, 404), answer[:200]
        assert b"X-Evil" not in answer.partition(b"\r\n\r\n")[0]
        assert b"root:" not in answer


@pytest.mark.parametrize("number", ["-1", "1e9", "9" * 5_000, "0x1", "%D9%A1"])
def test_numbers_of_pictures_that_are_none_are_not_found(number: str, open_server) -> None:
    server, run = open_server
    assert status(get(server, f"/api/runs/{run.run_id}/pictures/{number}", "Host: 127.0.0.1")) in (400, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static//etc/passwd",
        "//etc/passwd",
        "/media/..%2f..%2fetc%2fpasswd",
        "/app/static/..%2f..%2f.streamlit/secrets.toml",
        "/component/..%2f..%2fetc%2fpasswd",
        "/.streamlit/secrets.toml",
        "/artifacts/logs/dashboard.log",
    ],
)
def test_no_file_of_the_server_can_be_asked_for(path: str, open_server) -> None:
    server, _ = open_server
    answer = get(server, path, "Host: 127.0.0.1")
    assert b"root:" not in answer
    assert status(answer) in (400, 404) or b"<!doctype html>" in answer.lower()


def test_what_a_tab_must_not_ask_twice_ends_with_an_answer(open_server) -> None:
    """Huge and odd questions of the live feed are answered, not felt by others."""
    server, run = open_server
    address = f"{server.url}/api/runs/{run.run_id}/live"
    for query in (
        "epochs=-5",
        "epochs=" + "9" * 4_000,
        "batch=nan",
        "batch=inf",
        "telling=" + "x" * 20_000,
        "epochs=1e3",
    ):
        assert web.get(f"{address}?{query}").status_code in (200, 400), query[:30]
    assert web.get(f"{server.url}/api/health").status_code == 200


def test_answers_tell_browsers_to_load_nothing_from_elsewhere_and_to_let_nobody_frame_them(open_server) -> None:
    server, _ = open_server
    for address in ("/", "/api/health", "/there-is-no-such-page"):
        headers = web.get(server.url + address).headers
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert "img-src 'self' data: blob:" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"


def cookie(**claims: object) -> dict[str, str]:
    """A login as Streamlit's own code writes it."""
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    value = json.dumps({"origin": "http://127.0.0.1:1", "is_logged_in": True, **claims})
    return {"Cookie": f"_streamlit_user={create_signed_value(SECRET, '_streamlit_user', value).decode()}"}


def test_a_server_with_members_shows_strangers_only_the_way_to_log_in(closed_server) -> None:
    server, run = closed_server
    for address in addresses(run):
        answer = web.get(server.url + address)
        if address in ("/", "/train", "/_stcore/health", "/_stcore/host-config", "/api/health") or "auth" in address:
            assert answer.status_code in (200, 302, 307, 400, 404, 500), address
        elif address.startswith(("/api", "/media", "/_stcore", "/component")):
            assert answer.status_code == 401, address
    assert web.get(f"{server.url}/api/health").json() == {"status": "ok"}
    with connected(server.port) as tab:
        for page in ("", "data", "runs", "engine", "quiz"):
            shown = texts(open_page(tab, page))
            assert "Log in to see this dashboard" in shown
            assert "data set" not in shown
            assert run.run_id not in shown


def test_a_server_with_members_answers_them_as_far_as_their_login_reaches(closed_server) -> None:
    server, run = closed_server
    live = f"{server.url}/api/runs/{run.run_id}/live"
    assert web.get(live, headers=cookie(email="carl@example.org")).status_code == 200
    assert web.get(live, headers=cookie(email="eve@example.net")).status_code == 401
    assert web.get(live, headers=cookie(email="carl@example.org", email_verified=False)).status_code == 401
    assert web.get(live, headers=cookie(email="carl@example.org", is_logged_in=False)).status_code == 401
    health = f"{server.url}/api/health"
    assert web.get(health, headers=cookie(email="carl@example.org")).json() == {"status": "ok"}
    assert "web_process" in web.get(health, headers=cookie(email="ben@example.org")).json()
    assert web.get(health, headers=cookie(email="ben@example.org", email_verified=False)).json() == {"status": "ok"}


def test_forged_cookies_are_no_login(closed_server) -> None:
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    server, run = closed_server
    claims = json.dumps({"is_logged_in": True, "email": "ben@example.org"})
    signed = cookie(email="ben@example.org")["Cookie"].partition("=")[2]
    for value in (
        "",
        claims,
        signed[:-1],
        signed.swapcase(),
        create_signed_value("another secret", "_streamlit_user", claims).decode(),
        create_signed_value(SECRET, "_streamlit_xsrf", claims).decode(),
        create_signed_value(SECRET, "_streamlit_user", "[1]").decode(),
        create_signed_value(SECRET, "_streamlit_user", "[" * 900).decode(),
        create_signed_value(SECRET, "_streamlit_user", "chunks-9").decode(),
        "\xff" * 20,
    ):
        answer = get(server, f"/api/runs/{run.run_id}/live", "Host: 127.0.0.1", f"Cookie: _streamlit_user={value}")
        assert status(answer) == 401, value[:40]


def test_a_tab_of_a_person_who_sits_at_the_machine_of_a_server_with_a_login_is_a_stranger_too(closed_server) -> None:
    server, _ = closed_server
    with connected(server.port, origin=server.url) as tab:
        assert "Log in to see this dashboard" in texts(open_page(tab, "data"))


def test_a_server_elsewhere_answers_to_the_names_it_was_given(tmp_path: Path) -> None:
    options = ["--server.address", "0.0.0.0", "--server.allowedHosts", "lab.example.org"]
    options += ["--server.corsAllowedOrigins", "https://lab.example.org", "--server.baseUrlPath", "lab"]
    name = "lab.example.org"
    with serving(tmp_path, *options, host=name, path="/lab") as (server, run):
        live = f"/lab/api/runs/{run.run_id}/live"
        assert status(get(server, live, f"Host: {name}")) == 200
        assert status(get(server, live, "Host: 127.0.0.1")) == 403
        assert status(get(server, live, "Host: 127.0.0.1", f"Origin: https://{name}")) == 403
        assert get(server, "/lab/api/health", f"Host: {name}").endswith(b'{"status":"ok"}')
        with connected(server.port, host=name, path="/lab", origin=f"https://{name}") as tab:
            shown = texts(open_page(tab, "data"))
        assert "This server can be reached from other machines, and no login is configured." in shown
        assert "Only instructors can add and download data" in shown
        with pytest.raises(InvalidStatus):
            connected(server.port, path="/lab")


def test_viewers_see_no_folders_no_addresses_and_no_logs_of_the_server_on_any_page(
    drawn_small: Path, tmp_path: Path
) -> None:
    """Planted where pages show them: in a failed run, in one that waits, in a data set that cannot be read, in logs."""
    with serving(tmp_path) as (server, _):
        home = tmp_path / "artifacts"
        (home / "data").mkdir(exist_ok=True)
        (home / "data" / "demo").symlink_to(drawn_small, target_is_directory=True)
        (tmp_path / "data" / "ham10000").mkdir()
        (tmp_path / "data" / "ham10000" / "HAM10000_metadata.csv").write_text("nothing of use\n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LESIONLAB_ARTIFACTS", str(home))
            patch.setenv("LESIONLAB_DATA", str(tmp_path / "data"))
            failed = create_run(make_recipe(dataset="demo", model="cnn-59k"), owner="anna@example.org")
            message = f"There is no file {home}/data/secret table.csv; ask anna@example.org."
            told = {"state": State.FAILED, "message": message, "error_kind": ErrorKind.DATA}
            failed.write_status(replace(failed.written_status(), **told))
            failed.log.write_text(f"ERROR a line of the log about {home}/data\n")
            create_run(make_recipe(dataset="demo", model="cnn-59k"), owner="anna@example.org")
        secrets = (str(tmp_path), "anna@example.org", "a line of the log")
        seen = {}
        for who, pages, headers in (
            ("instructor", ("data", "runs"), {}),
            ("viewer", (page.name for page in PAGES), {"X-Forwarded-For": "203.0.113.9"}),
        ):
            shown = []
            for page in pages:
                with connected(server.port, headers=headers) as tab:
                    shown.append(texts(open_page(tab, page, f"run={failed.run_id}")))
            shown.append(web.get(f"{server.url}/api/runs/{failed.run_id}/live", headers=headers).text)
            seen[who] = "\n".join(shown).replace("\\", "").replace("\u2060", "")  # escapes
        for secret in secrets:
            assert secret in seen["instructor"], "the test plants it where pages show it"
            assert secret not in seen["viewer"], [line for line in seen["viewer"].splitlines() if secret in line]
        assert "There is no file" in seen["viewer"]
        assert failed.run_id in seen["viewer"]
