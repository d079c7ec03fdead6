"""Concepts: training pictures that the model takes for alike, with their true diagnoses, and prototypes of classes."""

import numpy as np
import streamlit as st

from core.base.errors import DataError, LesionLabError, PictureError
from core.base.percents import percent
from core.jobs import newest_job
from core.runs.explanations.training_bank import why_no_bank
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.markdown import Markdown
from dashboard.state.explaining import kept_bank, neighbours_of
from dashboard.state.loading import load_dataset, thumbnail
from dashboard.widgets.data.job_progress import offer_job, show_unless_done

NEAREST = 8
KIND = "training pictures"
"""Of the job that looks at the training pictures of a run."""
LOOK = "Look at the training pictures"


def show_nearest(run: RunFolder, info: PredictorInfo, square: np.ndarray, count: int = NEAREST) -> None:
    """So many of the training pictures nearest to a picture (size, size, 3) uint8 by the model's own features."""
    st.subheader("Training pictures that look alike to the model")
    if not _bank_is_here(run, info):
        return
    try:
        found = neighbours_of(run, square, count)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    names = {c.key: c.name for c in info.classes}
    counts: dict[str, int] = {}
    for each in found:
        counts[names[each.label]] = counts.get(names[each.label], 0) + 1
    said = ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]))
    st.markdown(Markdown("True diagnoses of the {} nearest: **{}**.").format(len(found), said))
    _show_pictures(info, [(each.image_id, f"{names[each.label]}, similarity {each.similarity:.2f}") for each in found])
    beside = "" if info.metadata is None else f" All are compared as if {info.metadata.in_words} were unknown."
    st.caption(
        "Nearest by what the last layer of this model sees, as the cosine to all training pictures (1 is alike, 0 is "
        f"unrelated).{beside} The diagnoses are those of the data set. Alike for the model is not alike for a doctor."
    )


def show_prototypes(run: RunFolder, info: PredictorInfo) -> None:
    """For each class the training pictures that stand for most of it, by the model's own features."""
    bank = kept_bank(run) if _bank_is_here(run, info) else None
    if bank is None:
        return
    st.caption(
        "The training pictures of each class are put into groups that the last layer of this model sees as alike; "
        "shown is the picture in the middle of each group, and how many it stands for."
    )
    of_prototype = bank.labels[bank.prototypes]
    for spec in info.classes:
        chosen = np.flatnonzero(of_prototype == spec.key)
        if not len(chosen):
            continue
        total = int((bank.labels == spec.key).sum())
        st.markdown(Markdown("**{}**, {:,} training pictures").format(spec.name, total))
        shown = [
            (
                str(bank.image_ids[bank.prototypes[n]]),
                f"stands for {bank.stands_for[n]:,} ({percent(bank.stands_for[n] / total, 0)})",
            )
            for n in chosen
        ]
        _show_pictures(info, shown)


def _bank_is_here(run: RunFolder, info: PredictorInfo) -> bool:
    """Whether the training pictures were looked at; else why not, with the button that has it done, or the job."""
    if kept_bank(run) is not None:
        return True
    if why := why_no_bank(info):
        st.info(why, icon=":material/info:")
        return False
    job = newest_job(KIND, run=run.run_id)
    if job is not None:
        show_unless_done(job)
        if job.status().state.active:
            return False
    offer_job(
        KIND,
        f"Training pictures of {run.run_id}",
        {"run": run.run_id},
        why="Nobody has had this model look at its training pictures yet, so those that are most alike to it are not "
        "known. It takes one pass over them: seconds for a small network, minutes for a large one.",
        label=LOOK,
        icon=":material/image_search:",
    )
    return False


def _show_pictures(info: PredictorInfo, shown: list[tuple[str, str]]) -> None:
    """Pictures of the data set by their ids, each with a caption."""
    try:
        paths = load_dataset(info.dataset).table.drop_duplicates("image_id").set_index("image_id")["path"]
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
        return
    grid = st.grid(min_column_width=120)
    for image_id, caption in shown:
        cell = grid.container()
        if image_id not in paths.index:
            cell.caption(f"{image_id} is no longer in the data set.")
            continue
        try:
            cell.image(thumbnail(paths[image_id]), width="stretch", alt=f"Training picture {image_id}: {caption}")
        except PictureError as error:
            cell.caption(str(error))
        cell.caption(f"{caption} · {image_id}")
