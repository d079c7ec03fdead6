"""Connections to public addresses alone: a redirect or a name leads nowhere inside the house of whoever downloads."""

import ipaddress
import socket
import ssl
from functools import cache
from urllib.request import getproxies, proxy_bypass

import httpx

from core.base.errors import DataError
from core.base.printable import printable, shortened

SOURCE = "source"
"""The extension of a request that names the address in the list of sources from which it began."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_HTTPS_PORT = 443
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: it takes longer than many a file."""
    return httpx.create_ssl_context()


class PublicTransport(httpx.BaseTransport):
    """Sends requests over https to public addresses; names are resolved here, and what was checked is connected to.

    An address in the list of sources may itself be one of loopback, which nobody but who writes that list can set;
    what it redirects to may not. Where the machine reaches the world through a proxy, that resolves the names.
    """

    def __init__(self) -> None:
        self._direct = httpx.HTTPTransport(verify=_certificates())
        proxy = getproxies().get("https")
        self._proxied = httpx.HTTPTransport(verify=_certificates(), proxy=proxy) if proxy else None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            DataError: it would go over an open connection, or to an address that is not public.
        """
        host = request.url.host
        if host in _LOOPBACK and str(request.url) == request.extensions.get(SOURCE):
            return self._direct.handle_request(request)
        if request.url.scheme != "https":
            raise DataError(
                f"{_shown(host)} wants to send the file over a connection that is not encrypted "
                f"({request.url.scheme}). It was not fetched."
            )
        if self._proxied is not None and not proxy_bypass(host):
            if _is_address(host) or host.rstrip(".").rpartition(".")[2] in ("", "localhost", "local", "internal"):
                _refuse_private(host, [host])
            return self._proxied.handle_request(request)
        return self._send_to_one_of(_public_addresses(host, request.url.port or _HTTPS_PORT), request)

    def _send_to_one_of(self, addresses: list[str], request: httpx.Request) -> httpx.Response:
        """Connect to the first address that can be reached; the certificate must be that of the name."""
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": request.url.host},
            )
            try:
                return self._direct.handle_request(pinned)
            except httpx.ConnectError:
                if address == addresses[-1]:
                    raise
        raise AssertionError("a name has an address or cannot be resolved")

    def close(self) -> None:
        """End all connections."""
        self._direct.close()
        if self._proxied is not None:
            self._proxied.close()


def _public_addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"the name {_shown(host)} is not known here: {error.strerror or error}") from error
    except (UnicodeError, ValueError) as error:
        raise DataError(f"“{_shown(host)}” is no name of a server. Nothing was fetched from it.") from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    _refuse_private(host, addresses)
    return addresses


def _refuse_private(host: str, addresses: list[str]) -> None:
    if not all(_is_public(address) for address in addresses):
        raise DataError(
            f"{_shown(host)} is an address inside this machine or its network, not a public one. Nothing was fetched "
            "from it."
        )


def _is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, also one of IPv4 that is written as IPv6."""
    if not _is_address(address):
        return False
    place = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(place, ipaddress.IPv6Address):
        if place.ipv4_mapped is not None:
            place = place.ipv4_mapped
        elif place.sixtofour is not None or place.teredo is not None or place in _NAT64:
            return False  # tunnels to addresses of IPv4; no source is reached by them alone
    return place.is_global and not place.is_multicast


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _shown(host: str) -> str:
    return shortened(printable(host), 100)
