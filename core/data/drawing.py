"""Drawing synthetic dermoscopy pictures: a lesion once, then photographs of it.

Skin is drawn as light seen through pigment: each structure of a lesion adds melanin or blood to a map of
optical densities (Beer–Lambert), and scattering structures (veil, scar, scale, cysts) lie over it. What
decides the looks of a lesion is its `Traits`; the classes overlap in them, as they do in the clinic.
The words are those of dermoscopy (Kittler et al. 2016, doi:10.1016/j.jaad.2015.12.038).
"""

import functools
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 200, 150
"""Size of a picture in pixels: HAM10000's 600×450 divided by three."""

JPEG_QUALITY = 88

CANVAS = 240
"""Side of the square on which a lesion is drawn, in pixels; photographs show a part of it."""

SHEET = 512
"""Side of a sheet of noise from which canvases are cut, in pixels."""

MELANIN = (0.55, 1.0, 1.42)
BLOOD = (0.16, 1.0, 0.72)
"""Optical density of one unit of each pigment in red, green and blue light."""

BLUE_VEIL = (0.46, 0.46, 0.55)
SCAR = (0.93, 0.85, 0.82)
KERATIN = (0.90, 0.83, 0.68)
"""RGB colours, 0…1, of what scatters light."""

Y, X = np.mgrid[-1 : 1 : CANVAS * 1j, -1 : 1 : CANVAS * 1j].astype(np.float32)


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


@functools.cache
def noise_sheet(cells: int) -> np.ndarray:
    """A large sheet of smooth isotropic noise, about `cells` bumps per `CANVAS`: mean 0, deviation 1."""
    side = SHEET
    white = np.random.default_rng(cells).standard_normal((side, side), dtype=np.float32)
    bandwidth = 0.42 * cells / CANVAS
    passed = [np.exp(-np.square(axis / bandwidth) / 2) for axis in (np.fft.fftfreq(side), np.fft.rfftfreq(side))]
    spectrum = np.fft.rfft2(white) * np.outer(*passed).astype(np.float32)
    noise = np.fft.irfft2(spectrum, s=(side, side)).astype(np.float32)
    return (noise - noise.mean()) / noise.std()


