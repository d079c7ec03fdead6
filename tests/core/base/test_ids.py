import os
import re
from pathlib import Path

from core.base.ids import new_id, newest_first


def test_an_id_is_a_file_name_that_begins_with_a_second_whatever_the_words_are() -> None:
    made = new_id("cnn-59k", "../my données & more/", "x" * 300)
    assert re.fullmatch(r"\d{8}-\d{6}-cnn-59k-\.\.-my-données-more--x{40}-[0-9a-f]{6}", made)
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", new_id())


def test_two_that_are_made_at_once_have_different_ids() -> None:
    assert len({new_id("same") for _ in range(60)}) > 58


def test_the_newest_folder_comes_first_and_within_a_second_what_was_written_last(tmp_path: Path) -> None:
    ages = {"20260101-000000-b": 1, "20260101-000000-a": 2, "20251231-235959-c": 3}
    for name, written in ages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "asked.json").touch()
        os.utime(tmp_path / name / "asked.json", (written, written))
    gone = tmp_path / "20260101-000000-d"
    folders = [gone, *map(tmp_path.joinpath, sorted(ages))]
    said = [folder.name[-1] for folder in newest_first(folders, "asked.json")]
    assert said == ["a", "b", "d", "c"]
