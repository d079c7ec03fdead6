"""Taking in a model of others: the file, its class names, and on which pictures it is judged."""

import secrets
import shutil
import time
from pathlib import Path

import streamlit as st

from core.base.errors import LesionLabError
from core.base.files import disk_full_named, folders_in, private_folder, with_home
from core.base.settings import artifacts_dir
from core.data.images.picture_refusals import clean_name
from core.jobs import Job, JobState, list_jobs, start_job
from core.models.outside import MOST_BYTES
from core.serving.outside_model import SCALES
from dashboard.markdown import Markdown
from dashboard.rest.uploads import content_of, let_go_of
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.data.job_progress import show_job

KIND = "bring"
KINDS = ["keras", "h5", "hdf5", "onnx", "zip"]
_SCALE_NAMES = {"auto": "find out", "0-255": "0 to 255", "0-1": "0 to 1", "-1-1": "−1 to 1"}
_OLD_SECONDS = 86_400


def show_bring() -> None:
    """The form, and how the newest such job stands."""
    st.markdown(
        Markdown(
            "A Keras file (`.keras`, `.h5`), an ONNX file, or the zip that **Teachable Machine** gives under *Export, "
            "Tensorflow, Keras*. Files with code in them (a Lambda layer, classes that are not Keras' own) are "
            "refused. It becomes a run, judged on a data set that is here, and answers on Predict. Its heat maps are "
            "made by occlusion."
        )
    )
    if current_role() is not Role.INSTRUCTOR:
        st.info("On this server only an instructor can bring a model.", icon=":material/lock:")
        return
    job = next(iter(list_jobs(KIND)), None)
    if job is not None:
        show_job(job)
        _link(job)
    names = {each.spec.name: each.spec.title for each in current_catalog().entries if each.present}
    with st.form("bring", clear_on_submit=False):
        upload = st.file_uploader("Model file, at most 20 MB; a larger one by its path", type=KINDS, key="bring-file")
        path = st.text_input(
            "Or its path on the machine of the server",
            key="bring-path",
            help=f"Of at most {MOST_BYTES / 1e6:,.0f} MB.",
        ).strip()
        dataset = st.selectbox("Judge it on", list(names), format_func=names.__getitem__, key="bring-dataset")
        classes = st.text_area(
            "Class names, one a line, in the order of its outputs",
            key="bring-classes",
            help="Call them as the data set does, by name or key. Leave it empty where the zip has a labels.txt.",
        )
        first, second = st.columns(2)
        side = first.number_input(
            "Pixels a side", 0, 1024, 0, key="bring-side", help="0: the size that the file states."
        )
        scale = second.selectbox(
            "Pixels become",
            ["auto", *SCALES],
            format_func=_SCALE_NAMES.__getitem__,
            key="bring-scale",
            help="What the model was trained on. “Find out” takes what is right most often on validation pictures.",
        )
        if st.form_submit_button("Bring it", type="primary", icon=":material/input:"):
            require_instructor()
            if upload is None and not path:
                st.error("Choose a file, or say where it lies.", icon=":material/error:")
                return
            if dataset is None:
                st.error("There is no data set here to judge it on. Add one on the page Data.", icon=":material/error:")
                return
            arguments = {"dataset": dataset, "classes": classes.splitlines(), "side": int(side), "scale": scale}
            try:
                file = with_home(path) if upload is None else _kept(upload.name, content_of(upload))
                told = {"file": str(file), "uploaded": upload is not None, "owner": current_person()}
                start_job(KIND, f"Bring {file.name}", arguments | told)
            except LesionLabError as error:
                st.error(str(error), icon=":material/error:")
                return
            finally:
                if upload is not None:
                    let_go_of(upload)
            st.rerun()


def _link(job: Job) -> None:
    try:
        result = job.result() if job.status().state is JobState.FINISHED else None
    except LesionLabError:
        return
    if result is None:
        return
    with st.container(horizontal=True):
        for page, label, icon in (
            ("results", "How good is it?", ":material/grid_on:"),
            ("predict", "Predict with it", ":material/image_search:"),
        ):
            st.page_link(page_of(page), label=label, icon=icon, query_params={"run": result["run"]})
    st.caption(Markdown("It is the run {}.").format(result["run"]))


def _kept(name: str, content: bytes) -> Path:
    """An upload as a file of its own folder, which the job removes; folders of jobs that never began go after a day."""
    folder = private_folder(artifacts_dir() / "brought")
    for each in folders_in(folder):
        if time.time() - each.stat().st_mtime > _OLD_SECONDS:
            shutil.rmtree(each, ignore_errors=True)
    own = private_folder(folder / secrets.token_hex(8))
    kept = own / clean_name(name)
    with disk_full_named(own):
        kept.write_bytes(content)
    return kept
