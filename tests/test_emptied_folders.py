"""Emptying the artifacts folder of a test while something still writes into it."""

import contextlib
import threading
from pathlib import Path

from tests.conftest import empty


def test_a_folder_is_emptied_while_somebody_writes_into_it(tmp_path: Path) -> None:
    folder, over = tmp_path / "artifacts", threading.Event()

    def write() -> None:
        number = 0
        while not over.wait(0.001):  # else it may write faster than is emptied, and there is ever more
            number += 1
            place = folder / "runs" / str(number)
            with contextlib.suppress(FileNotFoundError):  # emptied between the two
                place.mkdir(parents=True, exist_ok=True)
                (place / "status.json").touch()

    (folder / "old").mkdir(parents=True)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            empty(folder)
            assert not (folder / "old").exists()
            (folder / "old").mkdir()
    finally:
        over.set()
        writer.join()
    empty(folder)
    assert not any(folder.iterdir())
