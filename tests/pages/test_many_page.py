"""Predict many: started from a path or a drop, looked through with filters, taken away as tables."""

import io
import json
import re
import time
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.base.errors import JobError
from core.base.files import read_json, write_json
from core.data.catalog import open_dataset
from core.jobs import JobState
from core.runs.answers.many_jobs import run_predictions_job
from core.serving.many_pictures import ManyPictures, begin, list_predictions, newest_job
from tests import web

PAGE = "39_many.py"


@pytest.fixture
def folder(trained, tmp_path: Path) -> Path:
    """Sixty pictures of the demo and a text."""
    place = tmp_path / "clinic"
    place.mkdir()
    for path in open_dataset("demo").table["path"].head(60):
        (place / Path(path).name).symlink_to(path)
    (place / "broken.jpg").write_bytes(b"no picture " * 30)
    return place


@pytest.fixture
def answered(trained, folder: Path) -> ManyPictures:
    many = begin(trained.run_id, "clinic", [str(folder)])
    run_predictions_job({"prediction": many.prediction_id}, lambda *_: None, lambda: False)
    return many


def wait(many: ManyPictures) -> None:
    deadline = time.monotonic() + 400
    while (job := newest_job(many)) is None or job.status().state.active:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert job.status().state is JobState.FINISHED, job.log_tail()


def rows(test: AppTest) -> pd.DataFrame:
    return test.dataframe[0].value


def test_a_folder_is_predicted_from_the_page(trained, folder: Path, open_page, jobs_done_here) -> None:
    test = open_page(PAGE)
    test.segmented_control(key="many-source").select("On this machine").run()
    test.text_input(key="many-path").input(str(folder)).run()
    next(each for each in test.button if each.label == "Predict them").click().run()
    assert not test.exception
    [many] = list_predictions()
    wait(many)
    shown = open_page(PAGE)
    assert {each.label: each.value for each in shown.metric}["Could not be read"] == "1"
    assert len(rows(shown)) == 50


def test_filters_choose_rows_and_files_hold_everything(answered: ManyPictures, trained, open_page, pressed) -> None:
    test = open_page(PAGE)
    table = rows(test)
    assert table["malignant"].is_monotonic_decreasing
    assert table["picture"].str.startswith("data:image/jpeg").all()
    test.text_input(key="many-name").input("BROKEN").run()
    assert rows(test)["name"].tolist() == ["broken.jpg"]
    test.text_input(key="many-name").input("no such name").run()
    assert any("Remove a filter" in each.value for each in test.info)
    everything = pd.read_csv(io.BytesIO(pressed["predictions.csv"]()))
    assert len(everything) == 61
    read = everything[everything["error"].isna()]
    assert read[["akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"]].sum(axis=1).between(0.999, 1.001).all()
    submission = pd.read_csv(io.BytesIO(pressed["submission.csv"]()))
    assert list(submission.columns) == ["id", "label"]
    assert submission["label"].to_numpy() == pytest.approx(read["malignant"].to_numpy(), abs=1e-6)


def test_classes_may_be_called_anything(answered: ManyPictures, trained, open_page, pressed) -> None:
    names = {"mel": "Class 1", "nv": "set", "bcc": "collecting duct, connecting tubule", "df": "label"}
    info = read_json(trained.predictor_file)
    classes = [each | {"key": names.get(each["key"], each["key"])} for each in info["classes"]]
    lines = [json.loads(line) for line in answered.answers_file.read_text().splitlines()]
    for line in lines:
        if "label" in line:
            line["probabilities"] = {names.get(key, key): said for key, said in line["probabilities"].items()}
            line["label"] = names.get(line["label"], line["label"])
            line["set"] = ["Class 1", "set", "collecting duct, connecting tubule"]
    answered.answers_file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    write_json(trained.predictor_file, info | {"classes": classes})
    test = open_page(PAGE)
    assert not test.exception
    test.multiselect(key="many-possible").set_value(["collecting duct, connecting tubule"]).run()
    assert not test.exception
    assert len(rows(test)) == 50
    everything = pd.read_csv(io.BytesIO(pressed["predictions.csv"]()))
    assert set(everything["set"].dropna()) == {"Class 1; set; collecting duct, connecting tubule"}
    given = [*(names.get(key, key) for key in ("akiec", "bcc", "bkl", "mel", "vasc")), "p set", "p label"]
    assert everything[given].sum(axis=1)[everything["error"].isna()].between(0.999, 1.001).all()


