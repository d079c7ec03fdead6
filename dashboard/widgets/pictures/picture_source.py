"""Where a picture to predict comes from: a person's file, an example from the test part, or one without a class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.base.counting import counted
from core.base.errors import DataError, LesionLabError, PictureError
from core.data.metadata_encoding import Patient
from core.data.splits.splits import TEST, VALIDATION, Split
from core.runs.answers.picture_answer import sides_for
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture
from core.serving.predictor import PredictorInfo
from dashboard.rest.uploads import content_of, hold_once, let_go_of
from dashboard.state.arrival import arrival
from dashboard.state.loading import load_dataset, open_example, thumbnail
from dashboard.state.prediction import prediction_pool
from dashboard.widgets.notices import not_here
from dashboard.widgets.pictures.paste import take_pasted
from dashboard.widgets.whole_cards import CARD

EXAMPLES = 8
EXAMPLE, DRAW = "example", "draw"
"""Parameters of the address that name an example: its image id, and which draw of its class it is from."""
TRUE_CLASS = "example-class"
"""Key of the box with the true class of the examples."""


@dataclass(frozen=True)
class Chosen:
    """A picture to predict; `true` is its class key and `patient` the person in it, where that is known."""

    picture: BroughtPicture
    true: str | None = None
    patient: Patient | None = None


def uploaded_picture(where: str, sides: Sequence[int]) -> BroughtPicture | None:
    """A picture from the person's own files or clipboard, reduced for models of some sides in pixels.

    Says what is wrong with one that cannot be read. `where` keeps the pictures of several pages apart.
    """
    upload = st.file_uploader(
        "A picture like those that the model knows, at most 20 MB; it is not kept",
        key=_field(where),
        on_change=hold_once,
        args=(_field(where),),
        help="JPEG, PNG, TIFF, WebP, BMP, GIF, AVIF, JPEG 2000, PPM and HEIC are read.",
    )
    take_pasted(where)
    return _read_once(upload, where, sides, "Choose the file once more")


def photographed_picture(where: str, sides: Sequence[int]) -> BroughtPicture | None:
    """As `uploaded_picture`, from the camera of the person's device."""
    photo = st.camera_input(
        "Take a photo; it is not kept",
        key=_field(where),
        on_change=hold_once,
        args=(_field(where),),
        width="stretch",
    )
    st.caption(
        "Browsers give the camera to pages that come by https or from this machine (localhost) alone, and ask you "
        "first. A photo by a phone that looks unlike the pictures the model learnt from may be refused."
    )
    return _read_once(photo, where, sides, "Take the photo once more")


def _field(where: str) -> str:
    """Key of the field that takes the next file: another one once a file was read."""
    return f"upload-{where}-{st.session_state.setdefault(f'brought-number-{where}', 0)}"


def _read_once(upload: UploadedFile | None, where: str, sides: Sequence[int], again: str) -> BroughtPicture | None:
    """The picture that was brought last.

    The file itself is let go of as soon as it was read: twenty people with 20 MB each would be more than the server
    has.
    """
    picture, problem, number = f"brought-{where}", f"brought-problem-{where}", f"brought-number-{where}"
    kept = st.session_state
    if upload is not None:
        kept[picture], kept[problem] = None, ""
        try:
            with st.spinner("Reading the picture …"):
                kept[picture] = prediction_pool().read(content_of(upload), upload.name, sides)
        except LesionLabError as error:
            kept[problem] = str(error)
        let_go_of(upload)
        kept[number] += 1  # another field, which holds no file
        st.rerun()
    brought: BroughtPicture | None = kept.get(picture)
    if kept.get(problem):
        st.error(kept[problem], icon=":material/broken_image:")
    elif brought is not None and not brought.squares.keys() >= set(sides):
        st.info(f"{again}: this model looks at another size.", icon=":material/info:")
        return None
    elif brought is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Shown: {brought.name or 'your file'}", width="content")
            st.button("Remove", key=f"remove-{where}", icon=":material/close:", on_click=kept.pop, args=(picture, None))
        st.caption("It is kept for this tab alone, so that nobody else sees it: a reload of the page forgets it.")
    return brought


