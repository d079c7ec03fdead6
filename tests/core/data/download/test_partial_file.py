"""What has come of a file is kept only for the same address, and told from the published file by size and checksum."""

import hashlib
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from core.data.download.partial_file import PartialFile, find_fault
from core.data.download.sources import SourceFile

URL, CONTENT = "https://example.org/a.bin", b"published"
FILE = SourceFile(
    url=URL,
    name="a.bin",
    into="a.bin",
    size=len(CONTENT),
    md5=hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


def begun(folder: Path, **headers: str) -> PartialFile:
    """Half a file that came with these headers."""
    partial = PartialFile.open(folder / "a.bin.part", URL)
    partial.path.write_bytes(CONTENT[:4])
    partial.remember(httpx.Response(200, headers={name.replace("_", "-"): value for name, value in headers.items()}))
    return partial


def test_what_has_come_is_kept_for_the_same_address_with_what_the_server_said(tmp_path: Path) -> None:
    begun(tmp_path, etag='"abc"')
    again = PartialFile.open(tmp_path / "a.bin.part", URL)
    assert (again.size, again.origin["validator"]) == (4, '"abc"')


def test_what_has_come_from_another_address_is_deleted(tmp_path: Path) -> None:
    begun(tmp_path, etag='"abc"')
    other = PartialFile.open(tmp_path / "a.bin.part", "https://example.org/b.bin")
    assert (other.size, "validator" in other.origin) == (0, False)
    assert list(tmp_path.iterdir()) == []


def test_a_weak_tag_does_not_promise_the_same_bytes(tmp_path: Path) -> None:
    assert begun(tmp_path, etag='W/"abc"', last_modified="yesterday").origin["validator"] == "yesterday"


def test_what_is_forgotten_leaves_no_file(tmp_path: Path) -> None:
    partial = begun(tmp_path, etag='"abc"')
    partial.forget()
    assert partial.size == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, ""),
        ({"size": None, "md5": "", "sha256": ""}, ""),
        ({"size": 8}, "it has 9 bytes instead of 8"),
        ({"md5": "0" * 32}, f"its MD5 is {FILE.md5} instead of {'0' * 32}"),
        ({"sha256": "0" * 64}, f"its SHA256 is {FILE.sha256} instead of {'0' * 64}"),
    ],
)
def test_a_file_is_the_published_one_if_size_and_checksums_are(tmp_path: Path, changes: dict, fault: str) -> None:
    (tmp_path / "a.bin").write_bytes(CONTENT)
    assert find_fault(tmp_path / "a.bin", replace(FILE, **changes)) == fault
