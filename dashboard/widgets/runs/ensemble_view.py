"""Ensembles: offered for the runs that are compared, and shown beside their members."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.base.errors import LesionLabError
from core.combined.ensemble_plan import plan_ensemble
from core.combined.ensembles import Ensemble
from core.evaluation.folds import FIGURES
from core.jobs import Job, JobState, list_jobs, start_job
from core.runs.run_folder import RunFolder
from dashboard.markdown import Markdown, code
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.job_progress import show_job
from dashboard.widgets.runs.comparison_tables import show_difference
from dashboard.widgets.shares_table import shares_table

JOB = "ensemble"


def offer_ensemble(runs: Sequence[RunFolder]) -> None:
    """Below a heading that is opened: what the ensemble of these runs would be, and the button that makes it."""
    with st.expander(
        "Ensemble of these runs", icon=":material/group_work:", on_change="rerun", key="ensemble"
    ) as panel:
        if not panel.open:
            return
        st.caption(
            "A run of its own that answers as the mean of their calibrated probabilities. It holds copies of their "
            "models, so it stays when they are deleted."
        )
        try:
            plan = plan_ensemble(runs)
        except LesionLabError as error:
            st.info(str(error), icon=":material/info:")
            return
        for said in plan.said:
            st.warning(said, icon=":material/warning:")
        job = _newest([run.run_id for run in runs])
        state = job.status().state if job else None
        if job is not None:
            show_job(job)
            if state is JobState.FINISHED:
                st.page_link(
                    page_of("results"), label="See how it does", icon=":material/grid_on:",
                    query_params={"run": (job.result() or {}).get("run", "")},
                )  # fmt: skip
        if state is not None and state.active:
            return
        instructor = current_role() is Role.INSTRUCTOR
        label = f"Make the ensemble (about {max(plan.bytes / 1e6, 0.1):,.1f} MB)"
        if st.button(label, type="primary", icon=":material/group_work:", disabled=not instructor):
            require_instructor()
            try:
                asked = {"runs": [run.run_id for run in runs], "owner": current_person()}
                start_job(JOB, f"Ensemble of {len(runs)} runs", asked)
            except LesionLabError as error:
                st.error(str(error), icon=":material/error:")
                return
            st.rerun()
        if not instructor:
            st.caption("Only instructors can make one on this server.")


def _newest(run_ids: list[str]) -> Job | None:
    return next((job for job in list_jobs(JOB) if job.arguments.get("runs") == run_ids), None)


def show_beside_members(made: Ensemble) -> None:
    """An ensemble and its members on the same pictures, and the paired test against the best of them."""
    st.subheader("Beside its members")
    for said in made.said:
        st.warning(said, icon=":material/warning:")
    table = pd.DataFrame(
        {
            "run": each.run,
            "model": each.model,
            **{name: each.figures.get(name) for name in FIGURES},
        }
        for each in (made.ensemble, *made.members)
    )
    shares = [name for name in FIGURES if name != "log loss"]
    shares_table(table, shares, "Figures of the ensemble and of each member on the same pictures")
    csv_button("Ensemble and members as CSV", table, f"{made.ensemble.run}-members.csv")
    st.markdown(
        Markdown("The ensemble against {}, the best member by balanced accuracy on the validation part:").format(
            code(made.best)
        )
    )
    show_difference(made.paired, "pictures", {})