def example_picture(run: RunFolder, info: PredictorInfo) -> Chosen | None:
    """A picture that the run was tested on, drawn by true class."""
    try:
        dataset = load_dataset(info.dataset)
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
        return None
    split = Split.load(run.split_file)
    held_out = split.part(TEST) if (split.rows["part"] == TEST).any() else split.part(VALIDATION)
    table = dataset.table.drop_duplicates("image_id").set_index("image_id")
    held_out = held_out.drop_duplicates("image_id")
    held_out = held_out[held_out["image_id"].isin(table.index)]
    names = {c.key: c.name for c in info.classes}
    labels = set(held_out["label"].unique())
    present = [c.key for c in info.classes if c.key in labels]
    if not present:
        st.warning("None of the held-out pictures of this run is in the data set any more.")
        return None
    choice, again = st.columns([3, 1], vertical_alignment="bottom")
    asked = st.query_params.get(EXAMPLE) if arrival().new_page or arrival().through_history else None
    if asked:
        drawn_in_address = st.query_params.get(DRAW, "")
        st.session_state["example-draw"] = int(drawn_in_address[:6]) if drawn_in_address.isdecimal() else 0
        st.session_state[TRUE_CLASS] = dict(zip(held_out["image_id"], held_out["label"], strict=True)).get(asked)
    if st.session_state.get(TRUE_CLASS) not in present:
        st.session_state[TRUE_CLASS] = present[0]
    true = choice.selectbox(
        "True class", present, format_func=names.__getitem__, key=TRUE_CLASS, persist_state="session"
    )
    draw = st.session_state.setdefault("example-draw", 0)
    if again.button("Others", icon=":material/casino:", help="Draw other examples of this class"):
        draw = st.session_state["example-draw"] = draw + 1
    of_class = held_out[held_out["label"] == true]
    drawn = of_class.sample(frac=1, random_state=draw).head(EXAMPLES)["image_id"].tolist()
    key = f"example-{true}-{draw}"
    if asked in drawn:
        st.session_state[key] = drawn.index(asked) + 1
    elif asked:
        not_here("example", asked, "Another one is shown.")
    picture = _one_of({image_id: table.at[image_id, "path"] for image_id in drawn}, key, info)
    if picture is None:
        return None
    shown = {EXAMPLE: picture.name, DRAW: str(draw)}
    if any(st.query_params.get(name) != value for name, value in shown.items()):
        st.query_params.update(shown)
    known = picture.name in table.index
    return Chosen(picture, true, Patient.of(table.loc[picture.name]) if known else None)


def forget_example() -> None:
    """Let the address name no example, where none is shown."""
    for parameter in (EXAMPLE, DRAW):
        st.query_params.pop(parameter, None)


def known_picture(image_id: str, info: PredictorInfo, of: str = "") -> Chosen | None:
    """A picture of a data set by its id; says what is wrong where it cannot be shown.

    Args:
        image_id: of the picture.
        info: of the run that is to look at it.
        of: the data set, "" for that of the run.
    """
    try:
        dataset = load_dataset(of or info.dataset)
        table = dataset.table.drop_duplicates("image_id").set_index("image_id")
        if image_id not in table.index:
            st.warning(f"{image_id} is not in {dataset.spec.title}. Choose an example.", icon=":material/search_off:")
            return None
        true = table.at[image_id, "label"]
        picture = open_example(table.at[image_id, "path"], image_id, info.image_size)
    except LesionLabError as error:
        st.error(str(error), icon=":material/broken_image:")
        return None
    return Chosen(picture, true if true in info.class_keys else None, Patient.of(table.loc[image_id]))


def unlabelled_picture(unlabelled: pd.DataFrame, info: PredictorInfo) -> Chosen | None:
    """One of the pictures of a data set that have no class, some at a time."""
    draw = st.session_state.setdefault("unlabelled-draw", 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{counted(len(unlabelled), 'pictures')} of {info.dataset_title} without a class.", width="content")
        if st.button("Others", icon=":material/casino:", help="Draw other pictures without a class"):
            draw = st.session_state["unlabelled-draw"] = draw + 1
    drawn = unlabelled.sample(frac=1, random_state=draw).head(EXAMPLES)
    picture = _one_of(dict(zip(drawn["image_id"], drawn["path"], strict=True)), f"unlabelled-{draw}", info)
    return None if picture is None else Chosen(picture)


def _one_of(paths: Mapping[str, str], key: str, info: PredictorInfo) -> BroughtPicture | None:
    """The picture that somebody chooses of a few, by image id; says what is wrong with one that cannot be read."""
    number = st.session_state.setdefault(key, 1)
    grid = st.grid(min_column_width=90)
    for place, path in enumerate(paths.values(), start=1):
        cell = grid.container(gap="xxsmall", key=f"{CARD}{key}-{place}")
        try:
            cell.image(thumbnail(path, 90), caption=str(place), alt=f"Example {place}", width="stretch")
        except PictureError as error:
            cell.caption(f"{place}: {error}")
        cell.button(
            "Chosen" if place == number else "Choose",
            key=f"{key}-{place}",
            type="primary" if place == number else "secondary",
            width="stretch",
            on_click=st.session_state.update,
            args=({key: place},),
        )
    image_id = list(paths)[number - 1]
    try:
        return open_example(paths[image_id], image_id, *sides_for(info))
    except LesionLabError as error:
        st.error(str(error), icon=":material/broken_image:")
        return None