def test_answer_set_and_threshold_stand_in_the_table_can_be_filtered_and_are_in_the_file(
    answered: ManyPictures, open_page, pressed
) -> None:
    lines = [json.loads(line) for line in answered.answers_file.read_text().splitlines()]
    kinds = ["high", "low", "review", "refused"]
    for n, line in enumerate(each for each in lines if "label" in each):
        kind = kinds[n % 4]
        line |= {"answer": kind, "set": ["mel", "nv"] if n % 3 else ["vasc"], "reasons": ["Because."] * (kind > "r")}
        line["always_in_set"] = ["nv"]
        line["gate"] = {"passed": kind != "refused", "reason": None}
    answered.answers_file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    test = open_page(PAGE)
    assert {each.label: each.value for each in test.metric}["refused"] == "15"
    test.multiselect(key="many-answers").set_value(["refused"]).run()
    table = rows(test)
    assert set(table["answer"]) == {"refused"}
    assert len(table) == 15
    assert not {"probability", "malignant"} & {name for name in table if table[name].notna().any()}, "no percentages"
    test.multiselect(key="many-answers").set_value(["high", "review"]).run()
    test.multiselect(key="many-possible").set_value(["mel"]).run()
    table = rows(test)
    assert set(table["answer"]) == {"high", "for a person"}
    assert set(table["possible"]) == {"melanoma, nevus"} or table["possible"].str.contains("elanoma").all()
    assert (table["high from"] == 50).all()  # in percent
    everything = pd.read_csv(io.BytesIO(pressed["predictions.csv"]()))
    assert everything["answer"].value_counts().to_dict() == dict.fromkeys(kinds, 15)
    assert set(everything["set"].dropna()) == {"mel; nv", "vasc"}
    assert set(everything["always in set"].dropna()) == {"nv"}
    always = "Always in the set, because there were too few lesions to tell: melanocytic nevus."
    assert any(each.value.endswith(always) for each in test.caption)
    assert set(everything["gate"].dropna()) == {"passed", "refused"}
    assert (everything["threshold"].dropna() == 0.5).all()
    refused = everything[everything["answer"] == "refused"]
    assert refused["nv"].notna().all(), "the file has all probabilities"


def test_a_table_of_the_persons_is_asked_for_only_where_the_model_takes_it(
    ages, tmp_path: Path, open_page, jobs_done_here
) -> None:
    pictures = tmp_path / "clinic"
    pictures.mkdir()
    names = []
    for path in open_dataset("ham10000").table["path"].head(2):
        names.append(Path(path).name)
        (pictures / names[-1]).symlink_to(path)
    test = open_page(PAGE)
    test.segmented_control(key="many-source").select("On this machine").run()
    test.text_input(key="many-path").input(str(pictures)).run()
    [field] = [each for each in test.get("file_uploader") if each.label.startswith("Table with age")]
    field.set_value(("who.csv", f"image,age\n{names[0]},20\n{names[1]},80\n".encode(), "text/csv")).run()
    next(each for each in test.button if each.label == "Predict them").click().run()
    assert not test.exception
    [many] = list_predictions()
    wait(many)
    said = {line["name"]: line["label"] for line in map(json.loads, many.answers_file.read_text().splitlines())}
    assert said == {names[0]: "nv", names[1]: "mel"}


def test_the_slider_leaves_out_what_is_less_malignant(answered: ManyPictures, open_page) -> None:
    lines = [json.loads(line) for line in answered.answers_file.read_text().splitlines()]
    spread = [{**line, "malignant": n / 100} if "label" in line else line for n, line in enumerate(lines)]
    answered.answers_file.write_text("".join(f"{json.dumps(line)}\n" for line in spread))
    test = open_page(PAGE)
    test.slider(key="many-least").set_value(0.5).run()
    expected = [line["name"] for line in reversed(spread) if line.get("malignant", 0) >= 0.5]
    assert 0 < len(expected) < 12
    assert rows(test)["name"].tolist() == expected


@pytest.mark.parametrize("path", ["/nowhere/at/all", "relative", "\x00", "~", "x" * 5000], ids=lambda path: path[:10])
def test_a_path_that_is_not_there_is_said_on_the_page(path: str, trained, open_page) -> None:
    test = open_page(PAGE)
    test.segmented_control(key="many-source").select("On this machine").run()
    test.text_input(key="many-path").input(path).run()
    next(each for each in test.button if each.label == "Predict them").click().run()
    assert not test.exception
    assert any("There is nothing at" in each.value for each in test.error)
    assert list_predictions() == []


def test_a_prediction_is_deleted_with_all_that_belongs_to_it(answered: ManyPictures, open_page) -> None:
    test = open_page(PAGE)
    next(each for each in test.button if each.label == "Delete it").click().run()
    assert not test.exception
    assert not answered.path.exists()


