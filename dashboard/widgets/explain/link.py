"""A link from a picture of a data set to its heat map on the page Explain."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.router import page_of
from dashboard.state.judged import HEAT_MAP

PICTURE, OF = "picture", "of"
"""Parameters of the address that name the picture to explain, and the data set that has it."""


def link_to_explanation(where: DeltaGenerator, run_id: str, image_id: str, dataset: str, label: str = HEAT_MAP) -> None:
    """Put the link to a picture of a data set into a container."""
    where.page_link(
        page_of("explain"),
        label=label,
        icon=":material/lightbulb:",
        query_params={"run": run_id, PICTURE: str(image_id), OF: dataset},
    )


def linked_picture() -> tuple[str, str] | None:
    """The image id that the address names, and its data set, "" for that of the run; None if it names no picture."""
    image_id = st.query_params.get(PICTURE)
    return None if image_id is None else (image_id, st.query_params.get(OF, ""))
