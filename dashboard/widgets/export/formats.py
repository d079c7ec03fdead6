"""A run's model in the formats of others: having them written and checked, figures, downloads, how to use them."""

import pandas as pd
import streamlit as st

from core.base.percents import percent
from core.combined.ensemble_card import card_beside
from core.export.formats import FORMATS, HOW_TO_INSTALL, Format
from core.export.model_files import LEAST_AGREEMENT, ExportReport, load_reports, zip_file, zip_with
from core.export.usage import usage
from core.jobs import newest_job, start_job
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.job_progress import show_unless_done
from dashboard.widgets.shares_table import shares_written

KIND = "export"


def show_formats(run: RunFolder, info: PredictorInfo) -> None:
    """What was written of a run, each file with how it answers against the run itself, and the offer to write more."""
    reports = load_reports(run)
    job = newest_job(KIND, run=run.run_id)
    if job is not None:
        show_unless_done(job)
    if job is None or not job.status().state.active:
        _offer(run, reports)
    if not reports:
        return
    st.subheader("Checked files")
    table = pd.DataFrame([_row(FORMATS[key], report) for key, report in reports.items()])
    st.dataframe(
        shares_written(table, ("same class", "gate agrees", "accuracy", "accuracy of the run")),
        hide_index=True,
        placeholder="–",
        alt="How each file answers against the run itself, and what it takes on this machine",
    )
    some = next(iter(reports.values()))
    st.caption(
        f"Each file was loaded in a fresh process and asked about {info.things} of the {some.part} part; the run "
        "itself answers as on Predict. Time is the median for one; memory is that of the whole process. All was "
        "measured on this machine, which may have been busy."
    )
    csv_button("Figures as CSV", table, f"{run.run_id}-formats.csv")
    for key, report in reports.items():
        _show_file(run, info, FORMATS[key], report)


def _offer(run: RunFolder, reports: dict[str, ExportReport]) -> None:
    missing = sorted({name for form in FORMATS.values() for name in form.missing()})
    if missing:
        st.info(
            f"Not installed here: {', '.join(missing)}. Formats that need them cannot be written. {HOW_TO_INSTALL}.",
            icon=":material/info:",
        )
    may_start = current_role() is Role.INSTRUCTOR
    open_formats = [key for key, form in FORMATS.items() if not form.missing()]
    not_made = [key for key in open_formats if key not in reports and not FORMATS[key].quantised]
    with st.form(f"export-{run.run_id}"):
        chosen = st.pills(
            "Formats",
            open_formats,
            selection_mode="multi",
            default=not_made,
            format_func=lambda key: FORMATS[key].title,
            help=Markdown("\n\n").join(
                Markdown("**{}**: {}").format(form.title, form.meaning) for form in FORMATS.values()
            ),
        )
        gate = st.checkbox(
            "With the gate inside",
            True,
            help="A second output says whether a picture is of the kind that the model has learnt from. It takes "
            "16 MB, half of that in 16 bits.",
        )
        if st.form_submit_button("Write and check them", icon=":material/output:", disabled=not may_start):
            require_instructor()
            if chosen:
                arguments = {"run": run.run_id, "formats": list(chosen), "gate": gate}
                start_job(KIND, f"Hand over {run.run_id}", arguments)
                st.rerun()
    if not may_start:
        st.caption("On this server only an instructor can have files written.")


def _row(form: Format, report: ExportReport) -> dict[str, object]:
    return {
        "format": form.title,
        report.things: report.pictures,
        "same class": report.agreement,
        "largest difference": f"{report.max_difference:.1e}",
        "gate agrees": report.gate_agreement,
        "accuracy": report.accuracy,
        "accuracy of the run": report.run_accuracy,
        "size (MB)": round(report.bytes / 1e6, 2),
        "time (ms)": round(1000 * report.seconds, 2),
        "loading (s)": round(report.load_seconds, 2),
        "memory (MB)": None if report.memory is None else round(report.memory / 1e6),
    }


def _show_file(run: RunFolder, info: PredictorInfo, form: Format, report: ExportReport) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(Markdown("**{}**  \n{}").format(form.title, form.meaning), width="content")
            file = zip_file(run, form)
            st.download_button(
                f"Download {form.title}",
                lambda: zip_with(file, card_beside(run)),
                file_name=file.name,
                mime="application/zip",
                icon=":material/download:",
                on_click="ignore",
                key=f"download-{form.key}",
            )
        if report.doubtful:
            st.error(
                f"It gives another answer than the run for {percent(1 - report.agreement)} of the {report.things}, "
                f"more than the {percent(1 - LEAST_AGREEMENT, 0)} allowed: it is not the model that was judged.",
                icon=":material/warning:",
            )
        if not form.exact and report.sensitivities:
            told = "; ".join(
                f"{each.name} {percent(each.file)} (the run itself {percent(each.run)}, {each.pictures:,} "
                f"{report.things})"
                for each in report.sensitivities
            )
            st.markdown(Markdown("Sensitivity: {}.").format(told))
        if report.gate_agreement is None:
            st.caption(Markdown("The gate is not inside. {}").format(report.without_gate))
        with st.expander("How to use it", icon=":material/code:"):
            st.markdown(
                Markdown(
                    "The zip holds the model, `about.json` (classes, what goes in, where it comes from, how it was "
                    "checked), the model card as it is when you download (`card.md`, `card.html`) and this as `use.py`."
                )
            )
            if info.takes == "pictures":
                st.caption("The program that uses the file squeezes the whole picture to a square; the rest is inside.")
            st.caption(f"It needs {form.runtime}, NumPy and {'pandas' if info.takes == 'genes' else 'Pillow'}.")
            gate = report.gate_agreement is not None
            script = usage(form, genes=info.takes == "genes", metadata=info.metadata is not None, gate=gate)
            st.code(script, language="python")
