"""What a run's answers rest on: how often its sets are right, how cautious it is, and what the gate lets pass."""

import streamlit as st

from core.base.errors import LesionLabError
from core.base.percents import percent, percent_range
from core.base.signature import who
from core.evaluation.abstention import RISKS
from core.evaluation.conformal import LEVELS
from core.runs.answers.reviews import MOST_QUEUED
from core.runs.judging.caution import Caution, load_caution, save_caution
from core.runs.judging.trust import Trust, load_trust
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.local_time import said_at
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.state.judged import VALIDATION, judged_part, load_judged, part_names
from dashboard.widgets.coverage import show_coverage
from dashboard.widgets.pictures.gate_view import gate_details


def show_trust(run: RunFolder, info: PredictorInfo) -> None:
    """Folded away: coverage, caution, gate; nothing where the run's predictions cannot be read."""
    try:
        trust, caution = load_trust(run), load_caution(run)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    with st.expander("How often the sets are right", icon=":material/data_check:"):
        _show_coverage(run, trust, caution)
    with st.expander("How cautious this model is", icon=":material/tune:"):
        _choose_caution(run, trust, caution)
    with st.expander("What counts as the right kind of picture", icon=":material/filter_alt:"):
        gate_details(info)


def _show_coverage(run: RunFolder, trust: Trust, caution: Caution) -> None:
    """As on Results, for the test part or for other data on which the run was judged."""
    try:
        results = load_judged(run)
        names = [name for name in part_names(run, results) if name != VALIDATION]
        if not names:
            st.caption("This run has no test pictures to count on.")
            return
        name = st.selectbox("Counted on", names, key=f"covered-{run.run_id}") if len(names) > 1 else names[0]
        part = judged_part(run, results, name)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    show_coverage(part, trust, caution, drawn=False)


def _choose_caution(run: RunFolder, trust: Trust, caution: Caution) -> None:
    may = current_role() is Role.INSTRUCTOR
    level = st.segmented_control(
        "An answer is undecided by the set that is right in",
        LEVELS,
        format_func=lambda each: f"{percent(each, 0)} of cases",
        default=caution.level,
        required=True,
        key=f"caution-level-{run.run_id}",
    )
    risk = st.selectbox(
        "Of the answers that are given, at most so many may be wrong",
        (None, *RISKS),
        index=(None, *RISKS).index(caution.risk),
        format_func=lambda each: "no limit: every answer is given" if each is None else percent(each, 0),
        key=f"caution-risk-{run.run_id}",
    )
    _show_price(trust, risk)
    queue = st.toggle(
        "What is undecided goes into the review queue by itself",
        value=caution.queue,
        key=f"caution-queue-{run.run_id}",
        help="Pictures that are uploaded or photographed on Predict, sent by programs, or predicted many at once: of "
        f"one prediction the first {MOST_QUEUED}. A picture itself is kept only if whoever brings it allows that; on "
        "Predict they can take it out again.",
    )
    if (level, risk, queue) != (caution.level, caution.risk, caution.queue) and st.button(
        "Keep for this run", icon=":material/save:", disabled=not may
    ):
        require_instructor()
        save_caution(run, level, risk, current_person(), queue=queue)
        st.rerun()
    if not may:
        st.caption("On this server only an instructor can change this.")
    elif caution.at:
        st.caption(f"Chosen by {who(caution.by)}, {said_at(caution.at)}.")


def _show_price(trust: Trust, risk: float | None) -> None:
    """What a limit on wrong answers comes to on the test part."""
    if risk is None:
        return
    least = trust.least_confidence(risk)
    if least is None:
        st.warning(
            f"However sure it is, more than {percent(risk, 0)} of the model's answers are wrong on validation "
            "pictures: everything would be for a person to look at.",
            icon=":material/person_search:",
        )
        return
    found = trust.abstained(least)
    if found is None or found.wrong is None:
        st.caption(f"It would answer at a probability of {percent(least, 0)} or more.")
        return
    st.caption(
        f"It would answer at a probability of {percent(least, 0)} or more: {percent(found.answered, 0)} of "
        f"{found.lesions:,} test "
        f"lesions, of which {percent(found.wrong)} wrong ({percent_range(found.low, found.high)} with 95 % confidence)."
    )
