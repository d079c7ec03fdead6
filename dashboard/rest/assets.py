"""Scripts and styles of our own components, served beside the pages: nothing is fetched from elsewhere."""

from hashlib import sha256
from pathlib import Path

import streamlit as st
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent.with_name("static")
VERSION = sha256(b"".join(p.read_bytes() for p in sorted(FOLDER.rglob("*")) if p.is_file())).hexdigest()[:12]
"""Part of every address, so that a browser never runs an old script against a new server."""


def base_path() -> str:
    """The path under which the server stands: empty, or such as `/lab`."""
    path = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def asset_address(file: str) -> str:
    """The address of a file in `dashboard/static`, from the root of the host."""
    return f"{base_path()}/assets/{VERSION}/{file}"


def assets_route() -> Mount:
    """What serves the files."""
    return Mount(f"{base_path()}/assets/{VERSION}", StaticFiles(directory=FOLDER))
