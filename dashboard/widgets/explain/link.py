"""A link from a picture of a data set to its heat map on the page Explain."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.router import page_of

PICTURE = "picture"
"""Parameter of the address that names the picture to explain."""


def link_to_explanation(where: DeltaGenerator, run_id: str, image_id: str) -> None:
    """Put the link into a container."""
    where.page_link(
        page_of("explain"),
        label="Heat map",
        icon=":material/lightbulb:",
        query_params={"run": run_id, PICTURE: str(image_id)},
    )


def linked_picture() -> str | None:
    """The image id that the address names; None if it names none."""
    return st.query_params.get(PICTURE)
