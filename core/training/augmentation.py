"""Augmentation: the recipe's random changes to training pictures, as layers before the network.

The layers work on float pictures in 0…255 and keep them there, do nothing outside training, and stay outside
the model that is saved. The page that shows draws builds the same layers.
"""

import keras
import numpy as np

from core.models.fusion import together
from core.training.augmentation_layers import BRIGHTEST, random_layers
from core.training.learning_size import SmallerInTraining, at_any_size
from core.training.random_turns import RandomTurns
from core.training.recipe import Recipe


def augmentation_layers(recipe: Recipe) -> list[keras.layers.Layer]:
    """The layers of `random_layers`, built. Each picture of a batch has its own draw."""
    kinds = {"RandomTurns": RandomTurns}
    return [
        (kinds.get(each.kind) or getattr(keras.layers, each.kind))(**each.arguments, name=each.name)
        for each in random_layers(recipe)
    ]


def with_augmentation(model: keras.Model, recipe: Recipe, learning_size: int = 0) -> keras.Model:
    """The model behind the recipe's augmentation, sharing its weights; the model itself if there is none.

    The result is for learning: outside training it answers as `model`, and `model` is what is to be saved.

    Args:
        model: takes pictures (batch, side, side, 3).
        recipe: with the augmentation.
        learning_size: side in pixels to which pictures are reduced in training, before what moves their pixels, which
            then costs less; 0 leaves them.

    Raises:
        ConfigurationError: pictures are to be reduced, and the network is made for one size alone.
    """
    added = augmentation_layers(recipe)
    if learning_size:
        added.insert(0, SmallerInTraining(learning_size, name="smaller_in_training"))
    if not added:
        return model
    pictures, *beside = [keras.Input(each.shape[1:], name=each.name) for each in model.inputs]
    inputs = together(pictures, *beside)
    for layer in added:
        pictures = layer(pictures)
    network = at_any_size(model, learning_size) if learning_size else model
    return keras.Model(inputs, network(together(pictures, *beside)), name=f"augmented-{model.name}")


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
