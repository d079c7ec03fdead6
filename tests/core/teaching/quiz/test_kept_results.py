"""A result is kept only as what was asked for, behind a key, and goes without a trace."""

import json
from pathlib import Path

import pytest

from core.base.errors import LessonError
from core.teaching.quiz import kept_results
from core.teaching.quiz.kept_results import (
    LONGEST_NICKNAME,
    clean_nickname,
    delete_result,
    keep_result,
    load_result,
    results_of_series,
)
from core.teaching.quiz.quiz import SeriesSettings
from core.teaching.quiz.quiz_files import new_key, quiz_folder

IDS, ANSWERS = ("I1", "I2"), ("nv", "mel")
SETTINGS = SeriesSettings("a-run")


def stored() -> list[Path]:
    return [path for path in quiz_folder().rglob("*") if path.is_file() and path.name != ".lock"]


def test_a_kept_result_comes_back_under_its_key_and_goes_when_deleted(artifacts: Path) -> None:
    kept = keep_result(SETTINGS, IDS, ANSWERS, "Ada")
    assert load_result(kept.key) == kept
    assert (kept.nickname, kept.answers) == ("Ada", ANSWERS)
    delete_result(kept.key)
    assert stored() == []
    for action in (load_result, delete_result):
        with pytest.raises(LessonError, match="no such kept result"):
            action(kept.key)


def test_nothing_but_series_answers_day_and_nickname_is_stored(artifacts: Path) -> None:
    keep_result(SETTINGS, IDS, ANSWERS)
    [file] = stored()
    assert set(json.loads(file.read_text())) == {"settings", "image_ids", "answers", "nickname", "day"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("<script>alert(1)</script>", "scriptalert1script"),
        ("**bold** [x](http://e.org)", "bold xhttpe.org"),
        ("Zoë-O'Neil_2", "Zoë-O'Neil_2"),
        ("李 明", "李 明"),
        ("a\u202eb\u0000c\nd", "abc d"),
        (":material/close: 🙂", "materialclose"),
        ("", ""),
    ],
)
def test_nicknames_are_cleaned(typed: str, kept: str) -> None:
    assert clean_nickname(typed) == kept


@pytest.mark.parametrize("length", [LONGEST_NICKNAME + 1, 1_000_000])
def test_a_nickname_that_is_too_long_is_refused_and_nothing_is_kept(artifacts: Path, length: int) -> None:
    with pytest.raises(LessonError, match="at most 30 characters"):
        keep_result(SETTINGS, IDS, ANSWERS, "a" * length)
    assert stored() == []
    assert clean_nickname("a" * LONGEST_NICKNAME) == "a" * LONGEST_NICKNAME


@pytest.mark.parametrize("key", ["", "..", "../kept", "/etc/passwd", "b" * 1000])
def test_keys_that_lead_elsewhere_are_refused(artifacts: Path, key: str) -> None:
    for action in (load_result, delete_result):
        with pytest.raises(LessonError, match="not the key"):
            action(key)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"answers": 1}', "\xff"])
def test_a_damaged_result_is_told_passed_over_in_lists_and_can_be_deleted(artifacts: Path, content: str) -> None:
    good, bad = keep_result(SETTINGS, IDS, ANSWERS), keep_result(SETTINGS, IDS, ANSWERS)
    (quiz_folder() / "kept" / f"{bad.key}.json").write_text(content)
    with pytest.raises(LessonError, match="damaged"):
        load_result(bad.key)
    assert results_of_series(SETTINGS) == [good]
    delete_result(bad.key)


def test_only_results_of_the_same_series_stand_beside_each_other(artifacts: Path) -> None:
    one = keep_result(SETTINGS, IDS, ANSWERS)
    keep_result(SeriesSettings("a-run", seed=1), IDS, ANSWERS)
    keep_result(SeriesSettings("another-run"), IDS, ANSWERS)
    easier = keep_result(SeriesSettings("a-run", with_metadata=True), IDS, ANSWERS)
    assert {each.key for each in results_of_series(SETTINGS)} == {one.key, easier.key}


def test_a_key_that_was_never_given_out_leads_nowhere(artifacts: Path) -> None:
    with pytest.raises(LessonError, match="no such kept result"):
        load_result(new_key())


def test_the_number_of_kept_results_has_an_end(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_results, "MOST_KEPT", 1)
    keep_result(SETTINGS, IDS, ANSWERS)
    with pytest.raises(LessonError, match="No more results can be kept"):
        keep_result(SETTINGS, IDS, ANSWERS)
