"""What is to be said of an augmentation: does a changed picture still show the same diagnosis?"""

from dataclasses import dataclass

import numpy as np

from core.base.percents import percent
from core.training.recipe import Recipe
from dashboard.markdown import Markdown

MOST = {
    "augment_zoom": 0.2,
    "augment_aspect_ratio": 0.25,
    "augment_translation": 0.2,
    "augment_brightness": 0.2,
    "augment_contrast": 0.3,
    "augment_saturation": 0.2,
    "augment_hue": 10.0,
}
"""Up to here a change is about what another camera, light or hand would make; our judgement, not a standard."""
_FINE = {
    "augment_zoom": "another distance of the lens makes such a difference.",
    "augment_aspect_ratio": "pictures come 4 to 3, 3 to 2 and square, and each is squeezed into the same square.",
    "augment_translation": "what shows the diagnosis is not always in the middle.",
    "augment_brightness": "lamps and exposures differ by so much.",
    "augment_contrast": "cameras differ by so much.",
    "augment_saturation": "cameras differ by so much.",
    "augment_hue": "the white balance of cameras differs by a few degrees.",
}
_RISKY = {
    "augment_zoom": "size is a sign of its own (a diameter above 6 mm in the ABCD rule), and it is taken away.",
    "augment_aspect_ratio": "shape is a sign of its own, and a round lesion becomes a long one.",
    "augment_translation": "a part of what shows the diagnosis leaves the picture.",
    "augment_brightness": "dark and light parts run into black and white, where no structure is seen any more.",
    "augment_contrast": "pigment network, dots and borders are washed out or cut off.",
    "augment_saturation": "number and strength of colours are criteria of diagnosis.",
    "augment_hue": "colours are criteria of diagnosis: a red vascular lesion may turn blue, brown pigment green.",
}
_WORDS = {
    "augment_zoom": "Zoom",
    "augment_aspect_ratio": "Aspect ratio",
    "augment_translation": "Translation",
    "augment_brightness": "Brightness",
    "augment_contrast": "Contrast",
    "augment_saturation": "Saturation",
    "augment_hue": "Hue",
}


@dataclass(frozen=True)
class Judgement:
    """Whether one kind of change plausibly keeps the diagnosis, and why."""

    plausible: bool
    sentence: str


def judgements(recipe: Recipe) -> list[Judgement]:
    """One for each kind of augmentation that is on, those that are risky first."""
    said = []
    if recipe.augment_flip != "none":
        flips = Markdown("**Flips** keep the diagnosis: what is seen from above has no left and no upright.")
        said.append(Judgement(True, flips))
    if recipe.augment_rotation:
        said.append(Judgement(True, Markdown("**Rotation** keeps the diagnosis: the camera may be held at any angle.")))
    for name, most in MOST.items():
        value = getattr(recipe, name)
        if value:
            amount = f"± {value:g}°" if name == "augment_hue" else f"± {percent(value, 0)}"
            fine = value <= most
            why = (_FINE if fine else _RISKY)[name]
            said.append(Judgement(fine, Markdown("**{}** {}: {}").format(_WORDS[name], amount, why)))
    return sorted(said, key=lambda judgement: judgement.plausible)


def lost_to_black_and_white(pictures: np.ndarray) -> float:
    """Share of pixels with a channel at 0 or 255, 0…1, in pictures (…, 3) uint8: what was there is lost."""
    return float(((pictures == 0) | (pictures == 255)).any(axis=-1).mean())


def enlarged(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture (n, n, 3) by whole factors up to at least `side` pixels, every pixel a square of its own."""
    factor = max(1, -(-side // picture.shape[0]))
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)
