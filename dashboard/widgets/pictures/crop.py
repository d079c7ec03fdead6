"""A part of a picture instead of the whole: chosen with two sliders, shown as the model gets it."""

from dataclasses import replace

import numpy as np
import streamlit as st

from core.data.images.pictures import square
from core.serving.brought import BroughtPicture
from core.serving.picture_quality import measure_quality
from core.serving.predictor import PredictorInfo
from dashboard.widgets.pictures.verdict_view import picture_digest

_SHOWN = 160


def cropped(picture: BroughtPicture, info: PredictorInfo) -> BroughtPicture:
    """The part of a picture that somebody chooses, else the whole; while one crops, what the model gets is shown."""
    if not st.toggle("Crop, and see what the model gets"):
        return picture
    sliders, seen = st.columns([3, 1])
    key = picture_digest(picture)[:16]
    across = sliders.slider("From left to right, per cent", 0, 100, (0, 100), key=f"crop-x-{key}")
    down = sliders.slider("From top to bottom, per cent", 0, 100, (0, 100), key=f"crop-y-{key}")
    part = _part(picture, across, down)
    if part is None:
        sliders.error("Leave at least a tenth of the picture on each side.", icon=":material/error:")
        part = picture
    small = part.squares[info.image_size]
    seen.image(
        small.repeat(_zoom(info), axis=0).repeat(_zoom(info), axis=1),
        caption=f"{info.image_size}×{info.image_size} pixels",
        alt="The square that the model gets",
    )
    return part


def _zoom(info: PredictorInfo) -> int:
    """How often each pixel is repeated so that a small square can be seen."""
    return max(1, _SHOWN // info.image_size)


def _part(picture: BroughtPicture, across: tuple[int, int], down: tuple[int, int]) -> BroughtPicture | None:
    """The picture between shares in per cent; None if hardly anything is left, itself if nothing is cut off."""
    if across == down == (0, 100):
        return picture
    height, width = picture.shown.shape[:2]
    (left, right), (top, bottom) = (
        [length * each // 100 for each in of] for length, of in ((width, across), (height, down))
    )
    if right - left < max(1, width // 10) or bottom - top < max(1, height // 10):
        return None
    shown = np.ascontiguousarray(picture.shown[top:bottom, left:right])
    squares = {side: square(shown, side) for side in picture.squares}
    return replace(picture, shown=shown, squares=squares, quality=measure_quality(shown), cropped=True)
