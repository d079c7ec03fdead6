"""The Train page: what a split leaks is said before anything starts, and what starts is what the page shows."""

import json
import shlex
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st
from PIL import Image
from streamlit import cache_data
from streamlit.testing.v1 import AppTest

from core.base.errors import ConfigurationError, EngineError
from core.base.files import write_json
from core.base.percents import percent
from core.data.catalog import dataset_spec
from core.data.images.turns import Turns
from core.data.metadata_encoding import COLUMNS
from core.data.splits.balance import Balance
from core.data.splits.splits import SplitKind
from core.engine.engine_settings import EngineSettings, save_engine_settings
from core.engine.expected import expected
from core.models.registry import model_spec
from core.runs.run_folder import RunFolder, create_run, list_runs
from core.training.augmentation_presets import AUGMENTATION_PRESETS
from core.training.presets import PRESETS, preset_fields
from core.training.recipe import Recipe, make_recipe, parse_settings, without_unused
from dashboard.state import part_fractions, warm_engine
from dashboard.state.loading import load_leakage, load_split
from dashboard.state.parts_reached import parts_reached
from dashboard.widgets.search.search_actions import as_command
from dashboard.wording import in_words
from tests.alike import long_but
from tests.conftest import DEMO_PICTURES

PAGE = "30_train.py"
CHOICES = ("loss", "optimizer", "schedule")
PARTS = "Training, validation and test parts (%)"


@pytest.fixture
def train_page(demo_artifacts, open_page) -> AppTest:
    """The page on the demo data, in an artifacts folder without any run."""
    return open_page(PAGE)


def labelled(widgets, label: str):
    """The one widget of this label."""
    [widget] = [each for each in widgets if each.label == label]
    return widget


def choose_split(test: AppTest, kind: SplitKind) -> AppTest:
    return labelled(test.segmented_control, "Split").set_value(kind).run()


def labels(test: AppTest) -> set[str]:
    """The labels of all fields for numbers."""
    return {widget.label for widget in test.number_input}


def start(test: AppTest) -> AppTest:
    [button] = [each for each in test.button if each.label.startswith("Start ") and "training" in each.label]
    return button.click().run()


def test_what_the_split_reached_is_said(train_page: AppTest) -> None:
    split = load_split("demo", "grouped", 0, (0.7, 0.15, 0.15))
    names = dataset_spec("demo").class_names
    assert parts_reached(split, names) in [caption.value for caption in train_page.caption]


def test_the_layers_are_those_of_the_model_at_its_size_and_for_the_classes_of_the_data(train_page: AppTest) -> None:
    train_page.session_state["layers"] = True
    [table] = [each.value for each in train_page.run().dataframe if "kind" in each.value]
    assert table["parameters"].sum() == model_spec("cnn-59k").parameters
    assert table["output"].iloc[[0, -1]].tolist() == ["28×28×3", "7"]
    assert any("What learns when" in chart.proto.spec for chart in train_page.get("plotly_chart"))


def test_how_long_it_takes_is_said_before_it_starts_as_far_as_an_earlier_run_tells(demo_artifacts, open_page) -> None:
    def said(test: AppTest) -> str:
        [line] = [each.value for each in test.caption if "how long" in each.value.lower() or "pictures/s" in each.value]
        return line

    page = open_page(PAGE)
    assert said(page).startswith("How long it takes is not known: no run of this model at this size has ended yet.")
    earlier = create_run(make_recipe(dataset="ham10000", model="cnn-59k"))
    write_json(earlier.path / "training.json", {"epochs": 2, "seconds": 10.0, "images_per_second": 100.0})
    cache_data.clear()
    page = open_page(PAGE)
    pictures = int(labelled(page.metric, "train").value.replace(",", ""))
    epochs = labelled(page.number_input, "Epochs").value
    assert said(page) == (
        f"About {in_words(epochs * pictures / 100)}: {epochs} epochs of {pictures:,} pictures, at the 100 pictures/s "
        "of an earlier run. Judging comes on top."
    )
    labelled(page.selectbox, "Rare classes").set_value(Balance.UNDERSAMPLE).run()
    few = 7 * int(page.dataframe[0].value["train"].min())
    assert f"epochs of {few:,} pictures" in said(page)
    labelled(page.number_input, "Early stopping patience (epochs)").set_value(3).run()
    assert said(page).startswith("At most about")


