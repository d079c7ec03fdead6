"""Six validation pictures and what the network says of them, epoch by epoch."""

import streamlit as st

from core.errors import LesionLabError, PictureError
from core.runs.folder import RunFolder
from core.runs.watched import Watched
from core.data.spec import ClassSpec
from dashboard.charts.curves import watched_chart
from dashboard.curves import Curves
from dashboard.loading import load_dataset, thumbnail

HEIGHT = 150


def show_watched(run: RunFolder, watched: Watched, classes: tuple[ClassSpec, ...], curves: Curves, large: bool) -> None:
    """Each picture with its true class, the probability of that so far, and those of all classes now."""
    told = [line["pictures"] for line in curves.epochs if line.get("pictures")]
    _draw(str(run.path), len(told), curves.epochs[-1]["time"] if told else 0.0, large, run, watched, classes, told)


@st.cache_resource(max_entries=60, show_spinner=False)
def _draw(path: str, epochs: int, last: float, large: bool, _run, _watched: Watched, _classes, _told) -> None:  # noqa: ARG001 - key
    """Drawn once for all who look; the others are sent the same."""
    paths = _paths(_run, [image_id for image_id, _ in _watched.pictures])
    names = {each.key: each.name for each in _classes}
    with st.grid(6, min_column_width=140):
        for number, (image_id, label) in enumerate(_watched.pictures):
            with st.container(border=True, gap="xsmall"):
                _picture(paths.get(image_id), names[label])
                place = _watched.class_keys.index(label)
                history = [of[number][place] for of in _told]
                change = f"{100 * (history[-1] - history[-2]):+.0f} points" if len(history) > 1 else None
                st.metric(
                    names[label], f"{history[-1]:.0%}" if history else "–", change, chart_data=history[-200:] or None,
                    chart_type="line",
                    help=f"Probability of the true class, {names[label]}, epoch by epoch, for picture {image_id}.",
                )  # fmt: skip
                if _told:
                    chart = watched_chart(_told[-1][number], _classes, label, font=18 if large else 11)
                    st.vega_lite_chart(
                        chart.table, chart.spec, alt=f"Probability of each class for a picture of {names[label]}"
                    )


def _paths(run: RunFolder, image_ids: list[str]) -> dict[str, str]:
    try:
        table = load_dataset(run.recipe().dataset).table
    except LesionLabError:
        return {}
    rows = table[table["image_id"].isin(image_ids)]
    return dict(zip(rows["image_id"], rows["path"], strict=True))


def _picture(path: str | None, name: str) -> None:
    try:
        if path is None:
            raise PictureError("Its picture is not here.")
        st.image(thumbnail(path, HEIGHT), width="stretch", alt=f"A validation picture of {name}")
    except PictureError as error:
        st.caption(str(error))