def test_a_run_that_is_gone_and_a_damaged_prediction_are_said(answered: ManyPictures, trained, open_page) -> None:
    (answered.path / "asked.json").write_text("{")
    test = open_page(PAGE)
    assert not test.exception
    assert any("damaged" in each.value for each in test.error)


def test_damaged_answers_are_said_and_go_on_from_there_or_the_page_says_why_not(
    answered: ManyPictures, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answered.answers_file.open("ab") as file:
        file.write(b"\0\0\n")

    def refused(_: ManyPictures) -> None:
        raise JobError("No more jobs.")

    monkeypatch.setattr("core.serving.many_pictures.start_answering", refused)
    test = open_page(PAGE)
    assert not test.exception
    assert any("What was answered is damaged" in each.value for each in test.error)
    test = next(each for each in test.button if each.label == "Go on").click().run()
    assert not test.exception
    assert any("No more jobs." in each.value for each in test.error)


def test_viewers_see_no_pictures_of_others(answered: ManyPictures, as_viewer, open_page) -> None:
    as_viewer()
    test = open_page(PAGE)
    assert not test.dataframe
    assert not [each for each in test.button if each.label == "Predict them"]
    assert any("Only instructors" in each.value for each in test.info)


def test_files_arrive_by_name_within_limits_and_of_instructors_alone(trained, start_server, artifacts: Path) -> None:
    server = start_server()
    drop = f"{server.url}/api/drops/{'a' * 32}"

    def put(address: str, content: bytes = b"x", **headers: str) -> int:
        return web.put(address, content=content, headers=headers, timeout=60).status_code

    assert put(f"{drop}/0?name=..%2F..%2Fmole.jpg") == 204
    assert put(f"{drop}/1") == 204
    arrived = artifacts / "drops" / ("a" * 32)
    assert sorted(str(file.relative_to(arrived)) for file in arrived.glob("*/*")) == ["0/mole.jpg", "1/file"]
    assert put(f"{drop}/2?name=a.jpg", bytes(21 * 1024**2)) == 413
    assert put(f"{drop}/2?name=a.zip", bytes(21 * 1024**2)) == 204
    for wrong in (f"{drop}/x", f"{drop}/20000", f"{drop}/../../../etc/1", f"{server.url}/api/drops/b/1"):
        assert put(wrong) in (400, 404, 405), wrong
    assert put(f"{drop}/3", **{"X-Forwarded-For": "127.0.0.1"}) == 403
    assert put(f"{drop}/3", Origin="http://evil.example") == 403
    assert not (arrived / "3").exists()


@pytest.mark.browser
@pytest.mark.timeout(1200)
def test_a_drop_of_many_files_arrives_from_a_browser(trained, folder: Path, start_server, visitors) -> None:
    """They are chosen before the script that sends them has come, as on a slow network."""
    page, waiting = visitors(viewport={"width": 1440, "height": 900}), []
    page.route("**/drop/drop.js*", lambda route: waiting.append(route))
    page.goto(f"{start_server().url}/many")
    page.locator("input[type=file]").first.set_input_files([str(file.resolve()) for file in sorted(folder.iterdir())])
    while not waiting:
        page.wait_for_timeout(20)
    waiting.pop().continue_()
    page.get_by_text("61 files arrived").wait_for()
    page.get_by_role("button", name="Predict them").wait_for()


@pytest.mark.browser
@pytest.mark.timeout(1200)
@pytest.mark.long  # arriving is tested above, and predicting what has arrived without a browser
def test_a_drop_of_many_files_in_a_browser(trained, folder: Path, start_server, visitors) -> None:
    server = start_server(options=("--server.baseUrlPath", "lab"), path="/lab")
    page = visitors(viewport={"width": 1440, "height": 900})
    page.goto(f"{server.url}/lab/many")
    files = [str(file.resolve()) if file.is_symlink() else str(file) for file in sorted(folder.iterdir())]
    page.locator("input[type=file]").first.set_input_files(files)
    page.get_by_text("61 files arrived").wait_for()
    page.get_by_role("button", name="Predict them").click()
    page.get_by_text("Predicting what was dropped: done.").wait_for()
    page.get_by_text(re.compile("submission.csv")).first.wait_for()
    [many] = list_predictions()
    assert len(many.answers_file.read_text().splitlines()) == 61
    page.get_by_text("Drop pictures, folders or a zip here").wait_for()
    assert page.get_by_text("files arrived").count() == 0
