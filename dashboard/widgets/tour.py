"""The tour of a first visit: six steps, each on the page of which it speaks; it can be left, and that is remembered."""

from dataclasses import dataclass

import streamlit as st

from dashboard.markdown import Markdown
from dashboard.router import page_of

_STEP = "tour-step"
"""In the session: how many steps are done; `_OVER` once the tour has been left or is at its end."""
_OVER = -1
COOKIE = "lesionlab_tour"
"""Says to later visits with this browser, for a year, that the tour is over."""
_REMEMBER = f"""<script>
document.cookie = "{COOKIE}=over; max-age=31536000; path=/; samesite=lax";
</script>"""


@dataclass(frozen=True)
class Step:
    """A page by its name, and what to look at there."""

    page: str
    says: str


STEPS = (
    Step(
        "home",
        "Lesion Lab shows what is in cancer image data, trains models on them, and tells how far a model can be "
        "trusted. The menu has the pages in that order: data, models, lessons.",
    ),
    Step(
        "explore",
        "Start with the data. Click a bar or a part of the body: all charts and pictures then show these images only. "
        "One button takes it back.",
    ),
    Step(
        "train",
        "Choose a model and press *Start training*. The green box says that no lesion is in both training and test. "
        "The training goes on when you leave.",
    ),
    Step(
        "results",
        "The accuracy stands beside the floor: what always giving the most frequent class would reach. Click a cell of "
        "the confusion matrix to see its pictures.",
    ),
    Step(
        "predict",
        "Upload a picture, or choose *Example*. The answer is high, low, or for a person to look at. It is never a "
        "diagnosis.",
    ),
    Step(
        "leakage",
        "One of the lessons: how a careless split makes a poor model look brilliant. This was the tour. A question "
        "mark beside a word explains it, on every page.",
    ),
)


def is_first_visit() -> bool:
    """Whether nobody has ended the tour with this browser; False where there is no browser at all."""
    return bool(st.context.headers) and COOKIE not in st.context.cookies


def show_tour(page: str) -> None:
    """The step that comes next, if the tour is on: it begins at Home.

    Args:
        page: path in the address of the page that is shown, empty at Home.
    """
    page = page or STEPS[0].page
    done = st.session_state.get(_STEP)
    if done is None:
        if page != STEPS[0].page or not is_first_visit():
            return
        done = st.session_state[_STEP] = 0
    if done == _OVER:
        st.html(_REMEMBER, unsafe_allow_javascript=True)
        return
    step, here = STEPS[done], page_of(STEPS[done].page)
    last = done == len(STEPS) - 1
    with st.container(border=True, key="tour", gap="xsmall"):
        head = Markdown("**Tour, step {} of {}: {}**").format(done + 1, len(STEPS), here.title)
        st.markdown(head + Markdown("  \n" + step.says) if page == step.page else head)
        with st.container(horizontal=True):
            first = st.empty()  # on the last step it takes away what stood there
            if page != step.page:
                first.page_link(here, label=f"Go on with {here.title}", icon=":material/arrow_forward:")
            elif not last:
                following = page_of(STEPS[done + 1].page)
                called = f"Next: {following.title}"
                if first.button(called, icon=":material/arrow_forward:", type="primary", key="tour-next"):
                    st.session_state[_STEP] = done + 1
                    st.switch_page(following)
            st.button("End the tour" if last else "Skip the tour", type="tertiary", on_click=_end, key="tour-end")


def offer_tour() -> None:
    """A button that begins the tour, where it is not on."""
    if st.session_state.get(_STEP, _OVER) == _OVER:
        st.button("Take the tour", icon=":material/tour:", type="tertiary", on_click=_begin)


def _begin() -> None:
    st.session_state[_STEP] = 0


def _end() -> None:
    st.session_state[_STEP] = _OVER
