import math

import pytest

from core.base.errors import ConfigurationError, SearchError
from core.models.registry import list_models
from core.searches.control import start_search
from core.searches.search_config import OracleKind, SearchConfig, make_search_config, read_search_config
from core.searches.space import (
    TRAINING,
    augmentation_fields,
    combinations,
    narrowed_space,
    search_space,
    trial_recipe,
    values_without_network,
)
from core.training.recipe import Recipe, make_recipe

BASE = {"dataset": "demo", "model": "cnn-pyramid"}
TRAINED = [spec.name for spec in list_models() if spec.gradient_trained]


@pytest.mark.parametrize("model", TRAINED)
def test_the_space_of_every_model_has_its_structure_and_its_training_without_two_of_one_name(model: str) -> None:
    names = [parameter.name for parameter in search_space(model)]
    assert len(set(names)) == len(names)
    assert {"dropout", "learning_rate", "optimizer", "batch_size", "augmentation"} <= set(names)
    assert set(names) - {p.name for p in TRAINING} == {
        p.name for spec in list_models() if spec.name == model for p in spec.architecture
    }


@pytest.mark.parametrize("model", TRAINED)
def test_the_defaults_of_a_space_make_a_recipe(model: str) -> None:
    space = search_space(model)
    made = trial_recipe(make_recipe(dataset="demo", model=model), space, {p.name: p.default for p in space})
    assert made.architecture == {}
    assert (made.learning_rate, made.optimizer, made.augment_flip) == (1e-3, "adam", "none")


def test_the_floor_has_nothing_to_search() -> None:
    with pytest.raises(ConfigurationError, match="majority is computed, not trained"):
        search_space("majority")


