import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from core.base.errors import DiskFullError
from core.base.files import (
    disk_full_named,
    file_built_aside,
    folder_built_aside,
    folders_in,
    is_disk_full,
    open_private,
    parse_json,
    private_folder,
    read_json,
    read_tail,
    with_home,
    write_atomically,
    write_json,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class FullDisk:
    """Stands in for an open file whose disk is full; a really full disk needs a mount, which tests may not do."""

    def __init__(self, code: int):
        self.code = code

    def __enter__(self) -> "FullDisk":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, _: bytes) -> int:
        raise OSError(self.code, os.strerror(self.code))


def fail_while_building(target: Path, problem: BaseException) -> None:
    with folder_built_aside(target) as aside:
        (aside / "half").write_text("half")
        raise problem


def fill_disk(monkeypatch: pytest.MonkeyPatch, code: int = errno.ENOSPC) -> None:
    def fdopen(handle: int, _: str) -> FullDisk:
        os.close(handle)
        return FullDisk(code)

    monkeypatch.setattr(os, "fdopen", fdopen)


def test_a_file_is_written_with_its_parent_folders(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b" / "text.txt", "Nävus\n")
    assert (tmp_path / "a" / "b" / "text.txt").read_text(encoding="utf-8") == "Nävus\n"
    assert names(tmp_path / "a" / "b") == ["text.txt"]


def test_a_reader_of_the_old_file_keeps_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new and longer")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new and longer"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_keeps_the_old_file_and_leaves_no_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(b"old")
    fill_disk(monkeypatch, code)
    with pytest.raises(DiskFullError, match=r"table\.parquet is full.*Free some space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["table.parquet"]


def test_a_full_disk_where_no_file_was_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_disk(monkeypatch)
    with pytest.raises(DiskFullError):
        write_json(tmp_path / "status.json", {"state": "running"})
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (OSError("without a number"), False),
    ],
)
def test_a_full_disk_and_a_used_up_quota_are_told_from_other_errors(error: OSError, full: bool) -> None:
    assert is_disk_full(error) is full


def test_other_errors_of_the_operating_system_are_not_called_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), disk_full_named(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    value = {"name": "Melanom – „früh“", "age": None, "counts": [1, 2.5], "malignant": True}
    write_json(tmp_path / "value.json", value)
    assert read_json(tmp_path / "value.json") == value


def test_a_value_that_json_cannot_hold_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_json(path, {"loss": 1.0})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"loss": float("nan")})
    assert json.loads(path.read_text()) == {"loss": 1.0}
    assert names(tmp_path) == ["metrics.json"]


@pytest.mark.parametrize(("size", "tail"), [(2, "a\n"), (4, "\ufffdta\n"), (100, "Größe\nÄta\n")])
def test_the_tail_of_a_text_is_its_last_bytes_even_if_a_character_is_cut(tmp_path: Path, size: int, tail: str) -> None:
    (tmp_path / "log.txt").write_text("Größe\nÄta\n", encoding="utf-8")
    assert read_tail(tmp_path / "log.txt", size) == tail


def test_a_text_that_is_not_there_has_an_empty_tail(tmp_path: Path) -> None:
    assert read_tail(tmp_path / "log.txt", 100) == ""


def test_a_folder_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "28"
    with folder_built_aside(target) as aside:
        (aside / "images.npy").write_bytes(b"pixels")
        assert not target.exists()
        assert aside.parent == target.parent  # on the same disk, so that the move is one step
    assert (target / "images.npy").read_bytes() == b"pixels"
    assert names(target.parent) == ["28"]


def test_a_folder_that_was_there_is_replaced_not_mixed(tmp_path: Path) -> None:
    target = tmp_path / "28"
    target.mkdir()
    (target / "old").write_text("old")
    with folder_built_aside(target) as aside:
        (aside / "new").write_text("new")
        assert (target / "old").exists()
    assert names(target) == ["new"]
    assert names(tmp_path) == ["28"]


@pytest.mark.parametrize("problem", [RuntimeError("broken"), KeyboardInterrupt()])
def test_a_builder_that_fails_leaves_the_old_folder_and_nothing_else(tmp_path: Path, problem: BaseException) -> None:
    target = tmp_path / "28"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(type(problem)):
        fail_while_building(target, problem)
    assert names(target) == ["old"]
    assert names(tmp_path) == ["28"]


def test_a_disk_that_fills_while_a_folder_is_built_is_named_and_cleaned_up(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="28"):
        fail_while_building(tmp_path / "28", OSError(errno.ENOSPC, "No space left on device"))
    assert names(tmp_path) == []


def test_the_old_folder_comes_back_when_the_new_one_cannot_be_moved(tmp_path: Path) -> None:
    target = tmp_path / "28"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(FileNotFoundError), folder_built_aside(target) as aside:
        shutil.rmtree(aside)  # as a person or a clean-up job might
    assert names(target) == ["old"]
    assert names(tmp_path) == ["28"]


