"""Many pictures in the background: real jobs on real files, also killed ones."""

import errno
import io
import json
import shutil
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.base.errors import CancelledError, DataError, DiskFullError, RunError
from core.base.files import read_json
from core.base.settings import PROJECT_ROOT
from core.data.images.pictures import decode_square
from core.jobs import Job, JobState, list_jobs
from core.runs.answers import many_jobs
from core.runs.answers.many_jobs import run_predictions_job
from core.runs.answers.reviews import Recognised, list_reviews
from core.runs.judging.caution import save_caution
from core.runs.run_folder import RunFolder
from core.serving import many_pictures
from core.serving.brought import read_brought
from core.serving.many_pictures import (
    KIND,
    MOST_TRIES,
    ManyPictures,
    answers_table,
    begin,
    begin_brought,
    delete,
    go_on,
    list_predictions,
    newest_job,
    read_lines,
    start_answering,
    submission_table,
    whole_lines,
)
from core.serving.predictor import Predictor, PredictorInfo
from tests.alike import long_but


def picture(seed: int) -> bytes:
    content = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).save(content, "JPEG", quality=80)
    return content.getvalue()


@pytest.fixture
def moles(tmp_path: Path) -> Path:
    """A folder of 150 small pictures, one of which is none."""
    folder = tmp_path / "moles"
    (folder / "inner").mkdir(parents=True)
    for number in range(149):
        place = folder / "inner" if number % 3 == 0 else folder
        (place / f"m{number:03d}.jpg").write_bytes(picture(number))
    (folder / "m149.jpg").write_bytes(b"no picture " * 30)
    return folder


def silent(*_: object) -> None:
    pass


def answered(many: ManyPictures) -> dict:
    return run_predictions_job({"prediction": many.prediction_id}, silent, lambda: False)


def ended(job: Job, seconds: float = 120) -> JobState:
    deadline = time.monotonic() + seconds
    while job.status().state.active:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return job.status().state


def wait_for_lines(many: ManyPictures, job: Job) -> None:
    deadline = time.monotonic() + 120
    while not (many.answers_file.is_file() and many.answers_file.stat().st_size):
        assert time.monotonic() < deadline
        assert job.status().state.active, job.log_tail()
        time.sleep(0.02)


def test_every_picture_of_a_folder_is_answered_as_alone_and_what_is_none_is_named(trained: RunFolder, moles) -> None:
    many = begin(trained.run_id, "moles", [str(moles)])
    assert answered(many) == {"pictures": 150, "left_out": {}, "notes": []}
    keys = PredictorInfo.load(trained.predictor_file).class_keys
    table = answers_table(many, keys)
    assert len(table) == 150
    assert table["name"].is_unique
    assert set(table["name"]) == {str(file.relative_to(moles)) for file in moles.rglob("*.jpg")}
    [refused] = table[table["error"] != ""].to_dict("records")
    assert refused["name"] == "m149.jpg"
    assert not many.thumbnail(refused["number"]).exists()
    read = table[table["error"] == ""].reset_index(drop=True)
    squares = np.stack([decode_square((moles / name).read_bytes(), 28) for name in read["name"]])
    expected = Predictor.of_run(trained.path).probabilities(squares)
    np.testing.assert_allclose(read[[f"p {key}" for key in keys]], expected, atol=1e-5)
    assert read["label"].tolist() == [keys[number] for number in expected.argmax(axis=1)]
    with Image.open(many.thumbnail(int(read["number"].iloc[0]))) as thumbnail:
        assert thumbnail.size == (80, 60)
    submission = submission_table(table, ["mel", "bcc"])
    assert list(submission.columns) == ["id", "label"]
    assert len(submission) == 149
    both = read["p mel"] + read["p bcc"]
    np.testing.assert_allclose(submission["label"].astype(float), both, rtol=1e-6)
    assert submission["id"].tolist() == [Path(name).stem for name in read["name"]]