def test_a_space_is_narrowed_by_what_is_typed_and_keeps_only_that() -> None:
    space = narrowed_space("cnn-pyramid", ["learning_rate=1e-4:1e-2", "blocks = 3:", "optimizer=adam", "filters"])
    by_name = {parameter.name: parameter for parameter in space}
    assert list(by_name) == ["blocks", "filters", "learning_rate", "optimizer"]
    assert (by_name["learning_rate"].low, by_name["learning_rate"].high) == (1e-4, 1e-2)
    assert (by_name["blocks"].low, by_name["blocks"].high, by_name["blocks"].default) == (3, 5, 4)
    assert by_name["optimizer"].choices == ("adam",)
    assert narrowed_space("cnn-pyramid", []) == search_space("cnn-pyramid")
    assert combinations(space) == math.inf
    assert combinations(narrowed_space("cnn-pyramid", ["blocks=3:4", "optimizer=adam,rmsprop"])) == 4


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("bogus", "no “bogus” to search"),
        ("blocks=1:3", "blocks: allowed is a whole number from 2 to 5"),
        ("blocks=5:3", "blocks: 5 to 3 is no range"),
        ("blocks=3,4", "blocks: it is a number; give its range as LOW:HIGH"),
        ("optimizer=adagrad", "optimizer: allowed is one of adam, adamw, rmsprop, sgd"),
        ("optimizer=", "optimizer: no value is left"),
        ("optimizer=a:b", "optimizer: give the values"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_its_name(typed: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        narrowed_space("cnn-pyramid", [typed])


def test_a_trial_is_the_base_with_the_proposed_values_in_it() -> None:
    base = make_recipe(**BASE, seed=7, architecture={"activation": "elu"}, optimizer="rmsprop")
    space = narrowed_space("cnn-pyramid", ["blocks", "dropout", "learning_rate", "augmentation", "batch_size"])
    values = {"blocks": 3, "dropout": 0.30000000000000004, "learning_rate": 0.005, "augmentation": 0.5}
    made = trial_recipe(base, space, {**values, "batch_size": 16, "tuner/epochs": 4, "tuner/round": 1})
    assert made.architecture == {"blocks": 3, "dropout": 0.3, "activation": "elu"}
    assert (made.seed, made.optimizer, made.learning_rate, made.batch_size) == (7, "rmsprop", 0.005, 16)
    assert (made.epochs, made.augment_flip, made.augment_rotation, made.augment_zoom) == (4, "both", 90, 0.1)


def test_what_another_proposed_value_has_no_use_for_takes_its_default() -> None:
    """And a schedule takes the place of reducing the learning rate on a plateau."""
    base = make_recipe(**BASE, reduce_lr_patience=2, optimizer="adamw", weight_decay=0.05)
    space = narrowed_space("cnn-pyramid", ["optimizer", "weight_decay", "schedule"])
    values = {"optimizer": "sgd", "weight_decay": 0.001, "schedule": "cosine"}
    made = trial_recipe(base, space, values)
    assert (made.optimizer, made.weight_decay, made.reduce_lr_patience) == ("sgd", 0.01, 0)
    kept = trial_recipe(base, space, {**values, "optimizer": "adamw", "schedule": "constant"})
    assert (kept.optimizer, kept.weight_decay, kept.reduce_lr_patience) == ("adamw", 0.001, 2)
    assert values_without_network(base, space) == {}


@pytest.mark.parametrize("strength", [0.0, 0.25, 1.0])
def test_every_strength_of_augmentation_is_one_that_a_recipe_takes(strength: float) -> None:
    made = make_recipe(**BASE, **augmentation_fields(strength))
    augmented = [name for name in Recipe.model_fields if name.startswith("augment_") and name != "augment_flip"]
    assert any(getattr(made, name) for name in augmented) is (strength > 0)
    assert made.augment_hue == 0


def test_values_from_which_no_network_can_be_built_are_refused_without_building_one() -> None:
    with pytest.raises(ConfigurationError, match="cnn-pyramid with blocks 5 needs at least 32 pixels; it is 28"):
        trial_recipe(make_recipe(**BASE), narrowed_space("cnn-pyramid", ["blocks"]), {"blocks": 5})


@pytest.mark.parametrize(("size", "without"), [(28, {"blocks": [5]}), (32, {})])
def test_values_from_which_no_network_can_be_built_are_known_before_a_search(size: int, without: dict) -> None:
    base = make_recipe(**BASE, image_size=size)
    assert values_without_network(base, search_space("cnn-pyramid")) == without
    assert values_without_network(base, narrowed_space("cnn-pyramid", ["blocks=2:4", "learning_rate"])) == {}


def test_an_ask_is_checked_and_survives_being_written(make) -> None:
    config = make(oracle="bayesian", trials=7, parallel=3, seed=0)
    assert SearchConfig.model_validate_json(config.model_dump_json()) == config
    assert (config.objective, config.direction) == ("val_accuracy", "max")
    assert make(monitor="val_loss").direction == "min"
    assert make_search_config(recipe=make_recipe(**BASE)).space == search_space("cnn-pyramid")
    for wrong, words in (
        ({"trials": 0, "parallel": 0}, "^The search cannot be started: trials: .*; parallel: "),
        ({"parallel": 65}, "parallel"),
        ({"oracle": "genetic"}, "oracle.*random"),
        ({"oracle": OracleKind.HYPERBAND, "epochs": 2}, "Hyperband needs at least 3"),
        ({"space": narrowed_space("cnn-59k", ["width"])}, "cannot have width"),
        ({"space": narrowed_space("cnn-pyramid", ["blocks"]) * 2}, "something twice"),
    ):
        recipe = make_recipe(**BASE, epochs=wrong.pop("epochs", 5))
        with pytest.raises(ConfigurationError, match=words):
            make_search_config(recipe=recipe, **wrong)


def test_a_damaged_search_is_said_to_be_so(driven) -> None:
    search = driven()
    assert read_search_config(search).recipe.model == "cnn-pyramid"
    search.config_file.write_text("{")
    with pytest.raises(SearchError, match=r"search\.json is missing or damaged"):
        read_search_config(search)
    (search.path / "wanted.json").write_text("{}")
    with pytest.raises(SearchError, match=r"wanted\.json is missing or damaged"):
        search.wanted()


def test_a_search_on_an_unknown_data_set_is_not_made(make, artifacts) -> None:
    from core.base.errors import DatasetNotFoundError

    with pytest.raises(DatasetNotFoundError):
        start_search(make(dataset="nowhere"))
    assert not (artifacts / "searches").exists()
