"""Labels are what people write about a run: nobody's change is lost, and damage hides no run."""

import threading

import pytest

from core.base.errors import RunError
from core.base.files import write_json
from core.runs.labels import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, Labels, change_labels, read_labels


def test_a_run_nobody_wrote_about_has_no_labels(queue) -> None:
    assert read_labels(queue()) == Labels()


def test_each_change_leaves_the_others_as_they_were(queue) -> None:
    run = queue()
    change_labels(run, star=True)
    change_labels(run, tags=["for class", "baseline", "  for   class ", " "])
    change_labels(run, note="Look at melanoma.")
    assert read_labels(run) == Labels(True, ("baseline", "for class"), "Look at melanoma.")
    change_labels(run, star=False)
    assert read_labels(run) == Labels(False, ("baseline", "for class"), "Look at melanoma.")


def test_changes_made_at_the_same_time_are_all_kept(queue) -> None:
    run = queue()
    changes = [{"star": True}, {"tags": ["together"]}, {"note": "written at once"}]
    threads = [threading.Thread(target=change_labels, args=(run,), kwargs=change) for change in changes * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_labels(run) == Labels(True, ("together",), "written at once")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"star": true}', '{"star": 1, "tags": 3, "note": ""}'])
def test_damaged_labels_are_none(content: str, queue) -> None:
    run = queue()
    (run.path / "labels.json").write_text(content)
    assert read_labels(run) == Labels()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"note": "x" * (LONGEST_NOTE + 1)}, "at most 2,000 characters"),
        ({"tags": ["x" * (LONGEST_TAG + 1)]}, "at most 30 characters"),
        ({"tags": [str(number) for number in range(MOST_TAGS + 1)]}, "at most 12 tags"),
    ],
)
def test_what_is_too_long_is_refused_and_changes_nothing(change: dict, says: str, queue) -> None:
    run = queue()
    change_labels(run, note="kept")
    with pytest.raises(RunError, match=says):
        change_labels(run, **change)
    assert read_labels(run) == Labels(note="kept")


def test_a_run_has_a_name_in_one_line_and_labels_of_older_versions_have_none(queue) -> None:
    run = queue()
    write_json(run.path / "labels.json", {"star": True, "tags": ["week 3"], "note": "as it was"})
    assert read_labels(run) == Labels(True, ("week 3",), "as it was")
    change_labels(run, name="  My first \n network ")
    assert read_labels(run) == Labels(True, ("week 3",), "as it was", "My first network")
    with pytest.raises(RunError, match="at most 60 characters"):
        change_labels(run, name="x" * 61)
