"""Drift watch: what is counted, that nothing of a picture is kept, and that many processes count at once."""

import json
import multiprocessing
import stat
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import RunError
from core.base.files import read_json
from core.base.processes import main_unknown
from core.data.splits.splits import TRAIN, Split
from core.runs.answers import drift
from core.runs.answers.drift import load_drift, note_answers
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.answers.verdict import Kind, Verdict
from core.runs.run_folder import RunFolder
from core.serving.answer import Answer
from core.serving.gate import GateAnswer
from core.serving.predictor import PredictorInfo

MONDAY = 1_767_571_200.0
"""5 January 2026, the first day of the second week of that year."""
PASSED = GateAnswer(0.9, 0.5, 1.0, 5.0)
REFUSED = replace(PASSED, likeness=0.1)
VERDICT = Verdict(Kind.LOW, (), None, None, None, 0.9, ())


def told(label: str, sure: float, gate: GateAnswer | None = PASSED) -> PictureAnswer:
    return PictureAnswer(Answer(label, {label: sure, "other": 1 - sure}, None, gate=gate), VERDICT, (), None)


def test_answers_are_counted_by_week_and_nothing_of_a_picture_is_kept(trained: RunFolder) -> None:
    note_answers(trained, [told("nv", 0.9), told("mel", 0.7), told("mel", 0.99, REFUSED)], MONDAY)
    note_answers(trained, [told("nv", 0.5, None)], MONDAY + 7 * 86400)
    note_answers(trained, [], MONDAY)
    file = trained.path / "drift.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    table = load_drift(trained).by_week
    assert table["week"].tolist() == ["2026-W02", "2026-W03"]
    first, second = table.to_dict("records")
    assert (first["pictures"], first["looked_at"], first["refused"]) == (3, 3, 1)
    assert first["refused_share"] == pytest.approx(1 / 3)
    assert first["confidence"] == pytest.approx(0.8), "of those that were let pass"
    assert first["confidence_low"] == pytest.approx(0.8 - 1.96 * 0.1 / 2**0.5)
    assert (first["n nv"], first["n mel"]) == (1, 1)
    assert (second["looked_at"], second["n nv"]) == (0, 1)
    assert np.isnan(second["refused_share"])
    weeks = read_json(file)["weeks"]
    assert {key for week in weeks.values() for key in week} == {
        "pictures",
        "looked_at",
        "refused",
        "confidence",
        "squares",
        "classes",
    }


def test_what_is_other_than_expected_is_found_and_what_is_alike_is_not(trained: RunFolder) -> None:
    keys = PredictorInfo.load(trained.predictor_file).class_keys
    expected = load_drift(trained).expected
    assert expected.classes == {
        key: int((Split.load(trained.split_file).part(TRAIN)["label"] == key).sum()) for key in keys
    }
    rng = np.random.default_rng(0)
    labels = rng.choice(
        list(expected.classes), 60, p=np.array(list(expected.classes.values())) / sum(expected.classes.values())
    )
    note_answers(trained, [told(str(key), rng.choice(expected.confidences)) for key in labels], MONDAY)
    assert [each.figure for each in load_drift(trained).changes] == ["confidence", "classes"], "there is no gate yet"
    assert not any(each.more_than_chance for each in load_drift(trained).changes)
    note_answers(trained, [told("vasc", 0.2)] * 60, MONDAY)
    assert all(each.more_than_chance for each in load_drift(trained).changes)


def count_some(path: str) -> None:
    drift.WAIT_SECONDS = 110.0  # on a crowded machine, too, none is to be given up
    for _ in range(40):
        note_answers(RunFolder(Path(path)), [told("nv", 0.5)], MONDAY)


def count_in_three(path: str) -> None:
    """In three processes at once, which are forked: what they need is loaded once."""
    processes = [multiprocessing.get_context("fork").Process(target=count_some, args=(path,)) for _ in range(3)]
    for each in processes:
        each.start()
    for each in processes:
        each.join(120)
    sys.exit(sum(each.exitcode != 0 for each in processes))


def test_many_processes_count_at_once_and_none_is_lost(artifacts: Path) -> None:
    run = artifacts / "runs" / "20260101-000000-cnn-demo-abcdef"
    run.mkdir(parents=True)
    three = multiprocessing.get_context("spawn").Process(target=count_in_three, args=(str(run),))
    with main_unknown():
        three.start()
    three.join(130)
    assert three.exitcode == 0
    [week] = read_json(run / "drift.json")["weeks"].values()
    assert (week["pictures"], week["classes"], week["confidence"]) == (120, {"nv": 120}, 60.0)


def of_week(name: str = "2026-W02", **wrong) -> str:
    sound = {"pictures": 5, "looked_at": 5, "refused": 1, "confidence": 3.2, "squares": 2.7, "classes": {"nv": 4}}
    return json.dumps({"weeks": {name: sound | wrong}})


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", '{"weeks": 5}', of_week(pictures=-1), of_week(refused=6), of_week(looked_at=9),
        of_week(confidence=1e300, squares=1e300), of_week(squares=-1.0), of_week(classes={"nv": 9, "mel": -5}),
        of_week(classes={}), of_week("2026-W99"), of_week("soon"),
    ],
)  # fmt: skip
def test_damage_is_said_and_counting_goes_on(trained: RunFolder, content: str) -> None:
    (trained.path / "drift.json").write_text(content)
    with pytest.raises(RunError, match="starts again"):
        load_drift(trained)
    note_answers(trained, [told("nv", 0.9)], MONDAY)
    assert load_drift(trained).by_week["pictures"].tolist() == [1]


def test_weeks_in_which_nobody_asked_have_their_place_and_those_long_ago_are_not_looked_at(trained: RunFolder) -> None:
    for week in (-40, 0, 3):
        note_answers(trained, [told("nv", 0.9)], MONDAY + week * 7 * 86400)
    table = load_drift(trained).by_week
    assert table["week"].tolist() == ["2026-W02", "2026-W03", "2026-W04", "2026-W05"]
    assert table["pictures"].tolist() == [1, 0, 0, 1]


def test_a_clock_that_was_ahead_hides_nothing_of_what_came_before_and_after(trained: RunFolder) -> None:
    note_answers(trained, [told("nv", 0.9)], MONDAY)
    note_answers(trained, [told("nv", 0.9)] * 3, MONDAY + 80 * 365 * 86400)
    note_answers(trained, [told("mel", 0.9)], MONDAY + 7 * 86400)
    found = load_drift(trained, now=MONDAY + 8 * 86400)
    assert found.by_week["week"].tolist() == ["2026-W02", "2026-W03"]
    assert found.ahead == 3


def test_an_answer_is_not_lost_because_it_cannot_be_counted(artifacts: Path, caplog) -> None:
    gone = RunFolder(artifacts / "runs" / "gone")
    note_answers(gone, [told("nv", 0.9)])
    assert not gone.path.exists(), "a run that was deleted stays so"
    (gone.path / "drift.json").mkdir(parents=True)
    note_answers(gone, [told("nv", 0.9)])
    assert "were not counted" in caplog.text
