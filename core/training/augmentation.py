"""Augmentation: the recipe's random changes to training pictures, as layers before the network.

The layers work on float pictures in 0…255 and keep them there, do nothing outside training, and stay outside
the model that is saved. The page that shows draws builds the same layers.
"""

import keras
import numpy as np
from keras import layers

from core.training.recipe import Recipe

BRIGHTEST = 255.0


def augmentation_layers(recipe: Recipe) -> list[keras.layers.Layer]:
    """The random layers a recipe asks for, in the order in which they are applied; none if all are off.

    First what moves pixels (flip, rotation, zoom, translation; what comes in from outside is mirrored), then
    what changes colours (brightness, contrast, saturation, hue). Each picture of a batch has its own draw.
    The draws follow from `recipe.seed`; switching one kind on or off does not change those of the others.
    """
    side = {"fill_mode": "reflect", "interpolation": "bilinear"}
    colours = {"value_range": (0, BRIGHTEST)}
    saturation = recipe.augment_saturation
    wanted = (
        # Two layers, for Keras' "horizontal_and_vertical" draws once for both: it turns by 180° and never mirrors.
        (layers.RandomFlip, recipe.augment_flip in ("horizontal", "both"), {"mode": "horizontal"}),
        (layers.RandomFlip, recipe.augment_flip == "both", {"mode": "vertical"}),
        (layers.RandomRotation, recipe.augment_rotation, {"factor": recipe.augment_rotation / 360, **side}),
        (layers.RandomZoom, recipe.augment_zoom, {"height_factor": recipe.augment_zoom, **side}),
        (
            layers.RandomTranslation,
            recipe.augment_translation,
            {"height_factor": recipe.augment_translation, "width_factor": recipe.augment_translation, **side},
        ),
        (layers.RandomBrightness, recipe.augment_brightness, {"factor": recipe.augment_brightness, **colours}),
        (layers.RandomContrast, recipe.augment_contrast, {"factor": recipe.augment_contrast, **colours}),
        # Keras multiplies the saturation by f / (1 − f), and clips it, a share, at the end of the value range.
        (
            layers.RandomSaturation,
            saturation,
            {"factor": tuple(m / (1 + m) for m in (1 - saturation, 1 + saturation)), "value_range": (0, 1)},
        ),
        (layers.RandomHue, recipe.augment_hue, {"factor": recipe.augment_hue / 180, **colours}),
    )
    seeds = np.random.SeedSequence([recipe.seed, 2]).generate_state(len(wanted)) % 2**31
    return [
        kind(**values, seed=int(seed), name=f"augment_{number}_{kind.__name__.removeprefix('Random').lower()}")
        for number, ((kind, on, values), seed) in enumerate(zip(wanted, seeds, strict=True))
        if on
    ]


def with_augmentation(model: keras.Model, recipe: Recipe) -> keras.Model:
    """The model behind the recipe's augmentation, sharing its weights; the model itself if there is none.

    The result is for learning: outside training it answers as `model`, and `model` is what is to be saved.
    """
    added = augmentation_layers(recipe)
    if not added:
        return model
    inputs = keras.Input(model.input_shape[1:], name="image")
    pictures = inputs
    for layer in added:
        pictures = layer(pictures)
    return keras.Model(inputs, model(pictures), name=f"augmented-{model.name}")


def augmented_draws(recipe: Recipe, picture: np.ndarray, draws: int) -> np.ndarray:
    """What training would make of one picture, drawn several times.

    Args:
        recipe: with the augmentation and the seed.
        picture: (height, width, 3) uint8 RGB.
        draws: how many; they are those of a first batch that holds the picture as often.

    Returns:
        (draws, height, width, 3) uint8; the network itself receives them before rounding.
    """
    batch = keras.ops.convert_to_tensor(np.repeat(picture[None], draws, axis=0).astype(np.float32))
    for layer in augmentation_layers(recipe):
        batch = layer(batch, training=True)
    return np.clip(np.rint(np.asarray(batch)), 0, BRIGHTEST).astype(np.uint8)
