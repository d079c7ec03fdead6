"""Augmentation: what a network receives of a picture, and what training makes of it each time."""

import json
from pathlib import Path

import numpy as np
import streamlit as st

from core.data.pictures import decode_square
from core.data.spec import Dataset
from core.errors import LesionLabError, PictureError
from core.models.registry import list_models, model_spec
from core.training.recipe import make_recipe
from dashboard.augmentation_lesson import enlarged, judgements, lost_to_black_and_white
from dashboard.loading import load_dataset, thumbnail
from dashboard.prediction import prediction_pool
from dashboard.router import page_of
from dashboard.widgets.augmentation import as_address, augmentation_in, pick_augmentation
from dashboard.widgets.notices import source_line, synthetic_badge
from dashboard.widgets.pickers import pick_dataset
from dashboard.widgets.picture_source import uploaded_picture

ICON = ":material/flip:"
DRAWS = 16
LARGE = 224
SHOWN_SIDE = 336  # pixels; enlarged here, for a browser would smooth the pixels that are to be seen
START = {"augment_flip": "both", "augment_rotation": 30.0}


@st.cache_data(max_entries=40, show_spinner="Drawing …")
def draws(recipe: str, picture: np.ndarray) -> np.ndarray:
    """The pool's draws, kept for the same settings and picture."""
    return prediction_pool().augment(make_recipe(**json.loads(recipe)), picture, DRAWS)


def chosen_picture(dataset: Dataset) -> tuple[Path | bytes, str] | None:
    """A file and what it is called: one of the data set's, drawn by class, or the person's own."""
    if st.segmented_control("Picture", ["From the data set", "Upload"], default="From the data set", required=True) == (
        "Upload"
    ):
        upload = uploaded_picture()
        return None if upload is None else (upload.source, upload.name)
    names = dataset.spec.class_names
    present = [key for key in dataset.spec.class_keys if (dataset.table["label"] == key).any()]
    row = st.container(horizontal=True, vertical_alignment="bottom")
    label = row.selectbox("Class", present, format_func=names.__getitem__, key=f"augmented-class-{dataset.spec.name}")
    draw = st.session_state.setdefault("augmented-picture", 0)
    if row.button("Another picture", icon=":material/casino:"):
        draw = st.session_state["augmented-picture"] = draw + 1
    of_class = dataset.table[dataset.table["label"] == label]
    drawn = of_class.iloc[np.random.default_rng([draw, 7]).integers(len(of_class))]
    return Path(drawn["path"]), f"{drawn['image_id']}, {names[label]}"


st.title("Augmentation")
st.markdown(
    "A network that sees each picture turned, shifted or lit differently every time cannot learn it by heart. "
    "Whether that helps depends on one question: **would a dermatologist still make the same diagnosis?**"
)
settings, shown = st.columns([2, 3], gap="large")
with settings:
    spec = pick_dataset()
    synthetic_badge(spec.synthetic)
    dataset = load_dataset(spec.name)
    picture = chosen_picture(dataset)
    networks = [model.name for model in list_models() if model.gradient_trained]
    network = st.selectbox("Network", networks, format_func=lambda n: model_spec(n).title, key="augmented-model")
    st.subheader("Augmentation", anchor=False)
    values = pick_augmentation("augmented", augmentation_in(st.query_params.to_dict()) or START)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    seed = row.number_input("Seed", 0, 2**31 - 1, key="augmented-seed", help="Fixes the draws, here and in training.")
    row.button(
        "Draw again",
        icon=":material/casino:",
        on_click=lambda: st.session_state.update({"augmented-seed": (seed + 1) % 2**31}),
    )
    recipe = make_recipe(dataset=spec.name, model=network, seed=int(seed), **values)

with shown:
    if picture is None:
        st.info("Choose a file, and see what a network would receive of it.", icon=":material/info:")
        source_line(spec)
        st.stop()
    source, name = picture
    size = recipe.image_size
    try:
        received = decode_square(source, size, name=name)
        large = decode_square(source, LARGE, name=name)
        original = thumbnail(str(source), SHOWN_SIDE) if isinstance(source, Path) else large
    except PictureError as error:
        st.error(str(error), icon=":material/broken_image:")
        st.stop()
    first, second = st.columns(2)
    first.image(original, width="stretch", caption=f"The picture: {name}", alt=f"The picture {name}")
    second.image(
        enlarged(received, SHOWN_SIDE),
        width="stretch",
        caption=f"What {model_spec(network).title} receives: {size}×{size} pixels, enlarged",
        alt=f"The picture reduced to {size} by {size} pixels",
    )
    st.subheader(f"{DRAWS} draws", anchor=False)
    views = [f"{size}×{size}, as received", f"{LARGE}×{LARGE}, for the eye"]
    view = st.segmented_control("Show them", views, default=views[0], required=True)
    small = view == views[0]
    try:
        made = draws(json.dumps(recipe.model_dump(mode="json"), sort_keys=True), received if small else large)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()
    grid = st.grid(4, min_column_width=70, gap="small")
    for number, draw in enumerate(made, start=1):
        grid.image(enlarged(draw, SHOWN_SIDE // 2) if small else draw, width="stretch", alt=f"Draw {number} of {DRAWS}")
    st.caption(
        f"Made by the very layers that stand before the network in training, seed {recipe.seed}. Validation and test "
        "pictures are never changed, and the saved model has no augmentation."
    )

with settings:
    said = judgements(recipe)
    if not said:
        st.info("All is off: every epoch shows the network the same pictures.", icon=":material/info:")
    else:
        st.subheader("Is it still the same diagnosis?", anchor=False)
        st.markdown(
            "\n".join(
                f"- {':green[:material/check_circle:]' if each.plausible else ':orange[:material/warning:]'} "
                f"{each.sentence}"
                for each in said
            )
        )
        before, after = lost_to_black_and_white(received), lost_to_black_and_white(made)
        if after > before + 0.02:
            st.warning(
                f"In these draws {after:.0%} of the pixels have a colour at the end of its range, in the picture "
                f"{before:.0%}: what was there is lost.",
                icon=":material/contrast:",
            )
    if st.button("Train with these settings", type="primary", icon=":material/model_training:"):
        st.session_state["dataset"] = spec.name
        st.switch_page(page_of("train"), query_params={"model": network, **as_address(recipe)})
source_line(spec)
