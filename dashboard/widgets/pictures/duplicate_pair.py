"""Two pictures that may be the same photograph, side by side."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core.base.errors import PictureError
from core.data.images.pictures import decode_square
from core.data.spec import Dataset
from core.data.statistics.diagnosis_methods import method_in_words
from core.integrity.alignment import laid_over
from core.integrity.integrity import IDENTICAL, pair_sentence
from dashboard.markdown import Markdown
from dashboard.state.loading import thumbnail
from dashboard.widgets.pictures.gallery import link_to_picture
from dashboard.widgets.whole_cards import CARD

_SIDE = 256


def show_pair(pair: pd.Series, dataset: Dataset) -> None:
    """Both pictures, the second as the first shows it, what is known of them, and how alike they are."""
    metadata = dataset.table.drop_duplicates("image_id").set_index("image_id")
    places = st.columns(3 if pair["kind"] != IDENTICAL else 2)
    for place, side in zip(places, ("image_id", "other_id"), strict=False):
        image_id = pair[side]
        row = metadata.loc[image_id]
        card = place.container(key=f"{CARD}pair-{side}")
        with card:
            try:
                st.image(thumbnail(row["path"], 300), width="stretch", alt=f"Picture {image_id}")
            except PictureError as error:
                st.caption(str(error))
            st.markdown(Markdown("**{}**  \n{}").format(image_id, describe(row, dataset)))
            link_to_picture(card, str(image_id), dataset.spec)
    if pair["kind"] != IDENTICAL:
        with places[2]:
            try:
                overlaid = aligned_picture(
                    pair, metadata.loc[pair["other_id"], "path"], metadata.loc[pair["image_id"], "path"]
                )
                st.image(overlaid, width="stretch", alt=f"{pair['other_id']} as {pair['image_id']} shows it")
                st.markdown(Markdown("**{}**, aligned to {}").format(pair["other_id"], pair["image_id"]))
            except PictureError as error:
                st.caption(str(error))
    st.markdown(pair_sentence(pair))
    if pair["labels_differ"]:
        st.warning("The two have different diagnoses: at least one of them is wrong.", icon=":material/warning:")


def describe(row: pd.Series, dataset: Dataset) -> str:
    """What is known of a picture, in one line."""
    known = [dataset.spec.class_names.get(row["label"], row["label"]), f"{dataset.spec.group} {row['group_id']}"]
    said = {"age": lambda age: f"{age:.0f} years", "diagnosis_method": method_in_words}
    known += [said.get(c, str)(row[c]) for c in ("age", "sex", "site", "diagnosis_method") if pd.notna(row.get(c))]
    return ", ".join(known)


def aligned_picture(pair: pd.Series, path: str, like: str) -> np.ndarray:
    """The second picture of a pair, turned and cut as the first shows it, (256, width, 3) uint8.

    Args:
        pair: with `turn` and `shift`.
        path: of the second picture.
        like: path of the first, whose proportions the result has; pictures are compared squeezed into squares.

    Raises:
        PictureError: one of them cannot be read.
    """
    turn = np.reshape(np.asarray(pair["turn"], np.float64), (2, 2))
    square = laid_over(decode_square(Path(path), _SIDE), turn, np.asarray(pair["shift"], np.float64))
    with Image.open(io.BytesIO(thumbnail(like, _SIDE))) as first:
        width = max(1, round(_SIDE * first.width / first.height))
    return np.asarray(Image.fromarray(square).resize((width, _SIDE), Image.Resampling.BILINEAR))
