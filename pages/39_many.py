"""Many pictures: a folder, an archive, a table or what is dropped, predicted in the background."""

from contextlib import suppress

import streamlit as st

from core.base.errors import LesionLabError
from core.data.adapters.table_files import TABLE_SUFFIXES
from core.models.registry import model_spec
from core.runs.answers.reviews import MOST_QUEUED
from core.runs.judging.caution import load_caution
from core.runs.run_folder import RunFolder
from core.serving.many_pictures import (
    ManyPictures,
    begin,
    begin_brought,
    delete,
    list_predictions,
    newest_job,
    start_answering,
)
from core.serving.predictor import PredictorInfo
from dashboard.addresses import address
from dashboard.local_time import made_at
from dashboard.markdown import Markdown, code
from dashboard.rest.drops import drop_folder, forget_old_drops
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.data.job_progress import show_job
from dashboard.widgets.model_of_run import model_line, predictor_of, stop_without_model
from dashboard.widgets.notices import disclaimer, leak_badge, synthetic_badge
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import finished_runs, pick_run
from dashboard.widgets.predictions.answers import show_answers
from dashboard.widgets.predictions.drop_field import drop_field, forget_drop, wanted_drop
from dashboard.widgets.run_names import title_of_run
from dashboard.widgets.samples import sample_answer
from dashboard.widgets.who_answers import say_who_answers

st.title("Predict many pictures")
say_what_it_shows("many")
if current_role() is not Role.INSTRUCTOR:
    st.info(
        "Only instructors can have many pictures predicted here. One at a time can be predicted by everybody.",
        icon=":material/lock:",
    )
    st.page_link(page_of("predict"), label="Predict one", icon=":material/image_search:")
    disclaimer()
    st.stop()
runs = [each for each in finished_runs() if model_spec(each.recipe.model).takes == "pictures"]
if not runs:
    stop_without_model("There is no trained model yet. Predictions need a finished run.", sample_answer)


def start(run_id: str, drop: str | None, path: str, patients: bytes | None, *, keep: bool) -> None:
    """Have it done in the background; what cannot be used is said where the button is."""
    require_instructor()
    try:
        if path:
            many = begin(run_id, f"Predicting {path}", [path], patients, keep=keep, by=current_person())
        else:
            folder = drop_folder(wanted_drop(drop))
            title = "Predicting what was dropped"
            many = begin_brought(run_id, title, folder, patients, keep=keep, by=current_person())
            forget_drop()
        start_answering(many)
        st.session_state["many-chosen"] = many.prediction_id
        st.session_state["many-problem"] = ""
    except LesionLabError as error:
        st.session_state["many-problem"] = str(error)


def bring_patients(known: PredictorInfo) -> bytes | None:
    """A table of the persons in the pictures, for a model that takes more than the picture."""
    if known.metadata is None:
        return None
    upload = st.file_uploader(
        f"Table with {known.metadata.in_words} of the persons, if you have one",
        type=sorted(each.lstrip(".") for each in TABLE_SUFFIXES),
        key="many-patients",
        max_upload_size=20,
        help="It needs a column “image” with the names of the pictures, and columns "
        f"{', '.join(known.metadata.columns)}. For pictures that it does not name, these count as unknown.",
    )
    return None if upload is None else upload.getvalue()


def ask_whether_to_keep(asked: RunFolder) -> bool:
    """Whether undecided pictures may be kept in the review queue; asked only where they go there by themselves."""
    try:
        if not load_caution(asked).queue:
            return False
    except LesionLabError:  # damaged, which the answers say
        return False
    return st.checkbox(
        "Keep undecided pictures in the review queue for whoever answers",
        key="many-keep",
        persist_state="session",
        help=f"For this model, undecided pictures go into the review queue by themselves: the first {MOST_QUEUED} of a "
        "prediction. Without this only the model's answers are kept there, each with a number by which the picture is "
        "known again.",
    )


first, second = st.columns([3, 2], gap="large")
with second:
    run = pick_run(runs, "Model")
    info = predictor_of(run)
    st.caption(model_line(info))
    say_who_answers(run, info)
    with st.container(horizontal=True):
        synthetic_badge(info.synthetic)
        leak_badge(info.leaking)
