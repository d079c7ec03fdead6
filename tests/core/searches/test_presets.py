"""Published searches by name."""

import pytest

from core.base.errors import ConfigurationError
from core.models.registry import list_models
from core.searches.presets import presets_of, search_preset
from core.searches.search_config import OracleKind, make_search_config
from core.searches.space import narrowed_space
from core.training.recipe import make_recipe


def test_the_search_of_the_report_on_patches_is_there_by_name() -> None:
    preset = search_preset("patch-cnn-tuned", "published")
    space = narrowed_space(preset.model, preset.tune)
    assert [parameter.name for parameter in space] == [f"filters_{block}" for block in range(1, 5)]
    assert all(parameter.values == tuple(range(32, 513, 32)) for parameter in space)
    assert preset.oracle is OracleKind.RANDOM
    assert (preset.recipe["epochs"], preset.recipe["monitor"]) == (10, "val_accuracy")


@pytest.mark.parametrize("preset", [each for model in list_models() for each in presets_of(model.name)])
def test_every_preset_is_a_search_that_can_be_started(preset) -> None:
    recipe = make_recipe(dataset="demo", model=preset.model, **preset.recipe)
    space = narrowed_space(preset.model, preset.tune)
    config = make_search_config(recipe=recipe, oracle=preset.oracle, trials=preset.trials, space=space)
    assert config.recipe_of({parameter.name: parameter.default for parameter in space}).model == preset.model


def test_a_search_that_nobody_has_published_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"cnn-59k has no search called “published”. It has: none"):
        search_preset("cnn-59k", "published")