def test_replacing_a_linked_folder_does_not_empty_what_it_links_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").write_text("precious")
    (tmp_path / "demo").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with folder_built_aside(tmp_path / "demo") as aside:
        (aside / "new").write_text("new")
    assert names(tmp_path / "demo") == ["new"]
    assert names(tmp_path / "elsewhere") == ["precious"]


def test_files_and_folders_can_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    write_atomically(tmp_path / "status.json", "{}")
    with folder_built_aside(tmp_path / "cache") as aside:
        (aside / "part").mkdir()
    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "status.json").stat().st_mode & 0o777 == plain.stat().st_mode & 0o777
    assert (tmp_path / "cache").stat().st_mode == (tmp_path / "cache" / "part").stat().st_mode


def test_nobody_asks_for_the_umask_which_would_change_it_for_other_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("The umask of the whole process was changed."))
    write_atomically(tmp_path / "status.json", "{}")
    with folder_built_aside(tmp_path / "cache") as aside:
        (aside / "part").touch()
    with file_built_aside(tmp_path / "model.keras") as aside:
        aside.touch()
    assert names(tmp_path) == ["cache", "model.keras", "status.json"]


def test_two_that_build_the_same_file_or_folder_at_once_are_not_in_each_others_way(tmp_path: Path) -> None:
    with file_built_aside(tmp_path / "model.keras") as first, file_built_aside(tmp_path / "model.keras") as second:
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert (tmp_path / "model.keras").read_bytes() == b"first", "the last to take its place"
    with folder_built_aside(tmp_path / "28") as first, folder_built_aside(tmp_path / "28") as second:
        (first / "first").touch()
        (second / "second").touch()
    assert names(tmp_path / "28") == ["first"]
    assert names(tmp_path) == ["28", "model.keras"]


def test_a_long_name_leaves_room_for_that_of_its_temporary_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / ("ä" * 120 + ".json"), "{}")
    assert len(names(tmp_path)) == 1


def test_private_files_and_folders_are_for_their_owner_alone_older_ones_too(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("old\n")
    (tmp_path / "answers").mkdir()
    for path, mode in ((tmp_path / "log.txt", 0o644), (tmp_path / "answers", 0o755)):
        path.chmod(mode)
    with open_private(tmp_path / "log.txt") as log:
        log.write(b"new\n")
    write_json(private_folder(tmp_path / "answers") / "one.json", {}, private=True)
    write_json(private_folder(tmp_path / "made" / "here") / "one.json", {}, private=True)
    assert (tmp_path / "log.txt").read_text() == "old\nnew\n"
    modes = {str(each.relative_to(tmp_path)): each.stat().st_mode & 0o777 for each in tmp_path.rglob("*")}
    del modes["made"]
    assert modes == {
        "log.txt": 0o600,
        "answers": 0o700,
        "answers/one.json": 0o600,
        "made/here": 0o700,
        "made/here/one.json": 0o600,
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 100_000 + "]" * 100_000, "too deep"),
        ("[" * 500 + "]" * 500, "too deep"),
        ('{"a":' * 500 + "1" + "}" * 500, "too deep"),
        ("[" * 100_000, "too deep"),
        ('{"loss": NaN}', "not a number"),
        ('{"loss": -Infinity}', "not a number"),
        (f'{{"loss": {"1" * 5000}}}', "digits"),
        ('{"name": "\\ud800"}', "surrogates"),
        ("{", "Expecting"),
        ("", "Expecting"),
    ],
)
def test_json_that_nobody_could_walk_through_or_show_is_refused_as_such(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_json(text)


def test_wide_json_and_brackets_in_texts_are_not_taken_for_deep_json() -> None:
    value = {"many": [[n] for n in range(1000)], "text": "[{" * 1000, "quoted": "\\u00e9 \U0001f600"}
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize("problem", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("stopped")])
def test_a_file_that_a_library_could_not_finish_leaves_the_old_one_alone(tmp_path: Path, problem: Exception) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")
    expected = DiskFullError if isinstance(problem, OSError) else RuntimeError

    def save() -> None:
        with file_built_aside(path) as aside:
            assert aside.suffix == ".keras"
            aside.write_bytes(b"half")
            raise problem

    with pytest.raises(expected):
        save()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["model.keras"]


def test_a_file_that_a_library_finished_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "model.keras"
    for content in (b"first", b"second"):
        with file_built_aside(path) as aside:
            aside.write_bytes(content)
        assert path.read_bytes() == content
    assert names(path.parent) == ["model.keras"]


def test_folders_are_listed_without_files_and_what_is_still_being_built(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / ".whole.building-1").mkdir()
    (tmp_path / "file").touch()
    assert folders_in(tmp_path) == [tmp_path / "whole"]
    assert folders_in(tmp_path / "absent") == []


def test_a_path_of_somebody_who_has_no_home_here_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ben")
    assert with_home("~/model.onnx") == Path("/home/ben/model.onnx")
    assert with_home("~nobody-of-this-name/model.onnx") == Path("~nobody-of-this-name/model.onnx")
    assert with_home(Path("/data/~ben")) == Path("/data/~ben")
