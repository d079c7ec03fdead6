"""What of a model's structure can be chosen, and that its defaults are the model as it is described."""

import inspect
import math
from importlib import import_module

import pytest

from core.base.errors import ConfigurationError
from core.models.parameters import Parameter
from core.models.registry import build_model, list_models, model_spec
from core.training.recipe import Recipe, make_recipe, parse_settings
from tests.alike import long_but
from tests.core.models.every_model import models

TUNABLE = [spec for spec in list_models() if spec.architecture]
TRAINED = models(families=False)
DROPOUT = Parameter("dropout", "float", 0.2, "A share.", low=0.0, high=0.7, step=0.1)
RATE = Parameter("rate", "float", 1e-3, "A size.", low=1e-5, high=1e-1, log=True)
BLOCKS = Parameter("blocks", "int", 4, "A number.", low=2, high=6, step=2)
BENT = Parameter("activation", "choice", "relu", "A kind.", choices=("relu", "elu"))
BOTH = Parameter("both", "bool", False, "Yes or no.")


def of(spec, name: str) -> Parameter:
    return next(parameter for parameter in spec.architecture if parameter.name == name)


def other_end(parameter: Parameter):
    """A value that is far from the default."""
    if parameter.kind == "bool":
        return not parameter.default
    if parameter.kind == "choice":
        return parameter.choices[-1]
    value = parameter.low if parameter.default != parameter.low else parameter.high
    return int(value) if parameter.kind == "int" else value


def test_every_model_that_learns_has_a_structure_to_choose_and_the_floor_has_none() -> None:
    assert [spec.name for spec in TUNABLE] == [spec.name for spec in list_models() if spec.gradient_trained]
    for spec in TUNABLE:
        assert of(spec, "dropout").kind == "float"
        for parameter in spec.architecture:
            assert parameter.meaning.endswith("."), parameter.name
            assert parameter.checked(parameter.default) == parameter.default, parameter.name


def test_every_parameter_of_a_network_for_pictures_can_be_listed_for_a_person_to_choose_from() -> None:
    for spec in TUNABLE:
        assert all(parameter.default in (parameter.values or ()) for parameter in spec.architecture), spec.name


@pytest.mark.parametrize(
    ("structure", "units"),
    [
        ({}, []),
        ({"dense": 64}, [("head_dense", 64)]),  # as in recipes from before there could be more
        ({"second_dense": 128}, [("head_dense", 128)]),
        (
            {"dense": 256, "second_dense": 128, "third_dense": 64},
            [("head_dense", 256), ("head_dense_2", 128), ("head_dense_3", 64)],
        ),
    ],
)
def test_a_head_has_the_dense_layers_that_a_recipe_names(structure: dict, units: list) -> None:
    import keras

    recipe = make_recipe(dataset="demo", model="mobilenet-0.25", weights="none", architecture=structure)
    assert recipe.architecture == structure
    network = build_model(recipe.model, 32, 3, recipe.architecture)
    dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    assert [(layer.name, layer.units) for layer in dense] == [*units, ("probabilities", 3)]
    assert {layer.activation for layer in dense[:-1]} <= {keras.activations.relu}


@pytest.mark.parametrize("spec", TUNABLE, ids=lambda spec: spec.name)
def test_the_builder_has_the_defaults_that_the_registry_says(spec) -> None:
    module, function = spec.builder.split(":")
    built_with = inspect.signature(getattr(import_module(module), function)).parameters
    stated = {parameter.name: parameter.default for parameter in spec.architecture}
    keywords = {name: p.default for name, p in built_with.items() if p.kind is p.KEYWORD_ONLY}
    assert set(spec.fixed) <= set(keywords)
    not_chosen = {"options"} | {name for name, default in keywords.items() if default is inspect.Parameter.empty}
    left = {"drop_connect"} if spec.trunk and not spec.trunk.drop_connect else set()  # it has no residual dropout
    assert {name: default for name, default in keywords.items() if name not in not_chosen | left} == stated


@pytest.mark.parametrize("name", long_but(TRAINED, "cnn-59k", "cnn-pyramid", "lstm-rows", "mobilenet-0.25"))
def test_every_parameter_changes_the_network_that_is_built(name: str) -> None:
    spec = model_spec(name)
    size = max(spec.smallest_size({p.name: other_end(p)}) for p in spec.architecture)
    usual = build_model(spec.name, size, 3)
    as_usual = [layer.get_config() for layer in usual.layers]
    for parameter in spec.architecture:
        changed = build_model(spec.name, size, 3, {parameter.name: other_end(parameter)})
        assert changed.output_shape == (None, 3)
        configs = [{k: v for k, v in layer.get_config().items() if k != "name"} for layer in changed.layers]
        assert configs != [{k: v for k, v in config.items() if k != "name"} for config in as_usual], parameter.name


@pytest.mark.parametrize(
    ("name", "structure", "smallest"),
    [
        ("cnn-59k", {}, 28),
        ("cnn-59k", {"convolutions": 4}, 30),
        ("cnn-59k", {"convolutions": 1}, 28),
        ("cnn-pyramid", {}, 16),
        ("cnn-pyramid", {"blocks": 5}, 32),
        ("patch-cnn-tuned", {"filters_1": 32}, 16),
    ],
)
def test_the_smallest_picture_follows_from_the_structure_and_is_enough(name: str, structure, smallest: int) -> None:
    assert model_spec(name).smallest_size(structure) == smallest
    assert build_model(name, smallest, 2, structure).output_shape == (None, 2)
    with pytest.raises(ConfigurationError, match=f"at least {smallest} pixels"):
        build_model(name, smallest - 1, 2, structure)


