"""Unpacking archives that mean well, and refusing those that do not."""

import gzip
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from core.data.archives import Limits, unpack, unpack_one, unpacked_size
from core.errors import CancelledError, DataError


def zipped(path: Path, entries: dict[str, bytes], mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return path


def tarred(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_zip_is_unpacked_without_the_folder_around_everything_and_without_junk(tmp_path) -> None:
    archive = zipped(
        tmp_path / "a.zip",
        {"top/": b"", "top/a.jpg": b"1", "top/deep/b.jpg": b"2", "__MACOSX/top/._a.jpg": b"x", "top/.DS_Store": b"x"},
    )
    assert unpack(archive, tmp_path / "out") == 2
    assert files_below(tmp_path / "out") == {"a.jpg": b"1", "deep/b.jpg": b"2"}
    assert unpacked_size(archive) == 4


def test_a_zip_with_files_at_its_top_keeps_its_folders(tmp_path) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.jpg": b"1", "deep/b.jpg": b"2"})
    unpack(archive, tmp_path / "out")
    assert files_below(tmp_path / "out") == {"a.jpg": b"1", "deep/b.jpg": b"2"}


def test_a_tar_gz_is_unpacked_whatever_its_name(tmp_path) -> None:
    archive = tarred(tmp_path / "a.zip", [(member("t/a.jpg"), b"1"), (member("t/b.jpg"), b"22")])
    assert unpack(archive, tmp_path / "out") == 2
    assert files_below(tmp_path / "out") == {"a.jpg": b"1", "b.jpg": b"22"}


def test_unpacked_files_are_nobodys_programs(tmp_path) -> None:
    archive = zipped(tmp_path / "a.zip", {"run.sh": b"#!/bin/sh"}, mode=stat.S_IFREG | 0o4777)
    unpack(archive, tmp_path / "out")
    assert (tmp_path / "out" / "run.sh").stat().st_mode & 0o7111 == 0


@pytest.mark.parametrize(
    "name", ["../evil.txt", "a/../../evil.txt", "/etc/evil.txt", "..\\evil.txt", "C:\\evil.txt", "C:/evil.txt"]
)
def test_a_path_that_leads_outside_is_refused_and_nothing_is_written(tmp_path, name) -> None:
    for archive in (
        zipped(tmp_path / "a.zip", {"good.jpg": b"1", name: b"2"}),
        tarred(tmp_path / "a.tar.gz", [(member("good.jpg"), b"1"), (member(name), b"2")]),
    ):
        with pytest.raises(DataError, match="leads out of the folder"):
            unpack(archive, tmp_path / "in" / "out")
        assert not files_below(tmp_path / "in")
        assert not list(tmp_path.rglob("*evil*"))


def test_links_and_devices_are_refused(tmp_path) -> None:
    link = zipped(tmp_path / "a.zip", {"link": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777)
    with pytest.raises(DataError, match="is a link or a device"):
        unpack(link, tmp_path / "out")
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        archive = tarred(tmp_path / "a.tar.gz", [(member("good"), b""), (member("bad", kind, "/etc/passwd"), b"")])
        with pytest.raises(DataError, match="is a link or a device"):
            unpack(archive, tmp_path / "out")
    assert not files_below(tmp_path / "out")


def test_a_bomb_is_refused_before_anything_is_written(tmp_path) -> None:
    archive = zipped(tmp_path / "bomb.zip", {f"{n}.bin": bytes(4_000_000) for n in range(3)})
    assert archive.stat().st_size < 100_000
    with pytest.raises(DataError, match="beyond all measure"):
        unpack(archive, tmp_path / "out")
    assert not files_below(tmp_path / "out")


def test_a_gzip_bomb_is_stopped_while_it_grows(tmp_path) -> None:
    path = tmp_path / "x.h5.gz"
    path.write_bytes(gzip.compress(bytes(30_000_000)))
    with pytest.raises(DataError, match="beyond all measure"):
        unpack_one(path, tmp_path / "x.h5")
    assert (tmp_path / "x.h5").stat().st_size < 10_000_000


def test_an_entry_that_is_larger_than_it_says_is_refused(tmp_path) -> None:
    archive = zipped(tmp_path / "liar.zip", {"a.bin": b"x" * 5000}, method=zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    archive.write_bytes(content)
    with pytest.raises(DataError):
        unpack(archive, tmp_path / "out")


def test_too_many_entries_and_too_many_bytes_are_refused(tmp_path) -> None:
    archive = zipped(tmp_path / "many.zip", {f"{n}.txt": b"some" for n in range(20)})
    with pytest.raises(DataError, match="beyond all measure"):
        unpack(archive, tmp_path / "out", Limits(entries=19))
    with pytest.raises(DataError, match="beyond all measure"):
        unpack(archive, tmp_path / "out", Limits(total_bytes=79))
    assert unpack(archive, tmp_path / "out", Limits(entries=20, total_bytes=80)) == 20


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_file_twice_is_refused_also_where_only_capitals_differ(tmp_path) -> None:
    for first, second in (("t/a.jpg", "t/a.jpg"), ("t/a.jpg", "t/A.JPG")):
        archive = tarred(tmp_path / "a.tar.gz", [(member(first), b"1"), (member(second), b"2")])
        with pytest.raises(DataError, match="the same file twice"):
            unpack(archive, tmp_path / "out")


def test_a_file_that_is_also_a_folder_is_refused(tmp_path) -> None:
    archive = zipped(tmp_path / "a.zip", {"x/a": b"1", "x/a/b": b"2", "y": b"3"})
    with pytest.raises(DataError):
        unpack(archive, tmp_path / "out")


def test_an_archive_that_is_cut_off_or_damaged_is_refused(tmp_path) -> None:
    whole = zipped(
        tmp_path / "a.zip", {"a.jpg": bytes(range(256)) * 40, "b.jpg": b"2" * 999}, method=zipfile.ZIP_STORED
    )
    content = whole.read_bytes()
    whole.write_bytes(content[:-30])
    with pytest.raises(DataError, match="damaged or cut off"):
        unpack(whole, tmp_path / "out")
    damaged = bytearray(content)
    damaged[3000] ^= 255
    whole.write_bytes(damaged)
    with pytest.raises(DataError, match="damaged or cut off"):
        unpack(whole, tmp_path / "out2")
    tar = tarred(tmp_path / "a.tar.gz", [(member("a"), bytes(range(256)) * 99), (member("b"), b"2" * 9999)])
    tar.write_bytes(tar.read_bytes()[:-60])
    with pytest.raises(DataError, match="damaged or cut off"):
        unpack(tar, tmp_path / "out3")
    packed = tmp_path / "x.h5.gz"
    packed.write_bytes(gzip.compress(bytes(range(256)) * 99)[:-12])
    with pytest.raises(DataError, match="damaged or cut off"):
        unpack_one(packed, tmp_path / "x.h5")


def test_what_is_no_archive_is_refused_by_its_content(tmp_path) -> None:
    page = tmp_path / "a.zip"
    page.write_text("<html>Please log in</html>")
    with pytest.raises(DataError, match="is no zip or tar archive"):
        unpack(page, tmp_path / "out")
    with pytest.raises(DataError, match="damaged"):
        unpack_one(page, tmp_path / "x")
    empty = zipped(tmp_path / "empty.zip", {})
    with pytest.raises(DataError, match="empty"):
        unpack(empty, tmp_path / "out")


def test_an_encrypted_zip_is_refused_in_words(tmp_path) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.jpg": b"secret"}, method=zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(DataError, match="protected by a password"):
        unpack(archive, tmp_path / "out")


def test_unpacking_reports_and_can_be_stopped(tmp_path) -> None:
    archive = zipped(tmp_path / "a.zip", {f"{n}.txt": b"some" * 99 for n in range(20)})
    seen: list[int] = []
    unpack(archive, tmp_path / "out", progress=lambda done, total, _: seen.append(done / total))
    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] <= 1
    with pytest.raises(CancelledError):
        unpack(archive, tmp_path / "out2", cancelled=lambda: True)
