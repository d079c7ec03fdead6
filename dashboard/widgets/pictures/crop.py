"""A part of a picture instead of the whole: a box drawn on it, or two sliders; shown as the model gets it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import streamlit as st

from core.data.images.pictures import square
from core.serving.brought import BroughtPicture
from core.serving.picture_quality import measure_quality
from core.serving.predictor import PredictorInfo
from dashboard.charts.cropping import WHOLE, Share, crop_chart, crop_of
from dashboard.widgets.pictures.verdict_view import picture_digest
from dashboard.widgets.touch_scrolling import DRAWN_ON

_SHOWN = 160


def cropped(picture: BroughtPicture, info: PredictorInfo) -> BroughtPicture:
    """The part of a picture that somebody chooses, else the whole; while one crops, what the model gets is shown.

    What was chosen for a picture stays for the session, also while another page is looked at.
    """
    if not st.toggle("Crop, and see what the model gets", key="crop", persist_state="session"):
        return picture
    drawn, seen = st.columns([3, 1])
    key = picture_digest(picture)[:16]
    of_x, of_y = f"crop-x-{key}", f"crop-y-{key}"
    kept: dict[str, tuple[Share, Share]] = st.session_state.setdefault("crops", {})
    for name, before in zip((of_x, of_y), kept.get(key, (WHOLE, WHOLE)), strict=True):
        st.session_state.setdefault(name, before)  # gone with its slider when another page was looked at
    chart = f"{DRAWN_ON}-{key}"
    with drawn:
        st.plotly_chart(
            crop_chart(picture.shown, st.session_state[of_x], st.session_state[of_y]),
            key=chart,
            on_select=_box_taken(chart, picture, of_x, of_y),
            selection_mode="box",
            config={"displayModeBar": False},
            alt="The picture, with what is cut off darkened. The two sliders below choose the same part by keyboard.",
        )
        st.slider("From left to right, per cent", 0, 100, key=of_x)
        st.slider("From top to bottom, per cent", 0, 100, key=of_y)
        across: Share = st.session_state[of_x]
        down: Share = st.session_state[of_y]
        st.button(
            "Whole picture",
            icon=":material/fullscreen:",
            disabled=across == down == WHOLE,
            on_click=st.session_state.update,
            args=({of_x: WHOLE, of_y: WHOLE},),
        )
    kept[key] = across, down
    part = _part(picture, across, down)
    if part is None:
        drawn.error("Leave at least a tenth of the picture on each side.", icon=":material/error:")
        part = picture
    small = part.squares[info.image_size]
    seen.image(
        small.repeat(_zoom(info), axis=0).repeat(_zoom(info), axis=1),
        caption=f"{info.image_size}×{info.image_size} pixels",
        alt="The square that the model gets",
    )
    return part


def _box_taken(chart: str, picture: BroughtPicture, of_x: str, of_y: str) -> Callable[[], None]:
    """What keeps a box that was drawn: the chart forgets it as soon as it shows what is cut off."""

    def take() -> None:
        if boxes := st.session_state[chart]["selection"]["box"]:
            st.session_state[of_x], st.session_state[of_y] = crop_of(boxes[-1], picture.shown)

    return take


def _zoom(info: PredictorInfo) -> int:
    """How often each pixel is repeated so that a small square can be seen."""
    return max(1, _SHOWN // info.image_size)


def _part(picture: BroughtPicture, across: Share, down: Share) -> BroughtPicture | None:
    """The picture between shares in per cent; None if hardly anything is left, itself if nothing is cut off."""
    if across == down == WHOLE:
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
