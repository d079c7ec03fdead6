"""Explain: how far heat maps of a run can be believed, what an answer rests on, and what would change it."""

import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent
from core.data.metadata_encoding import Patient
from core.models.registry import model_spec
from core.serving.explaining import checked_methods
from dashboard.markdown import Markdown
from dashboard.state.arrival import arrival
from dashboard.state.explaining import answer_of
from dashboard.widgets.explain.concepts import show_nearest, show_prototypes
from dashboard.widgets.explain.heat_map import show_heat_map
from dashboard.widgets.explain.link import linked_picture
from dashboard.widgets.explain.run_check import show_check_of_run
from dashboard.widgets.explain.variations import show_variations
from dashboard.widgets.model_of_run import predictor_of, show_model, stop_without_model
from dashboard.widgets.notices import disclaimer
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import finished_runs, pick_run
from dashboard.widgets.pictures.patient_picker import pick_patient
from dashboard.widgets.pictures.picture_source import (
    EXAMPLE,
    Chosen,
    example_picture,
    forget_example,
    known_picture,
    uploaded_picture,
)
from dashboard.widgets.samples import sample_answer

CHECK, PICTURE, CONCEPTS = "Can its heat maps be believed?", "One picture", "What looks typical to it"
LINKED = "From the results"

st.title("Explain a run")
say_what_it_shows("explain")
runs = [each for each in finished_runs() if checked_methods(model_spec(each.recipe.model))]
if not runs:
    stop_without_model(
        "There is no trained model yet that looks at pictures. Explanations need a finished run.", sample_answer
    )
run = pick_run(runs)
info = predictor_of(run)
show_model(info)
linked = linked_picture()
sources = [*([LINKED] if linked else []), "Example", "Upload"]
VIEW, SOURCE = "explain-view", "explain-source"
if (linked or EXAMPLE in st.query_params) and (arrival().new_page or arrival().through_history):
    st.session_state[VIEW] = PICTURE
    st.session_state[SOURCE] = "Example" if EXAMPLE in st.query_params else LINKED
if st.session_state.get(SOURCE) not in sources:
    st.session_state[SOURCE] = sources[0]
if st.session_state.get(VIEW) is None:
    st.session_state[VIEW] = PICTURE if linked else CHECK
view = st.segmented_control("Show", [CHECK, PICTURE, CONCEPTS], required=True, key=VIEW, persist_state="session")

if view != PICTURE or st.session_state[SOURCE] != "Example":
    forget_example()
if view == CHECK:
    show_check_of_run(run, info)
elif view == CONCEPTS:
    show_prototypes(run, info)
else:
    source = st.segmented_control("Picture", sources, required=True, key=SOURCE, persist_state="session")
    chosen: Chosen | None
    if source == LINKED and linked:
        chosen = known_picture(linked[0], info, linked[1])
    elif source == "Example":
        chosen = example_picture(run, info)
    else:
        brought = uploaded_picture("explain", [info.image_size])
        chosen = Chosen(brought) if brought is not None else None
    if chosen is not None:
        names = {c.key: c.name for c in info.classes}
        patient = None
        if info.metadata is not None:
            patient = pick_patient(info.metadata, f"explain-{chosen.picture.name}", chosen.patient or Patient())
        try:
            square = chosen.picture.squares[info.image_size]
            answer = answer_of(run, square, patient)
        except LesionLabError as error:
            st.error(str(error), icon=":material/error:")
            disclaimer()
            st.stop()
        true = "" if chosen.true is None else f" The true class is {names[chosen.true]}."
        st.markdown(
            Markdown("The model answers **{}** with {}.{}").format(
                names[answer.label], percent(answer.probabilities[answer.label]), true
            )
        )
        show_heat_map(run, info, square, chosen.picture.shown, answer.label, key="explain", patient=patient)
        show_variations(run, info, square, answer.label, patient)
        show_nearest(run, info, square)
disclaimer()
