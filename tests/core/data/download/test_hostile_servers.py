"""Servers that lie, break off, or send on to where nothing should be fetched from."""

import io
import socket
import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.base.errors import DataError
from core.data.download import public_transport, transfer
from core.data.download.archives import unpack
from core.data.download.download import download
from core.data.download.public_transport import PublicTransport
from core.data.download.transfer import new_client, size_told_by_server
from tests.core.data.download import loopback
from tests.core.data.download.loopback import Loopback, serving, source_of

CONTENT = bytes(range(256)) * 8000


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        yield server


@pytest.fixture
def root(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(transfer, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(transfer, "LONGEST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(transfer, "TRIES", 3)
    return artifacts.parent / "data"


def fetched(server: Loopback, root: Path, **behaviour) -> bytes:
    """What arrives of a file of which nothing is published."""
    checked = behaviour.pop("checked", False)
    name = behaviour.pop("name", "a.bin")
    server.put(name, behaviour.pop("content", CONTENT), **behaviour)
    download(source_of(server.file(name, checked=checked)), root)
    return (root / "tiny" / name).read_bytes()


@pytest.mark.parametrize(
    "address",
    [
        "https://",
        "https:///x",
        "https://[::1",
        "https://a:99999999/x",
        "https://" + "a" * 300 + ".example/x",
        "https://exa mple/x",
        "https://\u0000/x",
        "http://example.org/x",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "https://xn--a/x",
        "https://127.0.0.1:1/x",
        "https://[::1]:1/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data",
        "https://192.168.0.1/x",
        "https://[fe80::1]/x",
        "https://[fd00::1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://[2002:7f00:1::]/x",
        "https://0.0.0.0/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://localhost/x",
        "https://224.0.0.1/x",
    ],
)
def test_a_redirect_that_leads_nowhere_or_inside_ends_in_a_sentence(address: str, server, root) -> None:
    header = {"Location": address.encode("utf-8", "replace").decode("latin-1")}
    served = server.put("a.bin", CONTENT, answers=[(302, header)] * 9)
    with pytest.raises(DataError):
        download(source_of(server.file("a.bin")), root)
    assert not (root / "tiny").exists()
    assert len(served.requests) <= 4


def test_a_redirect_to_the_loopback_server_itself_is_refused(server, root) -> None:
    server.put("b.bin", CONTENT)
    server.put("a.bin", CONTENT, answers=[(302, {"Location": f"{server.url}/b.bin"})] * 3)
    with pytest.raises(DataError, match="not encrypted"):
        download(source_of(server.file("a.bin")), root)
    assert server.files["/b.bin"].requests == []


def test_a_server_that_does_not_end_is_left_once_more_came_than_was_published(server, root) -> None:
    served = server.put("a.bin", CONTENT, says_length=False, blocks_more=4000)
    with pytest.raises(DataError, match=f"more than its {len(CONTENT):,} bytes"):
        download(source_of(server.file("a.bin")), root)
    assert not (root / "tiny").exists()
    assert served.sent < 1000, "what lies in buffers between the two may be sent in vain"


def test_a_redirect_in_circles_is_given_up_at_once(server, root) -> None:
    server.put("a.bin", CONTENT, answers=[(302, {"Location": "/a.bin?download=1"})] * 99)
    with pytest.raises(DataError, match="leads nowhere"):
        download(source_of(server.file("a.bin")), root)


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_a_name_of_a_private_address_is_refused_before_anything_is_connected(address: str, monkeypatch) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    answers = [(family, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("93.184.215.14", address)]
    monkeypatch.setattr(public_transport.socket, "getaddrinfo", lambda *_, **__: answers)
    monkeypatch.setattr(public_transport, "getproxies", dict)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it would connect"))
    with new_client() as client, pytest.raises(DataError, match="inside this machine or its network"):
        client.get("https://harmless.example/data.zip")


def test_what_was_resolved_is_what_is_connected_to(monkeypatch) -> None:
    """A name that answers otherwise the second time it is asked leads nowhere else."""
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]
    monkeypatch.setattr(public_transport.socket, "getaddrinfo", lambda *_, **__: public)
    monkeypatch.setattr(public_transport, "getproxies", dict)
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers["host"], request.extensions["sni_hostname"]))
        return httpx.Response(200)

    transport = PublicTransport()
    transport._direct = httpx.MockTransport(answer)  # nothing outside is to be reached by tests
    with httpx.Client(transport=transport) as client:
        assert client.get("https://harmless.example/data.zip").status_code == 200
    assert seen == [("93.184.215.14", "harmless.example", "harmless.example")]


def test_a_name_that_does_not_exist_may_exist_later(monkeypatch, root) -> None:
    def nobody(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(public_transport.socket, "getaddrinfo", nobody)
    monkeypatch.setattr(public_transport, "getproxies", dict)
    with new_client() as client, pytest.raises(httpx.ConnectError, match="not known here"):
        client.get("https://nowhere.example/x")


@pytest.mark.parametrize("value", ["²", "9" * 5000, "-1", "soon", "", "1.5", "Wed, 21 Oct 2015 07:28:00 GMT", "٣"])
def test_a_time_to_wait_that_is_none_is_passed_over(value: str, server, root) -> None:
    header = {"Retry-After": value.encode().decode("latin-1")}
    assert fetched(server, root, checked=True, answers=[(503, header)]) == CONTENT


@pytest.mark.parametrize("value", ["bytes " + "9" * 5000 + "-1/2", "bytes 0-1/" + "9" * 5000, "bytes ²-3/4", "", "x"])
def test_a_part_that_is_none_is_asked_for_again(value: str, server, root) -> None:
    header = {"Content-Range": value.encode().decode("latin-1")}
    assert fetched(server, root, checked=True, answers=[(206, header)]) == CONTENT


@pytest.mark.parametrize("value", ["9" * 5000, "²", "-7"])
def test_a_length_that_is_none_is_no_size(value: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=[(b"Content-Length", value.encode())]))
    with serving() as server, httpx.Client(transport=transport) as client:
        server.put("a.bin", CONTENT)
        assert size_told_by_server(client, server.file("a.bin")) is None


def test_an_empty_answer_is_no_file(server, root) -> None:
    with pytest.raises(DataError, match="sent nothing"):
        fetched(server, root, content=b"", says_length=False)


def test_a_file_without_a_length_is_whole_when_the_server_says_that_nothing_follows(server, root) -> None:
    assert fetched(server, root, says_length=False) == CONTENT
    assert server.files["/a.bin"].requests[-1][1] == f"bytes={len(CONTENT)}-"


def test_a_file_without_a_length_that_is_cut_goes_on_where_it_was_cut(server, root) -> None:
    assert fetched(server, root, says_length=False, break_after=[300_000, 500_000]) == CONTENT


def test_a_file_without_a_length_of_which_nothing_tells_whether_it_is_whole_is_refused(server, root) -> None:
    with pytest.raises(DataError, match="nobody can tell"):
        fetched(server, root, says_length=False, ranges=False, etag="", break_after=[300_000])
    assert not (root / "tiny").exists()


def test_a_cut_tar_without_a_length_is_not_taken(server, root) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for number in range(40):
            member = tarfile.TarInfo(f"a/{number}.png")
            member.size = 512 * 20
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    between_two = content.getvalue()[: 20 * 21 * 512]
    with pytest.raises(DataError, match="damaged or cut off"):
        fetched(server, root, name="a.tar", content=between_two, says_length=False, ranges=False, etag="")
    assert not (root / "tiny").exists()
    whole = root.parent / "whole.tar"
    whole.write_bytes(content.getvalue())
    assert unpack(whole, root.parent / "unpacked") == 40


def test_a_server_that_resumes_another_file_is_noticed_by_what_it_says_of_it(server, root, monkeypatch) -> None:
    """The condition of the request is not kept by every server: what comes is compared as well."""
    served = server.put("a.bin", CONTENT, break_after=[400_000])
    source = source_of(server.file("a.bin", checked=False))
    monkeypatch.setattr(transfer, "TRIES", 1)
    with pytest.raises(DataError, match="kept"):
        download(source, root)
    served.content, served.etag = bytes(reversed(CONTENT)), '"two"'
    real = loopback.Handler._answer

    def without_condition(self, body: bool) -> None:
        del self.headers["If-Range"]
        real(self, body)

    monkeypatch.setattr(loopback.Handler, "_answer", without_condition)
    monkeypatch.setattr(transfer, "TRIES", 3)
    download(source, root)
    assert (root / "tiny" / "a.bin").read_bytes() == served.content
