"""The review queue keeps what a model said and what a person says of it, and the picture only where that is allowed."""

import errno
import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from core.base.errors import DiskFullError
from core.base.files import read_json, write_json
from core.runs.answers import reviews as queue
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.answers.reviews import (
    Recognised,
    ReviewError,
    agreement_over_time,
    answer_review,
    forget_review,
    list_reviews,
    put_into_queue,
    put_undecided,
    reviews_folder,
)
from core.runs.answers.verdict import Kind, Verdict
from core.runs.run_folder import RunFolder
from core.serving.answer import Answer
from core.serving.brought import BroughtPicture
from core.serving.picture_quality import measure_quality

SAID = {"mel": 0.5, "nv": 0.4, "df": 0.1}
VERDICT = Verdict(Kind.REVIEW, ("Undecided.",), None, 0.5, {0.9: ("mel", "nv")}, 0.9, ())
TOLD = PictureAnswer(Answer("mel", SAID, 0.5), VERDICT, (), None)


@pytest.fixture
def run(artifacts: Path) -> RunFolder:
    return RunFolder(artifacts / "runs" / "20260101-000000-cnn-demo-abcdef")


def picture(seed: int) -> BroughtPicture:
    shown = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    return BroughtPicture("mole.jpg", shown, {}, (), measure_quality(shown))


def test_a_picture_is_kept_only_where_that_is_allowed_and_its_name_never(run: RunFolder) -> None:
    without = put_into_queue(run, TOLD, picture(0), keep=False)
    with_it = put_into_queue(run, TOLD, picture(1), keep=True)
    by_id = {each.review_id: each for each in list_reviews()}
    assert not by_id[without].entry.kept
    assert [file.name for file in (reviews_folder() / without).iterdir()] == ["entry.json"]
    assert by_id[with_it].picture_file.read_bytes()[:2] == b"\xff\xd8"
    assert by_id[with_it].picture_file.stat().st_mode & 0o077 == 0, "it may be of a person"
    assert "mole" not in json.dumps([read_json(file) for file in reviews_folder().rglob("*.json")])


def test_the_same_picture_stands_in_the_queue_once_until_it_is_answered(run: RunFolder) -> None:
    first = put_into_queue(run, TOLD, picture(0), keep=False)
    assert put_into_queue(run, TOLD, picture(0), keep=False) == first
    later = put_into_queue(run, TOLD, picture(0), keep=True)
    assert later != first, "now it is kept"
    assert put_into_queue(run, TOLD, picture(0), keep=False) == later
    answer_review(later, "nv")
    answer_review(first, "nv")
    assert put_into_queue(run, TOLD, picture(0), keep=False) not in (first, later)


def undecided(*seeds: int, keep: bool = False) -> list[tuple[PictureAnswer, Recognised]]:
    return [(TOLD, Recognised.of(picture(seed), keep)) for seed in seeds]


def test_what_goes_there_by_itself_stands_there_once_and_not_again_once_a_person_has_answered(run: RunFolder) -> None:
    assert put_undecided(run, undecided(0, 1, 0)) == [True, True, True]
    assert len(list_reviews()) == 2
    assert put_undecided(run, undecided(0, keep=True)) == [True]
    kept = [each for each in list_reviews() if each.entry.kept]
    assert (len(kept), len(list_reviews())) == (1, 2), "in the place of the one without the picture"
    assert put_into_queue(run, TOLD, picture(0), keep=True) == kept[0].review_id, "as on Predict"
    answer_review(kept[0].review_id, "nv")
    assert put_undecided(run, undecided(0)) == [True]
    assert len(list_reviews()) == 2
    assert put_undecided(run, []) == []