@pytest.mark.parametrize("kind", [SplitKind.RANDOM, SplitKind.OVERSAMPLE_FIRST])
def test_a_leaking_split_is_shown_in_red_with_its_figures_before_anything_starts(kind, train_page: AppTest) -> None:
    test = choose_split(train_page, kind)
    [error] = test.error
    report = load_leakage("demo", str(kind), 0, (0.7, 0.15, 0.15))
    assert report.leaking
    assert error.proto.title == "This split leaks"
    assert f"{report.groups_shared:,} groups and {report.identical_images_shared:,} identical" in error.value
    shared = percent(report.with_group_in_train / report.held_out)
    assert f"Of the test pictures, {shared} have a picture" in error.value
    assert f"{percent(report.with_copy_in_train / report.held_out)} the very same picture" in error.value
    assert not test.success
    assert not test.exception
    assert not list_runs()


def test_a_grouped_split_says_that_nothing_leaks(train_page: AppTest) -> None:
    test = choose_split(choose_split(train_page, SplitKind.RANDOM), SplitKind.GROUPED)
    [said] = test.success
    assert said.proto.title == "Nothing leaks"
    assert "No lesion, no picture and no identical copy appears in more than one part" in said.value
    assert not test.error


def test_the_counts_of_the_parts_are_those_of_the_whole_data_set(train_page: AppTest) -> None:
    shown = {metric.label: int(metric.value.replace(",", "")) for metric in train_page.metric}
    assert list(shown) == ["train", "validation", "test"]
    [table] = train_page.dataframe
    assert table.value.sum().to_dict() == shown
    assert set(table.value.index) >= {"melanoma", "melanocytic nevus"}


def test_the_recipe_that_starts_is_exactly_what_the_widgets_show(train_page: AppTest, launched) -> None:
    test = labelled(train_page.selectbox, "Model").set_value("cnn-pyramid").run()
    choose_split(test, SplitKind.RANDOM)
    for label, value in {
        "Rare classes": Balance.WEIGHTS,
        "Optimizer": "rmsprop",
        "Best epoch by": "val_balanced_accuracy",
    }.items():
        labelled(test.selectbox, label).set_value(value)
    for label, value in {
        "Epochs": 7,
        "Seed": 11,
        "Image size (pixels)": 32,
        "Batch size (0 chooses)": 48,
        "Learning rate": 0.005,
        "Early stopping patience (epochs)": 3,
        "Reduce learning rate patience (epochs)": 2,
        "Reduce learning rate factor": 0.5,
    }.items():
        labelled(test.number_input, label).set_value(value)
    labelled(test.segmented_control, "Flips").set_value("horizontal")
    for label, value in {"Rotation (± degrees)": 20.0, "Hue (± degrees)": 3.0}.items():
        labelled(test.slider, label).set_value(value)
    labelled(test.slider, PARTS).set_range(60, 80)
    start(test.run())
    assert not test.exception
    assert launched == [
        make_recipe(
            dataset="demo",
            model="cnn-pyramid",
            image_size=32,
            split="random",
            train_fraction=0.6,
            validation_fraction=0.2,
            test_fraction=0.2,
            balance="weights",
            epochs=7,
            seed=11,
            batch_size=48,
            optimizer="rmsprop",
            learning_rate=0.005,
            early_stopping_patience=3,
            monitor="val_balanced_accuracy",
            reduce_lr_patience=2,
            reduce_lr_factor=0.5,
            augment_flip="horizontal",
            augment_rotation=20,
            augment_hue=3,
        )
    ]


def test_what_learning_takes_is_chosen_and_what_would_do_nothing_is_not_shown(train_page: AppTest, launched) -> None:
    assert not {"Momentum", "Weight decay", "Focal gamma", "Warm-up (share)"} & labels(train_page)
    for label, value in {
        "Loss": "focal",
        "Optimizer": "adamw",
        "Schedule": "cosine",
        "Rare classes": Balance.SQRT_WEIGHTS,
    }.items():
        labelled(train_page.selectbox, label).set_value(value)
    test = train_page.run()
    assert not {"Momentum", "Reduce learning rate patience (epochs)"} & labels(test)
    chosen = {
        "Focal gamma": 1.5,
        "Label smoothing": 0.1,
        "Mixup (0 for none)": 0.2,
        "CutMix (0 for none)": 1.0,
        "Weight decay": 0.05,
        "Warm-up (share)": 0.2,
        "Clipping (0 for none)": 1.0,
        "Average (0 for none)": 0.99,
    }
    for label, value in chosen.items():
        labelled(test.number_input, label).set_value(value)
    start(test.run())
    assert not test.exception
    fields = {
        "loss": "focal", "focal_gamma": 1.5, "label_smoothing": 0.1, "mixup": 0.2, "cutmix": 1, "optimizer": "adamw",
        "weight_decay": 0.05, "schedule": "cosine", "warm_up": 0.2, "clip_norm": 1, "ema_momentum": 0.99,
    }  # fmt: skip
    assert launched == [make_recipe(dataset="demo", model="cnn-59k", balance="sqrt-weights", **fields)]


