"""How far to trust a prediction: refused, undecided, sets, and what an instructor sets, on the page Predict."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.base.percents import percent
from core.data.catalog import open_dataset
from core.data.demo.demo import DEMO_SPEC
from core.data.splits.splits import TEST, Split
from core.evaluation.predictions import load_predictions, predicted_labels, save_predictions
from core.evaluation.predictions import probabilities as probabilities_of
from core.evaluation.subgroups import age_bands
from core.runs.answers.drift import load_drift
from core.runs.answers.reviews import answer_review, list_reviews
from core.runs.answers.verdict import always_in_words
from core.runs.judging.caution import load_caution, save_caution
from core.runs.judging.class_sensitivity import class_sensitivities
from core.runs.judging.trust import load_trust
from core.runs.run_folder import RunFolder
from core.serving.gate import LeftOut, PassRate, gate_folder, open_gate
from core.serving.predictor import PredictorInfo
from core.serving.printing import WITHOUT_LIBRARIES, PrintingError
from dashboard.charts.cropping import crop_chart, crop_of
from tests.pages.test_predict_page import GOOD_JPEG, PAGE, encoded, probabilities, upload

TEXT = encoded(Image.fromarray(np.indices((90, 90)).sum(axis=0).astype(np.uint8) % 9 // 8 * 255).convert("RGB"), "PNG")


@pytest.fixture
def with_gate(trained: RunFolder, gate_root: Path) -> RunFolder:
    shutil.copytree(gate_folder("demo", gate_root), gate_folder("demo"))
    return trained


def picture_of(run: RunFolder, label: str) -> bytes:
    """A test picture of a class."""
    rows = Split.load(run.split_file).part(TEST)
    image_id = rows[rows["label"] == label]["image_id"].iloc[0]
    return Path(open_dataset("demo").table.set_index("image_id").at[image_id, "path"]).read_bytes()


def texts(test: AppTest) -> str:
    return " ".join(each.value for each in [*test.markdown, *test.header, *test.caption, *test.warning, *test.info])


def pressed(test: AppTest, label: str) -> AppTest:
    [button] = [each for each in test.button if each.label == label]
    return button.click().run()


@pytest.mark.slow
def test_another_kind_of_picture_gets_no_percentage_until_a_person_says_why_it_should(
    with_gate: RunFolder, open_page
) -> None:
    test = upload(open_page(PAGE), TEXT, "screen.png")
    assert "I don't know this kind of picture" in texts(test)
    assert "not of the kind that the model has learnt from" in texts(test)
    assert not test.metric
    assert not list(test.get("plotly_chart"))
    test = pressed(test, "Answer anyway")
    assert test.error[0].value.startswith("Say why")
    [note] = [each for each in test.text_input if each.label.startswith("Why the check is wrong")]
    note.set_value("It is <b>skin</b>.")
    test = pressed(test, "Answer anyway")
    assert probabilities(test)
    assert any("overruled it" in each.value and r"\<b>skin\</b>" in each.value for each in test.warning)
    [review] = list_reviews()
    assert (review.entry.note, review.entry.kind, review.entry.kept) == ("It is <b>skin</b>.", "refused", False)
    other = upload(test, encoded(Image.new("RGB", (80, 80), "lime"), "PNG"), "green.png")
    assert "I don't know this kind of picture" in texts(other), "only that one picture was overruled"
    assert not other.exception


@pytest.mark.slow
def test_a_picture_of_the_kind_is_answered_and_how_the_check_does_is_shown(with_gate: RunFolder, open_page) -> None:
    test = upload(open_page(PAGE), picture_of(with_gate, "nv"))
    assert probabilities(test)
    assert "I don't know" not in texts(test)
    assert "It cannot see an unknown diagnosis" in texts(test)
    whole = open_gate(gate_folder("demo")).rates[0]
    assert f"**{percent(whole.passed / whole.pictures)}** passed" in texts(test)
    assert not test.exception
    assert not test.error


def how_the_gate_does(rates: tuple, left_out: tuple) -> None:
    """What Predict says of a gate with these rates, and nothing around it."""
    from types import SimpleNamespace
    from unittest.mock import patch

    from core.data.demo.demo import DEMO_SPEC
    from dashboard.widgets.pictures import gate_view

    info = SimpleNamespace(dataset="demo", classes=DEMO_SPEC.classes)
    shown = SimpleNamespace(title="The demo", rates=rates, left_out=left_out)
    with patch.object(gate_view, "open_gate", lambda _: shown):
        gate_view.gate_details(info)


def test_how_many_pass_is_shown_by_class_and_source() -> None:
    rates = (
        PassRate("", "", 200, 196),
        PassRate("label", "mel", 40, 38),
        PassRate("label", "nv", 160, 158),
        PassRate("source", "molemax", 120, 120),
        PassRate("source", "rosendahl", 80, 76),
    )
    left_out = (LeftOut("mel", 40, 36, 0.613), LeftOut("nv", 200, 196, 0.507))
    test = AppTest.from_function(how_the_gate_does, args=(rates, left_out), default_timeout=120).run()
    assert not test.exception
    assert "With each of 2 diagnoses of The demo left out in turn" in texts(test)
    assert "AUC of 0.51 to 0.61 (0.5 is chance), and 90–98\u00a0% of them passed." in texts(test)
    assert "Of 200 pictures of The demo that the check had not seen, **98.0\u00a0%** passed." in texts(test)
    [table] = [each.value for each in test.dataframe]
    assert table["pictures of"].tolist() == ["all", "melanoma", "melanocytic nevus", "molemax", "rosendahl"]
    assert table["by"].tolist() == ["", "class", "class", "source", "source"]
    assert table["pictures"].tolist() == [200, 40, 160, 120, 80]
    assert table["passed"].tolist() == pytest.approx([0.98, 0.95, 0.9875, 1, 0.95])
    unknown = AppTest.from_function(how_the_gate_does, args=(rates, ()), default_timeout=120).run()
    assert "It cannot see an unknown diagnosis" in texts(unknown)
    assert "AUC" not in texts(unknown), "of a check of an earlier version nobody knows it"


def test_what_is_amiss_with_a_picture_is_said_without_a_check_too(trained: RunFolder, open_page) -> None:
    test = upload(open_page(PAGE), encoded(Image.new("RGB", (80, 80), (60, 30, 20)), "PNG"), "dark.png")
    assert not any("sharp and bright" in each.value for each in test.caption)
    said = [each.value for each in test.warning]
    assert any(each.startswith("The picture is too dark") and "HAM10000" in each for each in said)


def test_without_a_check_that_is_said_and_only_instructors_can_have_it_made(trained, open_page, as_viewer) -> None:
    test = open_page(PAGE)
    assert any(each.value.startswith("Nobody can tell yet whether a picture is of the kind") for each in test.info)
    as_viewer()
    [button] = [each for each in open_page(PAGE).button if each.label == "Look at them"]
    assert button.disabled


def the_notice(dataset: str) -> None:
    """What Predict says of the gate of a data set, and nothing around it."""
    from types import SimpleNamespace

    from dashboard.widgets.pictures.gate_view import gate_notice

    gate_notice(SimpleNamespace(dataset=dataset, dataset_title=dataset))


def test_a_check_that_cannot_be_made_is_not_offered(moles_root: Path, artifacts: Path, monkeypatch) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(moles_root))
    test = AppTest.from_function(the_notice, args=("moles",)).run()
    assert not test.exception
    [said] = test.info
    assert said.value.startswith("Nobody can tell whether a picture is of the kind that this model knows. At least 300")
    assert said.value.endswith("So any picture gets an answer.")
    assert not test.button
    assert not test.error


def test_how_many_of_100_such_answers_are_right_is_what_was_counted(trained: RunFolder, open_page) -> None:
    test = upload(open_page(PAGE), GOOD_JPEG)
    sure = max(probabilities(test).values())
    such = load_trust(trained).such_answers(sure)
    assert such is not None
    assert such.sentence in texts(test)
    answered = max(probabilities(test), key=probabilities(test).get)
    [of_class] = [each for each in class_sensitivities(trained).values() if each.name == answered]
    assert of_class.sentence in texts(test), "how many of that class it finds"
    keys = PredictorInfo.load(trained.predictor_file).class_keys
    table = load_predictions(trained.evaluation / "predictions.parquet")
    fractions, right = probabilities_of(table, keys), predicted_labels(table, keys) == table["true"]
    fractions[right] = np.roll(fractions[right], 1, axis=1)
    table[[f"p_{key}" for key in keys]] = fractions
    save_predictions(trained.evaluation / "predictions.parquet", table)
    assert "Of 100 such answers 0 to " in texts(test.run())


def test_the_sets_stand_on_the_page_and_how_often_they_are_right_beside_the_promise(trained, open_page) -> None:
    test = upload(open_page(PAGE), GOOD_JPEG)
    for level in ("80\u00a0%", "90\u00a0%", "95\u00a0%"):
        assert f"right in {level} of cases" in texts(test)
    sets, names = load_trust(trained).sets, DEMO_SPEC.class_names
    for level in (0.9, 0.95):
        assert always_in_words(sets.always(level), names, level) in texts(test), "the demo has few of most classes"
    assert always_in_words(sets.always(load_caution(trained).level), names) in texts(test), "and beside the coverage"
    [by] = [each for each in test.selectbox if each.label == "Grouped by"]
    bands: dict[str, set[str]] = {}
    for column in by.options:
        test = by.set_value(column).run()
        [table] = [each.value for each in test.dataframe if "holds the true class" in each.value]
        assert table[column].iloc[0] == "all"
        assert table["holds the true class"].between(0, 1).all()
        assert (table["low"] <= table["high"]).all()
        [by] = [each for each in test.selectbox if each.label == "Grouped by"]
        bands[column] = set(table[column])
    assert {"class", "age", "sex"} <= bands.keys()
    assert {"all", "60 to 74"} < bands["age"] <= {"all", *age_bands(open_dataset("demo").table["age"])}, "as on Results"
    assert not test.exception
    assert not test.error


def test_what_is_left_of_the_promise_at_another_hospital_is_counted(trained: RunFolder, open_page) -> None:
    folder = trained.evaluation / "on-elsewhere"
    folder.mkdir()
    metrics = read_json(trained.evaluation / "metrics.json")["test"]
    write_json(folder / "metrics.json", {**metrics, "on": "elsewhere", "pictures_seen_in_training": 0})
    table = load_predictions(trained.evaluation / "predictions.parquet")
    table = table[table["part"] == TEST].reset_index(drop=True)
    fractions = [name for name in table if name.startswith("p_")]
    table[fractions] = table[fractions].sample(frac=1, random_state=0).to_numpy()  # the model knows nothing there
    save_predictions(folder / "predictions.parquet", table)
    test = upload(open_page(PAGE), GOOD_JPEG)

    def covered() -> float:
        [shown] = [each.value for each in test.dataframe if "holds the true class" in each.value]
        return shown["holds the true class"].iloc[0]

    here = covered()
    [counted_on] = [each for each in test.selectbox if each.label == "Counted on"]
    test = counted_on.set_value("external: elsewhere").run()
    assert covered() < here - 0.1
    assert "Counted on elsewhere" in texts(test)
    assert not test.exception
    assert not test.error


def test_an_undecided_picture_goes_into_the_queue_with_the_picture_only_if_that_is_allowed(trained, open_page) -> None:
    save_caution(trained, 0.95, 0.02)
    test = upload(open_page(PAGE), GOOD_JPEG)
    assert "For a person to look at" in texts(test)
    test = pressed(test, "Put into the review queue")
    [review] = list_reviews()
    assert not review.entry.kept
    assert review.entry.kind == "review"
    assert review.entry.reasons
    assert any(each.value == "In the review queue." for each in test.success)
    test = upload(test, picture_of(trained, "mel"))
    if "For a person to look at" in texts(test):
        [keep] = [each for each in test.checkbox if each.label.startswith("Keep the picture")]
        keep.set_value(True)
        test = pressed(test, "Put into the review queue")
        assert list_reviews()[0].entry.kept
    assert not test.exception


def test_where_the_run_allows_it_an_undecided_picture_goes_into_the_queue_by_itself_and_can_be_taken_out(
    trained, open_page
) -> None:
    save_caution(trained, 0.95, 0.02, queue=True)
    test = upload(open_page(PAGE), GOOD_JPEG)
    assert "For a person to look at" in texts(test)
    [review] = list_reviews()
    assert (review.entry.kept, review.entry.kind) == (False, "review")
    assert any(each.value == "In the review queue." for each in test.success)
    assert "It went there by itself" in texts(test)
    test = pressed(test.run(), "Keep the picture, too")
    assert [each.entry.kept for each in list_reviews()] == [True], "in the place of the one without"
    test = pressed(test, "Take it out again")
    assert list_reviews() == []
    assert not any(each.value == "In the review queue." for each in test.success)
    assert list_reviews() == [], "nor does it go there again by itself"
    test = pressed(test.run(), "Put into the review queue")
    assert len(list_reviews()) == 1
    answer_review(list_reviews()[0].review_id, "mel")
    test = pressed(test, "Take it out again")
    assert any("answered for this picture meanwhile" in each.value for each in test.error)
    assert len(list_reviews()) == 1
    assert not test.exception


def test_an_instructor_sets_how_cautious_a_run_is_and_sees_the_price(trained, open_page, as_viewer) -> None:
    test = open_page(PAGE)
    [risk] = [each for each in test.selectbox if each.label.startswith("Of the answers that are given")]
    test = risk.set_value(0.2).run()
    assert "It would answer at a probability of" in texts(test) or "everything would be for a person" in texts(test)
    test = pressed(test, "Keep for this run")
    assert (load_caution(trained).level, load_caution(trained).risk) == (0.9, 0.2)
    assert "Chosen by a person at the machine, " in texts(test)
    as_viewer()
    test = open_page(PAGE)
    [risk] = [each for each in test.selectbox if each.label.startswith("Of the answers that are given")]
    test = risk.set_value(0.05).run()
    [button] = [each for each in test.button if each.label == "Keep for this run"]
    assert button.disabled
    assert load_caution(trained).risk == 0.2


def test_a_cropped_picture_is_answered_as_that_part_and_shown_as_the_model_gets_it(trained, open_page) -> None:
    test = upload(open_page(PAGE), GOOD_JPEG)
    before = probabilities(test)
    assert not any("28×28 pixels" in (each.captions or [""])[0] for each in test.image)
    [toggle] = [each for each in test.toggle if each.label.startswith("Crop")]
    test = toggle.set_value(True).run()
    [across] = [each for each in test.slider if each.label.startswith("From left")]
    test = across.set_value((50, 100)).run()
    assert probabilities(test) != before
    assert any("28×28 pixels" in (each.captions or [""])[0] for each in test.image)
    [across] = [each for each in test.slider if each.label.startswith("From left")]
    test = across.set_value((50, 52)).run()
    assert test.error[0].value.startswith("Leave at least a tenth")
    assert probabilities(test) == before
    test = pressed(test, "Whole picture")
    assert not test.error
    assert [each.value for each in test.slider if "per cent" in each.label] == [(0, 100), (0, 100)]
    assert probabilities(test) == before
    assert not test.exception


def test_a_box_is_the_part_that_it_encloses_and_what_lies_beside_the_picture_is_cut_off() -> None:
    shown = np.zeros((60, 80, 3), np.uint8)
    assert crop_of({"x": [60, 20], "y": [15, 45]}, shown) == ((25, 75), (25, 75))
    assert crop_of({"x": [-5, 40], "y": [30, 90]}, shown) == ((0, 50), (50, 100))
    chart = crop_chart(shown, (25, 75), (0, 50))
    [outside] = chart.layout.shapes
    assert outside.path.endswith("M20.0,0.0 L60.0,0.0 L60.0,30.0 L20.0,30.0 Z")
    assert chart.layout.images[0].source.startswith("data:image/jpeg;base64,")
    assert not crop_chart(shown, (0, 100), (0, 100)).layout.shapes


def test_several_pictures_are_answered_in_one_go_and_one_that_is_none_is_named(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE)
    [source] = [each for each in test.segmented_control if each.label == "Picture"]
    test = source.set_value("Several").run()
    files = [("a.jpg", GOOD_JPEG, "image/jpeg"), ("b.jpg", b"no picture", "image/jpeg"), ("c.png", TEXT, "image/png")]
    test = test.file_uploader[0].set_value(files).run()
    [table] = [each.value for each in test.dataframe if "most likely" in each.value]
    assert table["picture"].tolist() == ["a.jpg", "c.png"]
    assert set(table["answer"]) <= {"high", "low", "review"}
    assert [each.value.startswith("“b.jpg”") for each in test.error] == [True]
    first = probabilities(test)
    assert max(first.values()) == pytest.approx(table["probability"].iloc[0])
    [look] = [each for each in test.selectbox if each.label == "Look at"]
    assert probabilities(look.set_value(1).run()) != first
    assert not test.exception


def test_an_example_is_chosen_by_the_button_under_its_picture(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE)
    [source] = [each for each in test.segmented_control if each.label == "Picture"]
    test = source.set_value("Example").run()
    first = probabilities(test)
    assert [each.label for each in test.button].count("Chosen") == 1
    other = next(each for each in test.button if each.label == "Choose")
    test = other.click().run()
    assert probabilities(test) != first
    assert [each.label for each in test.button].count("Chosen") == 1


def test_an_example_stands_in_the_address_and_is_kept_when_one_looks_elsewhere(trained: RunFolder, open_page) -> None:
    test = open_page(PAGE, run=trained.run_id)
    [source] = [each for each in test.segmented_control if each.label == "Picture"]
    test = source.set_value("Example").run()
    test.selectbox(key="example-class").set_value("mel").run()
    next(each for each in test.button if each.label == "Others").click().run()
    [*_, last] = [each for each in test.button if each.label == "Choose"]
    last.click().run()
    asked = {name: test.query_params[name] for name in ("run", "example", "draw")}
    shown = probabilities(test)
    again = open_page(PAGE, **asked)
    assert again.selectbox(key="example-class").value == "mel"
    assert probabilities(again) == shown
    again.query_params.clear()  # a link of the navigation has no parameters
    again.switch_page("../pages/31_runs.py").run()
    again.query_params.clear()
    again.switch_page("../pages/33_predict.py").run()
    assert again.query_params["example"] == asked["example"]
    assert probabilities(again) == shown
    explain = open_page("39_explain.py", **asked)
    assert not explain.exception
    assert explain.segmented_control(key="explain-source").value == "Example"
    assert asked["example"] in explain.query_params["example"]
    gone = open_page(PAGE, run=trained.run_id, example="no-such-picture")
    assert ["`no-such-picture`" in each.value for each in gone.warning if "no example" in each.value] == [True]
    [source] = [each for each in gone.segmented_control if each.label == "Picture"]
    assert "example" not in source.set_value("Upload").run().query_params


def test_a_report_is_made_of_what_is_shown_and_what_is_brought_is_counted_once(
    trained: RunFolder, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture_of(trained, "mel")
    test = upload(open_page(PAGE), content, "<b>mole.jpg")
    test = pressed(test, "Make the report")
    assert not test.exception
    assert not test.error
    _, html, pdf, problem = test.session_state["report"]
    assert hashlib.sha256(content).hexdigest() in html
    assert hashlib.sha256(trained.model_file.read_bytes()).hexdigest() in html
    checks = ("shifted copies of this map", "The map is empty: there is nothing to check.")
    assert any(each in html for each in checks), "the map comes with its checks"
    assert "mole.jpg" in html
    assert "<b>" not in html
    assert (pdf is None) == bool(problem)
    labels = {each.proto.label for each in test.get("download_button")}
    assert {"HTML"} <= labels
    assert ("PDF" in labels) == (pdf is not None)

    def without(*_: object) -> bytes:
        raise PrintingError(WITHOUT_LIBRARIES)

    monkeypatch.setattr("core.serving.pool.PredictionPool.print_page", without)
    test = pressed(test, "Make the report")
    assert any("print it from the browser" in each.value for each in test.info)
    assert "PDF" not in {each.proto.label for each in test.get("download_button")}
    test = upload(test, GOOD_JPEG, "other.jpg")
    assert "HTML" not in {each.proto.label for each in test.get("download_button")}, "that was of another picture"
    [week] = load_drift(trained).by_week.to_dict("records")
    assert week["pictures"] == 2, "two files, however often the page was drawn"


def test_an_example_of_the_data_set_is_not_counted_and_the_camera_says_when_it_works(
    trained: RunFolder, open_page
) -> None:
    test = open_page(PAGE)
    [source] = [each for each in test.segmented_control if each.label == "Picture"]
    test = source.set_value("Example").run()
    assert probabilities(test)
    assert load_drift(trained).by_week.empty
    [source] = [each for each in test.segmented_control if each.label == "Picture"]
    test = source.set_value("Camera").run()
    assert "localhost" in texts(test)
    assert len(test.get("camera_input")) == 1
    assert not test.exception
