"""Unpacking archives that mean well, and refusing those that do not."""

import gzip
import io
import lzma
import random
import stat
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from core.base.errors import CancelledError, DataError, DiskFullError
from core.data.download.archives import Contents, Limits, look_into, unpack, unpack_one


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


def test_a_zip_with_files_at_its_top_keeps_its_folders(tmp_path) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.jpg": b"1", "deep/b.jpg": b"2"})
    unpack(archive, tmp_path / "out")
    assert files_below(tmp_path / "out") == {"a.jpg": b"1", "deep/b.jpg": b"2"}


def test_a_tar_gz_is_unpacked_whatever_its_name(tmp_path) -> None:
    archive = tarred(tmp_path / "a.zip", [(member("t/a.jpg"), b"1"), (member("t/b.jpg"), b"22")])
    assert unpack(archive, tmp_path / "out") == 2
    assert files_below(tmp_path / "out") == {"a.jpg": b"1", "b.jpg": b"22"}


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_tar_is_unpacked_and_listed_however_it_is_compressed(tmp_path, kind: str) -> None:
    archive = tmp_path / f"a.tar.{kind}"
    with tarfile.open(archive, f"w:{kind}") as content:
        for name, text in (("t/a.jpg", b"1"), ("t/deep/b.jpg", b"22"), ("__MACOSX/t/._a.jpg", b"x")):
            made = member(name)
            made.size = len(text)
            content.addfile(made, io.BytesIO(text))
    assert look_into(archive) == Contents(2, 3, ("a.jpg", "deep/b.jpg"), "t")
    assert unpack(archive, tmp_path / "out") == 2
    assert files_below(tmp_path / "out") == {"a.jpg": b"1", "deep/b.jpg": b"22"}


def test_a_bomb_is_refused_however_it_is_compressed_and_when_it_is_only_listed(tmp_path) -> None:
    for kind in ("gz", "bz2", "xz"):
        archive = tmp_path / f"a.tar.{kind}"
        with tarfile.open(archive, f"w:{kind}") as content:
            made = member("a.bin")
            made.size = 30_000_000
            content.addfile(made, io.BytesIO(bytes(made.size)))
        for read in (look_into, lambda archive: unpack(archive, tmp_path / "out")):
            with pytest.raises(DataError, match="become far too large"):
                read(archive)
    assert not files_below(tmp_path / "out")


def test_an_xz_that_wants_gigabytes_of_memory_is_refused(tmp_path) -> None:
    archive = tmp_path / "a.tar.xz"
    content = bytearray(lzma.compress(plain_tar()))
    length = (content[12] + 1) * 4  # of the header of the first block; its fifth byte says how much memory
    assert bytes(content[14:16]) == b"\x21\x01"
    content[16] = 40
    content[12 + length - 4 : 12 + length] = zlib.crc32(content[12 : 12 + length - 4]).to_bytes(4, "little")
    archive.write_bytes(content)
    with pytest.raises(DataError, match=r"damaged .*[Mm]emory"):
        unpack(archive, tmp_path / "out")


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
    with pytest.raises(DataError, match="become far too large"):
        unpack(archive, tmp_path / "out")
    assert not files_below(tmp_path / "out")


def test_a_gzip_bomb_is_stopped_while_it_grows(tmp_path) -> None:
    path = tmp_path / "x.h5.gz"
    path.write_bytes(gzip.compress(bytes(30_000_000)))
    with pytest.raises(DataError, match="become far too large"):
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
    with pytest.raises(DataError, match="become far too large"):
        unpack(archive, tmp_path / "out", Limits(entries=19))
    with pytest.raises(DataError, match="become far too large"):
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


