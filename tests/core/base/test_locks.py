"""One process or thread at a time."""

from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from core.base.errors import DataError
from core.base.locks import locked
from core.base.record import RecordLock

BUSY = DataError("busy")


def held(file: Path) -> bool:
    try:
        with FileLock(file, timeout=0):
            return False
    except Timeout:
        return True


def test_a_lock_is_held_for_as_long_as_the_work_takes_and_free_after_a_failure(tmp_path: Path) -> None:
    seen = []

    def fail() -> None:
        with locked(tmp_path / "lock", BUSY):
            seen.append(held(tmp_path / "lock"))
            raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        fail()
    assert seen == [True]
    assert not held(tmp_path / "lock")


def test_whoever_waits_in_vain_is_told_why(tmp_path: Path) -> None:
    lock = locked(tmp_path / "lock", BUSY, 0.01)
    with FileLock(tmp_path / "lock"), pytest.raises(DataError, match="busy"), lock:
        raise AssertionError("it was held by somebody else")


def test_a_lock_of_the_work_that_is_held_is_not_taken_for_this_one(tmp_path: Path) -> None:
    with pytest.raises(Timeout), locked(tmp_path / "lock", BUSY):
        raise Timeout(str(tmp_path / "another"))


def test_a_lock_of_a_record_makes_no_folder_anew_that_is_gone(tmp_path: Path) -> None:
    lock = locked(RecordLock(tmp_path / "gone" / "run.lock"), BUSY)
    with pytest.raises(FileNotFoundError), lock:
        raise AssertionError("there is nothing to lock")
    assert not (tmp_path / "gone").exists()
    with (
        RecordLock(tmp_path / "lock"),
        pytest.raises(DataError, match="busy"),
        locked(RecordLock(tmp_path / "lock"), BUSY),
    ):
        raise AssertionError("it was held by somebody else")