def test_a_recipe_keeps_what_differs_and_refuses_what_the_model_does_not_have() -> None:
    made = make_recipe(dataset="demo", model="cnn-59k", architecture={"dropout": "0.3", "activation": "relu"})
    assert made.architecture == {"dropout": 0.3}
    assert make_recipe(**made.model_dump(mode="json")) == made
    assert make_recipe(dataset="demo", model="cnn-59k").architecture == {}
    with pytest.raises(ConfigurationError, match=r"cnn-59k has no parameter “blocks”.*width, convolutions"):
        make_recipe(dataset="demo", model="cnn-59k", architecture={"blocks": 3})
    with pytest.raises(ConfigurationError, match=r"dropout: allowed is a number from 0 to 0.7 in steps of 0.1; 0.95"):
        make_recipe(dataset="demo", model="cnn-59k", architecture={"dropout": 0.95})
    with pytest.raises(ConfigurationError, match=r"majority has no parameter “dropout”. It has none"):
        make_recipe(dataset="demo", model="majority", architecture={"dropout": 0.1})


def test_a_recipe_from_before_there_was_a_structure_is_the_same_recipe() -> None:
    made = make_recipe(dataset="demo", model="cnn-pyramid")
    old = {name: value for name, value in made.model_dump(mode="json").items() if name != "architecture"}
    assert Recipe(**old) == made


def test_a_structure_that_the_pictures_are_too_small_for_is_refused_with_what_it_needs() -> None:
    with pytest.raises(ConfigurationError, match="cnn-pyramid with blocks 5 needs at least 32 pixels; it is 28"):
        make_recipe(dataset="demo", model="cnn-pyramid", architecture={"blocks": 5})


def test_a_structure_is_typed_after_set_one_parameter_at_a_time() -> None:
    typed = parse_settings(["architecture.dropout=0.3", "epochs=2", "architecture.bidirectional=yes"])
    made = make_recipe(dataset="demo", model="lstm-rows", **typed)
    assert made.architecture == {"dropout": 0.3, "bidirectional": True}
    with pytest.raises(ConfigurationError, match="architecture: name the parameter"):
        parse_settings(["architecture=3"])
    with pytest.raises(ConfigurationError, match=r"no field “epochs\.x”"):
        parse_settings(["epochs.x=3"])


@pytest.mark.parametrize(
    ("parameter", "given", "found"),
    [
        (DROPOUT, "0.30000000000000004", 0.3),
        (DROPOUT, 0, 0.0),
        (RATE, "3e-4", 3e-4),
        (BLOCKS, "6", 6),
        (BLOCKS, 2.0, 2),
        (BENT, "elu", "elu"),
        (BOTH, "yes", True),
        (BOTH, False, False),
    ],
)
def test_a_value_is_understood_in_the_type_of_its_parameter(parameter: Parameter, given, found) -> None:
    value = parameter.checked(given)
    assert value == found
    assert type(value) is type(found)


@pytest.mark.parametrize(
    ("parameter", "given"),
    [
        (DROPOUT, 0.25),
        (DROPOUT, "nan"),
        (DROPOUT, True),
        (RATE, 1),
        (RATE, float("inf")),
        (BLOCKS, 3),
        (BLOCKS, 8),
        (BENT, "tanh"),
        (BENT, None),
        (BOTH, "perhaps"),
    ],
)
def test_a_value_outside_the_range_is_refused_with_the_range(parameter: Parameter, given) -> None:
    with pytest.raises(ConfigurationError, match=parameter.name) as refusal:
        parameter.checked(given)
    assert parameter.range in str(refusal.value)


def test_the_values_of_a_parameter_in_steps_reach_from_end_to_end() -> None:
    assert DROPOUT.values == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    assert DROPOUT.narrowed(low=0.1, high=0.3).values == (0.1, 0.2, 0.3)
    assert BLOCKS.values == (2, 4, 6)
    assert (BENT.values, BOTH.values, RATE.values) == (("relu", "elu"), (False, True), None)


def test_a_parameter_is_narrowed_and_keeps_its_default_only_if_that_is_left() -> None:
    assert DROPOUT.narrowed(low=0.1, high="0.3").combinations == 3
    assert DROPOUT.narrowed(low=0.3).default == 0.3
    assert RATE.narrowed(high=1e-2).combinations == math.inf
    assert BENT.narrowed(values=("elu",)).default == "elu"
    assert BOTH.narrowed(values=("yes",)).choices == (True,)
    for refused in (
        lambda: DROPOUT.narrowed(low=0.5, high=0.1),
        lambda: DROPOUT.narrowed(low=-1),
        lambda: DROPOUT.narrowed(values=("0.1",)),
        lambda: BENT.narrowed(values=()),
        lambda: BENT.narrowed(values=("tanh",)),
        lambda: BENT.narrowed(low=1),
    ):
        with pytest.raises(ConfigurationError):
            refused()


def test_a_parameter_survives_being_written_as_json() -> None:
    for parameter in (DROPOUT, RATE, BLOCKS, BENT, BOTH):
        assert Parameter.from_json(parameter.to_json()) == parameter
