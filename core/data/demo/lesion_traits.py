"""What decides the looks of a drawn lesion: its traits, and how they differ between the classes.

The words are those of dermoscopy (Kittler et al. 2016, doi:10.1016/j.jaad.2015.12.038). The classes overlap in their
traits, as they do in the clinic.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Traits:
    """How strongly a lesion shows each feature; 0 is absent, about 1 is plain.

    `radius` is in half canvas sides; all others are without unit.
    """

    radius: float = 0.0
    elongation: float = 0.0
    irregularity: float = 0.0
    softness: float = 0.0
    melanin: float = 0.0
    blood: float = 0.0
    mottling: float = 0.0
    asymmetry: float = 0.0
    network: float = 0.0
    network_disorder: float = 0.0
    globules: float = 0.0
    streaks: float = 0.0
    veil: float = 0.0
    regression: float = 0.0
    cysts: float = 0.0
    sulci: float = 0.0
    vessels: float = 0.0
    nests: float = 0.0
    ulcer: float = 0.0
    follicles: float = 0.0
    scale: float = 0.0
    erythema: float = 0.0
    centre_scar: float = 0.0
    lacunae: float = 0.0
    wax: float = 0.0


Range = tuple[float, float]

PROFILES: dict[str, dict[str, Range]] = {
    "akiec": {
        "radius": (0.28, 0.52), "elongation": (0.0, 0.35), "irregularity": (0.4, 1.0), "softness": (0.12, 0.32),
        "melanin": (-0.1, 0.25), "blood": (0.30, 0.65), "mottling": (0.4, 0.9), "asymmetry": (0.0, 0.5),
        "follicles": (-0.2, 1.0), "scale": (0.1, 1.1), "erythema": (0.3, 0.9), "vessels": (-0.5, 0.3),
    },
    "bcc": {
        "radius": (0.20, 0.42), "elongation": (0.0, 0.35), "irregularity": (0.2, 0.7), "softness": (0.06, 0.20),
        "melanin": (-0.1, 0.15), "blood": (0.10, 0.35), "mottling": (0.2, 0.7), "asymmetry": (0.0, 0.6),
        "vessels": (0.1, 1.2), "nests": (-0.1, 1.1), "ulcer": (-0.6, 1.0), "regression": (-0.2, 0.7),
        "erythema": (-0.2, 0.25),
    },
    "bkl": {
        "radius": (0.24, 0.54), "elongation": (0.0, 0.45), "irregularity": (0.25, 0.8), "softness": (0.02, 0.08),
        "melanin": (0.20, 0.75), "blood": (-0.1, 0.10), "mottling": (0.3, 1.0), "asymmetry": (0.0, 0.5),
        "cysts": (0.0, 1.1), "sulci": (-0.1, 1.0), "scale": (-0.5, 0.4), "network": (-0.8, 0.2),
        "veil": (-0.9, 0.3), "wax": (0.35, 0.9),
    },
    "df": {
        "radius": (0.22, 0.38), "elongation": (0.0, 0.25), "irregularity": (0.1, 0.35), "softness": (0.20, 0.40),
        "melanin": (0.20, 0.50), "blood": (0.05, 0.30), "mottling": (0.1, 0.4), "asymmetry": (0.0, 0.3),
        "network": (0.1, 0.6), "network_disorder": (0.0, 0.3), "centre_scar": (0.5, 1.2),
        "erythema": (-0.2, 0.3),
    },
    "mel": {
        "radius": (0.32, 0.60), "elongation": (0.0, 0.50), "irregularity": (0.5, 1.2), "softness": (0.03, 0.12),
        "melanin": (0.70, 1.45), "blood": (0.0, 0.30), "mottling": (0.7, 1.3), "asymmetry": (0.5, 1.3),
        "network": (-0.2, 0.8), "network_disorder": (0.4, 1.0), "globules": (-0.4, 0.7),
        "streaks": (-0.3, 0.9), "veil": (0.0, 1.1), "regression": (-0.4, 0.9),
    },
    "nv": {
        "radius": (0.16, 0.42), "elongation": (0.0, 0.40), "irregularity": (0.1, 0.5), "softness": (0.05, 0.20),
        "melanin": (0.45, 1.00), "blood": (0.05, 0.30), "mottling": (0.1, 0.45), "asymmetry": (0.0, 0.35),
        "network": (-0.1, 0.9), "network_disorder": (0.0, 0.5), "globules": (-0.6, 0.8),
        "veil": (-1.2, 0.3),
    },
    "vasc": {
        "radius": (0.16, 0.38), "elongation": (0.0, 0.35), "irregularity": (0.1, 0.6), "softness": (0.03, 0.14),
        "melanin": (-0.2, 0.15), "blood": (0.65, 1.40), "mottling": (0.1, 0.5), "asymmetry": (0.0, 0.5),
        "lacunae": (0.3, 1.1), "veil": (-0.5, 0.6), "regression": (-0.8, 0.3),
    },
}  # fmt: skip
"""Range of each trait by class; the part of a range below zero is the share without the trait."""

MISTAKEN_FOR: dict[str, Sequence[str]] = {
    "akiec": ("bkl", "bcc", "bkl"),
    "bcc": ("akiec", "nv", "bkl"),
    "bkl": ("mel", "akiec", "nv"),
    "df": ("nv", "bcc", "bkl"),
    "mel": ("nv", "nv", "bkl"),
    "nv": ("mel", "mel", "bkl", "df"),
    "vasc": ("nv", "bcc", "mel"),
}
"""What an atypical lesion of a class drifts towards; named twice is twice as likely."""


def sample_traits(rng: np.random.Generator, label: str) -> Traits:
    """Draw the traits of one lesion: most are typical, some drift towards a class they are mistaken for."""
    other = str(rng.choice(MISTAKEN_FOR[label]))
    drift = float(rng.beta(0.6, 4.0))
    values = {}
    for trait in fields(Traits):
        own, mistaken = (rng.uniform(*PROFILES[profile].get(trait.name, (0.0, 0.0))) for profile in (label, other))
        values[trait.name] = max(0.0, (1 - drift) * own + drift * mistaken)
    return Traits(**values)
