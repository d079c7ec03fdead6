"""Tags of pictures: kept with who gave them, by many at once, and never lost to a damaged file."""

import json
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from core.base.errors import DataError
from core.data.picture_tags import (
    LONGEST_TAG,
    MOST_TAGS,
    Tagging,
    tag_pictures,
    tags_of,
    tags_table,
    tags_version,
    untag_pictures,
)


def test_a_tag_is_kept_with_who_gave_it_first_and_gone_with_its_last_picture(artifacts: Path) -> None:
    assert tag_pictures("demo", "  Ask   Anna ", ["a", "b"], by="t@example.org") == 2
    assert tag_pictures("demo", "Ask Anna", ["b", "c"], by="other@example.org") == 1
    assert [tags_of("demo")["Ask Anna"][image_id].by for image_id in "abc"] == [
        "t@example.org", "t@example.org", "other@example.org",
    ]  # fmt: skip
    assert tags_of("another/../set") == {}
    assert untag_pictures("demo", "Ask Anna", ["a", "nobody"]) == 1
    assert untag_pictures("demo", "Ask Anna", ["b", "c"]) == 2
    assert tags_of("demo") == {}


def test_two_who_tag_at_once_both_find_their_tags(artifacts: Path) -> None:
    def tag(person: int) -> None:
        for number in range(15):
            tag_pictures("demo", f"of {person}", [f"picture {number}"])
            tag_pictures("demo", "of both", [f"picture {number}"])

    threads = [threading.Thread(target=tag, args=(person,)) for person in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: len(pictures) for name, pictures in tags_of("demo").items()} == {
        "of 0": 15,
        "of 1": 15,
        "of both": 15,
    }


def test_what_is_no_tag_is_refused_and_changes_nothing(artifacts: Path) -> None:
    for tag in ("", "  ", "x" * (LONGEST_TAG + 1), "a\u202eb", "not recorded"):
        with pytest.raises(DataError, match="A tag is a word"):
            tag_pictures("demo", tag, ["a"])
    for number in range(MOST_TAGS):
        tag_pictures("demo", f"tag {number}", ["a"])
    with pytest.raises(DataError, match="at most 50 tags"):
        tag_pictures("demo", "one more", ["a"])
    assert len(tags_of("demo")) == MOST_TAGS


def test_a_damaged_file_is_no_tags_and_is_not_written_over(artifacts: Path) -> None:
    tag_pictures("demo", "Odd", ["a"])
    file = artifacts / "tags" / "demo.json"
    for content in ("", "[1]", '{"tags": 3}'):
        file.write_text(content)
        assert tags_of("demo") == {}
        with pytest.raises(DataError, match="nothing was changed"):
            tag_pictures("demo", "Odd", ["b"])
        assert file.read_text() == content
    file.write_text(json.dumps({"schema": 9, "later": 1, "tags": {"Odd": {"a": ["p", 5], "b": "?"}, "Bad": [1]}}))
    assert tags_of("demo") == {"Odd": {"a": Tagging("p", 5.0), "b": Tagging()}}


def test_tags_as_a_table_and_their_version(artifacts: Path) -> None:
    assert tags_table("demo").empty
    before = tags_version("demo")
    tag_pictures("demo", "=1+1", ["a"], by="t@example.org")
    assert tags_version("demo") != before
    [row] = tags_table("demo").to_dict("records")
    assert (row["image_id"], row["tag"], row["by"]) == ("a", "=1+1", "t@example.org")
    assert row["when"].endswith(" UTC")


def test_whoever_waits_in_vain_for_another_change_of_tags_is_told(artifacts: Path, monkeypatch) -> None:
    monkeypatch.setattr("core.data.picture_tags.LOCK_SECONDS", 0.0)
    tag_pictures("demo", "Odd", ["a"])
    with FileLock(artifacts / "tags" / "demo.lock"), pytest.raises(DataError, match="Try again"):
        tag_pictures("demo", "Odd", ["b"])
    assert list(tags_of("demo")["Odd"]) == ["a"]
