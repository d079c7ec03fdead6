"""Pictures in a grid, each with its class and what is known of the person, and a button that opens it."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.base.errors import PictureError
from core.data.spec import DatasetSpec
from dashboard.charts.palette import class_colours, class_mark
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.loading import thumbnail
from dashboard.widgets.whole_cards import CARD

THUMBNAIL_HEIGHT = 180


def show_pictures(
    rows: pd.DataFrame,
    spec: DatasetSpec,
    *,
    key: str,
    captions: Mapping[str, str] | None = None,
    with_class: bool = True,
    min_column_width: int = 150,
    choose: Callable[[str], object] | None = None,
) -> None:
    """A grid of pictures; one that cannot be read says so in its place.

    Args:
        rows: rows of tidy metadata, all of which are shown: give no more than a page.
        spec: of their data set.
        key: what tells this grid's buttons from those of others on the page.
        captions: a further line of Markdown under pictures, by image id.
        with_class: whether each has the name of its class.
        min_column_width: in pixels.
        choose: draws the box by which a picture is chosen, given its id.
    """
    colours, captions = class_colours(spec.classes), captions or {}
    grid = st.grid(min_column_width=min_column_width)
    for number, (_, row) in enumerate(rows.iterrows()):
        name = class_name(row, spec)
        cell = grid.container(gap="xxsmall", key=f"{CARD}{key}-{number}")
        show_thumbnail(cell, row, ", ".join(filter(None, [name, about(row)])))
        if choose is not None:
            with cell:
                choose(str(row["image_id"]))
        cell.button(
            row["image_id"],
            key=f"{key}-{number}-{row['image_id']}",
            icon=":material/open_in_full:",
            type="tertiary",
            help="Open the picture",
            on_click=open_picture,
            args=(str(row["image_id"]), spec.name),
        )
        mark = class_mark(colours[row["label"]]) if row["label"] in colours else ""
        lines = [
            Markdown("{} **{}**").format(mark, name) if with_class else "",
            Markdown(":small[{}]").format(about(row)) if about(row) else "",
            captions.get(row["image_id"], ""),
        ]
        cell.markdown(Markdown("  \n").join(line for line in lines if line))


def show_thumbnail(place: DeltaGenerator, row: pd.Series, alt: str) -> None:
    """The small copy of a picture, or why there is none."""
    try:
        place.image(thumbnail(row["path"], THUMBNAIL_HEIGHT), width="stretch", alt=alt)
    except PictureError as error:
        place.warning(str(error), icon=":material/broken_image:")


def order_captions(rows: pd.DataFrame, values: np.ndarray | None, unit: str) -> dict[str, str]:
    """The value that pictures were sorted by, by image id; nothing where it is not known."""
    if values is None:
        return {}
    places = 2 if unit == "loss" else 0
    pairs = zip(rows["image_id"], values, strict=True)
    return {i: Markdown(":small[{} {:,.{}f}]").format(unit, value, places) for i, value in pairs if np.isfinite(value)}


def answer_captions(rows: pd.DataFrame, losses: pd.DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    """What a run took pictures for, green where it is right and red where not; nothing for what it learned from.

    Args:
        rows: rows of tidy metadata.
        losses: as `core.evaluation.losses`.
        names: full name of each class by its key.
    """
    said = losses["predicted"].reindex(rows["image_id"]).dropna()
    true = losses["true"].reindex(said.index)
    right, wrong = Markdown(":green[:material/check: predicted {}]"), Markdown(":red[:material/close: predicted {}]")
    return {i: (right if key == true[i] else wrong).format(names.get(key, key)) for i, key in said.items()}


def about(row: pd.Series) -> str:
    """What is known of the person, in a few words; empty where nothing is."""
    known = [str(row[column]) for column in ("sex", "site") if pd.notna(row[column])]
    if pd.notna(row["age"]):
        return ", ".join([f"{row['age']:.0f} years", *known])
    return ", ".join(["age not recorded", *known]) if known else ""


def class_name(row: pd.Series, spec: DatasetSpec) -> str:
    """Full name of a picture's class, or that it has none."""
    return spec.class_names.get(row["label"], str(row["label"])) if pd.notna(row["label"]) else "no diagnosis"


def link_to_picture(place: DeltaGenerator, image_id: str, dataset: DatasetSpec) -> None:
    """A link to the page Pictures, where a picture is seen large and with all that is known of it."""
    query = {"dataset": dataset.name, "picture": image_id}
    place.page_link(page_of("pictures"), label="Large", icon=":material/zoom_in:", query_params=query)


def open_picture(image_id: str, dataset: str) -> None:
    """Put a picture into the address, so that it opens large; for `on_click`."""
    st.query_params.update({"dataset": dataset, "picture": image_id})


def close_picture() -> None:
    """Take the picture out of the address; for `on_click`."""
    st.query_params.pop("picture", None)
