import json
from typing import Any

import pytest
from pydantic import ValidationError

from core.base.errors import ConfigurationError
from core.data.splits.balance import Balance
from core.data.splits.splits import SplitKind
from core.engine.engine_settings import EngineSettings
from core.searches.search_config import make_search_config
from core.training.recipe import Recipe, make_recipe, parse_settings, without_unused


def recipe(**values: Any) -> Recipe:
    return make_recipe(**{"dataset": "demo", "model": "cnn-59k", **values})


def test_true_and_false_are_no_numbers() -> None:
    numbers = [name for name, field in Recipe.model_fields.items() if field.annotation in (int, float)]
    assert len(numbers) > 15
    for name in numbers:
        for value in (True, False):
            with pytest.raises(ConfigurationError, match=f"{name}: .*should be a number, not true or false"):
                make_recipe(dataset="demo", model="cnn-59k", **{name: value})
    with pytest.raises(ConfigurationError, match="dropout"):
        make_recipe(dataset="demo", model="cnn-pyramid", architecture={"dropout": True})


@pytest.mark.parametrize("field", ["cpu_workers", "gpus_per_run", "per_person", "takeover_seconds"])
def test_true_is_no_number_of_the_engine_either(field: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{field} must be a whole number"):
        EngineSettings(**{field: True})


@pytest.mark.parametrize("field", ["trials", "parallel"])
def test_true_is_no_number_of_a_search_either(field: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{field}: .*not true or false"):
        make_search_config(recipe=recipe(), **{field: True})


def test_every_field_is_explained_in_a_sentence() -> None:
    for name, field in Recipe.model_fields.items():
        assert field.description, name
        assert field.description[0].isupper(), name
        assert field.description.endswith("."), name


def test_two_names_are_enough_and_the_rest_has_defaults() -> None:
    made = recipe()
    assert (made.split, made.balance, made.seed) == (SplitKind.GROUPED, Balance.NONE, 0)
    assert made.fractions == (0.70, 0.15, 0.15)


def test_an_image_size_of_0_becomes_the_size_of_the_model() -> None:
    assert recipe(image_size=0).image_size == 28
    assert recipe(image_size=32).image_size == 32


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"epochs": 0}, ["epochs", "greater than or equal to 1", "got 0"]),
        ({"epochs": "many"}, ["epochs", "valid integer", "'many'"]),
        ({"epochs": 2.5}, ["epochs", "integer", "2.5"]),
        ({"batch_size": -1}, ["batch_size", "0"]),
        ({"batch_size": 5000}, ["batch_size", "4096"]),
        ({"learning_rate": 0}, ["learning_rate", "greater than 0"]),
        ({"learning_rate": "nan"}, ["learning_rate"]),
        ({"learning_rate": float("inf")}, ["learning_rate"]),
        ({"seed": -1}, ["seed", "-1"]),
        ({"seed": 2**31}, ["seed"]),
        ({"optimizer": "sgdx"}, ["optimizer", "adam", "rmsprop", "sgdx"]),
        ({"loss": "hinge"}, ["loss", "cross-entropy", "focal", "binary", "logit-adjusted", "hinge"]),
        ({"label_smoothing": 0.6}, ["label_smoothing", "0.5"]),
        ({"mixup": -1}, ["mixup", "0"]),
        ({"cutmix": "inf"}, ["cutmix"]),
        ({"clip_norm": -1}, ["clip_norm", "0"]),
        ({"ema_momentum": 1}, ["ema_momentum", "less than 1"]),
        ({"optimizer": "sgd", "momentum": 1}, ["momentum", "less than 1"]),
        ({"schedule": "step"}, ["schedule", "constant", "cosine", "one-cycle", "step"]),
        ({"schedule": "cosine", "warm_up": 1}, ["warm_up", "less than 1"]),
        ({"schedule": "cosine", "reduce_lr_patience": 2}, ["reduce_lr_patience", "schedule", "cosine", "constant"]),
        ({"schedule": "one-cycle", "reduce_lr_patience": 2}, ["reduce_lr_patience", "one-cycle"]),
        ({"weight_decay": 0.05}, ["weight_decay", "has an effect only if", "optimizer is adamw", "adam."]),
        ({"momentum": 0.5}, ["momentum", "has an effect only if", "sgd"]),
        ({"focal_gamma": 1}, ["focal_gamma", "has an effect only if", "focal"]),
        ({"logit_tau": 0.5}, ["logit_tau", "has an effect only if", "logit-adjusted"]),
        ({"loss": "logit-adjusted", "logit_tau": 3}, ["logit_tau", "2"]),
        ({"warm_up": 0.3}, ["warm_up", "has an effect only if", "cosine or one-cycle"]),
        ({"monitor": "loss"}, ["monitor", "val_loss", "val_balanced_accuracy"]),
        ({"split": "by-day"}, ["split", "grouped", "random", "oversample-first"]),
        ({"balance": "both"}, ["balance", "weights", "oversample", "undersample"]),
        ({"model": "resnet-9000"}, ["resnet-9000", "cnn-59k"]),
        ({"image_size": 27}, ["image_size", "cnn-59k", "28"]),
        ({"image_size": 2000}, ["image_size", "1024"]),
        ({"train_fraction": 0.9}, ["train_fraction", "validation_fraction", "test_fraction", "sum to 1.2"]),
        ({"train_fraction": 1.5}, ["train_fraction", "less than 1"]),
        ({"validation_fraction": 0}, ["validation_fraction"]),
        ({"train_fraction": float("nan")}, ["train_fraction"]),
        ({"split": "oversample-first", "balance": "weights"}, ["balance", "oversample-first", "none"]),
        ({"augment_flip": "upside down"}, ["augment_flip", "none", "horizontal", "both"]),
        ({"augment_rotation": 181}, ["augment_rotation", "180"]),
        ({"augment_rotation": "nan"}, ["augment_rotation"]),
        ({"augment_zoom": 1}, ["augment_zoom", "0.5"]),
        ({"augment_zoom": float("inf")}, ["augment_zoom"]),
        ({"augment_translation": -0.1}, ["augment_translation", "0"]),
        ({"augment_brightness": 2}, ["augment_brightness", "0.9"]),
        ({"augment_contrast": "a lot"}, ["augment_contrast", "number"]),
        ({"augment_saturation": 1}, ["augment_saturation", "0.9"]),
        ({"augment_hue": float("nan")}, ["augment_hue"]),
        ({"optimiser": "adam"}, ["no field “optimiser”"]),
        ({"dataset": None}, ["dataset", "string"]),
    ],
)
def test_a_bad_value_is_refused_with_the_name_of_its_field_and_the_reason(
    values: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        recipe(**values)
    said = str(refusal.value)
    assert all(word in said for word in words), said
    assert "pydantic" not in said


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        recipe(epochs=0, seed=-3, bogus=1)
    assert all(word in str(refusal.value) for word in ("epochs", "seed", "bogus"))


def test_what_is_missing_is_named_without_repeating_the_rest_of_the_recipe() -> None:
    with pytest.raises(ConfigurationError, match=r"^The recipe cannot be used: dataset: Field required$"):
        make_recipe(model="cnn-59k", epochs=3)


def test_a_split_without_a_test_part_is_possible() -> None:
    assert recipe(train_fraction=0.8, validation_fraction=0.2, test_fraction=0).fractions == (0.8, 0.2, 0)


def test_numbers_typed_as_text_become_numbers() -> None:
    typed = parse_settings(["epochs = 7", "learning_rate=3e-4", "batch_size=64", "split=random", "seed=12"])
    made = recipe(**typed)
    assert (made.epochs, made.learning_rate, made.batch_size, made.seed) == (7, 3e-4, 64, 12)
    assert made.split is SplitKind.RANDOM


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("epochs", "“epochs” should be key=value"),
        ("", "should be key=value"),
        ("epoch=3", "no field “epoch”.*epochs"),
        ("=3", "no field “”"),
        ("__class__=x", "no field “__class__”"),
        ("fractions=x", "no field “fractions”"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_quoted(typed: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        parse_settings([typed])


def test_the_text_after_the_first_equals_sign_is_the_value() -> None:
    assert parse_settings(["dataset=a=b"]) == {"dataset": "a=b"}


def test_a_recipe_cannot_be_changed() -> None:
    made = recipe()
    with pytest.raises(ValidationError):
        made.epochs = 3


def test_the_binary_loss_is_refused_where_there_are_not_two_classes() -> None:
    made = recipe(loss="binary")
    made.check_classes(2)
    with pytest.raises(ConfigurationError, match="loss: binary is for two classes, and demo has 7"):
        made.check_classes(7)
    recipe().check_classes(7)


def test_what_would_do_nothing_is_left_out_and_what_does_something_stays() -> None:
    fields = {"model": "cnn-59k", "optimizer": "sgd", "momentum": 0.5, "weight_decay": 0.3}
    assert without_unused(fields) == {"model": "cnn-59k", "optimizer": "sgd", "momentum": 0.5}


def test_a_recipe_that_was_written_before_a_field_was_there_means_what_it_meant() -> None:
    new = ("loss", "label_smoothing", "mixup", "cutmix", "schedule", "ema_momentum", "clip_norm")
    written = {name: value for name, value in recipe().to_json().items() if name not in new}
    read = Recipe.from_json(written)
    assert (read.loss, read.schedule) == ("cross-entropy", "constant")
    assert not any(getattr(read, name) for name in ("label_smoothing", "mixup", "cutmix", "ema_momentum", "clip_norm"))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {
            "loss": "focal",
            "focal_gamma": 1.5,
            "optimizer": "sgd",
            "momentum": 0.5,
            "schedule": "one-cycle",
            "warm_up": 0.3,
        },
        {"split": "oversample-first", "seed": 2**31 - 1},
        {"balance": "weights", "monitor": "val_balanced_accuracy", "learning_rate": 1e-5},
        {"model": "lstm-rows", "image_size": 64, "train_fraction": 0.8, "validation_fraction": 0.2, "test_fraction": 0},
    ],
)
def test_a_recipe_survives_being_written_as_json(values: dict[str, Any]) -> None:
    made = recipe(**values)
    assert make_recipe(**json.loads(json.dumps(made.model_dump(mode="json")))) == made


@pytest.mark.parametrize(
    "given", ["site,age", "age site", '["age", "site"]', ["site", "age", "age"], ("age", "site"), "site + age"]
)
def test_metadata_are_the_same_however_they_are_named(given: object) -> None:
    recipe = make_recipe(dataset="demo", model="cnn-59k", metadata=given)
    assert recipe.metadata == ("age", "site")
    assert recipe.picture_alone == make_recipe(dataset="demo", model="cnn-59k", metadata="")
    assert Recipe.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize(
    ("model", "metadata", "words"),
    [
        ("cnn-59k", "age,dx_type", "metadata"),
        ("cnn-59k", 7, "metadata"),
        ("cnn-59k", [["age"]], "metadata"),
        ("majority", "age", "metadata: majority does not learn step by step"),
        ("dense-genes", "age", "metadata: only for models of pictures, and dense-genes learns from genes"),
    ],
)
def test_metadata_that_cannot_be_learnt_from_are_refused(model: str, metadata: object, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make_recipe(dataset="demo", model=model, metadata=metadata)
