"""One entry of the review queue: the picture, what the model said, and what a person says."""

from collections.abc import Set
from contextlib import suppress

import pandas as pd
import streamlit as st

from core.base.csv_text import in_one_cell
from core.base.errors import LesionLabError
from core.base.percents import percent
from core.data.spec import ClassSpec
from core.runs.answers.reviews import LONGEST_TEXT, Review, answer_review, forget_review
from core.runs.run_folder import open_run
from core.serving.predictor import PredictorInfo
from dashboard.charts.results import probability_chart
from dashboard.markdown import Markdown, code
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.run_names import title_of_run

NONE = ""
NOTHING = ""
_LOOKED_AT = "review-looked-at"


def looked_at(review_id: str) -> None:
    """Remember which entry stands on the page, or that it is left (`NOTHING`)."""
    st.session_state[_LOOKED_AT] = review_id


def say_if_gone(there: Set[str]) -> None:
    """Say where the entry that stood on the page is not among those that are there: somebody else was quicker."""
    if st.session_state.get(_LOOKED_AT, NOTHING) not in {NOTHING, *there}:
        st.warning(
            "The picture that you looked at was answered or deleted by somebody else meanwhile. What you chose for it "
            "was not kept; its answer stands under Answered.",
            icon=":material/group:",
        )


def show_review(review: Review) -> None:
    """The entry, and the form for whoever answers; viewers only look."""
    entry, classes = review.entry, _classes(review)
    names = {each.key: each.name for each in classes}
    left, right = st.columns(2, gap="large")
    with left:
        if entry.kept and review.picture_file.is_file():
            st.image(review.picture_file.read_bytes(), width="stretch", alt="The picture that waits for an answer")
        else:
            st.info(
                Markdown("The picture was not kept. Whoever has it knows it by its number {}.").format(
                    code(entry.picture[:12])
                ),
                icon=":material/hide_image:",
            )
        st.caption(Markdown("Asked was {}.").format(title_of_run(entry.run_id)))
    with right:
        for reason in entry.reasons:
            st.markdown(Markdown("{}").format(reason))
        if entry.note:
            st.warning(Markdown("A person overruled the check: “{}”").format(entry.note), icon=":material/gavel:")
        if review.answer is None:
            _form(review, names)
        else:
            said = names.get(review.answer.label, review.answer.label) or "none of the classes"
            st.markdown(Markdown("**The person said:** {}").format(said))
            if review.answer.note:
                st.markdown(Markdown("{}").format(review.answer.note))
        # What the model said comes after the person's answer: whoever sees it first follows it.
        with st.expander("What the model said", expanded=review.answer is not None):
            st.markdown(Markdown("**{}**, {}").format(names[entry.label], percent(entry.probabilities[entry.label])))
            if entry.set is not None:
                st.caption(Markdown("Set: {}").format(", ".join(names[key] for key in entry.set) or "none"))
            st.plotly_chart(probability_chart(entry.probabilities, classes), alt="Probability of each class as bars")
        if current_role() is Role.INSTRUCTOR and asks_first(
            "Delete",
            "What the model said, the answer, and the picture if it was kept, are deleted for good.",
            "Delete this entry",
            key=f"forget-{review.review_id}",
        ):
            require_instructor()
            forget_review(review.review_id)
            looked_at(NOTHING)
            st.rerun()


def _form(review: Review, names: dict[str, str]) -> None:
    may = current_role() is Role.INSTRUCTOR
    with st.form(f"answer-{review.review_id}"):
        label = st.selectbox(
            "What it is", [*names, NONE], index=None, format_func=lambda key: names.get(key, "none of these")
        )
        note = st.text_input("Note", max_chars=LONGEST_TEXT)
        if st.form_submit_button("Answer", icon=":material/how_to_reg:", disabled=not may):
            require_instructor()
            if label is None:
                st.error("Choose what it is first.", icon=":material/error:")
                return
            try:
                answer_review(review.review_id, label, note.strip(), current_person())
            except LesionLabError as error:
                st.error(str(error), icon=":material/error:")
                return
            looked_at(NOTHING)
            st.rerun()
    if not may:
        st.caption("On this server only an instructor can answer.")


def review_table(reviews: list[Review]) -> pd.DataFrame:
    """A row for each entry, as it stands in the file to download."""
    rows = [
        {
            "review": each.review_id,
            "run": each.entry.run_id,
            "picture": each.entry.picture,
            "model": each.entry.label,
            "probability": each.entry.probabilities[each.entry.label],
            "set": in_one_cell(each.entry.set or ()),
            "kind": each.entry.kind,
            "overruled because": each.entry.note,
            "person": "" if each.answer is None else each.answer.label or "none",
            "note": "" if each.answer is None else each.answer.note,
        }
        for each in reviews
    ]
    return pd.DataFrame(rows)


def _classes(review: Review) -> tuple[ClassSpec, ...]:
    """The classes of the run; of a run that is gone, their keys."""
    with suppress(LesionLabError):
        known = PredictorInfo.load(open_run(review.entry.run_id).predictor_file).classes
        if {each.key for each in known} == set(review.entry.probabilities):
            return known
    return tuple(ClassSpec(key, key, None) for key in review.entry.probabilities)
