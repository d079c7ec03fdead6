"""What is said of an augmentation follows from how strong it is."""

import ast
import re
from pathlib import Path

import numpy as np

from core.training.augmentation_presets import AUGMENTATION_PRESETS
from core.training.recipe import Recipe, make_recipe
from dashboard.state.augmentation_lesson import MOST, enlarged, judgements, lost_to_black_and_white


def recipe(**values) -> Recipe:
    return make_recipe(dataset="demo", model="cnn-59k", **values)


def test_nothing_is_said_of_what_is_off() -> None:
    assert judgements(recipe()) == []


def test_flips_and_rotation_keep_the_diagnosis_however_strong() -> None:
    said = judgements(recipe(augment_flip="both", augment_rotation=180))
    assert [each.plausible for each in said] == [True, True]


def test_each_other_kind_becomes_risky_when_it_is_strong_and_the_risky_come_first() -> None:
    weak = judgements(recipe(**{name: most / 2 for name, most in MOST.items()}))
    assert len(weak) == len(MOST)
    assert all(each.plausible for each in weak)
    said = judgements(recipe(augment_zoom=0.1, augment_hue=90))
    assert [each.plausible for each in said] == [False, True]
    assert said[0].sentence.startswith("**Hue** ± 90°")
    assert said[1].sentence.startswith("**Zoom** ± 10\u00a0%")


def test_pixels_with_a_colour_at_an_end_of_its_range_are_counted() -> None:
    pictures = np.full((2, 2, 2, 3), 100, np.uint8)
    assert lost_to_black_and_white(pictures) == 0
    pictures[0, 0, 0, 1] = 255
    pictures[1, 1, 1] = 0
    assert lost_to_black_and_white(pictures) == 0.25


def test_an_enlarged_picture_has_the_same_pixels_as_squares() -> None:
    picture = np.arange(28 * 28 * 3, dtype=np.uint8).reshape(28, 28, 3)
    large = enlarged(picture, 150)
    assert large.shape == (168, 168, 3)
    np.testing.assert_array_equal(large[::6, ::6], picture)
    np.testing.assert_array_equal(large[5::6, 5::6], picture)
    np.testing.assert_array_equal(enlarged(picture, 10), picture)


def test_for_skin_the_lesson_finds_nothing_risky_in_the_preset_for_dermoscopy() -> None:
    preset = AUGMENTATION_PRESETS["dermoscopy"]
    said = judgements(make_recipe(dataset="demo", model="cnn-59k", **preset.fields))
    assert len(said) == 8
    assert all(each.plausible for each in said)


def test_what_is_said_of_pictures_fits_tissue_as_well_as_skin() -> None:
    """No page or widget takes every picture for one of skin; texts of a kind of data stand with that kind."""
    root = Path(__file__).parents[3]
    sources = [*(root / "pages").glob("*.py"), *(root / "dashboard").rglob("*.py")]
    found = {
        f"{source.name}: {node.value}"
        for source in sources
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.search(r"dermatologist|dermoscopy picture|skin change|no skin\?", node.value, re.IGNORECASE)
    }
    assert found == set()