def test_what_does_not_fit_on_the_disk_is_no_fault_of_the_archive_and_nothing_is_written(tmp_path) -> None:
    zip_file = zipped(tmp_path / "a.zip", {"a.bin": b"x" * 5000, "b.bin": b"y" * 5000})
    tar = tarred(tmp_path / "a.tar.gz", [(member("a.bin"), b"x" * 5000), (member("b.bin"), b"y" * 5000)])
    for archive in (zip_file, tar):
        with pytest.raises(DiskFullError, match="is kept"):
            unpack(archive, tmp_path / "out", Limits(room=9999))
    packed = tmp_path / "x.h5.gz"
    packed.write_bytes(gzip.compress(b"x" * 5000))
    with pytest.raises(DiskFullError, match="is kept"):
        unpack_one(packed, tmp_path / "x.h5", Limits(room=4999))
    assert not files_below(tmp_path / "out")
    assert unpack(zip_file, tmp_path / "out", Limits(room=10_000)) == 2


def header(kind: bytes, content: bytes) -> bytes:
    """A tar header with content of its own, such as a long name, and that content."""
    made = tarfile.TarInfo("header")
    made.type, made.size = kind, len(content)
    return made.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)


def plain_tar(name: str = "a.jpg", content: bytes = b"1") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        info = member(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def pax(key: str, value: str) -> bytes:
    record = f" {key}={value}\n".encode()
    length = len(record) + len(str(len(record)))
    length = len(record) + len(str(length))
    return str(length).encode() + record


@pytest.mark.parametrize(
    ("kind", "content", "times"),
    [
        pytest.param(tarfile.XHDTYPE, pax("comment", "x" * 30_000_000), 1, id="a large PAX header"),
        pytest.param(tarfile.XGLTYPE, pax("comment", "x" * 30_000_000), 1, id="a large global header"),
        pytest.param(tarfile.GNUTYPE_LONGNAME, b"x" * 30_000_000, 1, id="a large long name"),
        pytest.param(tarfile.XHDTYPE, pax("comment", "x" * 8000), 2000, id="many headers before one entry"),
        pytest.param(tarfile.XHDTYPE, pax("comment", "x"), 20_000, id="many short headers before one entry"),
        pytest.param(tarfile.XHDTYPE, b"1" * 15_000, 1, id="a number without end"),
    ],
)
def test_a_bomb_in_the_headers_of_a_tar_takes_neither_memory_nor_time(tmp_path, kind, content, times) -> None:
    archive = tmp_path / "bomb.tar.gz"
    archive.write_bytes(gzip.compress(header(kind, content) * times + plain_tar(), 6))
    start = time.process_time()  # of this process alone, whatever else the machine does
    tracemalloc.start()
    with pytest.raises(DataError, match=r"bomb\.tar\.gz would become far too large"):
        unpack(archive, tmp_path / "out")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4_000_000, "bytes"
    assert time.process_time() - start < 5
    assert not files_below(tmp_path / "out")


def test_headers_as_they_are_in_use_are_read(tmp_path) -> None:
    name = "folder/" * 30 + "ü" * 100 + ".jpg"
    for kind, number in ((tarfile.PAX_FORMAT, 0), (tarfile.GNU_FORMAT, 1)):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=kind, pax_headers={"comment": "made in a test"}) as archive:
            for each in (name, "b.jpg"):
                archive.addfile(member(each))
        (tmp_path / "a.tar").write_bytes(made.getvalue())
        assert unpack(tmp_path / "a.tar", tmp_path / str(number)) == 2
        assert set(files_below(tmp_path / str(number))) == {name, "b.jpg"}


