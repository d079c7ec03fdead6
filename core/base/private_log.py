"""Logs of the web process and of commands: names of people, their files, and paths stand in them."""

from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import cast

from core.base.files import open_private


class PrivateLog(RotatingFileHandler):
    """A log that begins anew when it has grown, and that only its owner may read; an older one is made so."""

    def _open(self) -> TextIOWrapper:
        return cast(TextIOWrapper, open_private(Path(self.baseFilename), "a"))
