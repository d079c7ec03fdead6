"""What a connection says of itself: only a person at the machine looks like one."""

import pytest

from dashboard.visit import Visit, host_name, is_loopback

HOST = ("Host", "127.0.0.1:8501")


def visit(*headers: tuple[str, str], peer: str = "127.0.0.1", listens_on: str = "127.0.0.1", **more) -> Visit:
    return Visit(headers, peer, listens_on, **more)


@pytest.mark.parametrize(
    "host", "localhost 127.0.0.1 127.0.0.1:8501 LOCALHOST:8501 localhost. [::1]:8501 [::1] 127.0.0.2:80".split()
)
@pytest.mark.parametrize(
    ("peer", "listens_on"),
    [("127.0.0.1", "127.0.0.1"), ("127.0.0.9", "localhost"), ("::1", "::1"), ("::ffff:127.0.0.1", "127.8.9.10")],
)
def test_a_loopback_server_asked_from_here_under_a_loopback_name_is_asked_at_the_machine(host, peer, listens_on):
    assert visit(("Host", host), peer=peer, listens_on=listens_on).not_at_the_machine() == ""


@pytest.mark.parametrize(
    "address", ["", "0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "lab.example.org", "127.0.0.1.example"]
)
def test_on_a_server_that_listens_elsewhere_nobody_is_at_the_machine(address: str) -> None:
    assert "can be reached from other machines" in visit(HOST, listens_on=address).not_at_the_machine()


@pytest.mark.parametrize("peer", ["", "192.168.1.7", "::ffff:10.0.0.1", "unknown", "2001:db8::1"])
def test_nobody_comes_from_another_machine_and_is_at_this_one(peer: str) -> None:
    assert visit(HOST, peer=peer).not_at_the_machine()


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        [" "],
        ["evil.example"],
        ["evil.example:8501"],
        ["127.0.0.1.evil.example"],
        ["localhost.evil.example"],
        ["localhost@evil.example"],
        ["evil.example@localhost"],
        ["localhost/evil"],
        ["localhost#evil"],
        ["localhost evil"],
        ["localhost, evil.example"],
        ["localhost:port"],
        ["localhost:99999999"],
        ["[::1"],
        ["[::2]"],
        ["0.0.0.0:8501"],
        ["2130706433"],
        ["127.1"],
        ["localhost\t"[:-1] + "\x00"],
        ["127.0.0.1", "127.0.0.1"],
        ["127.0.0.1", "evil.example"],
        ["x" * 100_000],
    ],
    ids=lambda hosts: str(hosts)[:40],
)
def test_nobody_is_at_the_machine_under_another_name_or_none(hosts: list[str]) -> None:
    assert visit(*(("Host", host) for host in hosts)).not_at_the_machine()


@pytest.mark.parametrize("value", ["", "127.0.0.1", "for=127.0.0.1"])
@pytest.mark.parametrize(
    "name",
    "Forwarded X-Forwarded-For x-forwarded-host X-FORWARDED-PROTO X_Forwarded_For X-Forwarded-Anything X-Real-IP Via "
    "CF-Connecting-IP True-Client-IP X-Original-URL".split(),
)
def test_who_comes_through_a_proxy_is_not_at_the_machine_whatever_the_header_says(name: str, value: str) -> None:
    assert "through a proxy" in visit(HOST, (name, value)).not_at_the_machine()


@pytest.mark.parametrize("version", ["1.0", "0.9"])
def test_a_proxy_that_hides_is_known_by_the_old_http_that_it_speaks(version: str) -> None:
    assert "through a proxy" in visit(HOST, http_version=version).not_at_the_machine()


@pytest.mark.parametrize("origin", ["https://lab.example.org", "null", "", "file://", "http://127.0.0.1.evil.example"])
def test_a_proxy_that_hides_is_known_by_the_origin_that_browsers_send(origin: str) -> None:
    assert visit(HOST, ("Origin", origin)).not_at_the_machine()
    assert visit(HOST, ("Origin", "http://127.0.0.1:8501")).not_at_the_machine() == ""


@pytest.mark.parametrize(
    ("host", "allowed", "let_in"),
    [
        ("localhost:8501", [], True),
        ("127.0.0.1", [], True),
        ("[::1]:80", [], True),
        ("lab.example.org", [], False),
        ("lab.example.org", ["lab.example.org"], True),
        ("Lab.Example.ORG.:443", ["lab.example.org"], True),
        ("localhost", ["lab.example.org"], False),
        ("a.example.org", ["*.example.org"], True),
        ("example.org", ["*.example.org"], False),
        ("aexample.org", ["*.example.org"], False),
        ("[2001:db8::1]:80", ["[2001:db8::1]"], True),
        ("anything.example", ["*"], True),
        ("no valid one", ["*"], False),
    ],
)
def test_a_server_is_known_under_its_own_names_alone(host: str, allowed: list[str], let_in: bool) -> None:
    assert visit(("Host", host)).host_allowed(allowed) is let_in


@pytest.mark.parametrize(
    ("origins", "let_in"),
    [
        ([], True),
        (["http://127.0.0.1:8501"], True),
        (["HTTP://127.0.0.1:8501"], True),
        (["http://localhost:8501"], False),
        (["http://127.0.0.1:3000"], False),
        (["http://127.0.0.1"], False),
        (["http://evil.example"], False),
        (["https://lab.example.org"], True),
        (["null"], False),
        ([""], False),
        (["http://127.0.0.1:8501", "http://evil.example"], False),
        (["http://127.0.0.1:8501, http://evil.example"], False),
        (["http://127.0.0.1:8501@evil.example"], False),
    ],
    ids=str,
)
def test_only_pages_of_this_server_and_of_those_that_are_named_may_ask(origins: list[str], let_in: bool) -> None:
    headers = [HOST, *(("Origin", origin) for origin in origins)]
    assert visit(*headers).origin_allowed(["https://lab.example.org"]) is let_in


def test_default_ports_need_not_be_written() -> None:
    assert visit(("Host", "lab.example.org"), ("Origin", "https://lab.example.org:443")).origin_allowed()
    assert visit(("Host", "lab.example.org:80"), ("Origin", "http://lab.example.org")).origin_allowed()
    assert not visit(("Host", "lab.example.org:81"), ("Origin", "http://lab.example.org")).origin_allowed()


def test_names_and_addresses_are_read_as_they_are_written() -> None:
    assert host_name("LocalHost.:8501") == "localhost"
    assert host_name(None) is None
    assert is_loopback("::1")
    assert not is_loopback("")
