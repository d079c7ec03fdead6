"""Scripts and styles of our own components, served beside the pages: nothing is fetched from elsewhere."""

from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent.with_name("static")
_VERSION = sha256(b"".join(p.read_bytes() for p in sorted(FOLDER.rglob("*")) if p.is_file())).hexdigest()[:12]
ASSETS = f"assets/{_VERSION}"
"""Path of `FOLDER` on the server; it changes with the files, so that a browser never runs an old script."""


def assets_route(address: str) -> Mount:
    """What serves the files, under the address of `ASSETS`."""
    return Mount(address, StaticFiles(directory=FOLDER))


PLOTLY = f"plotly/{version('plotly')}/plotly.min.js"
"""Path on the server of the Plotly that the package of that name brings; a page loads it to save a chart."""


def plotly_route(address: str) -> Route:
    """What serves Plotly's script, under the address of `PLOTLY`; the browser keeps it."""

    async def script(_: Request) -> FileResponse:
        found = find_spec("plotly")
        package = Path(found.origin).parent if found and found.origin else Path()
        file = package / "package_data" / "plotly.min.js"
        return FileResponse(file, media_type="text/javascript", headers={"Cache-Control": "max-age=31536000"})

    return Route(address, script, methods=["GET"])
