"""All pictures of a data set without a class as `submission.csv`: made in the background, then downloaded."""

from typing import Any

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import ConfigurationError, JobError
from core.jobs import Job, list_jobs
from core.serving.predictor import PredictorInfo
from core.serving.submission import positive_classes, submission_file
from dashboard.markdown import Markdown
from dashboard.widgets.data.job_progress import offer_job, show_unless_done

KIND = "submission"


def offer_submission(info: PredictorInfo, unlabelled: pd.DataFrame) -> None:
    """The file to download where it is there, the job that makes it, and the button that starts one.

    Args:
        info: the run that predicts.
        unlabelled: pictures of its data set that have no class.
    """
    names = {c.key: c.name for c in info.classes}
    try:
        positive = positive_classes(info)
    except ConfigurationError as error:
        st.caption(Markdown(":material/info: {}").format(error))
        return
    arguments = {"run_id": info.run_id, "dataset": info.dataset}
    job = _newest(arguments)
    if job is not None:
        show_unless_done(job)
        if job.status().state.active:
            return
    said = f"id and label: the probability of {' or '.join(names[key] for key in positive)}, as competitions take it."
    if info.metadata is not None:
        st.caption(f"Of these pictures {info.metadata.in_words} count as unknown.")
    file = submission_file(info.run_id, info.dataset)
    result = _result(job)
    made_of = sum(result[name] for name in ("rows", "missing", "not_wanted")) if result else len(unlabelled)
    if file.is_file() and made_of == len(unlabelled):
        _told(result)
        st.download_button(
            "Download submission.csv",
            file.read_bytes,
            file_name="submission.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help=f"It has {said}",
        )
        return
    offer_job(
        KIND,
        f"Predict {counted(len(unlabelled), 'pictures')} of {info.dataset_title}",
        arguments,
        why=f"All {len(unlabelled):,} can be predicted in the background as a table of {said} The job tells how long "
        "it takes.",
        label="Predict all as submission.csv",
        icon=":material/table_rows:",
    )


def _newest(arguments: dict[str, str]) -> Job | None:
    return next((job for job in list_jobs(KIND) if job.arguments == arguments), None)


def _result(job: Job | None) -> dict[str, Any] | None:
    """What the job that made the file says of it, as far as it is still known."""
    try:
        return job.result() if job is not None else None
    except JobError:
        return None


def _told(result: dict[str, Any] | None) -> None:
    """How many rows the file has, and what is not among them."""
    if result is None:
        return
    rows = counted(result["rows"], "rows")
    if result["missing"]:
        st.warning(
            f"It has {rows} and lacks {result['missing']:,}, so a competition will refuse it. The first: "
            f"{result['first_missing']}",
            icon=":material/warning:",
        )
    else:
        st.caption(f"It has {rows}.")
