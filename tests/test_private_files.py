"""What is kept of people, over a whole journey: others on the machine read no answers, names, logs or predictions."""

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.__main__ import main
from core.evaluation.predictions import load_predictions
from core.runs.answers.answering import Answering
from core.runs.answers.reviews import answer_review, list_reviews, put_into_queue
from core.runs.run_folder import RunFolder
from core.serving.brought import read_brought
from core.serving.many_pictures import begin, start_answering
from core.teaching.quiz import class_answers
from core.teaching.quiz.class_session import open_session
from core.teaching.quiz.kept_results import keep_result
from core.teaching.quiz.quiz import SIZES, SeriesSettings

FOR_ALL = (
    "data/*",  # the demo
    "cache/*",  # what is computed from data sets, which have their own permissions
    "*.lock",
    "*/lock",
    "runs/*/status.json",
    "runs/*/recipe.json",
    "runs/*/training.json",
    "runs/*/split.parquet",
    "runs/*/leakage.json",
    "runs/*/watched.json",
    "runs/*/predictor.json",
    "runs/*/calibration.json",
    "runs/*/system.jsonl",
    "runs/*/card.md",
    "runs/*/model.keras",
    "runs/*/checkpoints/*",
    "runs/*/tensorboard/*",
)
"""Files that hold no answers, names, logs or predictions; whatever is not here is its owner's alone."""


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def read_by_others(folder: Path) -> Iterator[Path]:
    """Files below a folder that others may read, and can reach."""
    for entry in folder.iterdir():
        mode = entry.lstat().st_mode
        if stat.S_ISDIR(mode) and mode & 0o011:
            yield from read_by_others(entry)
        elif stat.S_ISREG(mode) and mode & 0o044:
            yield entry


def test_nobody_else_reads_what_a_run_a_prediction_a_quiz_a_review_and_a_failing_command_leave(
    trained: RunFolder, artifacts: Path, tmp_path: Path, jobs_done_here, loaded_once, monkeypatch
) -> None:
    picture = tmp_path / "mole of Anna.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)).save(picture)
    logs = artifacts / "logs"
    logs.mkdir()
    (logs / "commands.log").write_text("as an older version has left it\n")

    out = artifacts / "out"
    asked = ["--csv", str(out / "p.csv"), "--explain", "hirescam", "--out", str(out / "maps")]
    assert main(["predict", trained.run_id, str(picture), *asked]) == 0
    start_answering(begin(trained.run_id, "moles", [str(picture)]))

    table = load_predictions(trained.predictions_file)
    settings = SeriesSettings(trained.run_id)
    ids, keys = table["image_id"].tolist()[: SIZES[0]], sorted(set(table["true"]))
    session = open_session(settings, ids, keys)
    person = class_answers.join(session.session_id).participant_id
    for position in range(len(ids)):
        class_answers.answer(session.session_id, person, position, keys[0])
    class_answers.finish(session.session_id, person)
    keep_result(settings, ids, [keys[0]] * len(ids), "Anna")

    brought = read_brought(picture, picture.name, [28])
    answering = Answering(trained)
    put_into_queue(trained, answering.of_many([brought], [None])[0], brought, keep=True, by="a@clinic.example")
    answer_review(list_reviews()[0].review_id, keys[0], "Anna's", "b@clinic.example")

    monkeypatch.setattr(Answering, "of_many", lambda *_: 1 / 0)
    assert main(["predict", trained.run_id, str(picture)]) == 1

    left = {str(each.relative_to(artifacts)) for each in artifacts.rglob("*") if each.is_file()}
    for kind in (
        "runs/*/metrics.jsonl", "runs/*/log.txt", "runs/*/predictions.parquet", "runs/*/drift.json", "jobs/*/log.txt",
        "logs/commands.log", "predictions/*", "lessons/quiz/*", "reviews/*/answer.json", "reviews/*/picture.jpg",
        "out/p.csv", "out/maps/*",
    ):  # fmt: skip
        assert any(fnmatch(each, kind) for each in left), f"this journey leaves no {kind}"
    open_to_all = {str(each.relative_to(artifacts)) for each in read_by_others(artifacts)}
    assert sorted(each for each in open_to_all if not any(fnmatch(each, kind) for kind in FOR_ALL)) == []
