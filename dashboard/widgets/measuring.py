"""Having the pictures of a data set measured, where that takes longer than opening a page may."""

import streamlit as st

from core.data.spec import Dataset
from core.jobs import list_jobs, start_job
from dashboard.roles import Role, current_role, require_instructor
from dashboard.widgets.job_progress import show_job

KIND = "measure"


def offer_to_measure(dataset: Dataset) -> None:
    """Say that the pictures have not been measured, with the button to do it, or the job that does it now."""
    spec = dataset.spec
    arguments = {"dataset": spec.name}
    for job in list_jobs(KIND):
        if job.arguments == arguments:
            show_job(job)
            if job.status().state.active:
                return
            break
    st.info(
        f"The {len(dataset.table):,} pictures of {spec.title} have not been measured as they are now: brightness, "
        "sharpness, colour, mean pictures and neighbours need every picture looked at once. The gallery works without.",
        icon=":material/straighten:",
    )
    if current_role() is not Role.INSTRUCTOR:
        st.caption("On this server an instructor can have it done.")
    elif st.button("Measure the pictures", type="primary", icon=":material/straighten:"):
        require_instructor()
        start_job(KIND, f"Measure the pictures of {spec.title}", arguments)
        st.rerun()