def test_the_loss_for_two_classes_is_not_offered_for_seven(train_page: AppTest) -> None:
    assert labelled(train_page.selectbox, "Loss").options == ["cross-entropy", "focal", "logit-adjusted"]


@pytest.mark.parametrize("preset", AUGMENTATION_PRESETS)
def test_a_preset_of_augmentation_is_what_starts_and_can_be_changed(preset: str, train_page: AppTest, launched) -> None:
    labelled(train_page.segmented_control, "Preset").set_value(preset).run()
    assert AUGMENTATION_PRESETS[preset].reason in [caption.value for caption in train_page.caption]
    labelled(train_page.slider, "Hue (± degrees)").set_value(7.0).run()
    start(train_page)
    fields = {**AUGMENTATION_PRESETS[preset].fields, "augment_hue": 7}
    assert launched == [make_recipe(dataset="demo", model="cnn-59k", **fields)]


def test_what_starts_without_touching_anything_is_the_default_recipe(train_page: AppTest, launched) -> None:
    start(train_page)
    assert launched == [make_recipe(dataset="demo", model="cnn-59k")]


def test_an_address_with_augmentation_is_what_starts_and_nonsense_in_it_is_left_out(
    demo_artifacts, open_page, launched
) -> None:
    address = {"model": "cnn-pyramid", "augment_flip": "both", "augment_zoom": "0.1", "augment_hue": "1e9"}
    test = start(open_page(PAGE, **address))
    assert launched == [make_recipe(dataset="demo", model="cnn-pyramid", augment_flip="both", augment_zoom=0.1)]
    assert not test.exception


def test_each_model_begins_with_its_own_picture_size(train_page: AppTest, launched) -> None:
    test = labelled(train_page.number_input, "Image size (pixels)").set_value(64).run()
    labelled(test.selectbox, "Model").set_value("lstm-rows").run()
    assert labelled(test.number_input, "Image size (pixels)").value == 28
    start(test)
    assert [(recipe.model, recipe.image_size) for recipe in launched] == [("lstm-rows", 28)]


def test_oversample_first_leaves_no_balance_to_choose(train_page: AppTest, launched) -> None:
    labelled(train_page.selectbox, "Rare classes").set_value(Balance.WEIGHTS).run()
    test = choose_split(train_page, SplitKind.OVERSAMPLE_FIRST)
    assert "Rare classes" not in [box.label for box in test.selectbox]
    start(test)
    assert [recipe.balance for recipe in launched] == [Balance.NONE]


def test_the_start_button_switches_to_runs_with_the_run_in_the_address(train_page: AppTest, launched) -> None:
    test = start(train_page)
    [run] = list_runs()
    assert test.title[0].value == "Runs"
    assert test.query_params["run"] == run.run_id
    assert not test.exception


def test_parts_that_leave_nothing_to_validate_on_are_a_clear_error(train_page: AppTest, launched) -> None:
    test = labelled(train_page.slider, PARTS).set_range(70, 70).run()
    [error] = test.error
    assert error.value.startswith("The recipe cannot be used: validation_fraction")
    assert "Start training" not in [button.label for button in test.button]
    assert not test.exception

    labelled(test.slider, PARTS).set_range(70, 90).run()
    assert not test.error
    start(test)
    assert launched[0].fractions == (0.7, 0.2, 0.1)


def test_a_viewer_cannot_start_a_training(demo_artifacts, open_page, as_viewer: Callable[[], None]) -> None:
    as_viewer()
    test = open_page(PAGE)
    assert labelled(test.button, "Start training").disabled
    assert "Only instructors can start a training on this server." in [caption.value for caption in test.caption]
    assert not test.exception


