"""Augmentation: what a network receives of a picture, and what training makes of it each time."""

import json
import random
from pathlib import Path

import numpy as np
import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent
from core.data.spec import Dataset
from core.models.registry import list_models, model_spec
from core.training.recipe import make_recipe
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.augmentation_lesson import enlarged, judgements, lost_to_black_and_white
from dashboard.state.loading import load_dataset, open_example, thumbnail
from dashboard.state.prediction import prediction_pool
from dashboard.widgets.notices import say_what_is_gone, source_line
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import pick_dataset_beside
from dashboard.widgets.pictures.augmentation_picker import as_address, pick_augmentation
from dashboard.widgets.pictures.picture_source import uploaded_picture

DRAWS = 16
LARGE = 224
SHOWN_SIDE = 336  # pixels; enlarged here, for a browser would smooth the pixels that are to be seen
SHOWN_LAST = "augmented-picture"
START = {"augment_flip": "both", "augment_rotation": 30.0}


@st.cache_data(max_entries=40, show_spinner="Drawing …")
def draws(recipe: str, picture: np.ndarray) -> np.ndarray:
    """The pool's draws, kept for the same settings and picture."""
    return prediction_pool().augment(make_recipe(**json.loads(recipe)), picture, DRAWS)


def another_picture(image_ids: list[str], shown: str) -> None:
    """Put another picture into the address."""
    st.query_params["picture"] = random.choice([each for each in image_ids if each != shown] or [shown])


def picture_of(dataset: Dataset) -> tuple[Path, str]:
    """The picture that the address names, or that was shown last, or one of the class; the address then names it."""
    names, labels = dataset.spec.class_names, dataset.table.drop_duplicates("image_id").set_index("image_id")["label"]
    asked = st.query_params.get("picture") or st.session_state.get(SHOWN_LAST, "")
    present = [key for key in dataset.spec.class_keys if (labels == key).any()]
    start = present.index(labels[asked]) if labels.get(asked) in present else 0
    label = st.selectbox(
        "Class",
        present,
        start,
        format_func=names.__getitem__,
        key=f"augmented-class-{dataset.spec.name}",
        persist_state="session",
    )
    of_class = labels.index[labels == label].tolist()
    image_id = asked if asked in of_class else random.Random(7).choice(of_class)
    st.session_state[SHOWN_LAST] = image_id
    if st.query_params.get("picture") != image_id:
        st.query_params["picture"] = image_id
    beside.button("Another picture", icon=":material/casino:", on_click=another_picture, args=(of_class, image_id))
    path = dataset.table.loc[dataset.table["image_id"] == image_id, "path"].iloc[0]
    return Path(path), f"{image_id}, {names[label]}"


spec = pick_dataset_beside("Augmentation")
say_what_it_shows("augmentation")
dataset = load_dataset(spec.name)
st.markdown(
    Markdown(
        "A network that sees each picture turned, shifted or lit differently every time cannot learn it by heart. "
        "Whether that helps depends on one question: **would a doctor still make the same diagnosis?**"
    )
)
shown, settings = st.columns([3, 2], gap="medium")  # on a phone the draws stand above what changes them
with settings:
    st.subheader("Settings", anchor=False)
    values = pick_augmentation("augmented", START, in_address=True)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    seed = row.number_input(
        "Seed",
        0,
        2**31 - 1,
        key="augmented-seed",
        bind="query-params",
        help="Fixes the draws, here and in training.",
    )
    row.button(
        "Draw again",
        icon=":material/casino:",
        on_click=lambda: st.session_state.update({"augmented-seed": (seed + 1) % 2**31}),
    )

with shown:
    say_what_is_gone("picture", "picture", set(dataset.table["image_id"]), "Another one is shown.")
    above = st.container()
    beside = st.container(horizontal=True)
    with beside.popover("Picture and network", icon=":material/tune:"):
        networks = [model.name for model in list_models() if model.gradient_trained]
        network = st.selectbox(
            "Network",
            networks,
            format_func=lambda n: model_spec(n).title,
            key="augmented-model",
            bind="query-params",
        )
        path, brought = None, None
        origins = ["From the data set", "Upload"]
        if st.segmented_control("Picture", origins, default=origins[0], required=True) == "Upload":
            sides = {LARGE, *(model_spec(each).image_size for each in networks)}
            if (brought := uploaded_picture("augmentation", sorted(sides))) is not None:
                name = brought.name or "Your picture"
        else:
            path, name = picture_of(dataset)
    if path is None and brought is None:
        st.info("Choose a file, and see what a network would receive of it.", icon=":material/info:")
        source_line(spec)
        st.stop()
    recipe = make_recipe(dataset=spec.name, model=network, seed=int(seed), **values)
    size = recipe.image_size
    try:
        picture = brought or open_example(str(path), name, size, LARGE)
        original = picture.squares[LARGE] if path is None else thumbnail(str(path), SHOWN_SIDE)
    except LesionLabError as error:
        st.error(str(error), icon=":material/broken_image:")
        st.stop()
    received, large = picture.squares[size], picture.squares[LARGE]
    both = above.grid(2, min_column_width=150, vertical_alignment="center")
    pictures = both.grid(2, min_column_width=70, wrap=False)
    pictures.image(original, width="stretch", alt=f"The picture {name}")
    pictures.image(
        enlarged(received, SHOWN_SIDE), width="stretch", alt=f"The picture reduced to {size} by {size} pixels"
    )
    both.caption(
        Markdown("**{}**, and the {}×{} pixels that the {} receives of it.").format(
            name, size, size, model_spec(network).title
        )
    )
    st.subheader(f"{DRAWS} draws", anchor=False)
    views = {"received": f"{size}×{size}, as received", "large": f"{LARGE}×{LARGE}, for the eye"}
    view = settings.segmented_control(
        "Show the draws",
        list(views),
        default="received",
        required=True,
        format_func=views.__getitem__,
        key="augmented-view",
        bind="query-params",
    )
    small = view == "received"
    try:
        made = draws(json.dumps(recipe.model_dump(mode="json"), sort_keys=True), received if small else large)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()
    grid = st.grid(4, min_column_width=70, gap="small")
    for number, draw in enumerate(made, start=1):
        grid.image(enlarged(draw, SHOWN_SIDE // 2) if small else draw, width="stretch", alt=f"Draw {number} of {DRAWS}")

with settings:
    said = judgements(recipe)
    if not said:
        st.info("Augmentation is off: every epoch shows the network the same pictures.", icon=":material/info:")
    else:
        st.subheader("Is it still the same diagnosis?", anchor=False)
        st.markdown(
            Markdown("\n").join(
                Markdown("- {} {}").format(
                    Markdown(":green[:material/check_circle:]" if each.plausible else ":orange[:material/warning:]"),
                    each.sentence,
                )
                for each in said
            )
        )
        before, after = lost_to_black_and_white(received), lost_to_black_and_white(made)
        if after > before + 0.02:
            st.warning(
                f"In these draws {percent(after, 0)} of the pixels are as dark or as bright as a pixel can be, in the "
                f"picture {percent(before, 0)}: the detail there is lost.",
                icon=":material/contrast:",
            )
    if st.button("Train with these settings", type="primary", icon=":material/model_training:"):
        st.switch_page(page_of("train"), query_params={"model": network, **as_address(recipe)})
st.caption(
    f"Drawn by the same augmentation layers as in training, seed {recipe.seed}. Validation and test "
    "pictures are never changed, and the saved model has no augmentation."
)
source_line(spec)
