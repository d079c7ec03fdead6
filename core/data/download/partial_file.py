"""What has come of a file that is being downloaded, kept for another try, and whether it is the published one."""

import hashlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from core.base.files import read_json, write_json
from core.data.download.sources import SourceFile


@dataclass
class PartialFile:
    """What has come of a file so far, and what the server said to recognise it by."""

    path: Path
    origin: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, url: str) -> "PartialFile":
        """What lies at `path`; deleted first if it came from another address."""
        partial = cls(path)
        try:
            partial.origin = dict(read_json(partial._note))
        except (OSError, ValueError, TypeError):
            partial.origin = {}
        if partial.origin.get("url") != url:
            partial.forget()
            partial.origin = {"url": url}
        return partial

    @property
    def _note(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    @property
    def size(self) -> int:
        """Bytes that have come."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def remember(self, response: httpx.Response) -> None:
        """Note what the server says to recognise these very bytes by."""
        self.origin["validator"] = _validator(response) or self.origin.get("validator", "")
        write_json(self._note, self.origin)

    def is_of_another(self, response: httpx.Response) -> bool:
        """Whether the server now names other bytes than those that have come; False where it names none."""
        validator = _validator(response)
        return bool(validator and self.origin.get("validator")) and validator != self.origin["validator"]

    def forget(self) -> None:
        """Delete what has come, and what was noted of it."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self.origin.pop("validator", None)


def _validator(response: httpx.Response) -> str:
    """What these very bytes are known by: the strong tag, else the time of change; a weak tag promises nothing."""
    etag = response.headers.get("etag", "")
    return etag if etag.startswith('"') else response.headers.get("last-modified", "")


def find_fault(path: Path, file: SourceFile) -> str:
    """What is wrong with a file that arrived, in words; empty if nothing is."""
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        return f"it has {size:,} bytes instead of {file.size:,}"
    for name, expected in (("md5", file.md5), ("sha256", file.sha256)):
        if expected:
            with path.open("rb") as content:
                found = hashlib.file_digest(content, partial(hashlib.new, name, usedforsecurity=False))
            if found.hexdigest() != expected:
                return f"its {name.upper()} is {found.hexdigest()} instead of {expected}"
    return ""
