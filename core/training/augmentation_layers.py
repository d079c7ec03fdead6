"""Which random layers a recipe asks for: one list, from which layers are built and code is written, without Keras."""

from dataclasses import dataclass
from typing import Any

from core.base.random_streams import Stream, random_stream
from core.training.recipe import Recipe

BRIGHTEST = 255.0


@dataclass(frozen=True)
class RandomLayer:
    """One layer: a class of `keras.layers`, or `RandomTurns`, its arguments with the seed, and a name of its own."""

    kind: str
    arguments: dict[str, Any]
    name: str


def random_layers(recipe: Recipe) -> list[RandomLayer]:
    """The random layers of a recipe, in the order in which they are applied; none if all are off.

    First what moves pixels (flip, rotation, zoom, translation; what comes in from outside is mirrored), then
    what changes colours (brightness, contrast, saturation, hue), then the ratio of the sides and the quarter turns. The
    draws follow from `recipe.seed`; switching one kind on or off does not change those of the others.
    """
    side = {"fill_mode": "reflect", "interpolation": "bilinear"}
    colours = {"value_range": (0, BRIGHTEST)}
    moved, saturation, ratio = recipe.augment_translation, recipe.augment_saturation, recipe.augment_aspect_ratio
    kinds: tuple[tuple[str, object, dict[str, Any]], ...] = (
        # Two layers, for Keras' "horizontal_and_vertical" draws once for both: it turns by 180° and never mirrors.
        ("RandomFlip", recipe.augment_flip in ("horizontal", "both"), {"mode": "horizontal"}),
        ("RandomFlip", recipe.augment_flip == "both", {"mode": "vertical"}),
        ("RandomRotation", recipe.augment_rotation, {"factor": recipe.augment_rotation / 360, **side}),
        ("RandomZoom", recipe.augment_zoom, {"height_factor": recipe.augment_zoom, **side}),
        ("RandomTranslation", moved, {"height_factor": moved, "width_factor": moved, **side}),
        ("RandomBrightness", recipe.augment_brightness, {"factor": recipe.augment_brightness, **colours}),
        ("RandomContrast", recipe.augment_contrast, {"factor": recipe.augment_contrast, **colours}),
        # Keras multiplies the saturation by f / (1 − f), and clips it, a share, at the end of the value range.
        (
            "RandomSaturation",
            saturation,
            {"factor": tuple(m / (1 + m) for m in (1 - saturation, 1 + saturation)), "value_range": (0, 1)},
        ),
        ("RandomHue", recipe.augment_hue, {"factor": recipe.augment_hue / 180, **colours}),
        # Before the turns, after which a side may be the other one.
        ("RandomZoom", ratio, {"height_factor": 0.0, "width_factor": ratio, **side}),
        ("RandomTurns", recipe.augment_flip == "turns", {}),
    )
    seeds = random_stream(recipe.seed, Stream.AUGMENTATION).integers(2**31, size=len(kinds)).tolist()
    seeds[-2:] = reversed(seeds[-2:])  # the turns were there first, and recipes are to draw what they drew
    return [
        RandomLayer(kind, {**arguments, "seed": seed}, f"augment_{number}_{kind.removeprefix('Random').lower()}")
        for number, ((kind, on, arguments), seed) in enumerate(zip(kinds, seeds, strict=True))
        if on
    ]
