"""Whether a run can tell the camera or hospital that a picture comes from, and how good it is within each."""

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import DataError
from core.evaluation.source_probe import FEWEST, SourceProbe
from core.jobs import newest_job
from core.models.registry import model_spec
from core.runs.judging.result_words import probe_in_words
from core.runs.judging.source_probe import has_features
from dashboard.charts.sources import accuracy_chart, probe_chart
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.judged import JudgedPart, load_kept_probe, load_within_sources
from dashboard.state.metadata_of_part import sources_of
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.job_progress import offer_job, show_unless_done
from dashboard.widgets.shares_table import shares_table

KIND = "source probe"


def show_source(part: JudgedPart) -> None:
    """Accuracy within each source, and the probe."""
    if part.info.takes != "pictures":
        st.info("Nothing is known of where these samples were taken.", icon=":material/info:")
        return
    try:
        sources = sources_of(part)
    except DataError as error:
        st.warning(str(error), icon=":material/folder_off:")
        return
    if sources.nunique() < 2:
        name = part.info.dataset_title if part.own else part.title
        only = "one source alone" if sources.nunique() else "no source of its pictures"
        st.info(
            f"{name} tells {only}: there is nothing to compare. A column of sources (camera, hospital, study) in its "
            "table would be used here; a joined data set has one.",
            icon=":material/info:",
        )
        return
    _within(part, sources)
    st.subheader("Can the model tell the source?")
    if part.info.folds:
        st.info("The models of several folds see with different features. Open the run of a fold.",
                icon=":material/info:")  # fmt: skip
    elif not has_features(part.info):
        st.info(f"{model_spec(part.info.model).title} has no layer with features that could be used.",
                icon=":material/info:")  # fmt: skip
    else:
        _probe(part)
    st.page_link(page_of("source"), label="The lesson on sources", icon=":material/photo_camera:",
                 query_params={"dataset": part.info.dataset})  # fmt: skip


def _within(part: JudgedPart, sources: pd.Series) -> None:
    names = {c.key: c.name for c in part.info.classes}
    found = load_within_sources(part, sources)
    unknown = int(sources.isna().sum())
    st.plotly_chart(
        accuracy_chart(found, int(found["images"].sum())),
        alt="Accuracy within each source with 95 % intervals, beside the floor there; the numbers stand in the table "
        "below",
    )
    table = found.assign(**{"most frequent": found["most frequent"].map(names)}).rename(
        columns={"images": "pictures", "low": "95 % from", "high": "to"}
    )
    shares_table(table, ("floor", "accuracy", "95 % from", "to"), "Accuracy within each source")
    st.caption(
        f"On {counted(len(part.table) - unknown, 'pictures')} of {part.title}"
        + (f"; of {unknown:,} the source is not known" if unknown else "")
        + ". The floor is what always giving the most frequent class of that source reaches: where one class fills a "
        "source, a high accuracy there says little. Intervals come from resampling whole groups."
    )
    csv_button("Sources as CSV", table, f"{part.info.run_id}-{part.name}-sources.csv")


def _probe(part: JudgedPart) -> None:
    run = part.run
    job = newest_job(KIND, run=run.run_id)
    if job is not None:
        show_unless_done(job)
        if job.status().state.active:
            return
    probe = load_kept_probe(run)
    if probe is None:
        offer_job(
            KIND,
            f"Source probe of {run.run_id}",
            {"run": run.run_id},
            why="A linear probe learns to tell the source from the features of the second-to-last layer, on pictures "
            "that the model has not learnt from. A few seconds for a small network, minutes for a large one.",
            label="Try to tell the source",
            icon=":material/photo_camera:",
        )
        return
    show_probe(probe, f"{run.run_id}-source-probe.csv")


def show_probe(probe: SourceProbe, file_name: str) -> None:
    """What a probe came to: the verdict, beside guessing and beside the label alone, and by source."""
    st.markdown(Markdown("**{}** {}").format(probe.verdict, probe_in_words(probe)))
    st.plotly_chart(
        probe_chart(probe),
        alt="Balanced accuracy of telling the source: by guessing, from the label alone, and from the pictures",
    )
    table = pd.DataFrame({"source": probe.sources, "pictures": probe.pictures, "told": probe.recalls})
    shares_table(table, ("told",), "Share of the pictures of each source that the probe tells")
    st.caption(
        f"Logistic regression, cross-validated over {probe.groups:,} groups, so that photos of one group are never on "
        "both sides; sources count alike. Being able to tell the source is not yet using it: look whether the accuracy "
        "above depends on it."
        + (f" With fewer than {FEWEST} groups left out: {', '.join(probe.left_out)}." if probe.left_out else "")
    )
    csv_button("Probe as CSV", table, file_name)