def test_a_press_of_the_disabled_button_starts_nothing(
    train_page: AppTest, launched, as_viewer: Callable[[], None]
) -> None:
    """The page was drawn for an instructor, so the button can be pressed; who presses it is a viewer by then."""
    button = labelled(train_page.button, "Start training")
    assert not button.disabled
    as_viewer()
    test = button.click().run()
    assert launched == []
    assert test.title[0].value == "Train a model"


def test_the_action_itself_refuses_a_viewer(
    errors_shown, demo_artifacts, launched, open_page, as_viewer: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit drops the press of a disabled button; a button that does not shows who else refuses."""
    as_viewer()
    monkeypatch.setattr("streamlit.button", lambda label, **_: label == "Start training")
    test = open_page(PAGE)
    assert [error.value.partition(".")[0] for error in test.error] == ["Only instructors can start or stop runs"]
    assert launched == []
    assert list_runs() == []


def test_an_engine_that_cannot_start_is_a_clear_error(
    errors_shown, train_page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launch(recipe: Recipe, **_: object) -> RunFolder:
        raise EngineError("The engine cannot be started: no port is free.")

    monkeypatch.setattr("core.engine.launch.launch", launch)  # no engine here could be made to fail on purpose
    test = start(train_page)
    assert [error.value for error in test.error] == ["The engine cannot be started: no port is free."]
    assert test.title[0].value == "Train a model"
    assert not test.exception


def test_while_somebody_chooses_the_engine_is_made_ready_unless_no_process_is_to_wait(
    demo_artifacts, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    called, serving = threading.Event(), threading.Event()
    serving.set()
    monkeypatch.setattr(warm_engine, "serving", serving)
    monkeypatch.setattr(warm_engine, "submit", called.set)
    save_engine_settings(EngineSettings(standby_minutes=0))
    open_page(PAGE)
    assert not called.is_set()
    assert expected(0) == (None, 0)
    save_engine_settings(EngineSettings())
    open_page(PAGE)
    assert called.wait(60)
    said, _ = expected(0)
    assert said is not None
    assert (said.recipe.dataset, said.classes) == ("demo", 7)
    assert 0 < said.examples < DEMO_PICTURES


@pytest.fixture
def two_patients(artifacts: Path) -> Path:
    """Breast histopathology with two patients, who fill two parts only."""
    folder = artifacts.parent / "data" / "breast_histopathology"
    for patient in ("1", "2"):
        for label in ("0", "1"):
            (folder / patient / label).mkdir(parents=True)
            for number in range(6):
                pixels = np.full((50, 50, 3), 40 * number + int(patient) * 7 + int(label), np.uint8)
                Image.fromarray(pixels).save(folder / patient / label / f"{patient}_idx5_x{number}_y1_class{label}.png")
    return folder


def test_only_splits_that_work_are_offered_and_two_patients_have_no_test_part(two_patients, open_page) -> None:
    test = open_page(PAGE, dataset="breast_histopathology")
    assert not test.exception
    assert not test.error
    assert labelled(test.segmented_control, "Split").options == ["grouped", "random", "oversample-first"]
    assert labelled(test.slider, PARTS).value == (50, 100)
    shown = {metric.label: metric.value for metric in test.metric}
    assert shown == {"train": "12", "validation": "12", "test": "0"}
    [amber] = [each.value for each in test.warning if "no test part" in each.value]
    assert amber.startswith("There is no test part, for there are only 2 patients")
    test = labelled(test.slider, PARTS).set_range(40, 80).run()
    assert "too few groups" in test.error[0].value
    assert labelled(test.button, "Start training").disabled, "what cannot be divided would fail at once"
    assert not test.exception


def test_where_nobody_knows_groups_no_leak_is_seen_and_each_sentence_stands_once(artifacts: Path, open_page) -> None:
    for number in range(24):
        folder = artifacts.parent / "data" / "moles" / ("mel" if number % 2 else "nv")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((32, 32, 3), 10 * number, np.uint8)).save(folder / f"{number}.png")
    test = open_page(PAGE, dataset="moles")
    assert not test.exception
    [said] = [each for each in test.info if each.proto.title == "No leak can be seen"]
    assert said.value.startswith("No picture and no identical copy appears in more than one part.")
    shown = " ".join(each.value for each in (*test.info, *test.warning, *test.caption))
    assert shown.count("Nobody knows which pictures belong together") == 1


def test_metadata_without_a_picture_say_what_is_missing_instead_of_starting(artifacts: Path, open_page) -> None:
    folder = artifacts.parent / "data" / "isic2019"
    folder.mkdir()
    columns = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK"
    (folder / "ISIC_2019_Training_GroundTruth.csv").write_text(f"{columns}\na,1,0,0,0,0,0,0,0,0\nb,0,1,0,0,0,0,0,0,0\n")
    test = open_page(PAGE, dataset="isic2019")
    assert not test.exception
    [said] = test.info
    assert said.value.startswith("ISIC 2019 has too few pictures here to train on. 2 of 2 pictures are not here")
    assert "Start training" not in [button.label for button in test.button]
    home = open_page("10_home.py", dataset="isic2019")
    assert not home.exception
    assert next(metric for metric in home.metric if metric.label == "Images").value == "2"


def test_a_run_to_clone_fills_in_its_whole_recipe(demo_artifacts, open_page) -> None:
    changed = {
        "split": "random", "balance": "weights", "epochs": 7, "seed": 3, "image_size": 32, "batch_size": 16,
        "optimizer": "rmsprop", "learning_rate": 0.004, "early_stopping_patience": 2, "monitor": "val_accuracy",
        "reduce_lr_patience": 4, "reduce_lr_factor": 0.5, "min_learning_rate": 1e-5, "train_fraction": 0.6,
        "validation_fraction": 0.2, "test_fraction": 0.2, "augment_rotation": 90.0,
    }  # fmt: skip
    recipe = make_recipe(dataset="demo", model="cnn-pyramid", **changed)
    run = create_run(recipe)
    test = open_page("30_train.py", clone=run.run_id, dataset="demo", model="cnn-pyramid")
    assert any(
        caption.value.startswith(":material/content_copy: Starts with the recipe of cnn-pyramid")
        for caption in test.caption
    )
    assert not test.exception
    assert test.number_input[0].value == 7
    [start] = [button for button in test.button if button.label == "Start training"]
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.engine.launch.launch", lambda recipe, **_: asked.append(recipe) or run)
        start.click().run()
    assert asked == [recipe]


def structures(model: str) -> st.SearchStrategy[dict[str, Any]]:
    """What may differ in the structure of a model; whole structures that cannot be built are no recipes."""
    parameters = model_spec(model).architecture
    return st.fixed_dictionaries(
        {}, optional={p.name: st.sampled_from(p.values or [p.low, p.high]) for p in parameters}
    )


def stages() -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries(
        {
            "learns": st.sampled_from(["all", "head", "1", "12"]),
            "epochs": st.integers(1, 1000),
            "learning_size": st.sampled_from([0, 32]),
            "learning_rate": st.floats(0, 1, exclude_min=True),
            "schedule": st.sampled_from(["constant", "cosine", "one-cycle"]),
            "warm_up": st.floats(0, 1, exclude_max=True),
            "early_stopping_patience": st.integers(0, 1000),
            "layer_decay": st.floats(0, 1, exclude_min=True),
        }
    )


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Any recipe on the demo data of which the page shows something."""
    model = draw(st.sampled_from(["majority", "cnn-59k", "cnn-pyramid", "efficientnet-lite0"]))
    train, validation = draw(st.floats(0.1, 0.8)), draw(st.floats(0.05, 0.19))
    split = draw(st.sampled_from([SplitKind.GROUPED, SplitKind.RANDOM, SplitKind.OVERSAMPLE_FIRST]))
    positive = {"allow_nan": False, "exclude_min": True}
    numbers = {
        "image_size": st.integers(33, 600), "batch_size": st.integers(0, 4096), "epochs": st.integers(1, 1000),
        "seed": st.integers(0, 3), "learning_rate": st.floats(0, 1, **positive),
        "early_stopping_patience": st.integers(0, 1000), "reduce_lr_patience": st.integers(0, 1000),
        "reduce_lr_factor": st.floats(0, 1, exclude_max=True, **positive), "min_learning_rate": st.floats(0, 1),
        "augment_rotation": st.floats(0, 180), "augment_zoom": st.floats(0, 0.5),
        "augment_aspect_ratio": st.floats(0, 0.5), "augment_translation": st.floats(0, 0.5),
        "augment_brightness": st.floats(0, 0.9),
        "augment_contrast": st.floats(0, 0.9), "augment_saturation": st.floats(0, 0.9),
        "folds": st.sampled_from([0, 2, 5]), "fold": st.integers(0, 5),
        "augment_hue": st.floats(0, 180), "augment_flip": st.sampled_from(["none", "horizontal", "both", "turns"]),
        **{name: st.sampled_from(get_args(Recipe.model_fields[name].annotation)) for name in CHOICES},
        "focal_gamma": st.floats(0, 10), "logit_tau": st.floats(0, 2),
        "label_smoothing": st.floats(0, 0.5), "mixup": st.floats(0, 10), "cutmix": st.floats(0, 10),
        "momentum": st.floats(0, 1, exclude_max=True), "weight_decay": st.floats(0, 1),
        "clip_norm": st.floats(0, 1000), "ema_momentum": st.floats(0, 1, exclude_max=True),
        "warm_up": st.floats(0, 1, exclude_max=True),
        "keep": st.sampled_from(["best", "last"]),
        "monitor": st.sampled_from(["val_loss", "val_accuracy", "val_balanced_accuracy"]),
        "architecture": structures(model), "most_pictures": st.sampled_from([0, 500]),
        "test_time_augmentation": st.sampled_from(Turns),
        "metadata": st.lists(st.sampled_from(COLUMNS), unique=True),
        "stages": st.lists(stages(), max_size=3) if model_spec(model).trunk else st.just([]),
    }  # fmt: skip
    begins = ["", "none"] if model_spec(model).trunk is None else ["", "imagenet", "none"]
    numbers["weights"] = st.sampled_from(begins)
    values = without_unused({name: draw(each) for name, each in numbers.items()})
    if values["schedule"] != "constant":
        values["reduce_lr_patience"] = 0
    if split is not SplitKind.GROUPED or values["fold"] > values["folds"]:
        values["folds"] = values["fold"] = 0
    if split is not SplitKind.OVERSAMPLE_FIRST:
        values["balance"] = draw(st.sampled_from(Balance))
    of_parts = {"train_fraction": train, "validation_fraction": validation, "test_fraction": 1 - train - validation}
    try:
        recipe = make_recipe(dataset="demo", model=model, split=split, **of_parts, **values)
        recipe.check_classes(len(dataset_spec("demo").classes))
    except ConfigurationError:
        reject()
    assert set(Recipe.model_fields) <= {"dataset", "model", "split", "balance", *of_parts, *numbers}, (
        "all of it is drawn"
    )
    return recipe


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(recipe=recipes())
@example(
    recipe=make_recipe(
        dataset="demo",
        model="cnn-59k",
        train_fraction=0.625,
        validation_fraction=0.2,
        test_fraction=0.175,
        learning_rate=1e-9,
        reduce_lr_factor=0.001,
        augment_zoom=0.123456789,
        augment_hue=7.77,
    )
)
def test_what_the_form_shows_of_any_recipe_gives_back_the_same_recipe(
    recipe: Recipe, demo_artifacts, open_page, launched: list[Recipe]
) -> None:
    run = create_run(recipe.model_copy(update={"folds": 0, "fold": 0}))
    write_json(run.path / "recipe.json", recipe.to_json())  # that of all folds is cloned from their out-of-fold run
    launched.clear()
    test = start(open_page(PAGE, clone=run.run_id, dataset="demo", model=recipe.model))
    assert not test.exception
    assert launched == [recipe, *([recipe.picture_alone] if recipe.metadata else [])]


@settings(deadline=None)
@given(recipe=recipes())
def test_a_recipe_as_a_command_is_the_same_recipe(recipe: Recipe) -> None:
    words = shlex.split(as_command(recipe))
    typed = [text for word, text in pairwise(words) if word == "--set"]
    assert make_recipe(dataset="demo", model=words[4], **parse_settings(typed)) == recipe


@settings(deadline=None)
@given(
    fractions=recipes().map(lambda recipe: recipe.fractions),
    handles=st.tuples(st.integers(5, 60), st.integers(61, 100)),
)
def test_parts_are_exact_until_somebody_moves_them_then_whole_per_cent(fractions, handles) -> None:
    assert part_fractions.chosen(part_fractions.shown(fractions), fractions) == fractions
    train, validation, held_out = part_fractions.chosen(handles, (0.7, 0.15, 0.15))
    assert (round(100 * train), round(100 * (train + validation))) == handles
    assert train + validation + held_out == pytest.approx(1)


@pytest.mark.parametrize("name", long_but(PRESETS, "steady"))
def test_a_preset_is_what_starts_by_address_and_by_choice(
    name: str, demo_artifacts, open_page, launched: list[Recipe]
) -> None:
    asked = make_recipe(**preset_fields(name, {"dataset": "demo"}))
    both = [asked, asked.picture_alone] if asked.metadata else [asked]
    test = start(open_page(PAGE, dataset="demo", preset=name))
    assert not test.exception
    assert launched == both
    launched.clear()
    test = open_page(PAGE, dataset="demo", preset="no such preset")
    [choice] = [each for each in test.pills if each.label == "Ready-made recipe"]
    start(choice.set_value(name).run())
    assert launched == [asked], "that on the picture alone is here"


def test_what_was_chosen_is_still_there_after_a_look_at_another_page(demo_artifacts, open_page) -> None:
    test = open_page("30_train.py", dataset="demo")

    def field(name: str):
        [found] = [each for each in test.number_input if each.label == name]
        return found

    test = field("Epochs").set_value(7).run()
    test = field("Seed").set_value(5).run()
    test = field("Batch size (0 chooses)").set_value(16).run()
    labelled(test.selectbox, "Dropout").set_value(0.3)
    test = labelled(test.pills, "Also tell the network").set_value(["age"]).run()
    test.switch_page("../pages/31_runs.py").run()
    test = test.switch_page("../pages/30_train.py").run()
    assert [field(name).value for name in ("Epochs", "Seed", "Batch size (0 chooses)")] == [7, 5, 16]
    assert labelled(test.pills, "Also tell the network").value == ["age"]
    assert labelled(test.selectbox, "Dropout").value == 0.3
    address = {"train-cnn-59k-dropout": "0.3"}
    address |= {"dataset": "demo", "train-epochs": "7", "train-seed": "5", "train-batch_size": "16"}
    test = open_page("30_train.py", **address)  # as after a reload, for that is what the browser writes
    assert labelled(test.selectbox, "Dropout").value == 0.3
    assert [field(name).value for name in ("Epochs", "Seed", "Batch size (0 chooses)")] == [7, 5, 16]


@pytest.mark.parametrize("address", ["nowhere", "../../etc/passwd", "x" * 5000])
def test_a_run_to_clone_that_is_not_there_changes_nothing(address: str, demo_artifacts, open_page) -> None:
    test = open_page("30_train.py", clone=address)
    assert not test.exception
    assert not test.error
    assert "not its recipe" in test.warning[0].value
    assert test.number_input[0].value == 20


def test_a_network_with_a_trunk_begins_with_what_is_chosen_and_the_page_says_where_it_lies(
    train_page, launched
) -> None:
    assert "Begins with" not in [each.label for each in train_page.selectbox]
    labelled(train_page.selectbox, "Model").set_value("efficientnet-lite0").run()
    begins = labelled(train_page.selectbox, "Begins with")
    assert begins.value == "imagenet"
    assert "efficientnet-lite0-57934424.pth" in " ".join(each.value for each in train_page.caption)
    assert "Apache-2.0" in " ".join(each.value for each in train_page.caption)
    begins.set_value("none")
    for label, units in (("Dense", 256), ("Second dense", 128), ("Third dense", 64)):
        labelled(train_page.selectbox, label).set_value(units)
    train_page.run()
    [start] = [each for each in train_page.button if each.label == "Start training"]
    assert not start.disabled
    start.click().run()
    assert [recipe.weights for recipe in launched] == ["none"]
    assert launched[0].architecture == {"dense": 256, "second_dense": 128, "third_dense": 64}


def test_weights_that_are_not_here_can_be_downloaded_and_until_then_nothing_starts(
    train_page, launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LESIONLAB_WEIGHTS", raising=False)
    started: list[tuple] = []
    monkeypatch.setattr("dashboard.widgets.runs.weights_picker.start_job", lambda *asked: started.append(asked))
    labelled(train_page.selectbox, "Model").set_value("mobilenet-0.5").run()
    [start] = [each for each in train_page.button if each.label == "Start training"]
    assert start.disabled
    assert "mobilenet_5_0_224_tf_no_top.h5" in " ".join(each.value for each in train_page.error)
    [download] = [each for each in train_page.button if each.label == "Download the weights"]
    download.click().run()
    assert started == [("weights", "ImageNet weights of MobileNet 0.5", {"trunk": "mobilenet-0.5"})]
    labelled(train_page.selectbox, "Begins with").set_value("none").run()
    [start] = [each for each in train_page.button if each.label == "Start training"]
    assert not start.disabled


STAGES = "train-stages-efficientnet-lite0"


def stages_of(recipe: Recipe) -> list[tuple[str, int]]:
    return [(stage.learns, stage.epochs) for stage in recipe.stages]


def edited(test: AppTest, **change: object) -> AppTest:
    """The page after somebody wrote into the first stage; `AppTest` cannot, so it is told what a browser would."""
    [table] = [each for each in test.dataframe if "learns" in each.value.columns]
    states = test._tree.get_widget_states()
    edits = {"edited_rows": {"0": change}, "added_rows": [], "deleted_rows": []}
    states.widgets.add(id=table.proto.id, string_value=json.dumps(edits))
    return test._run(states)


def test_stages_are_kept_when_one_looks_elsewhere_and_stand_in_the_address(
    demo_artifacts, open_page, launched: list[Recipe]
) -> None:
    test = open_page(PAGE, dataset="demo")
    labelled(test.selectbox, "Model").set_value("efficientnet-lite0").run()
    labelled(test.selectbox, "Begins with").set_value("none").run()
    test = labelled(test.toggle, "In stages").set_value(True).run()
    assert STAGES not in test.query_params, "these are the usual ones"
    test = edited(test, epochs=7)
    test.switch_page("../pages/31_runs.py").run()
    test = test.switch_page("../pages/30_train.py").run()
    assert test.query_params[STAGES] == "head~7_all~5~0~0.0001"
    address = dict(test.query_params.items())
    test = start(test)
    test = start(open_page(PAGE, **address))  # as after a reload, or by somebody to whom it was sent
    assert [stages_of(recipe) for recipe in launched] == [[("head", 7), ("all", 5)]] * 2
    assert [recipe.weights for recipe in launched] == ["none", "none"]


def test_a_stage_of_more_blocks_than_the_network_has_cannot_be_started(demo_artifacts, open_page) -> None:
    test = labelled(open_page(PAGE, dataset="demo").selectbox, "Model").set_value("efficientnet-lite0").run()
    test = edited(labelled(test.toggle, "In stages").set_value(True).run(), learns="18")
    assert ["efficientnet-lite0 has 17 blocks" in each.value for each in test.error] == [True]
    assert "Start training" not in {each.label for each in test.button}


def test_what_the_network_is_told_and_the_ready_made_recipe_are_there_after_a_reload(
    demo_artifacts, open_page, launched: list[Recipe]
) -> None:
    test = open_page(PAGE, dataset="demo")
    test = labelled(test.pills, "Ready-made recipe").set_value("steady").run()
    test = labelled(test.number_input, "Epochs").set_value(13).run()
    test = labelled(test.pills, "Also tell the network").set_value(["age"]).run()
    labelled(test.checkbox, "Train the same on the picture alone, too").set_value(False).run()
    test.switch_page("../pages/31_runs.py").run()
    test = test.switch_page("../pages/30_train.py").run()
    test = open_page(PAGE, **dict(test.query_params.items()))
    start(test)
    [recipe] = launched
    assert recipe == make_recipe(**preset_fields("steady", {"dataset": "demo"}) | {"epochs": 13, "metadata": ("age",)})


def test_the_recipe_of_a_run_is_still_the_start_after_a_look_at_another_page_until_it_is_put_away(
    demo_artifacts, open_page
) -> None:
    run = create_run(make_recipe(dataset="demo", model="cnn-pyramid", epochs=7))
    test = open_page(PAGE, clone=run.run_id, dataset="demo", model="cnn-pyramid")
    test.switch_page("../pages/31_runs.py").run()
    test = test.switch_page("../pages/30_train.py").run()
    assert test.query_params["clone"] == run.run_id
    assert labelled(test.number_input, "Epochs").value == 7
    [away] = [each for each in test.button if each.label == "Start with the defaults instead"]
    test = away.click().run()
    assert "clone" not in test.query_params
    assert labelled(test.number_input, "Epochs").value == 20


def test_where_stages_have_their_epochs_no_field_for_epochs_does_nothing(demo_artifacts, open_page) -> None:
    test = labelled(open_page(PAGE).selectbox, "Model").set_value("efficientnet-lite0").run()
    assert {"Epochs", "Seed", "Learning rate"} <= labels(test)
    test = labelled(test.toggle, "In stages").set_value(True).run()
    assert not {"Epochs", "Learning rate", "Early stopping patience (epochs)"} & labels(test)
    assert {"Seed", "Reduce learning rate factor"} <= labels(test)
    shown = {each.label for each in test.selectbox}
    assert "Optimizer" in shown
    assert "Schedule" not in shown
