"""Several pictures in one go: all are answered for in a table, and one of them is looked at."""

from typing import Any

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.runs.answers.picture_answer import answer_picture, sides_for
from core.runs.answers.verdict import Kind
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture
from core.serving.predictor import PredictorInfo
from dashboard.rest.uploads import HELD_BYTES, content_of, hold_once, let_go_of
from dashboard.roles import Role, current_role
from dashboard.router import page_of
from dashboard.state.picture_answers import count_once
from dashboard.state.prediction import prediction_pool
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.pictures.gate_view import overruled
from dashboard.widgets.pictures.picture_source import Chosen
from dashboard.widgets.shares_table import shares_written

MOST = 20
_KEPT, _NUMBER = "several-pictures", "several-number"


def one_of_several(run: RunFolder, info: PredictorInfo) -> Chosen | None:
    """Read what somebody brings, answer for all of it, and give the picture that is chosen in the table."""
    kept = st.session_state
    field = f"upload-several-{kept.setdefault(_NUMBER, 0)}"
    uploads = st.file_uploader(
        f"Up to {MOST} pictures, {HELD_BYTES / 1e6:.0f} MB together; they are not kept",
        accept_multiple_files=True,
        key=field,
        on_change=hold_once,
        args=(field,),
    )
    if current_role() is Role.INSTRUCTOR:
        st.page_link(
            page_of("many"),
            label="More pictures, a folder, a zip or a table: Predict many",
            icon=":material/folder_zip:",
        )
    if uploads:
        kept[_KEPT] = _read(uploads, info)
        kept[_NUMBER] += 1  # another uploader, which holds no file
        st.rerun()
    brought: list[BroughtPicture | str] = kept.get(_KEPT, [])
    for problem in brought:
        if isinstance(problem, str):
            st.error(problem, icon=":material/broken_image:")
    pictures = [each for each in brought if isinstance(each, BroughtPicture)]
    if not pictures:
        return None
    if not all(each.squares.keys() >= set(sides_for(info)) for each in pictures):
        st.info("Choose the files once more: this model looks at another size.", icon=":material/info:")
        return None
    st.button("Remove all", icon=":material/close:", on_click=kept.pop, args=(_KEPT, None))
    table = _answered(pictures, run, info)
    st.dataframe(
        shares_written(table, ["probability", "malignant"]),
        height="content",
        alt="The answer for each picture",
    )
    if info.metadata is not None:
        st.caption(
            f"In this table nothing is known of the persons. Choose a picture to say {info.metadata.in_words}, or have "
            "them read from a table on the page Predict many."
        )
    csv_button("Download as CSV", table, f"predictions-{run.run_id}.csv")
    number = st.selectbox(
        "Look at", range(len(pictures)), format_func=lambda each: f"{each + 1}: {pictures[each].name or 'your file'}"
    )
    return Chosen(pictures[number])


def _read(uploads: list, info: PredictorInfo) -> list[BroughtPicture | str]:
    """Each picture, or the sentence on why it cannot be used; those over the limit are not read."""
    found: list[BroughtPicture | str] = []
    bar = st.progress(0.0, text="Reading the pictures …")
    for number, upload in enumerate(uploads):
        if number < MOST:
            try:
                found.append(prediction_pool().read(content_of(upload), upload.name, sides_for(info)))
            except LesionLabError as error:
                found.append(str(error))
        let_go_of(upload)
        bar.progress((number + 1) / len(uploads), text="Reading the pictures …")
    if len(uploads) > MOST:
        found.append(f"Only the first {MOST} of {len(uploads):,} pictures were read.")
    return found


def _answered(pictures: list[BroughtPicture], run: RunFolder, info: PredictorInfo) -> pd.DataFrame:
    """A row for each picture; of one that is refused, or that nothing can be said of, without percentages."""
    names = {each.key: each.name for each in info.classes}
    rows = []
    for number, picture in enumerate(pictures, 1):
        row: dict[str, Any] = {
            "picture": picture.name or f"picture {number}",
            "answer": "",
            "most likely": None,
            "probability": None,
        }
        try:
            told = answer_picture(prediction_pool(), run, picture, overruled=overruled(picture, run))
        except LesionLabError as error:
            rows.append({**row, "answer": str(error)})
            continue
        count_once(run, picture, told)
        row["answer"] = str(told.verdict.kind or "")
        if told.verdict.kind is not Kind.REFUSED:
            answer = told.answer
            row |= {"most likely": names[answer.label], "probability": answer.probabilities[answer.label]}
            row |= {"malignant": answer.malignant} if answer.malignant is not None else {}
        rows.append({**row, "picture quality": " ".join(told.quality)})
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1))
