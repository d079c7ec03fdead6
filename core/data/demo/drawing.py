"""Drawing synthetic dermoscopy pictures: a lesion once, then photographs of it.

What decides the looks of a lesion stands in `core.data.demo.lesion_traits`; `core.data.demo.lesion_drawing` draws it.
"""

import io
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.data.demo.lesion_drawing import CANVAS, draw_lesion, ramp, rgb_image

WIDTH, HEIGHT = 200, 150
"""Size of a picture in pixels: HAM10000's 600×450 divided by three."""

JPEG_QUALITY = 88


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
