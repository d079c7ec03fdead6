from core.training.augmentation_presets import AUGMENTATION_PRESETS
from core.training.recipe import Recipe, make_recipe


def test_every_preset_makes_a_recipe_that_changes_pictures_and_says_why() -> None:
    for name, preset in AUGMENTATION_PRESETS.items():
        made = make_recipe(dataset="demo", model="cnn-59k", **preset.fields)
        assert all(getattr(made, field) for field in preset.fields), name
        assert set(preset.fields) <= {field for field in Recipe.model_fields if field.startswith("augment_")}
        assert preset.reason.endswith(".")