def test_an_archive_a_table_and_what_was_brought_are_answered_alike(trained, moles, tmp_path) -> None:
    keys = PredictorInfo.load(trained.predictor_file).class_keys
    some = sorted(moles.glob("m00*.jpg"))
    archive, listed = tmp_path / "some.zip", moles / "list.csv"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in some:
            packed.write(file, file.name)
    listed.write_text("\n".join(["image", *(file.stem for file in some)]))
    brought = tmp_path / "brought"
    for number, file in enumerate(some):
        (brought / str(number)).mkdir(parents=True)
        shutil.copy(file, brought / str(number) / file.name)
    tables = []
    for many in (
        begin(trained.run_id, "zip", [str(archive)]),
        begin(trained.run_id, "table", [str(listed)]),
        begin_brought(trained.run_id, "drop", brought),
    ):
        answered(many)
        table = answers_table(many, keys).set_index("name").sort_index()
        assert len(table) == len(some)
        tables.append(table.filter(like="p "))
    np.testing.assert_allclose(tables[0], tables[1], atol=1e-6)
    np.testing.assert_allclose(tables[0], tables[2], atol=1e-6)
    assert tables[0].index.tolist() == tables[2].index.tolist() == [file.name for file in some]


def test_a_job_that_is_killed_goes_on_where_it_was(
    trained: RunFolder, moles: Path, request: pytest.FixtureRequest
) -> None:
    for number in range(150, 700):
        (moles / f"m{number}.jpg").write_bytes(picture(number % 50))
    many = begin(trained.run_id, "moles", [str(moles)])
    job = start_answering(many)
    wait_for_lines(many, job)
    process = job.status().process
    assert process is not None
    process.kill_group()
    deadline = time.monotonic() + 60
    while job.status().state.active:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert job.status().state is JobState.LOST
    with many.answers_file.open("ab") as file:
        file.write(b'{"name": "half of a li')  # as a process leaves it that is ended while it writes
    before = many.answers_file.read_bytes()
    before = before[: before.rfind(b"\n") + 1]
    assert 0 < before.count(b"\n") < 700
    request.getfixturevalue("jobs_done_here")  # the second loads TensorFlow no second time
    go_on()
    second = newest_job(many)
    assert second is not None
    assert second.job_id != job.job_id
    assert ended(second) is JobState.FINISHED, second.log_tail()
    content = many.answers_file.read_bytes()
    assert content.startswith(before)
    names = [json.loads(line)["name"] for line in content.splitlines()]
    assert len(names) == len(set(names)) == 700
    go_on()
    assert newest_job(many) == second


def test_what_somebody_stopped_or_what_dies_again_and_again_does_not_go_on_by_itself(trained, moles) -> None:
    many = begin(trained.run_id, "moles", [str(moles)])
    stopped = start_answering(many)
    stopped.cancel()
    assert ended(stopped) is JobState.CANCELLED
    go_on()
    assert newest_job(many) == stopped
    for _ in range(MOST_TRIES):
        job = start_answering(many)
        process = job.status().process
        assert process is not None
        process.kill_group()
        while job.status().state.active:
            time.sleep(0.05)
        go_on()
    assert len(list_jobs(KIND)) <= MOST_TRIES + 2


def test_what_was_answered_before_a_stop_is_kept(trained: RunFolder, moles: Path, monkeypatch) -> None:
    monkeypatch.setattr(many_jobs, "AT_ONCE", 40)
    many = begin(trained.run_id, "moles", [str(moles)])
    seen: list[int] = []
    with pytest.raises(CancelledError):
        run_predictions_job(
            {"prediction": many.prediction_id}, lambda done, *_: seen.append(done), lambda: len(seen) == 2
        )
    assert len(answers_table(many, [])) == 80
    assert answered(many)["pictures"] == 150
    assert len(answers_table(many, [])) == 150


