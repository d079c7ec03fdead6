"""Every address of this server: pages, REST routes and static files, wherever the server stands.

With `--server.baseUrlPath` it stands under a path of its host; what is not made here would lead out of it.
"""

from urllib.parse import quote, urlencode, urlsplit

import streamlit as st

from dashboard.router import PAGES


def address(path: str, **query: str) -> str:
    """The address of a path of this server, from the root of its host.

    Args:
        path: such as "api/health"; what of it comes from people or files is quoted with `quoted` first.
        query: parameters; their values are quoted here.
    """
    return (f"{base_path()}/{path}".rstrip("/") or "/") + (f"?{urlencode(query)}" if query else "")


def base_path() -> str:
    """The path under which the server stands: empty, or such as "/lab"."""
    path = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def quoted(part: str) -> str:
    """One part of a path in which nothing is a separator or a query."""
    return quote(part, safe="")


def page_address(name: str, **query: str) -> str:
    """The address of a page such as "runs", for tables, whose links Streamlit does not make."""
    return address("" if name == PAGES[0].name else name, **query)


def this_page(**query: str) -> str:
    """The address of the page that is shown, to be sent to others, with its host as this browser knows it."""
    page = (st.context.url or "").split("?")[0].rstrip("/")
    return f"{page}?{urlencode(query)}"


def only_here(link: str) -> bool:
    """True if nobody on another machine can open an address."""
    host = urlsplit(link).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
