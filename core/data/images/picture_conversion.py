"""Turning what a picture file may hold (grey, 16 bits, decimals, palettes, print colours, alpha) into RGB."""

import numpy as np
from PIL import Image

from core.base.errors import PictureError
from core.base.percents import MINUS

_BIT_DEPTHS = (8, 10, 12, 14, 16)
"""Bit depths at which cameras and scanners store grey values in 16-bit files."""


def to_rgb(image: Image.Image, longest_side: int | None) -> tuple[Image.Image, list[str]]:
    """Convert any mode to RGB and reduce it to `longest_side`, with a note on each change."""
    mode, notes = image.mode, []
    if mode in ("I", "F") or mode.startswith("I;16"):
        grey, note = _eight_bit(np.asarray(image))
        image = Image.fromarray(grey)
        notes.append(note)
    elif mode in ("P", "PA"):
        notes.append("Its colours come from a palette of at most 256; fine shades may be lost.")
    elif mode == "CMYK":
        notes.append("Its colours are meant for print (CMYK); they were converted and may look different.")

    if image.has_transparency_data:
        layered = _converted(image, "RGBA", longest_side)
        alpha = layered.getchannel("A")
        image = Image.new("RGB", layered.size, "white")
        image.paste(layered, mask=alpha)
        if np.asarray(alpha).min() < 255:
            notes.append("It is partly transparent; it was laid on white.")
        return image, notes
    return _converted(image, "RGB", longest_side), notes


def size_within(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """Width and height reduced in proportion, so that the longer is `longest_side`."""
    scale = longest_side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _converted(image: Image.Image, mode: str, longest_side: int | None) -> Image.Image:
    """Convert to `mode` and reduce to `longest_side`; a huge picture in bands, never a second time in full."""
    width, height = image.size
    if longest_side is None or max(image.size) <= longest_side:
        return image if image.mode == mode else image.convert(mode)
    factor = max(1, max(image.size) // (2 * longest_side))
    coarse = Image.new(mode, (-(-width // factor), -(-height // factor)))
    band = 64 * factor
    for top in range(0, height, band):
        strip = image.crop((0, top, width, min(height, top + band))).convert(mode)
        coarse.paste(strip.reduce(factor), (0, top // factor))
    return coarse.resize(
        size_within(image.size, longest_side),
        Image.Resampling.BILINEAR,
        box=(0, 0, width / factor, height / factor),
    )


def _eight_bit(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Scale grey values of any type to 0…255, by the bit depth they use or, failing that, by their range."""
    is_float = values.dtype.kind == "f"
    finite = values[np.isfinite(values)] if is_float else values
    if finite.size == 0:
        raise PictureError("The picture holds no valid value in any pixel. Choose another file.")
    low, high = float(finite.min()), float(finite.max())
    depth = next((bits for bits in _BIT_DEPTHS if high < 2**bits), None)
    if low >= 0 and is_float and high <= 1:
        low, high, note = 0.0, 1.0, "Its values are decimal numbers from 0 to 1; they were scaled to 8 bits."
    elif low >= 0 and is_float and high <= 255:
        low, high, note = 0.0, 255.0, "Its values are decimal numbers; they were rounded to 8 bits."
    elif low >= 0 and not is_float and depth is not None:
        low, high = 0.0, 2.0**depth - 1
        note = f"Its grey values use {depth} bits; they were scaled to 8 bits."
    else:
        note = f"Its grey values reach from {low:g} to {high:g}; that range was stretched to 8 bits.".replace(
            " -", f" {MINUS}"
        )
    scaled = np.empty(values.shape, dtype=np.uint8)
    for start in range(0, len(values), 256):  # blocks of rows, so that the float64 copies stay small
        block = values[start : start + 256].astype(np.float64)
        block = np.nan_to_num(block, nan=low, posinf=high, neginf=low)
        scaled[start : start + 256] = np.rint((block - low) / max(high - low, 1e-300) * 255)
    return scaled, note
