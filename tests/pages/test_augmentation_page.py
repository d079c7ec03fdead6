"""The Augmentation page: its draws are those of training, and its settings reach the Train page."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.base.errors import EngineError
from core.data.images.pictures import decode_square
from core.serving.pool import PredictionPool
from core.training.recipe import Recipe, make_recipe
from dashboard.state.loading import load_dataset

PAGE = "41_augmentation.py"
LARGE = "224×224, for the eye"


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Recipe, np.ndarray]]:
    """What the page asks the pool for. Answered without a process: the pool's own test has the real one."""
    asked: list[tuple[Recipe, np.ndarray]] = []

    def augment(self, recipe: Recipe, picture: np.ndarray, draws: int) -> np.ndarray:
        asked.append((recipe, picture))
        return np.repeat(picture[None], draws, axis=0)

    monkeypatch.setattr(PredictionPool, "augment", augment)
    return asked


def labelled(widgets, label: str):
    [widget] = [each for each in widgets if each.label == label]
    return widget


def images(test: AppTest) -> int:
    return len(test.get("image"))


def test_sixteen_draws_are_made_of_the_reduced_picture_with_the_settings_shown(
    demo_artifacts, open_page, asked
) -> None:
    test = open_page(PAGE)
    labelled(test.slider, "Rotation (± degrees)").set_value(90.0)
    labelled(test.slider, "Brightness (± share)").set_value(0.2)
    labelled(test.number_input, "Seed").set_value(5)
    test.run()
    recipe, picture = asked[-1]
    assert recipe == make_recipe(
        dataset="demo", model="cnn-59k", seed=5, augment_flip="both", augment_rotation=90, augment_brightness=0.2
    )
    table = load_dataset("demo").table.set_index("image_id")
    [caption] = [m.value for m in test.caption if m.value.startswith("Drawn by")]
    assert "seed 5" in caption
    assert picture.shape == (28, 28, 3)
    assert any((decode_square(path, 28) == picture).all() for path in map(Path, table["path"]))
    assert images(test) == 2 + 16
    assert not test.exception


def test_the_same_settings_are_drawn_once_and_another_seed_again(demo_artifacts, open_page, asked) -> None:
    test = open_page(PAGE).run()
    assert len(asked) == 1
    labelled(test.button, "Draw again").click().run()
    assert [recipe.seed for recipe, _ in asked] == [0, 1]
    labelled(test.button, "Another picture").click().run()
    assert len(asked) == 3
    assert (asked[1][1] != asked[2][1]).any()


def test_the_address_gives_picture_network_settings_and_seed(demo_artifacts, open_page, asked) -> None:
    table = load_dataset("demo").table.drop_duplicates("image_id")
    melanoma = table[table["label"] == "mel"].iloc[-1]
    address = {"augmented-flip": "none", "augmented-zoom": "0.2", "augmented-seed": "9", "augmented-view": LARGE}
    test = open_page(PAGE, dataset="demo", picture=melanoma["image_id"], **address)
    recipe, picture = asked[-1]
    assert recipe == make_recipe(dataset="demo", model="cnn-59k", seed=9, augment_rotation=30, augment_zoom=0.2)
    assert (picture == decode_square(Path(melanoma["path"]), 224)).all()
    assert labelled(test.selectbox, "Class").value == "mel"
    labelled(test.button, "Another picture").click().run()
    other = test.query_params["picture"]
    assert other != melanoma["image_id"]
    assert table.set_index("image_id").at[other, "label"] == "mel"
    labelled(test.selectbox, "Class").set_value("nv").run()
    other = test.query_params["picture"]
    assert table.set_index("image_id").at[other, "label"] == "nv"


def test_an_address_with_nonsense_in_it_shows_the_page_as_it_begins(demo_artifacts, open_page, asked) -> None:
    open_page(PAGE)
    nonsense = {"dataset": "../..", "picture": "../\0<script>", "augmented-rotation": "nan", "augmented-seed": "-1"}
    test = open_page(PAGE, **nonsense)
    assert not test.exception
    assert not test.error
    assert len(asked) == 1  # the same picture with the same settings, which is drawn once
    assert ["There is no data set" in each.value for each in test.warning] == [True]  # whose picture it would be
    test = open_page(PAGE, picture="LONG_GONE")
    assert ["`LONG_GONE`" in each.value for each in test.warning] == [True]


def test_with_all_off_the_page_says_that_every_epoch_is_alike(demo_artifacts, open_page, asked) -> None:
    test = open_page(PAGE)
    labelled(test.segmented_control, "Flips").set_value("none")
    labelled(test.slider, "Rotation (± degrees)").set_value(0.0).run()
    assert [each.value for each in test.info] == [
        "Augmentation is off: every epoch shows the network the same pictures."
    ]


def test_a_persons_own_picture_is_augmented_too_and_a_broken_one_is_refused(demo_artifacts, open_page, asked) -> None:
    test = open_page(PAGE)
    labelled(test.segmented_control, "Picture").set_value("Upload").run()
    assert "Choose a file" in test.info[0].value
    content = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 100, 50)).save(content, "PNG")
    test.file_uploader[0].upload("mine.png", content.getvalue(), "image/png").run()
    assert (asked[-1][1] == (200, 100, 50)).all()
    test.file_uploader[0].upload("mine.png", b"no picture", "image/png").run()
    assert len(test.error) == 1
    assert not test.exception


def test_a_pool_that_cannot_answer_is_a_clear_error(demo_artifacts, open_page, monkeypatch) -> None:
    def augment(self, *_) -> np.ndarray:
        raise EngineError("The prediction process ended while answering, twice.")

    monkeypatch.setattr(PredictionPool, "augment", augment)
    test = open_page(PAGE)
    assert [error.value for error in test.error] == ["The prediction process ended while answering, twice."]


def test_train_with_these_settings_opens_train_with_them(demo_artifacts, open_page) -> None:
    test = open_page(PAGE)
    labelled(test.selectbox, "Network").set_value("cnn-pyramid")
    labelled(test.slider, "Zoom (± share)").set_value(0.1).run()
    labelled(test.button, "Train with these settings").click().run()
    assert test.title[0].value == "Train a model"
    assert labelled(test.selectbox, "Model").value == "cnn-pyramid"
    shown = [labelled(test.slider, label).value for label in ("Rotation (± degrees)", "Zoom (± share)")]
    assert shown == [30, 0.1]
    assert labelled(test.segmented_control, "Flips").value == "both"
    assert not test.exception
