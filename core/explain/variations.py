"""What would have to be different: one picture turned, cropped, brightened, blurred, and with hair or a ruler on it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

_HAIR, _RULER = (45, 32, 28), (25, 25, 30)
_HAIR_SEED = 0


@dataclass(frozen=True)
class Variation:
    """One thing that is done to a picture, in several amounts.

    `amounts` are in the `unit`; `unchanged` is the amount at which the picture stays as it is.
    """

    name: str
    unit: str
    amounts: tuple[float, ...]
    unchanged: float
    apply: Callable[[Image.Image, float], Image.Image]

    def pictures(self, picture: np.ndarray) -> np.ndarray:
        """The picture (side, side, 3) uint8 in every amount, (amounts, side, side, 3) uint8."""
        image = Image.fromarray(picture)
        return np.stack([picture if a == self.unchanged else np.asarray(self.apply(image, a)) for a in self.amounts])


def _rotated(image: Image.Image, degrees: float) -> Image.Image:
    """Turned about its middle; the corners that this leaves empty show the picture mirrored at its border."""
    values = np.asarray(image)
    around = ((values.shape[0] // 2,) * 2, (values.shape[1] // 2,) * 2, (0, 0))
    wide = Image.fromarray(np.pad(values, around, mode="reflect")).rotate(degrees, Image.Resampling.BILINEAR)
    left, top = around[1][0], around[0][0]
    return wide.crop((left, top, left + image.width, top + image.height))


def _cropped(image: Image.Image, percent: float) -> Image.Image:
    cut_x, cut_y = (length * (1 - percent / 100) / 2 for length in image.size)
    box = (cut_x, cut_y, image.width - cut_x, image.height - cut_y)
    return image.resize(image.size, Image.Resampling.BILINEAR, box=box)


def _brightened(image: Image.Image, percent: float) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(percent / 100)


def _blurred(image: Image.Image, percent: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(percent / 100 * image.width))


def _with_hair(image: Image.Image, hairs: float) -> Image.Image:
    """The same hairs in the same places for every picture; more of them are the ones before and others."""
    drawn = np.random.default_rng(_HAIR_SEED)

    def draw(pen: ImageDraw.ImageDraw, side: int) -> None:
        for _ in range(int(hairs)):
            start, end = drawn.random(2) * side, drawn.random(2) * side
            bend = (start + end) / 2 + (drawn.random(2) - 0.5) * side / 2
            t = np.linspace(0, 1, 24)[:, None]
            line = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
            pen.line([(float(x), float(y)) for x, y in line], fill=255, width=max(2, side // 100))

    return _drawn_over(image, draw, _HAIR)


def _with_ruler(image: Image.Image, marks: float) -> Image.Image:
    """A scale along the lower edge, as dermatoscopes and rulers leave it in pictures."""

    def draw(pen: ImageDraw.ImageDraw, side: int) -> None:
        for number in range(int(marks)):
            x, top = side * (number + 0.5) / marks, side * (0.88 if number % 5 == 0 else 0.94)
            pen.line([(x, side), (x, top)], fill=255, width=max(2, side // 120))

    return _drawn_over(image, draw, _RULER)


def _drawn_over(
    image: Image.Image, draw: Callable[[ImageDraw.ImageDraw, int], None], colour: tuple[int, int, int]
) -> Image.Image:
    """Lines over a picture; they are drawn four times as large first, so that they are smooth."""
    lines = Image.new("L", (4 * image.width, 4 * image.height))
    draw(ImageDraw.Draw(lines), lines.width)
    over = image.copy()
    over.paste(colour, mask=lines.resize(image.size, Image.Resampling.BOX))
    return over


VARIATIONS = (
    Variation("Rotation", "degrees", (0, 15, 30, 45, 60, 75, 90, 120, 150, 180, 225, 270, 315), 0, _rotated),
    Variation("Crop", "% of the side kept", (100, 95, 90, 85, 80, 70, 60, 50), 100, _cropped),
    Variation("Brightness", "% of what it is", (50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150), 100, _brightened),
    Variation("Blur", "% of the side", (0, 0.5, 1, 1.5, 2, 3, 4), 0, _blurred),
    Variation("Hair", "hairs drawn", (0, 2, 4, 8, 12, 16, 24), 0, _with_hair),
    Variation("Ruler", "marks drawn", (0, 10, 20, 30), 0, _with_ruler),
)
