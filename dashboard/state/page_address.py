"""The address of a page, to be sent to others."""

from urllib.parse import urlsplit

import streamlit as st


def address_of(**query: str) -> str:
    """The address of this page for others, as this browser knows it."""
    base = (st.context.url or "").split("?")[0].rstrip("/")
    return f"{base}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def only_here(address: str) -> bool:
    """True if nobody on another machine can open an address."""
    host = urlsplit(address).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
