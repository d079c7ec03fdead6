"""Files that an instructor drops on a page, written to the disk as they come: a thousand pictures take no memory.

They lie in `artifacts/drops/DROP/NUMBER/NAME` until the page makes something of them, or for a day.
"""

import re
import shutil
import time
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from core.base.files import folders_in, is_disk_full, private_folder
from core.base.settings import artifacts_dir
from core.data.download.transfer import SPARE_BYTES
from core.data.images.pictures import MAX_BYTES, clean_name
from core.data.packed import is_archive_name
from dashboard.rest.lengths import declared_length
from dashboard.rest.refusals import Refusal
from dashboard.roles import Role, role_of_request

ARCHIVE_BYTES = 4_000_000_000
MOST_FILES = 20_000
KEPT_SECONDS = 24 * 3600.0
"""Files of a page that was closed are kept so long."""
_DROP = re.compile("[0-9a-f]{32}")
_NUMBER = re.compile("[0-9]{1,5}")


def drop_folder(drop: str) -> Path:
    """Where the files of a drop lie, each in a folder that is called by its number."""
    return artifacts_dir() / "drops" / drop


def forget_old_drops() -> None:
    """Delete files that nobody made anything of within a day."""
    for folder in folders_in(artifacts_dir() / "drops"):
        if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


async def take_file(request: Request) -> Response:
    """`PUT /api/drops/DROP/NUMBER?name=NAME`: one file, as the body; only of instructors."""
    if role_of_request(request) is not Role.INSTRUCTOR:
        return _refused(403, "Only instructors can bring files.")
    drop, number = request.path_params["drop"], request.path_params["number"]
    if not _DROP.fullmatch(drop) or not _NUMBER.fullmatch(number) or int(number) >= MOST_FILES:
        return _refused(404, f"A drop has at most {MOST_FILES:,} files.")
    name = clean_name(request.query_params.get("name", "")) or "file"
    most = ARCHIVE_BYTES if is_archive_name(name) else MAX_BYTES
    folder = private_folder(drop_folder(drop)) / number
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if problem := await _written(request, folder / name, most):
            shutil.rmtree(folder, ignore_errors=True)
            return problem
    except Refusal as error:
        shutil.rmtree(folder, ignore_errors=True)
        return _refused(error.status, error.text)
    except ClientDisconnect:
        shutil.rmtree(folder, ignore_errors=True)
        return Response(status_code=400)  # nobody reads it
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        full = is_disk_full(error)
        return _refused(507 if full else 500, "The disk is full." if full else "It cannot be written.")
    return Response(status_code=204)


async def _written(request: Request, target: Path, most: int) -> Response | None:
    """Write the body to a file; the refusal where it is larger than `most` bytes, or than the disk has room for."""
    room = shutil.disk_usage(target.parent).free - SPARE_BYTES
    came, length = 0, declared_length(request) or 0
    with target.open("wb") as file:
        async for chunk in request.stream():
            came += len(chunk)
            if max(came, length) > most:
                return _refused(413, f"It is larger than {most // 1024**2:,} MB.")
            if max(came, length) > room:
                return _refused(507, "The disk is full.")
            file.write(chunk)
    return None


def _refused(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status_code=status)