with first:
    forget_old_drops()
    sources = ["Drop files", "On this machine"]
    source = st.segmented_control(
        "Pictures", sources, default=sources[0], required=True, key="many-source", persist_state="session"
    )
    drop, path = None, ""
    if source == sources[0]:
        drop = drop_field()
    else:
        path = st.text_input(
            "Folder, zip, tar or table on the machine of the server",
            key="many-path",
            persist_state="session",
            placeholder="/data/clinic/2026",
            help="From a folder: all pictures in it and its subfolders, except masks. From a table: the pictures that "
            "it names, which lie beside it.",
        ).strip()
    patients = bring_patients(info)
    keep = ask_whether_to_keep(run)
    st.button(
        "Predict them",
        type="primary",
        icon=":material/play_arrow:",
        disabled=drop is None and not path,
        on_click=start,
        args=(run.run_id, drop, path, patients),
        kwargs={"keep": keep},
    )
    if problem := st.session_state.get("many-problem"):
        st.error(problem, icon=":material/error:")

predictions = {each.prediction_id: each for each in list_predictions()}
if not predictions:
    disclaimer()
    st.stop()


def named(prediction_id: str) -> str:
    """Title and time of a prediction."""
    try:
        title = predictions[prediction_id].asked().title
    except LesionLabError:
        title = "damaged"
    return f"{title} · {made_at(prediction_id)}"


def remove(many: ManyPictures) -> None:
    """Stop its job and delete it."""
    require_instructor()
    with suppress(LesionLabError):  # it is deleted all the same
        job = newest_job(many)
        if job is not None and job.status().state.active:
            job.cancel()
    delete(many)
    st.session_state.pop("many-chosen", None)


def let_go_on(many: ManyPictures) -> None:
    """Have the rest answered; what cannot be done is said below."""
    require_instructor()
    st.session_state["many-halted"] = ""
    try:
        start_answering(many)
    except LesionLabError as error:
        st.session_state["many-halted"] = str(error)


def offer_to_go_on(many: ManyPictures) -> None:
    """The button, and why it did nothing a moment ago."""
    st.button("Go on", icon=":material/resume:", on_click=let_go_on, args=(many,))
    if problem := st.session_state.pop("many-halted", ""):
        st.error(problem, icon=":material/error:")


st.divider()
ids = list(predictions)
if st.session_state.get("many-chosen") not in ids:
    st.session_state["many-chosen"] = ids[0]
choice, removal = st.columns([4, 1], vertical_alignment="bottom")
chosen = predictions[choice.selectbox("Prediction", ids, format_func=named, key="many-chosen")]
with removal:
    lost = "Its answers, thumbnails and the pictures that were dropped for it are deleted."
    asks_first("Delete", lost, "Delete it", key=f"delete-{chosen.path.name}", on_click=remove, args=(chosen,))
over = False
try:
    asked = chosen.asked()
    job = newest_job(chosen)
    state = job.status().state if job is not None else None
    if job is not None and state is not None:
        show_job(job)
        for note in (job.result() or {}).get("notes", ()):
            st.warning(Markdown("{}").format(note), icon=":material/warning:")
    over = state == "finished"
    if state is None or not (state.active or over):
        offer_to_go_on(chosen)
    answering = next((each.run for each in runs if each.run.run_id == asked.run_id), None)
    if answering is None:
        st.warning(Markdown("Its run {} is not here any more.").format(code(asked.run_id)), icon=":material/warning:")
    else:
        if asked.run_id != run.run_id:
            st.caption(Markdown("Answered by {}.").format(title_of_run(asked.run_id)))
        show_answers(chosen, PredictorInfo.load(answering.predictor_file))
except LesionLabError as error:
    st.error(str(error), icon=":material/error:")
    if over:
        offer_to_go_on(chosen)
st.caption(Markdown(f"Programs can ask for predictions, too: [fields and limits]({address('api/docs')})."))
disclaimer()
