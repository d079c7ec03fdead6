"""Drawing a lesion on its skin, once; `core.data.demo.drawing` takes photographs of it.

Skin is drawn as light seen through pigment: each structure of a lesion adds melanin or blood to a map of
optical densities (Beer–Lambert), and scattering structures (veil, scar, scale, cysts) lie over it.
"""

import functools
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.data.demo.lesion_traits import Range, sample_traits

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
