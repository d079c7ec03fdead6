"""Augmentations that suit a kind of picture, as values for the recipe's own fields."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AugmentationPreset:
    """Values by field of the recipe, and why they are so."""

    title: str
    reason: str
    fields: dict[str, str | float]


AUGMENTATION_PRESETS = {
    "dermoscopy": AugmentationPreset(
        "Dermoscopy",
        "A lesion has no upright, and other lenses and lamps change light and colour a little; hue and size are "
        "evidence and hardly move.",
        {
            "augment_flip": "both",
            "augment_rotation": 180.0,
            "augment_zoom": 0.15,
            "augment_translation": 0.1,
            "augment_brightness": 0.1,
            "augment_contrast": 0.2,
            "augment_saturation": 0.2,
            "augment_hue": 4.0,
        },
    ),
    "histology": AugmentationPreset(
        "Histology",
        "A section has no upright either. Stains differ between laboratories, so colours move more (Tellez et al. "
        "2019); cells have their size, so zoom moves less.",
        {
            "augment_flip": "both",
            "augment_rotation": 180.0,
            "augment_zoom": 0.05,
            "augment_translation": 0.1,
            "augment_brightness": 0.15,
            "augment_contrast": 0.25,
            "augment_saturation": 0.4,
            "augment_hue": 12.0,
        },
    ),
}
"""By name. The strengths are our judgement, within what the lesson Augmentation calls plausible for skin."""