def cloud(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Smooth noise with about `cells` bumps per side, cut at random from a sheet: float32 [CANVAS, CANVAS]."""
    top, left = rng.integers(0, SHEET - CANVAS, 2)
    return noise_sheet(cells)[top : top + CANVAS, left : left + CANVAS][:: rng.choice((-1, 1))]


def ramp(values: np.ndarray, start: float, end: float) -> np.ndarray:
    """Rise smoothly from 0 at `start` to 1 at `end` (which may lie below `start`)."""
    t = np.clip((values - start) * (1 / (end - start)), 0, 1)
    return t * t * (3 - 2 * t)


def honeycomb(rng: np.random.Generator, disorder: float) -> np.ndarray:
    """A hexagonal lattice bent by noise: high in the holes of a network, low along its lines (−1.5…3)."""
    bend = 0.006 + 0.008 * disorder
    x = X + bend * (cloud(rng, 26) + 2 * cloud(rng, 9))
    y = Y + bend * (cloud(rng, 26) + 2 * cloud(rng, 9))
    turn, waves = rng.uniform(0, math.pi), 2 * math.pi / rng.uniform(0.034, 0.050)
    angles = [turn + third * math.pi / 3 for third in range(3)]
    return sum(np.cos(waves * math.cos(a) * x + waves * math.sin(a) * y) for a in angles)


def spots(rng: np.random.Generator, count: int, radii: Range, within: float) -> np.ndarray:
    """Round spots scattered within a distance of the centre: float32 [CANVAS, CANVAS], 0…1."""
    field = np.zeros((CANVAS, CANVAS), np.float32)
    for _ in range(count):
        angle, distance = rng.uniform(0, 2 * math.pi), within * math.sqrt(rng.uniform())
        radius, squeeze = rng.uniform(*radii), rng.uniform(0.75, 1.3)
        cx, cy = distance * math.cos(angle), distance * math.sin(angle)
        left, right, top, bottom = (
            min(CANVAS, max(0, round((edge + 1) * CANVAS / 2)))
            for edge in (cx - 2 * radius, cx + 2 * radius, cy - 2 * radius, cy + 2 * radius)
        )
        window = np.s_[top:bottom, left:right]
        across, down = (X[window] - cx) * (squeeze / radius), (Y[window] - cy) / (squeeze * radius)
        square = across * across + down * down
        np.maximum(field[window], np.exp(-square * square), out=field[window])
    return field


def vessels(rng: np.random.Generator, count: int, reach: float) -> np.ndarray:
    """Branching (arborising) vessels that enter from the border: float32 [CANVAS, CANVAS], 0…1."""
    image = Image.new("L", (CANVAS, CANVAS))
    pen = ImageDraw.Draw(image)
    branches = []
    for _ in range(count):
        start = rng.uniform(0, 2 * math.pi)
        heading = start + math.pi + rng.normal(0, 0.5)
        branches.append((math.cos(start) * reach, math.sin(start) * reach, heading, rng.uniform(1.6, 2.8)))
    while branches:
        x, y, heading, width = branches.pop()
        for _ in range(int(rng.integers(10, 22))):
            heading += rng.normal(0, 0.35)
            to_x, to_y = x + 0.03 * math.cos(heading), y + 0.03 * math.sin(heading)
            ends = [(v + 1) * CANVAS / 2 for v in (x, y, to_x, to_y)]
            pen.line(ends, fill=int(90 + 50 * width), width=max(1, round(width)))
            x, y, width = to_x, to_y, width * 0.96
            if width > 1.1 and rng.uniform() < 0.16:
                branches.append((x, y, heading + rng.choice((-1, 1)) * rng.uniform(0.4, 1.0), width * 0.7))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), np.float32) / 255


def rgb_image(channels: Sequence[np.ndarray]) -> Image.Image:
    """Make an image of three channels in 0…1."""
    bytes_ = (np.clip(channel * 255, 0, 255).astype(np.uint8) for channel in channels)
    return Image.merge("RGB", [Image.fromarray(channel) for channel in bytes_])


def draw_lesion(rng: np.random.Generator, label: str) -> Image.Image:
    """Draw a lesion of a class on its skin: an RGB image of `CANVAS` × `CANVAS` pixels."""
    t = sample_traits(rng, label)

    # Distance from the centre in units of the border, bent by harmonics and noise.
    turn, stretch = rng.uniform(0, math.pi), math.sqrt(1 + t.elongation)
    u = (X * math.cos(turn) + Y * math.sin(turn)) * (1 / stretch)
    v = (Y * math.cos(turn) - X * math.sin(turn)) * stretch
    angle = np.arctan2(v, u)
    distance = np.sqrt(u * u + v * v) * (1 / t.radius)
    for order in range(2, 6):
        size = t.irregularity * rng.uniform(0.0, 0.36) / order
        distance *= 1 + size * np.cos(order * angle + rng.uniform(0, 2 * math.pi))
    distance += t.irregularity * (0.10 * cloud(rng, 10) + 0.07 * cloud(rng, 24)) + 0.03 * cloud(rng, 60)
    if t.streaks:
        rays = np.cos(angle * int(rng.integers(16, 30)) + 1.6 * cloud(rng, 10))
        distance -= 0.15 * t.streaks * ramp(cloud(rng, 7), -0.2, 1.2) * rays
    inside = ramp(distance, 1.03 + t.softness, 0.97 - t.softness)
    core = ramp(distance, 1.0, 0.4)

    # Skin, and the pigment in it.
    broad, mid, fine = cloud(rng, 5), cloud(rng, 24), cloud(rng, 90)
    furrows = np.exp(-np.square(cloud(rng, 50) * 4))
    melanin = abs(rng.normal(0, 0.10)) + 0.035 * broad + 0.025 * mid + 0.025 * fine - 0.035 * furrows
    melanin += max(0, rng.normal(0, 0.10)) * ramp(mid + 0.8 * broad + 0.4 * fine, 0.6, 3.0)
    blood = abs(rng.normal(0.04, 0.06)) + 0.04 * cloud(rng, 7) + 0.015 * fine
    blood += t.erythema * 0.4 * ramp(distance + 0.3 * broad + 0.1 * mid, 2.1, 0.4)

    lean = rng.uniform(0, 2 * math.pi)
    side = (u * math.cos(lean) + v * math.sin(lean)) * (1 / t.radius)
    patches, grain = cloud(rng, 8), 0.5 * mid + 0.4 * cloud(rng, 40) + 0.35 * fine
    fill = 0.72 + 0.38 * core + 0.22 * t.mottling * (grain + patches) + 0.32 * t.asymmetry * side
    melanin += t.melanin * inside * np.maximum(0.12, fill)
    melanin += t.melanin * t.asymmetry * 0.5 * inside * ramp(patches + 0.3 * grain, 0.4, 1.6)
    blood += t.blood * inside * np.maximum(0.2, 1 + 0.3 * t.mottling * cloud(rng, 9) + 0.12 * grain)

    lattice = honeycomb(rng, t.network_disorder) if t.network + t.globules + t.follicles else X
    if t.network:
        uneven = np.maximum(0, 0.9 + (0.4 + 0.4 * t.network_disorder) * cloud(rng, 8) + 0.3 * mid)
        lines = ramp(lattice, 0.9, -1.4) * uneven * ramp(distance, 1.15, 0.85)
        melanin += t.network * (0.55 * lines - 0.16 * inside)
    if t.globules:
        melanin += t.globules * 0.5 * inside * ramp(lattice + 0.7 * mid, 1.2, 2.6)
    if t.sulci:
        ridges = np.exp(-np.square(3.3 * (cloud(rng, 26) + 0.2 * fine)))
        melanin += t.sulci * inside * (0.45 * ridges - 0.14)
    if t.vessels:
        tree = vessels(rng, int(rng.integers(2, 7)), 1.25 * t.radius)
        blood += t.vessels * tree * ramp(distance, 1.6, 0.8)
    if t.lacunae:
        lakes = spots(rng, int(rng.integers(9, 24)), (0.14 * t.radius, 0.34 * t.radius), 0.95 * t.radius)
        blood += t.lacunae * ((0.7 + 0.12 * grain) * lakes - 0.25 * inside * (1 - lakes))
        melanin += t.lacunae * rng.uniform(-0.1, 0.45) * lakes * core
    if t.ulcer:
        wound = spots(rng, int(rng.integers(1, 4)), (0.14 * t.radius, 0.34 * t.radius), 0.6 * t.radius)
        wound = wound * (0.65 + 0.35 * ramp(mid + 0.6 * fine, -1.4, 0.6))
        melanin += t.ulcer * 0.6 * wound
        blood += t.ulcer * 0.8 * wound
    if t.cysts:
        plugs = spots(rng, int(rng.integers(2, 12)), (0.014, 0.034), 0.85 * t.radius)
        melanin += t.cysts * 0.6 * plugs * inside
    np.maximum(melanin, 0, out=melanin)
    np.maximum(blood, 0, out=blood)
    tone = np.array((0.93, 0.76, 0.70)) + rng.normal(0, 0.02, 3)
    channels = [float(tone[c]) * np.exp(-(MELANIN[c] * melanin + BLOOD[c] * blood)) for c in range(3)]

    def cover(colour: tuple[float, float, float], strength: np.ndarray) -> None:
        """Lay something that scatters light over the pigment."""
        strength = np.clip(strength * (0.9 + 0.16 * grain), 0, 0.95)
        for channel, value in zip(channels, colour, strict=True):
            channel += strength * (value - channel)

    if t.wax:
        cover((0.60, 0.46, 0.29), t.wax * 0.55 * inside)
    if t.veil:
        cover(BLUE_VEIL, t.veil * 0.8 * core * ramp(patches - 0.6 * side + 0.4 * mid, -0.8, 2.0))
    if t.nests:
        ovoid = spots(rng, int(rng.integers(2, 9)), (0.09 * t.radius, 0.26 * t.radius), 0.8 * t.radius)
        cover((0.37, 0.36, 0.43), t.nests * 0.7 * ovoid * ramp(mid, -2.4, 0.4))
    if t.regression:
        cover(SCAR, t.regression * 0.65 * inside * ramp(cloud(rng, 7) + 0.7 * side + 0.3 * grain, 0.0, 2.2))
    if t.centre_scar:
        cover(SCAR, t.centre_scar * 0.8 * ramp(distance + 0.12 * mid + 0.12 * patches + 0.05 * fine, 0.9, 0.0))
    if t.follicles:
        cover(KERATIN, t.follicles * 0.6 * inside * ramp(lattice + 0.6 * grain, 0.8, 2.8))
    if t.scale:
        flakes = ramp(0.8 * cloud(rng, 36) + 0.9 * cloud(rng, 9) + 0.5 * fine, 0.7, 2.8)
        cover((0.96, 0.92, 0.84), t.scale * 0.95 * ramp(distance, 1.15, 0.7) * flakes)
    if t.cysts:
        milia = spots(rng, int(rng.integers(3, 18)), (0.010, 0.028), 0.85 * t.radius)
        cover(KERATIN, t.cysts * 0.7 * milia * inside)
    return rgb_image(channels)


def hair_mask(rng: np.random.Generator, count: int) -> np.ndarray:
    """Hairs that grow in about one direction: float32 [HEIGHT, WIDTH], 0…1."""
    image = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    pen = ImageDraw.Draw(image)
    growth, length = rng.uniform(0, 2 * math.pi), rng.uniform(60, 320)
    for _ in range(count):
        x, y = rng.uniform(0, 2 * WIDTH), rng.uniform(0, 2 * HEIGHT)
        heading, curl = growth + rng.normal(0, 0.45), rng.normal(0, 0.09)
        points = [(x, y)]
        for _ in range(12):
            heading += curl
            x, y = x + length / 12 * math.cos(heading), y + length / 12 * math.sin(heading)
            points.append((x, y))
        pen.line(points, fill=int(rng.integers(70, 245)), width=int(rng.integers(1, 4)), joint="curve")
    return np.asarray(image.reduce(2), np.float32) / 255


def bubble_mask(rng: np.random.Generator, count: int) -> np.ndarray:
    """Bright rims of bubbles in the immersion gel: float32 [HEIGHT, WIDTH], 0…1."""
    image = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    pen = ImageDraw.Draw(image)
    for _ in range(count):
        x, y, r = rng.uniform(0, 2 * WIDTH), rng.uniform(0, 2 * HEIGHT), rng.exponential(9) + 3
        pen.ellipse((x - r, y - r, x + r, y + r), outline=int(rng.integers(60, 170)))
        pen.arc((x - r + 1, y - r + 1, x + r - 1, y + r - 1), 190, 270, fill=230, width=2)
    return np.asarray(image.reduce(2).filter(ImageFilter.GaussianBlur(0.6)), np.float32) / 255


def ruler_mask(rng: np.random.Generator) -> np.ndarray:
    """Tick marks along the upper right of the field of view: float32 [HEIGHT, WIDTH], 0…1."""
    image = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    pen = ImageDraw.Draw(image)
    reach, step = rng.uniform(205, 235), rng.uniform(0.06, 0.10)
    for tick in range(int(rng.integers(4, 14))):
        angle = -rng.uniform(0.50, 0.52) - tick * step
        inner = reach - (14 if tick % 5 else 22)
        ends = [WIDTH + inner * math.cos(angle), HEIGHT + inner * math.sin(angle)]
        pen.line((*ends, WIDTH + reach * math.cos(angle), HEIGHT + reach * math.sin(angle)), fill=235, width=2)
    return np.asarray(image.reduce(2), np.float32) / 255


def camera_light(rng: np.random.Generator) -> np.ndarray:
    """Light on the field of view, falling off to one side and to the rim: float32 [HEIGHT, WIDTH]."""
    x = np.linspace(-1, 1, WIDTH, dtype=np.float32)
    y = np.linspace(-0.75, 0.75, HEIGHT, dtype=np.float32)[:, None]
    source, slope = rng.uniform(0, 2 * math.pi), abs(rng.normal(0, 0.06))
    rim = x * x + y * y
    light = 1 + slope * (math.cos(source) * x + math.sin(source) * y)
    light *= 1 - rng.uniform(0, 0.30) * rim * rim
    if rng.uniform() < 0.10:
        light *= ramp(rim, rng.uniform(1.0, 1.3), 0.87)
    return light * rng.uniform(0.94, 1.12)


def photograph(rng: np.random.Generator, lesion: Image.Image, hairs: float) -> bytes:
    """Take one photograph of a drawn lesion: a JPEG of `WIDTH` × `HEIGHT` pixels.

    `lesion` is what `draw_lesion` gives; `hairs` is the mean number of hairs in view.
    """
    turn, zoom = rng.uniform(0, 2 * math.pi), rng.uniform(1.14, 1.45)
    cos, sin = math.cos(turn) / zoom, math.sin(turn) / zoom
    # The view's corners stay on the canvas: half its diagonal by the zoom, and this shift, make at most CANVAS / 2.
    x, y = CANVAS / 2 + rng.uniform(-7, 7, 2)
    x, y = x - cos * WIDTH / 2 + sin * HEIGHT / 2, y - sin * WIDTH / 2 - cos * HEIGHT / 2
    view = lesion.transform(
        (WIDTH, HEIGHT), Image.Transform.AFFINE, (cos, -sin, x, sin, cos, y), Image.Resampling.BILINEAR
    )
    contrast = rng.uniform(0.85, 1.35)
    view = view.point([round(255 * (level / 255) ** contrast) for level in range(256)] * 3)

    light = camera_light(rng)
    grain = rng.standard_normal(light.shape, dtype=np.float32) * rng.uniform(0.003, 0.016)
    hair_count, hair_colour = int(rng.poisson(hairs)), np.array((0.62, 0.78, 0.88)) * rng.uniform(0.6, 1.1)
    hair = hair_mask(rng, hair_count) if hair_count else None
    if rng.uniform() < 0.10:
        light *= 1 - 0.85 * ruler_mask(rng)
    bubbles = 0.5 * bubble_mask(rng, int(rng.integers(2, 14))) if rng.uniform() < 0.10 else None
    white_balance = np.exp(rng.normal(0, (0.03, 0.05, 0.07))) / 255

    channels = []
    for band, gain, absorbed in zip(view.split(), white_balance, hair_colour, strict=True):
        channel = np.asarray(band, np.float32) * (light * float(gain))
        if hair is not None:
            channel *= 1 - float(absorbed) * hair
        if bubbles is not None:
            channel += bubbles * (1 - channel)
        channels.append(channel + grain)
    file = io.BytesIO()
    rgb_image(channels).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def draw_photographs(seed: int, lesion: int, label: str, photos: int) -> list[bytes]:
    """Draw lesion number `lesion` (1…) of a data set and photograph it: `photos` JPEG files.

    The result depends on the arguments alone, whichever process draws it.
    """
    rng = np.random.default_rng([seed, lesion])
    drawn = draw_lesion(rng, label)
    hairs = rng.exponential(9.0) if rng.uniform() < 0.4 else 0.3
    return [photograph(np.random.default_rng([seed, lesion, photo]), drawn, hairs) for photo in range(1, photos + 1)]