@pytest.mark.parametrize(
    "killed_when",
    long_but(["answers are worked out", "answers are on disk", "answers are counted"], "answers are on disk"),
)
def test_every_picture_counts_once_in_the_drift_watch_and_the_review_queue_wherever_a_job_was_killed(
    trained: RunFolder, moles: Path, monkeypatch: pytest.MonkeyPatch, killed_when: str
) -> None:
    class Killed(BaseException):
        """Nothing of the job's own code runs after it, as after a kill."""

    monkeypatch.setattr(many_jobs, "AT_ONCE", 40)
    monkeypatch.setattr(many_jobs, "MOST_QUEUED", 50)
    save_caution(trained, 0.95, 0.02, queue=True)
    many = begin(trained.run_id, "moles", [str(moles)], keep=True, by="ben@example.org")
    answer, count = many_jobs._answered, many_jobs.note_answers_of_job
    batches: list[int] = []

    def answered_until_killed(*given: Any) -> list[dict[str, Any]]:
        found = answer(*given)
        batches.append(len(found))
        if killed_when == "answers are worked out" and len(batches) == 2:
            raise Killed
        return found

    def counted_until_killed(*given: Any) -> bool:
        if killed_when == "answers are on disk" and len(batches) == 2:
            raise Killed
        done = count(*given)
        if killed_when == "answers are counted" and len(batches) == 2:
            raise Killed
        return done

    monkeypatch.setattr(many_jobs, "_answered", answered_until_killed)
    monkeypatch.setattr(many_jobs, "note_answers_of_job", counted_until_killed)
    with pytest.raises(Killed):
        answered(many)
    monkeypatch.setattr(many_jobs, "_answered", answer)
    monkeypatch.setattr(many_jobs, "note_answers_of_job", count)
    with many.answers_file.open("r+b") as file:  # the disk may lose the end of what was written
        file.truncate(many.answers_file.stat().st_size - 5)
    answered(many)
    [week] = read_json(trained.path / "drift.json")["weeks"].values()
    told = list(read_lines(many.answers_file))
    assert week["pictures"] == sum("error" not in each for each in told) == 149
    assert week["classes"] == Counter(each["label"] for each in told if "error" not in each)
    answered(many)
    assert list(read_json(trained.path / "drift.json")["weeks"].values()) == [week]
    undecided = [each["name"] for each in told if each.get("answer") == "review"]
    assert [each["name"] for each in told if each.get("queued")] == undecided[:50], "the first ones"
    entries = [each.entry for each in list_reviews()]
    assert len(entries) == len({each.picture for each in entries}) == 50 < len(undecided)
    assert {(each.run_id, each.kept, each.by, each.by_itself) for each in entries} == {
        (trained.run_id, True, "ben@example.org", True)
    }
    first = moles / undecided[0]
    seen = read_brought(first, first.name, [28])
    assert Recognised.of(seen, keep=False).digest in {each.picture for each in entries}, "as Predict knows it again"


def test_what_could_not_be_counted_is_counted_with_what_follows(
    trained: RunFolder, moles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_jobs, "AT_ONCE", 40)
    many = begin(trained.run_id, "moles", [str(moles)])
    count, asked = many_jobs.note_answers_of_job, []

    def busy_at_first(*given: Any) -> bool:
        asked.append(given)
        return len(asked) > 2 and count(*given)

    monkeypatch.setattr(many_jobs, "note_answers_of_job", busy_at_first)
    answered(many)
    [week] = read_json(trained.path / "drift.json")["weeks"].values()
    assert week["pictures"] == 149


def test_pictures_that_changed_meanwhile_are_not_mixed_up(trained: RunFolder, moles: Path) -> None:
    many = begin(trained.run_id, "moles", [str(moles)])
    answered(many)
    (moles / "a new one.jpg").write_bytes(picture(1))
    with pytest.raises(DataError, match="have changed since this was started"):
        answered(many)


