"""Marks and notices that must look the same wherever they appear."""

import re
from collections.abc import Collection

import pandas as pd
import streamlit as st

from core.base.percents import percent
from core.data.spec import DatasetSpec
from core.data.splits.leakage import LeakageReport
from core.data.trainable import why_not_trained
from dashboard.markdown import Markdown, code
from dashboard.router import page_of
from dashboard.state.arrival import arrival
from dashboard.widgets.shares_table import shares_written

_NAME = re.compile(r"[\w.-]{1,100}")


def synthetic_badge(synthetic: bool) -> None:
    """Mark synthetic data, or what was learnt from it; shows nothing for real data."""
    if synthetic:
        st.badge(
            "synthetic",
            icon=":material/science:",
            color="violet",
            help="These pictures were drawn by a program. They say nothing about real skin.",
        )


def leak_badge(leaking: bool | None) -> None:
    """Mark a run whose split leaks; shows nothing where nothing leaks or nothing is known of it."""
    if leaking:
        st.badge(
            "leaking split",
            icon=":material/warning:",
            color="red",
            help="Training has copies, or others of the same group, of what is tested: the accuracy is too good.",
        )


def not_here(kind: str, name: str, instead: str) -> None:
    """Say that what the address names is not here; what is no name is not repeated, for it could tell anything.

    Args:
        kind: such as "run".
        name: as the address has it.
        instead: a sentence that tells what is shown, or what to do.
    """
    named = Markdown(" {}").format(code(name)) if _NAME.fullmatch(name) else " of the name in the address"
    said = Markdown("There is no {}{} here; it may have been deleted. {}")
    st.warning(said.format(kind, named, instead), icon=":material/search_off:")


def say_what_is_gone(kind: str, parameter: str, present: Collection[str], instead: str) -> None:
    """As `not_here`, where a parameter of the address names none of what is `present`, until the page is left.

    To be called before what reads the parameter, for that takes out of the address what it does not know.

    Args:
        kind: such as "run".
        parameter: of the address.
        present: what it may name.
        instead: a sentence that tells what is shown, or what to do.
    """
    asked, memory = st.query_params.get(parameter), f"gone-{parameter}"
    if asked is not None or arrival().new_page:
        st.session_state[memory] = "" if asked is None or asked in present else asked
    if missing := st.session_state.get(memory):
        not_here(kind, missing, instead)


def caution_notice(spec: DatasetSpec) -> None:
    """What must be known before trusting a figure on a data set; shows nothing where there is nothing to say."""
    if spec.caution:
        st.caption(Markdown(":material/warning: {}").format(spec.caution))


def leak_warning(report: LeakageReport, things: str = "pictures") -> None:
    """Say in red what a leaking split shares; says nothing where nothing leaks.

    Args:
        report: of the split.
        things: what was divided, "pictures" or "samples".
    """
    if not report.leaking:
        return
    fraction = report.with_group_in_train / max(report.held_out, 1)
    copies = report.with_copy_in_train / max(report.held_out, 1)
    said = [*report.level_sentences, "Accuracy measured on this split is higher than on new cases."]
    if report.groups_shared or report.identical_images_shared:
        said.insert(
            0,
            f"{report.shared} appear in more than one part. Of the {report.held_out_part} {things}, "
            f"{percent(fraction)} have {'a picture' if things == 'pictures' else 'one'} of the same group in training "
            f"and {percent(copies)} the very same {things[:-1]}.",
        )
    st.error(" ".join(said), title="This split leaks", icon=":material/warning:")


def split_notice(report: LeakageReport, said_already: str = "") -> None:
    """What the parts of a split cannot tell, what the network began with, and `show_levels`; nothing if there is none.

    Args:
        report: of the split.
        said_already: a text on the page whose sentences are not said again.
    """
    if cautions := [caution for caution in report.cautions if caution not in said_already]:
        st.warning(" ".join(cautions), title="What this split cannot tell", icon=":material/rule:")
    if report.trunk:
        st.caption(Markdown("Began with the weights of {}.").format(report.trunk))
    show_levels(report)


def show_levels(report: LeakageReport) -> None:
    """What each level lets through, where one is known beside the group; else nothing."""
    if any(level.column for level in report.levels):
        part = f"{report.held_out_part} {report.things} with one of theirs in training"
        rows = [
            {
                "level": level.noun,
                "column": level.column or "kept together by a grouped split",
                "groups": level.groups,
                part: level.with_group_in_train,
                "share": level.with_group_in_train / max(report.held_out, 1),
            }
            for level in report.levels
        ]
        st.dataframe(
            shares_written(pd.DataFrame(rows), ["share"]),
            hide_index=True,
            height="content",
            alt=f"Held-out {report.things} with another one of their patient, lesion … in training, by level",
        )


def training_refusal(spec: DatasetSpec) -> bool:
    """Whether a data set is not trained on as it is; says why, and where that is answered. Else shows nothing."""
    why = why_not_trained(spec)
    if why:
        st.warning(why, title="Not to be trained on yet", icon=":material/help:")
        st.page_link(
            page_of("data"),
            label="Answer it on the page Data" if spec.unsure else "See it on the page Data",
            icon=":material/database:",
            query_params={"reading": spec.name},
        )
    return bool(why)


def disclaimer() -> None:
    """The sentence under every prediction, whatever is predicted."""
    st.warning(
        "For research and education only. Not a medical device, not a diagnosis. If you are worried about your "
        "health, see a doctor.",
        icon=":material/medical_information:",
    )


def source_line(spec: DatasetSpec) -> None:
    """Citation and licence under a page's charts."""
    st.caption(f"Data: {spec.citation} Licence: {spec.licence}.")