def test_a_program_that_sends_thousands_leaves_room_for_people_and_loses_no_answer(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_BY_THEMSELVES", 3)
    assert put_undecided(run, undecided(*range(5))) == [True, True, True, False, False]
    assert put_undecided(run, undecided(0, 7)) == [True, False]
    put_into_queue(run, TOLD, picture(8), keep=False)
    assert len(list_reviews()) == 4
    answer_review(next(each.review_id for each in list_reviews() if each.entry.by_itself), "nv")
    assert put_undecided(run, undecided(7)) == [True]
    monkeypatch.setattr(queue, "SHORT_SECONDS", 0.0)
    with FileLock(reviews_folder() / "queue.lock"):
        assert put_undecided(run, undecided(9)) == [False], "others keep it busy"


def test_a_person_s_answer_is_kept_beside_the_model_s_and_can_be_changed(run: RunFolder) -> None:
    review_id = put_into_queue(run, TOLD, picture(0), keep=True, note="It is skin.", by="ben@example.org")
    answer_review(review_id, "nv", "globular", "anna@example.org")
    [review] = list_reviews()
    assert (review.entry.label, review.entry.set, review.entry.score) == ("mel", ("mel", "nv"), 0.5)
    assert (review.entry.note, review.entry.by) == ("It is skin.", "ben@example.org")
    assert review.answer is not None
    assert (review.answer.label, review.answer.note, review.answer.by) == ("nv", "globular", "anna@example.org")
    answer_review(review_id, "")
    assert list_reviews()[0].answer.label == ""
    with pytest.raises(ReviewError, match="does not know that class"):
        answer_review(review_id, "scc")
    forget_review(review_id)
    assert list_reviews() == []
    with pytest.raises(ReviewError, match="not in the queue any more"):
        answer_review(review_id, "nv")


@pytest.mark.parametrize("hostile", ["../runs", "/etc", "", ".."])
def test_an_id_that_leads_elsewhere_is_no_entry(hostile: str, run: RunFolder, artifacts: Path) -> None:
    put_into_queue(run, TOLD, picture(0), keep=True)
    (artifacts / "runs" / "some").mkdir(parents=True)
    with pytest.raises(ReviewError):
        answer_review(hostile, "mel")
    assert (artifacts / "runs" / "some").is_dir()


def test_damaged_entries_are_left_out_and_hide_no_other_and_a_damaged_answer_is_asked_for_again(
    run: RunFolder,
) -> None:
    ids = [put_into_queue(run, TOLD, picture(seed), keep=False) for seed in range(4)]
    whole = read_json(reviews_folder() / ids[0] / "entry.json")
    write_json(reviews_folder() / ids[0] / "entry.json", {**whole, "label": "unheard of"})
    (reviews_folder() / ids[1] / "entry.json").write_text("{")
    write_json(reviews_folder() / ids[2] / "answer.json", {"label": 3})
    assert [(each.review_id, each.answer) for each in list_reviews()] == [(ids[3], None), (ids[2], None)]
    answer_review(ids[2], "nv")
    assert list_reviews()[1].answer is not None


def test_a_queue_that_others_keep_busy_and_a_full_disk_are_said(run: RunFolder, monkeypatch) -> None:
    monkeypatch.setattr(queue, "LOCK_SECONDS", 0.0)
    reviews_folder().mkdir(parents=True)
    with FileLock(reviews_folder() / "queue.lock"), pytest.raises(ReviewError, match="Try again in a minute"):
        put_into_queue(run, TOLD, picture(0), keep=False)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(queue, "locked", full)
    with pytest.raises(DiskFullError):
        put_into_queue(run, TOLD, picture(0), keep=False)


def test_a_full_queue_gives_up_what_was_answered_and_else_says_so(run: RunFolder, monkeypatch) -> None:
    monkeypatch.setattr(queue, "MOST_ENTRIES", 3)
    ids = [put_into_queue(run, TOLD, picture(seed), keep=False) for seed in range(3)]
    with pytest.raises(ReviewError, match="full: 3 pictures wait"):
        put_into_queue(run, TOLD, picture(9), keep=False)
    answer_review(ids[1], "mel")
    put_into_queue(run, TOLD, picture(9), keep=False)
    assert {each.review_id for each in list_reviews()} >= {ids[0], ids[2]}
    assert not (reviews_folder() / ids[1]).exists()


def test_agreement_is_counted_by_week(run: RunFolder, monkeypatch) -> None:
    days = [(2026, 1, 5, "mel"), (2026, 1, 11, "nv"), (2026, 1, 12, "mel"), (2026, 1, 13, "mel")]
    for seed, (*day, label) in enumerate(days):
        review_id = put_into_queue(run, TOLD, picture(seed), keep=False)
        noon = datetime(*day, 12, tzinfo=UTC).timestamp()
        monkeypatch.setattr(queue.time, "time", partial(float, noon))
        answer_review(review_id, label)
    put_into_queue(run, TOLD, picture(99), keep=False)
    found = agreement_over_time(list_reviews())
    assert found["week"].tolist() == ["2026-W02", "2026-W03"]
    assert found[["answered", "agreed"]].to_numpy().tolist() == [[2, 1], [2, 2]]
    assert ((found["low"] <= found["agreement"]) & (found["agreement"] <= found["high"])).all()
    assert agreement_over_time([]).empty