def test_what_is_not_there_is_said(trained: RunFolder, artifacts: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is nothing at"):
        begin(trained.run_id, "none", [str(tmp_path / "none")])
    with pytest.raises(DataError, match="Name a folder"):
        begin(trained.run_id, "none", [])
    with pytest.raises(DataError, match="No picture has arrived"):
        begin_brought(trained.run_id, "none", tmp_path / "none")
    many = begin("no-such-run", "empty", [str(tmp_path)])
    with pytest.raises(RunError, match="no run no-such-run any more"):
        answered(many)
    assert list_predictions() == [many]
    delete(many)
    assert list_predictions() == []
    with pytest.raises(DataError, match="missing or damaged"):
        answered(many)


@pytest.mark.parametrize("step", ["private_folder", "write_json"])
def test_where_the_disk_is_full_nothing_is_begun(
    artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(many_pictures, step, full)
    with pytest.raises(DiskFullError):
        begin("run", "moles", [str(tmp_path)], b"image,age\n")
    assert list_predictions() == []
    assert not list(many_pictures.predictions_folder().glob("*"))


def test_what_was_dropped_is_predicted_once_if_two_ask_at_once(
    trained: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = tmp_path / "drop" / "0"
    brought.mkdir(parents=True)
    (brought / "a.jpg").write_bytes(picture(0))
    begun = many_pictures._begin

    def begin_as_another_does(*asked: object) -> ManyPictures:
        monkeypatch.setattr(many_pictures, "_begin", begun)
        begin_brought(trained.run_id, "first", brought.parent)
        return begun(*asked)

    monkeypatch.setattr(many_pictures, "_begin", begin_as_another_does)
    with pytest.raises(DataError, match="predicted already"):
        begin_brought(trained.run_id, "second", brought.parent)
    [kept] = list_predictions()
    assert kept.asked().title == "first"
    assert (kept.pictures / "0" / "a.jpg").is_file()


@pytest.mark.parametrize("damaged", [b"\0\0\0\n", b"{}\n", b'{"name": 3}\n', b"[1]\n", b'{"name": "b", "erro\n'])
def test_a_line_that_cannot_be_read_is_said_and_what_follows_it_is_answered_again(
    artifacts: Path, tmp_path: Path, damaged: bytes
) -> None:
    many = begin("run", "moles", [str(tmp_path)])
    first, last = (json.dumps({"name": name, "error": "no picture"}).encode() + b"\n" for name in "ac")
    many.answers_file.write_bytes(first + damaged + last)
    with pytest.raises(DataError, match="answered again"):
        answers_table(many, ["nv"])
    assert whole_lines(many.answers_file) == (["a"], len(first))


def test_an_answer_of_another_form_is_said(artifacts: Path, tmp_path: Path) -> None:
    many = begin("run", "moles", [str(tmp_path)])
    for wrong in ({"probabilities": [1]}, {"probabilities": {"nv": "much"}}, {"set": 5}, {"reasons": [None]}):
        many.answers_file.write_text(json.dumps({"name": "a", "label": "nv"} | wrong) + "\n")
        with pytest.raises(DataError, match="damaged"):
            answers_table(many, ["nv"])


def test_two_pictures_with_one_id_make_no_submission(trained: RunFolder, tmp_path: Path) -> None:
    for name in ("a/x.jpg", "b/x.png"):
        (tmp_path / "twice" / name).parent.mkdir(parents=True)
        (tmp_path / "twice" / name).write_bytes(picture(1))
    many = begin(trained.run_id, "twice", [str(tmp_path / "twice")])
    answered(many)
    with pytest.raises(DataError, match="“x”"):
        submission_table(answers_table(many, ["mel"]), ["mel"])


MEASURE = """
import json, sys
import psutil
from core.runs.answers.many_jobs import run_predictions_job
held = {}
def progress(done, total, what):
    if what == "Predicting pictures":
        held[done] = psutil.Process().memory_info().rss
run_predictions_job({"prediction": sys.argv[1]}, progress, lambda: False)
print(json.dumps(held))
"""


@pytest.mark.long
def test_three_thousand_pictures_take_no_more_memory_than_some_hundred(trained: RunFolder, moles: Path) -> None:
    content = [picture(seed) for seed in range(20)]
    for number in range(150, 3000):
        (moles / f"m{number}.jpg").write_bytes(content[number % 20])
    many = begin(trained.run_id, "moles", [str(moles)])
    command = [sys.executable, "-c", MEASURE, many.prediction_id]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    held = {int(count): size for count, size in json.loads(done.stdout.splitlines()[-1]).items()}
    early = max(size for count, size in held.items() if count <= 640)
    assert max(held.values()) - early < 40_000_000
