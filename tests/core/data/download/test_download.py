"""Downloads from a server on loopback that breaks off, lies, is slow, and serves what is hostile."""

import gzip
import io
import shutil
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.errors import CancelledError, ConfigurationError, DataError, DiskFullError
from core.base.progress import silent
from core.data.download import download as downloads
from core.data.download import transfer
from core.data.download.download import (
    download,
    download_arguments,
    is_complete,
    partial_bytes,
    run_download_job,
    size_in_words,
)
from core.data.download.partial_file import PartialFile
from core.data.download.sources import SOURCES, find_source
from tests.core.data.download.loopback import Loopback, serving, source_of

CONTENT = bytes(range(256)) * 8000


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """The server; tries follow each other at once."""
    monkeypatch.setattr(transfer, "FIRST_WAIT_SECONDS", 0.001)
    with serving() as server:
        yield server


@pytest.fixture
def root(artifacts: Path) -> Path:
    """The data root of this test."""
    return artifacts.parent / "data"


def zip_of(entries: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return made.getvalue()


def tar_of(entries: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def nothing_in(root: Path) -> bool:
    return list(root.iterdir()) == []


def test_files_are_fetched_unpacked_and_put_in_place_and_nothing_else_stays(server, root, artifacts) -> None:
    server.put("images.zip", zip_of({"images/a.jpg": b"1", "images/b.jpg": b"2"}))
    server.put("x.h5.gz", gzip.compress(CONTENT))
    server.put("table.csv", b"image,label\n")
    source = source_of(
        server.file("images.zip", "pictures"), server.file("x.h5.gz", "x.h5"), server.file("table.csv", checked=False)
    )
    said: list[str] = []
    done = download(source, root, lambda *each: said.append(each[2]))
    assert done.folder == root / "tiny"
    assert (root / "tiny" / "pictures" / "b.jpg").read_bytes() == b"2"
    assert (root / "tiny" / "x.h5").read_bytes() == CONTENT
    assert (root / "tiny" / "table.csv").read_bytes() == b"image,label\n"
    assert [p.name for p in root.iterdir()] == ["tiny"]
    assert not (artifacts / "downloads" / "tiny").exists()
    assert any(line.startswith("Unpacking images.zip") for line in said)
    assert is_complete(source, root / "tiny")


def test_a_break_is_gone_on_from_with_range_and_if_range(server, root) -> None:
    served = server.put("a.bin", CONTENT, break_after=[300_000, 500_000])
    download(source_of(server.file("a.bin")), root)
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT
    gets = [(wanted, condition) for method, wanted, condition in served.requests if method == "GET"]
    assert gets == [("", ""), ("bytes=300000-", '"one"'), ("bytes=800000-", '"one"')]


def test_a_later_download_goes_on_where_an_earlier_one_gave_up(server, root, monkeypatch) -> None:
    monkeypatch.setattr(transfer, "TRIES", 1)
    served = server.put("a.bin", CONTENT, break_after=[700_000])
    source = source_of(server.file("a.bin"))
    with pytest.raises(DataError, match="What has come is kept"):
        download(source, root)
    assert partial_bytes(source) == 700_000
    assert nothing_in(root)
    download(source, root)
    assert served.requests[-1] == ("GET", "bytes=700000-", '"one"')
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT


def test_a_server_that_ignores_range_is_read_from_the_start(server, root) -> None:
    served = server.put("a.bin", CONTENT, break_after=[300_000], ranges=False)
    download(source_of(server.file("a.bin")), root)
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT
    assert served.requests[-1][1] == "bytes=300000-"


def test_a_file_that_changes_between_two_tries_is_not_mixed(server, root, monkeypatch) -> None:
    monkeypatch.setattr(transfer, "TRIES", 1)
    server.put("a.bin", CONTENT, break_after=[300_000])
    with pytest.raises(DataError):
        download(source_of(server.file("a.bin", checked=False)), root)
    changed = server.put("a.bin", CONTENT[::-1], etag='"two"')
    download(source_of(server.file("a.bin", checked=False)), root)
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT[::-1]
    assert changed.requests[-1] == ("GET", "bytes=300000-", '"one"')


def test_a_partial_file_that_nothing_can_vouch_for_is_fetched_anew(server, root, monkeypatch) -> None:
    monkeypatch.setattr(transfer, "TRIES", 1)
    server.put("a.bin", CONTENT, etag="", break_after=[300_000])
    with pytest.raises(DataError):
        download(source_of(server.file("a.bin", checked=False)), root)
    served = server.put("a.bin", CONTENT[::-1], etag="")
    download(source_of(server.file("a.bin", checked=False)), root)
    assert served.requests[-1] == ("GET", "", "")
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT[::-1]


def test_what_lay_there_of_another_file_is_noticed_by_the_checksum_and_fetched_anew(server, root, artifacts) -> None:
    served = server.put("a.bin", CONTENT, etag="")
    source = source_of(server.file("a.bin"))
    folder = artifacts / "downloads" / "tiny"
    folder.mkdir(parents=True)
    (folder / "a.bin.part").write_bytes(b"x" * 1000)
    (folder / "a.bin.part.json").write_text(f'{{"url": "{source.files[0].url}"}}')
    download(source, root)
    assert [wanted for method, wanted, _ in served.requests if method == "GET"] == ["bytes=1000-", ""]
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("lie", [{"md5": "0" * 32}, {"sha256": "0" * 64}])
def test_a_wrong_checksum_is_told_and_the_file_deleted(server, root, artifacts, lie) -> None:
    server.put("a.bin", CONTENT)
    source = source_of(server.file("a.bin", **lie))
    with pytest.raises(DataError, match=r"is not the file that was published: its (MD5|SHA256) is"):
        download(source, root)
    assert nothing_in(root)
    assert partial_bytes(source) == 0


def test_another_size_than_published_is_refused_before_it_is_fetched(server, root) -> None:
    server.put("a.bin", CONTENT)
    with pytest.raises(DataError, match="2,048,000 bytes instead of 5"):
        download(source_of(server.file("a.bin", size=5)), root)
    assert nothing_in(root)


def test_a_file_whose_end_is_missing_without_a_word_is_noticed(server, root, monkeypatch) -> None:
    monkeypatch.setattr(transfer, "TRIES", 1)
    server.put("a.bin", CONTENT, says_length=False, break_after=[1000])
    with pytest.raises(DataError, match="1,000 bytes instead of 2,048,000"):
        download(source_of(server.file("a.bin")), root)
    assert nothing_in(root)


def test_busy_and_failing_servers_are_asked_again(server, root) -> None:
    busy = [(429, {"Retry-After": "0"}), (500, {}), (503, {"Retry-After": "0"}), (502, {})]
    served = server.put("a.bin", CONTENT, answers=busy)
    download(source_of(server.file("a.bin")), root)
    assert len([r for r in served.requests if r[0] == "GET"]) == 5
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT


def test_a_server_that_goes_on_failing_is_given_up(server, root, monkeypatch) -> None:
    monkeypatch.setattr(transfer, "TRIES", 3)
    served = server.put("a.bin", CONTENT, answers=[(500, {})] * 9)
    with pytest.raises(DataError, match="answered 500"):
        download(source_of(server.file("a.bin")), root)
    assert len([r for r in served.requests if r[0] == "GET"]) == 3
    assert nothing_in(root)


def test_a_file_that_is_gone_is_told_at_once(server, root) -> None:
    server.put("a.bin", CONTENT)
    source = source_of(server.file("a.bin"))
    server.files.clear()
    with pytest.raises(DataError, match="answered 404"):
        download(source, root)
    assert nothing_in(root)


def test_a_server_that_cannot_be_reached_is_told(root, monkeypatch) -> None:
    monkeypatch.setattr(transfer, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(transfer, "TRIES", 2)
    with serving() as server:
        server.put("a.bin", CONTENT)
        source = source_of(server.file("a.bin"))
    with pytest.raises(DataError, match=r"cannot be fetched from 127\.0\.0\.1"):
        download(source, root)


def test_a_web_page_instead_of_the_file_is_refused(server, root) -> None:
    server.put("a.csv", b"<!DOCTYPE html><html>Log in</html>", content_type="text/html; charset=utf-8")
    with pytest.raises(DataError, match="web page"):
        download(source_of(server.file("a.csv", checked=False)), root)
    server.put("a.csv", b"\n <!DOCTYPE html><html>Log in</html>")
    with pytest.raises(DataError, match="web page"):
        download(source_of(server.file("a.csv", checked=False)), root)
    assert nothing_in(root)


def test_a_redirect_to_an_open_connection_is_refused(server, root) -> None:
    server.put("a.bin", CONTENT, answers=[(302, {"Location": "http://example.org/a.bin"})])
    with pytest.raises(DataError, match=r"example\.org wants to send the file over a connection that is not encrypted"):
        download(source_of(server.file("a.bin")), root)


def test_a_slow_download_can_be_stopped_and_keeps_what_has_come(server, root) -> None:
    served = server.put("a.bin", CONTENT, seconds_a_block=0.02)
    source = source_of(server.file("a.bin"))
    seen: list[int] = []
    with pytest.raises(CancelledError, match="What has come is kept"):
        download(source, root, lambda done, *_: seen.append(done), cancelled=lambda: bool(seen) and seen[-1] > 500_000)
    assert nothing_in(root)
    assert 500_000 < partial_bytes(source) < len(CONTENT)
    served.seconds_a_block = 0.0
    download(source, root)
    assert served.requests[-1][1].startswith("bytes=")
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT


def test_a_download_from_a_server_that_has_gone_silent_can_be_stopped(server, root, monkeypatch) -> None:
    monkeypatch.setattr(transfer, "SILENCE_SECONDS", 600)
    server.put("a.bin", CONTENT, gate=(gate := threading.Event()))
    source = source_of(server.file("a.bin"))
    with pytest.raises(CancelledError):
        download(source, root, cancelled=lambda: partial_bytes(source) > 0)
    gate.set()
    assert nothing_in(root)
    assert partial_bytes(source) > 0


def test_progress_tells_bytes_of_all_files_and_the_speed(server, root) -> None:
    server.put("a.bin", CONTENT, seconds_a_block=0.02)
    server.put("b.bin", CONTENT)
    said: list[tuple[int, int, str]] = []
    source = source_of(server.file("a.bin", checked=False), server.file("b.bin"))
    download(source, root, lambda *each: said.append(each))
    fetching = [each for each in said if each[2].startswith(("a.bin:", "b.bin:"))]
    assert {total for _, total, _ in fetching} == {2 * len(CONTENT)}, "the server was asked for what is not published"
    assert [done for done, *_ in fetching] == sorted(done for done, *_ in fetching)
    assert any(" of 2.0 MB at " in what and what.endswith("/s") for *_, what in fetching)


@pytest.mark.parametrize(
    "content", [zip_of({"../evil": b"1"}), zip_of({"bomb": bytes(9_000_000)})[:-9], b"<html>no</html>", b""]
)
def test_a_hostile_or_damaged_archive_leaves_nothing_and_is_not_kept(server, root, content) -> None:
    server.put("good.csv", b"a,b\n")
    server.put("a.zip", content)
    source = source_of(server.file("good.csv"), server.file("a.zip"))
    with pytest.raises(DataError):
        download(source, root)
    assert nothing_in(root)
    assert not (root.parent / "artifacts" / "downloads" / "tiny" / "a.zip").exists()
    assert not list(root.parent.rglob("*evil*"))


def test_an_archive_that_proved_bad_is_fetched_anew_by_the_next_try(server, root) -> None:
    """Without a checksum only unpacking tells, and what is damaged would be found again by every try."""
    good = zip_of({"a.jpg": b"1", "ü.jpg": b"2"})
    server.put("a.zip", good.replace("ü".encode(), b"\xff\xfe"))
    source = source_of(server.file("a.zip", "pictures", checked=False))
    with pytest.raises(DataError, match=r"a\.zip is damaged.* was deleted, so that the next try fetches it anew"):
        download(source, root)
    assert partial_bytes(source) == 0
    server.put("a.zip", good)
    download(source, root)
    assert (root / "tiny" / "pictures" / "ü.jpg").read_bytes() == b"2"


def test_a_whole_archive_is_kept_where_the_disk_is_too_full_to_unpack_it_or_a_person_stops(
    server, root, monkeypatch
) -> None:
    served = server.put("a.tar.gz", tar_of({"a.bin": b"x" * 50_000, "b.bin": b"y" * 50_000}))
    source = source_of(server.file("a.tar.gz", "pictures", checked=False))
    unpacking: list[str] = []

    def stop(*_: object) -> bool:
        return bool(unpacking)

    with pytest.raises(CancelledError, match="is kept"):
        download(
            source, root, lambda *each: unpacking.extend([each[2]] if "Unpacking" in each[2] else []), cancelled=stop
        )
    assert partial_bytes(source) == len(served.content)
    real = shutil.disk_usage
    small = real(root)._replace(free=downloads.SPARE_BYTES + 60_000)
    with monkeypatch.context() as full:
        full.setattr(downloads.shutil, "disk_usage", lambda _: small)
        with pytest.raises(DiskFullError, match="is kept"):
            download(source, root)
    assert partial_bytes(source) == len(served.content)
    assert nothing_in(root)
    download(source, root)
    assert [method for method, *_ in served.requests].count("GET") == 1


def test_too_small_a_disk_is_told_before_anything_is_fetched(server, root, monkeypatch) -> None:
    served = server.put("a.bin", CONTENT)
    real = shutil.disk_usage
    small = real(root)._replace(free=downloads.SPARE_BYTES + len(CONTENT))
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _: small)
    with pytest.raises(DiskFullError, match=r"needs 4\.1 MB .* Nothing was fetched"):
        download(source_of(server.file("a.bin")), root)
    assert served.requests == []
    assert nothing_in(root)


def test_a_size_that_is_told_roundly_counts_for_the_space_and_is_never_checked(server, root, monkeypatch) -> None:
    served = server.put("a.bin", CONTENT, says_length=False)
    real = shutil.disk_usage
    small = real(root)._replace(free=downloads.SPARE_BYTES + 1_000_000)
    source = source_of(server.file("a.bin", checked=False, about_size=1_900_000))
    with monkeypatch.context() as full:
        full.setattr(downloads.shutil, "disk_usage", lambda _: small)
        with pytest.raises(DiskFullError, match=r"needs 3\.8 MB .* Nothing was fetched"):
            download(source, root)
    assert "GET" not in {method for method, *_ in served.requests}
    said: list[str] = []
    download(source, root, lambda *each: said.append(each[2]))
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT
    assert any(" of about 1.9 MB" in what for what in said)


def test_what_the_server_says_of_a_size_goes_before_what_is_told_roundly(server, root) -> None:
    server.put("a.bin", CONTENT)
    said: list[str] = []
    download(
        source_of(server.file("a.bin", checked=False, about_size=10**15)), root, lambda *each: said.append(each[2])
    )
    assert any(" of 2.0 MB" in what for what in said)


def test_a_file_of_unknown_size_ends_in_a_full_disk_before_there_is_no_space_at_all_and_goes_on_later(
    server, root, monkeypatch
) -> None:
    monkeypatch.setattr(transfer, "SPACE_LOOKED_AT_BYTES", 300_000)
    served = server.put("a.bin", CONTENT, says_length=False)
    source = source_of(server.file("a.bin", checked=False))
    real = shutil.disk_usage

    def filling(path: Path) -> object:
        return real(path)._replace(free=downloads.SPARE_BYTES + 1_000_000 - partial_bytes(source))

    said: list[str] = []
    with monkeypatch.context() as full:
        full.setattr(transfer.shutil, "disk_usage", filling)
        with pytest.raises(DiskFullError, match="it goes on where it stopped"):
            download(source, root, lambda *each: said.append(each[2]))
    assert any(" of an unknown size" in what for what in said)
    assert 1_000_000 < partial_bytes(source) < 1_500_000
    assert nothing_in(root)
    download(source, root)
    assert served.requests[-1][1].startswith("bytes=1")
    assert (root / "tiny" / "a.bin").read_bytes() == CONTENT


def test_what_came_of_a_file_of_unknown_size_is_not_taken_off_the_others(server, root, artifacts, monkeypatch) -> None:
    server.put("a.bin", CONTENT, says_length=False)
    server.put("b.bin", CONTENT)
    (artifacts / "downloads" / "tiny").mkdir(parents=True)
    (artifacts / "downloads" / "tiny" / "a.bin").write_bytes(CONTENT)
    small = shutil.disk_usage(root)._replace(free=downloads.SPARE_BYTES + 1_000_000)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _: small)
    with pytest.raises(DiskFullError, match=r"needs 4\.1 MB besides a\.bin, whose size is not known, on the disk"):
        download(source_of(server.file("a.bin", checked=False), server.file("b.bin")), root)


def test_a_disk_that_fills_up_on_the_way_keeps_the_partial_file(server, root, monkeypatch) -> None:
    """A full disk cannot be had in a test without a file system of its own, so the write says so."""
    server.put("a.bin", CONTENT)
    source = source_of(server.file("a.bin"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartialFile, "remember", full)
    with pytest.raises(DiskFullError, match="it goes on where it stopped"):
        download(source, root)
    monkeypatch.undo()
    assert nothing_in(root)


def test_a_folder_that_has_other_files_of_the_set_gets_the_new_ones(server, root) -> None:
    (root / "tiny").mkdir()
    (root / "tiny" / "mine.txt").write_text("mine")
    (root / "tiny" / "pictures").mkdir()
    (root / "tiny" / "pictures" / "half.jpg").write_text("half")
    server.put("images.zip", zip_of({"a.jpg": b"1", "b.jpg": b"2"}))
    server.put("table.csv", b"image,label\n")
    download(source_of(server.file("images.zip", "pictures"), server.file("table.csv")), root)
    found = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
    assert found == ["tiny/mine.txt", "tiny/pictures/a.jpg", "tiny/pictures/b.jpg", "tiny/table.csv"]


def test_what_is_there_is_not_fetched_again(server, root) -> None:
    served = server.put("a.bin", CONTENT)
    source = source_of(server.file("a.bin"))
    download(source, root)
    served.requests.clear()
    with pytest.raises(ConfigurationError, match="already"):
        download(source, root)
    assert served.requests == []


def test_two_downloads_of_the_same_set_do_not_run_side_by_side(server, root, artifacts) -> None:
    from filelock import FileLock

    server.put("a.bin", CONTENT)
    (artifacts / "downloads").mkdir()
    with FileLock(artifacts / "downloads" / "tiny.lock"), pytest.raises(ConfigurationError, match="under way already"):
        download(source_of(server.file("a.bin")), root)


def test_what_a_killed_process_left_beside_the_folder_is_cleared_away(server, root) -> None:
    (root / ".tiny.building-abc").mkdir()
    (root / ".tiny.building-abc" / "half").write_text("half")
    server.put("a.bin", CONTENT)
    download(source_of(server.file("a.bin")), root)
    assert [p.name for p in root.iterdir()] == ["tiny"]


def test_nothing_is_fetched_of_a_source_whose_licence_was_not_accepted(artifacts) -> None:
    for arguments in ({}, {"source": "ham10000"}, {"source": "ham10000", "licence_accepted": "CC0"}):
        with pytest.raises(ConfigurationError):
            run_download_job(arguments, silent, lambda: False)
    source = find_source("ham10000")
    assert download_arguments(source) == {"source": "ham10000", "licence_accepted": source.licence}


def test_every_source_says_where_what_and_under_which_licence() -> None:
    assert len({source.name for source in SOURCES}) == len(SOURCES)
    for source in SOURCES:
        assert source.licence
        assert source.citation
        assert source.licence_url.startswith("https://")
        for file in source.files:
            assert file.url.startswith("https://")
            assert "/" not in file.name + file.into
        assert len({file.into for file in source.files}) == len(source.files)
    with pytest.raises(ConfigurationError, match="Known are: dermamnist"):
        find_source("imagenet")


def test_checksums_of_patchcamelyon_are_those_of_the_files_not_of_its_readme() -> None:
    md5 = {file.into: file.md5 for file in find_source("patchcamelyon").files}
    assert md5["camelyonpatch_level_2_split_valid_x.h5"] == "d5b63470df7cfa627aeec8b9dc0c066e"
    assert md5["camelyonpatch_level_2_split_valid_y.h5"] == "2b85f58b927af9964a4c15b8f7e8f179"
    assert md5["camelyonpatch_level_2_split_test_x.h5"] == "d8c2d60d490dbd479f8199bdfa0cf6ec"
    assert md5["camelyonpatch_level_2_split_test_y.h5"] == "60a7035772fbdb7f34eb86d4420cf66a"


def test_how_much_there_is_to_download_is_said_as_exactly_as_it_is_known() -> None:
    said = {source.name: size_in_words(source) for source in SOURCES}
    assert said["ham10000"] == "2.8 GB"
    assert said["isic2018"] == "about 3.2 GB"
    assert said["isic2019"] == "about 9.8 GB"
    assert said["dermamnist"] == "about 19.7 MB"
    assert said["dermamnist_128"] == "size unknown until the download starts"
    assert said["patchcamelyon"] == "over 8.0 GB"
    for source in SOURCES:
        for file in source.files:
            assert file.size is None or file.about_size is None
