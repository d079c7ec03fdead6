"""Views with a name are kept for everybody, one file a data set."""

from pathlib import Path

import pytest
from filelock import FileLock

from core.base.errors import DataError
from core.data.saved_views import MOST_VIEWS, delete_view, save_view, saved_views


def test_a_view_is_there_again_by_its_name_and_replaced_by_another_of_that_name(artifacts: Path) -> None:
    save_view("demo", "  Old  men ", {"sex": ["male"], "age": ["70-85"]})
    save_view("demo", "Moles", {"diagnosis": ["nv"]})
    save_view("demo", "Moles", {"diagnosis": ["nv", "df"]})
    assert saved_views("demo") == {
        "Moles": {"diagnosis": ["nv", "df"]},
        "Old men": {"sex": ["male"], "age": ["70-85"]},
    }
    assert saved_views("another/../set") == {}
    delete_view("demo", "Moles")
    assert list(saved_views("demo")) == ["Old men"]


def test_what_is_no_view_is_refused_in_words(artifacts: Path) -> None:
    for name, address, said in (("", {"sex": ["male"]}, "needs a name"), ("All", {}, "Nothing is filtered")):
        with pytest.raises(DataError, match=said):
            save_view("demo", name, address)
    for number in range(MOST_VIEWS):
        save_view("demo", f"view {number}", {"sex": ["male"]})
    with pytest.raises(DataError, match="at most 50"):
        save_view("demo", "one more", {"sex": ["male"]})


def test_a_damaged_file_is_no_views_and_does_not_stop_a_page(artifacts: Path) -> None:
    save_view("demo", "Men", {"sex": ["male"]})
    file = artifacts / "views" / "demo.json"
    for content in ("", "[1]", '{"Men": 3}', '{"Men": {"sex": "male"}}'):
        file.write_text(content)
        assert saved_views("demo") in ({}, {"Men": {}})


def test_a_damaged_file_is_not_written_over(artifacts: Path) -> None:
    save_view("demo", "Men", {"sex": ["male"]})
    file = artifacts / "views" / "demo.json"
    for content in ('{"Men": {"sex": ["ma', "[1]"):
        file.write_text(content)
        with pytest.raises(DataError, match="cannot be read, so nothing was changed"):
            save_view("demo", "Women", {"sex": ["female"]})
        assert file.read_text() == content


def test_whoever_waits_in_vain_for_another_change_is_told(artifacts: Path, monkeypatch) -> None:
    monkeypatch.setattr("core.data.saved_views.LOCK_SECONDS", 0.0)
    save_view("demo", "Men", {"sex": ["male"]})
    with FileLock(artifacts / "views" / "demo.lock"), pytest.raises(DataError, match="Try again"):
        save_view("demo", "Women", {"sex": ["female"]})
    assert list(saved_views("demo")) == ["Men"]
