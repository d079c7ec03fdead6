"""Scripts and styles of our own components, served beside the pages: nothing is fetched from elsewhere."""

from hashlib import sha256
from pathlib import Path

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent.with_name("static")
_VERSION = sha256(b"".join(p.read_bytes() for p in sorted(FOLDER.rglob("*")) if p.is_file())).hexdigest()[:12]
ASSETS = f"assets/{_VERSION}"
"""Path of `FOLDER` on the server; it changes with the files, so that a browser never runs an old script."""


def assets_route(address: str) -> Mount:
    """What serves the files, under the address of `ASSETS`."""
    return Mount(address, StaticFiles(directory=FOLDER))