def test_a_name_that_no_disk_takes_or_that_is_no_text_is_refused_and_nothing_is_written(tmp_path) -> None:
    too_long = [
        zipped(tmp_path / "long.zip", {"good.jpg": b"1", "x" * 300: b"2"}),
        tarred(tmp_path / "long.tar.gz", [(member("good.jpg"), b"1"), (member("x" * 300), b"2")]),
    ]
    for archive in too_long:
        with pytest.raises(DataError, match=f"{archive.name}.* has too long a name"):
            unpack(archive, tmp_path / "out")
    deep = zipped(tmp_path / "deep.zip", {"good.jpg": b"1", "folder/" * 2000 + "x": b"2"})
    with pytest.raises(DataError, match=r"deep\.zip is damaged .*too long"):
        unpack(deep, tmp_path / "out2")
    marked = zipped(tmp_path / "bad.zip", {"good.jpg": b"1", "ü.jpg": b"2"})
    marked.write_bytes(marked.read_bytes().replace("ü".encode(), b"\xff\xfe"))
    with pytest.raises(DataError, match=r"bad\.zip is damaged"):
        unpack(marked, tmp_path / "out")
    other = tmp_path / "bad.tar"
    other.write_bytes(plain_tar("x.jpg").replace(b"x.jpg", b"\xff.jpg"))
    content = bytearray(other.read_bytes())
    content[148:156] = b" " * 8
    content[148:156] = f"{sum(content[:512]):06o}\0 ".encode()
    other.write_bytes(content)
    with pytest.raises(DataError, match=r"bad\.tar .*no text in UTF-8"):
        unpack(other, tmp_path / "out")
    assert not files_below(tmp_path / "out")


def whole_archives(folder: Path) -> list[Path]:
    """One small archive of each kind that is unpacked."""
    entries = {"t/a.jpg": bytes(range(256)), "t/deep/ü.jpg": b"2" * 700, "t/c.csv": b"a,b\n"}
    archives = [
        zipped(folder / f"{method}.zip", entries, method=method)
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    ]
    for kind, ending in ((tarfile.PAX_FORMAT, "pax"), (tarfile.GNU_FORMAT, "gnu")):
        for mode, packed in (("w", ""), ("w:gz", ".gz"), ("w:bz2", ".bz2"), ("w:xz", ".xz")):
            archives.append(folder / f"{ending}.tar{packed}")
            with tarfile.open(archives[-1], mode, format=kind) as archive:
                for name, content in {**entries, "t/" + "long" * 50: b"3"}.items():
                    made = member(name)
                    made.size = len(content)
                    archive.addfile(made, io.BytesIO(content))
    return archives


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The same bytes with a few of them changed, cut out, doubled, or cut off."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed))
        kind = chance.randrange(6)
        if kind < 3:
            changed[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, changed[at] ^ (1 << chance.randrange(8))))
        elif kind == 3:
            changed[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"9999", b"\xff\xfe\x80-"))
        elif kind == 4:
            del changed[at : at + chance.randint(1, 600)]
        else:
            changed[at:at] = changed[at : at + chance.randint(1, 600)]
        changed = changed or bytearray(b"P")
    return bytes(changed)


def with_checksums(content: bytes) -> bytes:
    """A tar archive whose headers are right about their own sums, so that what else is wrong in them is read."""
    changed = bytearray(content)
    for at in range(0, len(changed) - 511, 512):
        if changed[at + 257 : at + 262] == b"ustar":
            changed[at + 148 : at + 156] = b" " * 8
            changed[at + 148 : at + 156] = f"{sum(changed[at : at + 512]):06o}\0 ".encode()
    return bytes(changed)


def test_whatever_is_wrong_in_an_archive_is_an_error_of_the_data_that_names_it(tmp_path) -> None:
    chance = random.Random(20)
    (tmp_path / "whole").mkdir()
    told: list[tuple[str, str]] = []
    for whole in whole_archives(tmp_path / "whole"):
        content = whole.read_bytes()
        unpacked = gzip.decompress(content) if whole.suffix == ".gz" else content
        for number in range(120):
            if whole.suffix == ".zip" or number % 3 == 0:
                bad = mutated(content, chance)
            else:
                bad = with_checksums(mutated(unpacked, chance))
                bad = gzip.compress(bad, 1) if whole.suffix == ".gz" else bad
            archive = tmp_path / f"bad-{number}-{whole.name}"
            archive.write_bytes(bad)
            try:
                unpack(archive, tmp_path / f"{whole.name}-{number}", Limits(entries=1000))
            except DataError as error:
                told.append((archive.name, str(error)))
    assert len(told) > 400
    assert not [each for each in told if each[0] not in each[1]]
