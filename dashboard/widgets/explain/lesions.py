"""How much of the heat lies in the lesion, where masks say where that is; and bringing masks after training."""

import pandas as pd
import streamlit as st

from core.base.percents import percent, percent_limits
from core.data.masks import folder_of_masks, forget_masks
from core.jobs import start_job
from core.runs.explanations.explanation_summary import MethodCheck
from core.runs.explanations.explanation_words import heat_in_words
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.charts.explaining import lesion_chart
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.widgets.csv_button import csv_button

KIND = "explain"
"""Of the job that checks the explanations of a run."""


def show_heat_in_lesions(run: RunFolder, info: PredictorInfo, checks: tuple[MethodCheck, ...]) -> None:
    """The fraction of heat in the lesion beside its area, by method; a field for a folder of masks."""
    st.subheader("How much of the heat lies in the lesion")
    seen = [check for check in checks if check.masked]
    if not seen:
        st.info(
            "Nobody knows where the lesions of these pictures are: there is no mask for any of them. A mask is a "
            "picture of any size, white where the lesion is, with the name of its picture: ISIC_0024306.png or "
            "ISIC_0024306_segmentation.png.",
            icon=":material/info:",
        )
    else:
        first = seen[0]
        st.markdown(Markdown("**{}**: {}.").format(first.method.called, heat_in_words(first)))
        st.plotly_chart(lesion_chart(seen), alt="Fraction of each method's heat in the lesion beside the lesion's area")
        table = _table(seen)
        st.dataframe(table, hide_index=True, placeholder="–", alt="Heat in the lesion by method")
        csv_button("Heat in the lesion as CSV", table, f"{run.run_id}-heat-in-lesions.csv")
        st.caption(
            "1 is chance: a map that knows nothing of the lesion puts as much heat there as the lesion fills of the "
            "picture. Darkness and edges do not ask the model; darkness does well because most lesions are dark."
        )
    _bring_masks(run, info, known=bool(seen))


def _bring_masks(run: RunFolder, info: PredictorInfo, *, known: bool) -> None:
    if current_role() is not Role.INSTRUCTOR:
        if not known:
            st.caption("On this server only an instructor can bring masks.")
        return
    kept = folder_of_masks(info.dataset)
    with st.form(f"masks-{run.run_id}", border=False):
        field, button = st.columns([4, 1], vertical_alignment="bottom")
        path = field.text_input(
            "Folder of masks",
            value="" if kept is None else str(kept),
            placeholder="/data/HAM10000_segmentations_lesion_tschandl",
            help=Markdown(
                "Its path on the machine of the server. It is kept for all runs on {}; its files stay as they are. "
                "Leave it empty for masks that lie among the pictures."
            ).format(info.dataset_title),
        )
        asked = button.form_submit_button("Measure", icon=":material/straighten:", width="stretch")
    if asked:
        require_instructor()
        if not path.strip():
            forget_masks(info.dataset)
        arguments = {"run": run.run_id} | ({"masks": path.strip()} if path.strip() else {})
        start_job(KIND, f"Heat in lesions of {run.run_id}", arguments)
        st.rerun()


def _table(seen: list[MethodCheck]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "method": check.method.called,
            "heat in the lesion": _share(check.inside, check.inside_limits),
            "area of the lesion": _share(check.area),
            "times chance": _times(check),
            "pictures with a mask": check.masked,
        }
        for check in seen
    )


def _times(check: MethodCheck) -> str | None:
    times = check.times_chance
    if times is None:
        return None
    between = "" if times.limits is None else f" ({times.limits[0]:.2f}–{times.limits[1]:.2f})"
    return f"{times.mean:.2f}{between}"


def _share(value: float | None, limits: tuple[float, float] | None = None) -> str | None:
    if value is None:
        return None
    return percent(value, 0) + (f" ({percent_limits(limits, 0)})" if limits else "")
