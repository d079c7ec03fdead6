"""The Explain page: how far heat maps can be believed, what an answer rests on, and what would change it."""

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.base.files import read_json, write_json
from core.data.demo.demo import DEMO_SPEC
from core.data.splits.splits import TRAIN, Split
from core.evaluation.predictions import load_predictions, save_predictions
from core.explain.deletion import Deletion
from core.explain.integrated_gradients import Completeness
from core.explain.methods import Method
from core.explain.overlay import overlay
from core.jobs import list_jobs
from core.runs.explanations import explaining, explanation_checks
from core.runs.explanations.explanation_checks import load_pictures
from core.runs.explanations.explanation_summary import MethodCheck, load_checks, summarise
from core.runs.outside import bring_model
from core.runs.run_folder import RunFolder
from core.serving.explaining import Explanation
from core.serving.pool import PredictionPool
from dashboard.widgets.explain import heat_map
from tests.core.runs.test_outside import CLASSES, onnx_file
from tests.pages.test_predict_page import GOOD_JPEG, upload
from tests.pages.test_predict_trust import pressed

PAGE = "39_explain.py"
PICTURE, CONCEPTS = "One picture", "What looks typical to it"


@pytest.fixture(scope="module")
def found_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the check of the finished run has found, for all tests of this module."""
    return tmp_path_factory.mktemp("checked") / "explanations"


@pytest.fixture
def checked(trained: RunFolder, found_once: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """The finished run, its explanations checked on seven pictures."""
    monkeypatch.setattr(explanation_checks, "MOST_PICTURES", 7)
    monkeypatch.setattr(explanation_checks, "RANDOMISED_PICTURES", 1)
    monkeypatch.setattr(explanation_checks, "explain", partial(explanation_checks.explain, most_steps=32))
    if not found_once.is_dir():
        explaining.check_explanations(trained)
        shutil.copytree(explanation_checks.explanations_folder(trained), found_once)
    shutil.copytree(found_once, explanation_checks.explanations_folder(trained), dirs_exist_ok=True)
    return trained


def show(page: AppTest, view: str) -> AppTest:
    [views] = [each for each in page.segmented_control if each.label == "Show"]
    return views.set_value(view).run()


def said(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.info, *page.warning])


def test_an_unchecked_run_is_offered_the_check_as_a_job(trained: RunFolder, open_page, monkeypatch) -> None:
    page = open_page(PAGE)
    assert "Nobody has checked yet whether heat maps of this run show what it looks at" in page.info[0].value
    [button] = [each for each in page.button if each.label == "Check the explanations"]
    page = button.click().run()
    [job] = list_jobs("explain")
    assert job.arguments == {"run": trained.run_id}
    assert any("Cancel" in each.label for each in page.button)
    job.cancel()
    job.cancel()


def test_a_viewer_cannot_start_the_check(trained: RunFolder, open_page, as_viewer) -> None:
    as_viewer()
    page = open_page(PAGE)
    assert [each.disabled for each in page.button if each.label == "Check the explanations"] == [True]


def test_a_checked_run_shows_every_method_beside_darkness_and_edges(checked: RunFolder, open_page) -> None:
    page = open_page(PAGE)
    assert not page.exception
    assert not page.error
    [table] = page.dataframe
    checks = load_checks(checked)
    assert table.value["method"].tolist() == [check.method.called for check in checks]
    assert {"Darkness (no model)", "Edges (no model)"} < set(table.value["method"])
    assert table.value["gain, points"][0].startswith(f"{100 * checks[0].gain.mean:.1f} (")
    assert "Nobody knows where the lesions of these pictures are" in said(page)
    assert "To judge by: 7 pictures, and it takes 100" in said(page)
    [chart] = page.get("plotly_chart")
    [bars] = json.loads(chart.proto.spec)["data"]
    assert len(bars["x"]) == len(checks)
    answered = load_pictures(checked)["explained"].nunique()
    assert 1 <= len(page.image) <= answered


def test_masks_are_brought_after_training_and_the_heat_is_held_against_the_area_of_the_lesion(
    checked: RunFolder, open_page, jobs_done_here, tmp_path: Path
) -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[10:30, 10:30] = 255
    for name in load_pictures(checked)["image_id"].unique():
        (tmp_path / "masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(tmp_path / "masks" / f"{name}_segmentation.png")
    page = open_page(PAGE)
    [field] = [each for each in page.text_input if each.label == "Folder of masks"]
    field.set_value(str(tmp_path / "masks"))
    page = next(each for each in page.button if each.label == "Measure").click().run()
    assert not page.exception
    usual = load_checks(checked)[0]
    assert (usual.masked, usual.area) == (7, pytest.approx(0.25, abs=0.03))
    words = said(page)
    assert f"{usual.times_chance.mean:.2f} times chance (" in words
    assert "in 7 pictures with a mask" in words
    table = next(each.value for each in page.dataframe if "times chance" in each.value)
    assert table["pictures with a mask"].tolist() == [check.masked for check in load_checks(checked)]
    assert len(page.get("plotly_chart")) == 2
    [field] = [each for each in page.text_input if each.label == "Folder of masks"]
    assert field.value == str(tmp_path / "masks")
    field.set_value(str(tmp_path / "nowhere"))
    page = next(each for each in page.button if each.label == "Measure").click().run()
    assert any("nowhere" in each.value for each in page.error)
    assert load_checks(checked)[0] == usual


def test_a_method_that_fails_on_enough_pictures_is_red_and_one_that_does_not_is_not(
    checked: RunFolder, open_page, monkeypatch
) -> None:
    pictures = load_pictures(checked)
    many = [
        pictures.assign(image_id=pictures["image_id"] + str(n), group_id=pictures["group_id"] + str(n))
        for n in range(20)
    ]
    table = pd.concat(many, ignore_index=True).assign(lost=0.0, shifted=0.0, whole=0.1, head=0.1, converged=1.0)
    noise = np.random.default_rng(0).normal(0, 0.01, len(table))
    table["lost"] = noise + 0.3 * (table["method"] == "occlusion")
    found: tuple[MethodCheck, ...] = summarise(table)
    monkeypatch.setattr("dashboard.widgets.explain.run_check.kept_checks", lambda _: found)
    page = open_page(PAGE)
    verdicts = [each.value for each in page.markdown if ":material/c" in each.value]
    assert next(verdict for verdict in verdicts if "Occlusion" in verdict).startswith(":green")
    assert all(verdict.startswith(":red") for verdict in verdicts if "Occlusion" not in verdict)
    assert len(verdicts) == 5
    assert "not shown to be better than darkness, which knows nothing of the model" in verdicts[0]


def test_a_picture_has_its_map_with_checks_its_variations_and_its_neighbours(checked: RunFolder, open_page) -> None:
    page = show(open_page(PAGE), PICTURE)
    assert not page.exception
    assert not page.error
    words = said(page)
    assert "The model answers" in words
    assert "shifted copies of this map" in words or "This map is empty" in words
    assert all(f"**{name}**" in words for name in ("Rotation", "Crop", "Brightness", "Blur", "Hair", "Ruler"))
    assert "True diagnoses of the 8 nearest" in words
    [methods] = [each for each in page.selectbox if each.label == "Method"]
    page = methods.set_value(Method.INTEGRATED_FROM_BLACK).run()
    assert not page.exception
    assert "The pixels add up to" in said(page) or "It did not converge" in said(page)
    page = show(page, CONCEPTS)
    assert "training pictures" in said(page)
    assert "stands for" in said(page)
    assert not page.exception


def test_predict_shows_the_five_training_pictures_that_are_most_alike_with_their_diagnoses(
    checked: RunFolder, open_page
) -> None:
    page = upload(open_page("33_predict.py"), GOOD_JPEG)
    assert not page.exception
    told = [each.value for each in page.caption if ", similarity " in each.value]
    assert len(told) == 5
    trained_on = Split.load(checked.split_file).part(TRAIN).drop_duplicates("image_id").set_index("image_id")["label"]
    how_alike = []
    for each in told:
        diagnosis, rest = each.split(", similarity ")
        similarity, image_id = rest.split(" · ")
        assert diagnosis == DEMO_SPEC.class_names[trained_on[image_id.replace("\\", "")]]
        how_alike.append(float(similarity))
    assert how_alike == sorted(how_alike, reverse=True)
    assert "True diagnoses of the 5 nearest" in said(page)


def test_training_pictures_are_looked_at_from_the_page_that_shows_them(
    trained: RunFolder, open_page, jobs_done_here
) -> None:
    page = upload(open_page("33_predict.py"), GOOD_JPEG)
    assert "Nobody has had this model look at its training pictures yet" in said(page)
    assert not [each for each in page.caption if ", similarity " in each.value]
    made = pressed(page, "Make the report").session_state["report"][1]
    assert "None were looked for. Press “Look at the training pictures” on Predict" in made
    page = pressed(page, "Look at the training pictures")
    assert not page.exception
    assert len([each for each in page.caption if ", similarity " in each.value]) == 5
    assert load_checks(trained) is None, "the check of all methods takes far longer, and was not asked for"
    assert "stands for" in said(show(open_page(PAGE), CONCEPTS))


def test_a_model_from_outside_is_explained_as_far_as_it_can_be(
    small_demo: Path, tmp_path: Path, open_page, jobs_done_here, monkeypatch
) -> None:
    run = bring_model(onnx_file(tmp_path / "red.onnx"), "demo", CLASSES, scale="0-1")
    page = upload(open_page("33_predict.py"), GOOD_JPEG)
    assert not page.exception
    words = said(page)
    assert "shifted copies of this map" in words or "This map is empty" in words
    assert "has not been checked yet" in words
    assert "ensemble" not in words
    assert "It is not known from which pictures a model from outside has learnt" in words
    assert "Check of all methods" in [each.label for each in page.page_link]

    monkeypatch.setattr(explanation_checks, "MOST_PICTURES", 3)
    page = pressed(open_page(PAGE, run=run.run_id), "Check the explanations")
    assert not page.exception
    assert page.dataframe[0].value["method"].tolist() == ["Occlusion", "Darkness (no model)", "Edges (no model)"]
    page = show(page, PICTURE)
    assert not page.exception
    assert [each.value for each in page.selectbox if each.label == "Method"] == [Method.OCCLUSION]
    assert "What would have to be different?" in [each.value for each in page.subheader]
    assert "Heat map" in [each.value for each in open_page("32_results.py", run=run.run_id).page_link]


@pytest.mark.parametrize(
    ("ahead", "colour", "words"),
    [
        (20, ":green", "more than 20 of 20 shifted copies"),
        (9, ":red", "more than 9 of 20 shifted copies"),
        (10, ":green", "10 of 20"),
    ],
)
def test_a_map_is_red_where_it_is_ahead_of_fewer_than_ten_shifts(
    ahead: int, colour: str, words: str, trained: RunFolder, open_page, monkeypatch
) -> None:
    check = Deletion(0.12, (0.1,) * ahead + (0.2,) * (20 - ahead))
    monkeypatch.setattr(PredictionPool, "check_by_deletion", lambda *_: check)
    heat = np.ones((5, 5), np.float32)
    monkeypatch.setattr(PredictionPool, "explain", _explained(heat, Completeness(4.0, 5.0, 512)))
    page = show(open_page(PAGE), PICTURE)
    [line] = [each.value for each in page.markdown if "copies of this map" in each.value]
    assert line.startswith(colour)
    assert words in line
    assert "lowers the probability of" in line
    assert "by 12.0 points" in line
    assert "in this picture the map is no better than chance" in line.lower() if colour == ":red" else True
    [adds] = [each.value for each in page.markdown if "add up to" in each.value]
    assert adds.startswith(":red")
    assert "with 512 steps" in adds


def test_the_picture_stands_beside_its_map_and_shows_through_as_far_as_is_asked(
    trained: RunFolder, open_page, monkeypatch
) -> None:
    laid: list[float] = []

    def laid_over(picture: np.ndarray, heat: np.ndarray, opacity: float) -> np.ndarray:
        laid.append(opacity)
        return overlay(picture, heat, opacity)

    monkeypatch.setattr(heat_map, "overlay", laid_over)
    monkeypatch.setattr(PredictionPool, "explain", _explained(np.eye(5, dtype=np.float32)))
    page = show(open_page(PAGE), PICTURE)
    [opacity] = [each for each in page.slider if each.label == "Heat map opacity"]

    def beside() -> list[tuple[str, str]]:
        """What stands in the two columns: what each picture shows, and its file, which is named by what is in it."""
        columns = [each for each in page.columns if each.get("image")]
        return [(image.alt, image.url) for each in columns for element in each.get("image")
                for image in element.proto.imgs][-2:]  # fmt: skip

    (mapped, at_first), (original, itself) = beside()
    assert mapped.startswith("The picture with a heat map of the evidence for ")
    assert original == "The picture"
    assert laid[-1] == opacity.value == 0.6
    page = opacity.set_value(0.0).run()
    (_, without), (_, same) = beside()
    assert laid[-1] == 0.0
    assert same == itself
    assert without not in (at_first, itself), "another picture: the hottest tenth keeps its line"
    assert not page.exception


def test_another_convolution_and_the_rows_of_an_lstm_are_looked_at(trained: RunFolder, open_page) -> None:
    from core.models.registry import build_model

    page = show(open_page(PAGE), PICTURE)
    [layers] = [each for each in page.selectbox if each.label == "Convolution"]
    first = layers.options[1]
    assert f"From layer `{first}`" not in said(page)
    page = layers.set_value(first).run()
    assert not page.exception
    assert f"From layer `{first}`" in said(page)

    build_model("lstm-rows", 28, 7, {"units": 32, "recurrent_layers": 1}).save(trained.model_file)
    write_json(trained.predictor_file, read_json(trained.predictor_file) | {"model": "lstm-rows"})
    page = show(open_page(PAGE), PICTURE)
    assert not page.exception
    assert not page.error
    [methods] = [each for each in page.selectbox if each.label == "Method"]
    assert methods.value is Method.ROW_SALIENCY
    assert "28 rows stretched over the picture" in said(page)
    assert "shifted copies of this map" in said(page)


def test_an_empty_map_says_that_it_is_empty(trained: RunFolder, open_page, monkeypatch) -> None:
    monkeypatch.setattr(PredictionPool, "explain", _explained(np.zeros((5, 5), np.float32)))
    page = show(open_page(PAGE), PICTURE)
    assert any(info.value.startswith("This map is empty: HiResCAM found no evidence for") for info in page.info)
    assert not [each for each in page.markdown if "copies of this map" in each.value]


def _explained(heat: np.ndarray, completeness: Completeness | None = None):
    def explain(_, run_folder, picture, class_key, method, layer="", patient=None):
        return Explanation(method, class_key, heat, "conv", "Explained is the score.", completeness)

    return explain


def test_a_picture_of_the_results_is_explained_by_a_link(trained: RunFolder, open_page) -> None:
    table = load_predictions(trained.evaluation / "predictions.parquet")
    name = table[table["part"] == "test"]["image_id"].iloc[0]
    results = open_page("32_results.py", run=trained.run_id)
    assert "Heat map" in [link.value for link in results.page_link]
    page = open_page(PAGE, run=trained.run_id, picture=name)
    assert [each.value for each in page.segmented_control if each.label == "Picture"] == ["From the results"]
    assert "The true class is" in said(page)
    assert not page.error
    gone = open_page(PAGE, run=trained.run_id, picture="<b>gone</b>")
    assert "is not in" in gone.warning[0].value
    assert not gone.exception


def test_a_picture_of_another_data_set_is_explained_by_a_link(trained: RunFolder, open_page) -> None:
    table = load_predictions(trained.evaluation / "predictions.parquet")
    table = table[table["part"] == "test"]
    folder = trained.evaluation / "on-again"
    write_json(folder / "metrics.json", {"on": "demo", **read_json(trained.evaluation / "metrics.json")["test"]})
    save_predictions(folder / "predictions.parquet", table)
    results = open_page("32_results.py", run=trained.run_id)
    results.segmented_control[0].set_value("external: again").run()
    assert "Heat map" in [link.value for link in results.page_link]
    page = open_page(PAGE, run=trained.run_id, picture=table["image_id"].iloc[0], of="demo")
    assert "The true class is" in said(page)
    gone = open_page(PAGE, run=trained.run_id, picture=table["image_id"].iloc[0], of="<b>nowhere</b>")
    assert len(gone.error) == 1
    assert not gone.exception


def test_without_a_run_the_page_says_what_to_do(demo_artifacts, open_page) -> None:
    page = open_page(PAGE)
    assert "no trained model yet" in page.info[0].value
    assert [link.value for link in page.page_link] == ["Train one"]
