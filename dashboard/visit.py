"""How somebody reached the server: under which name, from where, through what.

A page in a browser can be made to talk to a server on the same machine (DNS rebinding), and a proxy makes strangers
look as if they came from here. What is decided about a connection is therefore decided from all that it says.
"""

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.requests import cookie_parser
from streamlit import runtime
from streamlit.runtime import RuntimeState

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
"""Names that are accepted where `server.allowedHosts` names none."""
_PROXY_HEADERS = frozenset(
    "forwarded via x-real-ip x-client-ip x-cluster-client-ip x-envoy-external-address x-original-host x-proxy-user-ip "
    "true-client-ip cf-connecting-ip cf-ray fastly-client-ip fly-client-ip tailscale-user-login".split()
)
_PROXY_PREFIXES = ("x-forwarded", "x-original-", "x-proxy", "cf-access-")
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


@dataclass(frozen=True)
class Visit:
    """What a connection says of itself.

    `headers` are names and values as they came, in any case and any number; `peer` is the address of the other end
    and `listens_on` that of the server, both empty where they are not known.
    """

    headers: tuple[tuple[str, str], ...]
    peer: str
    listens_on: str
    http_version: str = "1.1"

    @classmethod
    def of_scope(cls, scope: Mapping[str, Any]) -> "Visit":
        """Of a request or a websocket that arrives (an ASGI scope)."""
        here = (scope.get("server") or ("",))[0] or ""
        configured = server_address()
        return cls(
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            peer=(scope.get("client") or ("",))[0] or "",
            listens_on=configured if is_loopback(here) else here,
            http_version=scope.get("http_version", ""),
        )

    @classmethod
    def of_session(cls) -> "Visit":
        """Of the person whose page is drawn; where no server runs (`AppTest`), that is whoever runs this program.

        A tab that was closed while its page is drawn says nothing any more, so nothing tells that it is at the machine.
        """
        if not (runtime.exists() and isinstance(runtime.get_instance().state, RuntimeState)):
            return cls((("Host", "localhost"),), "127.0.0.1", server_address())
        headers = tuple(st.context.headers.items())
        peer = st.context.ip_address or ("127.0.0.1" if headers else "")
        return cls(headers, peer, server_address())

    def values(self, name: str) -> list[str]:
        """All values of a header, without surrounding spaces."""
        return [value.strip() for each, value in self.headers if each.lower() == name]

    @property
    def host(self) -> str | None:
        """The one `Host`, as it was sent; None where there is none, or more than one."""
        hosts = self.values("host")
        return hosts[0] if len(hosts) == 1 else None

    @property
    def cookies(self) -> dict[str, str]:
        """What the browser keeps for this server."""
        return {name: value for each in self.values("cookie") for name, value in cookie_parser(each).items()}

    def host_allowed(self, allowed: Collection[str]) -> bool:
        """Whether the server was asked for under one of its own names, which `server.allowedHosts` lists."""
        name = host_name(self.host)
        return name is not None and any(_matches(name, pattern) for pattern in allowed or LOOPBACK_NAMES)

    def origin_allowed(self, others: Collection[str] = ()) -> bool:
        """Whether it comes from a page of this server, from no page at all, or from one of the `others`."""
        origins = self.values("origin")
        if not origins:
            return True
        if len(origins) > 1:
            return False
        return origins[0] in others or (self.host is not None and _same_server(origins[0], self.host))

    def not_at_the_machine(self) -> str:
        """Why this need not be a person at the machine itself, as a sentence; empty where nothing speaks against it."""
        if not is_loopback(self.listens_on):
            return "This server can be reached from other machines, and no login is configured."
        if self._through_proxy():
            return "You reach this server through a proxy, and no login is configured."
        if not is_loopback(self.peer):
            return "You reach this server from another machine, and no login is configured."
        names = [host_name(self.host), *(_origin_name(origin) for origin in self.values("origin"))]
        if not all(name is not None and is_loopback(name) for name in names):
            return "You reach this server under a name that is not localhost, and no login is configured."
        return ""

    def _through_proxy(self) -> bool:
        names = {name.lower().replace("_", "-") for name, _ in self.headers}
        forwarded = any(name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIXES) for name in names)
        return forwarded or self.http_version in ("0.9", "1.0")  # no browser speaks it; a proxy does


def server_address() -> str:
    """The address that the server was told to listen on, empty for all."""
    return st.get_option("server.address") or ""


def is_loopback(name: str) -> bool:
    """Whether an address or a host's name can only mean this machine."""
    if name.lower().rstrip(".") == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def host_name(host: str | None) -> str | None:
    """The name in a `Host` header, in lower case without port and last dot; None if it is no valid one."""
    try:
        parts = urlsplit(f"//{host or ''}")
        name, _ = parts.hostname, parts.port  # a port that is no number raises
    except ValueError:
        return None
    if not name or parts.netloc != host or "@" in host or not re.fullmatch("[a-z0-9._:-]+", name):
        return None
    return name.rstrip(".") or None


def _matches(name: str, pattern: str) -> bool:
    pattern = pattern.strip().lower().strip("[]").rstrip(".")
    return pattern == "*" or name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))


def _origin_name(origin: str) -> str | None:
    scheme, _, netloc = origin.partition("://")
    return host_name(netloc) if scheme.lower() in _DEFAULT_PORTS else None


def _same_server(origin: str, host: str) -> bool:
    """Whether an origin such as `https://lab.example.org` names the host and port of a `Host` header."""
    scheme, _, netloc = origin.lower().partition("://")
    default = _DEFAULT_PORTS.get(scheme)
    if default is None or host_name(netloc) is None or host_name(host) != host_name(netloc):
        return False
    return (urlsplit(f"//{netloc}").port or default) == (urlsplit(f"//{host}").port or default)
