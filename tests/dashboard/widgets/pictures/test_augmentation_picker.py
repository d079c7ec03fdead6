"""Augmentation travels from page to page in the address, and nothing that no recipe would take comes with it."""

import pytest

from core.training.recipe import Recipe, make_recipe
from dashboard.widgets.pictures.augmentation_picker import AUGMENTATION, as_address, augmentation_in


def recipe(**values) -> Recipe:
    return make_recipe(dataset="demo", model="cnn-59k", **values)


def test_an_address_carries_exactly_what_is_on() -> None:
    made = recipe(augment_flip="both", augment_rotation=45, augment_hue=7.5, seed=3)
    address = as_address(made)
    assert set(address) == {"augment_flip", "augment_rotation", "augment_hue"}
    assert augmentation_in(address) == {name: getattr(made, name) for name in address}
    assert recipe(**augmentation_in(address), seed=3) == made
    assert as_address(recipe()) == {}


def test_every_field_of_augmentation_travels() -> None:
    on = {name: "both" if name == "augment_flip" else 0.25 for name in AUGMENTATION}
    assert augmentation_in(as_address(recipe(**on))) == on


@pytest.mark.parametrize(
    "address",
    [
        {"augment_rotation": "1e99"},
        {"augment_zoom": "nan"},
        {"augment_flip": "<script>"},
        {"augment_hue": ""},
        {"augment_everything": "1"},
        {"epochs": "1000", "__class__": "x"},
    ],
)
def test_what_no_recipe_would_take_is_left_out_of_an_address(address: dict[str, str]) -> None:
    assert augmentation_in(address) == {}
    assert augmentation_in({**address, "augment_contrast": "0.5"}) == {"augment_contrast": 0.5}
