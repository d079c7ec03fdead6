"""A training as code: to read, to copy, and to take away with its split."""

from collections.abc import Callable

import streamlit as st

from core.base.errors import LesionLabError
from core.export.package import Package
from dashboard.markdown import Markdown


def show_code(package: Callable[[], Package], key: str) -> None:
    """A panel with the script and the notebook of a training; they are written when it is opened.

    Args:
        package: puts the training together.
        key: unlike that of every other panel of the page.
    """
    with st.expander("Show me the code", icon=":material/code:", on_change="rerun", key=f"code-{key}") as panel:
        if not panel.open:
            return
        try:
            with st.spinner("Writing the code …"):
                made = package()
        except LesionLabError as error:
            st.info(str(error), icon=":material/info:")
            return
        st.markdown(
            "Trains the same model on the same split, without Lesion Lab: it needs Keras with TensorFlow, pandas and "
            "Pillow. The download has the script, the notebook and the split; the pictures are not in it."
        )
        st.download_button(
            "Download the code and its split",
            made.zipped,
            file_name=f"{made.name}.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
        )
        script, notebook = st.tabs(["Script", "Notebook"])
        script.code(made.code.script(), language="python", height=520)
        with notebook.container(height=520):
            st.markdown(made.code.introduction)
            for section in made.code.sections:
                st.markdown(Markdown("##### {}\n\n{}").format(section.title, section.text))
                st.code(section.code, language="python")
