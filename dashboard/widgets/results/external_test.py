"""A run on another data set beside its own test: what becomes of its figures there, as a whole and by class."""

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import LesionLabError
from core.base.percents import percent, percent_in_short, percent_limits, points, points_range
from core.evaluation.drop import Drop
from core.jobs import newest_job
from core.runs.judging.judged_on import propose_classes
from core.runs.judging.result_words import change_in_words
from core.runs.judging.results import OtherResults, others_of
from core.runs.judging.shared_pictures import Shared
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo
from dashboard.charts.judging import drop_chart
from dashboard.local_time import said_at
from dashboard.markdown import Markdown
from dashboard.router import page_of
from dashboard.state.external_test import elsewhere_choices, own_part_beside
from dashboard.state.judged import JudgedPart, load_drops, load_elsewhere
from dashboard.state.loading import load_either
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.job_progress import offer_job, show_unless_done
from dashboard.widgets.results.bring_folder import bring_folder, choice_of

KIND = "external test"
LEFT_OUT = "left out"


def show_external_test(part: JudgedPart) -> None:
    """What the run was judged on besides its own parts, one of these side by side with its own, and the next one."""
    run, info = part.run, part.info
    if info.folds:
        st.info(
            "These are the predictions of the models of several folds: there is no one model that could be judged on "
            "other data. Choose the run of a fold.",
            icon=":material/info:",
        )
        return
    job = newest_job(KIND, run=run.run_id)
    working = False
    if job is not None:
        show_unless_done(job)
        working = job.status().state.active
    names = others_of(run)
    if names:
        shown = names[0] if part.own else part.name.removeprefix("external: ")
        name = st.selectbox("Other data", names, index=names.index(shown), key=f"elsewhere-{run.run_id}-{shown}")
        try:
            _beside(part, load_elsewhere(run, name))
        except LesionLabError as error:
            st.error(str(error), icon=":material/error:")
    elif not working:
        st.info(
            "Nobody can know how good a model is on pictures of another hospital, camera or group of patients until "
            "it is tested there. This run has not been tested on any other data yet.",
            icon=":material/travel_explore:",
        )
    if not working:
        with st.expander("Judge it on another data set", expanded=not names, icon=":material/travel_explore:"):
            _offer(run, info)


def _beside(part: JudgedPart, other: OtherResults) -> None:
    own = own_part_beside(part)
    found = load_drops(own, other)
    names = {c.key: c.name for c in part.info.classes}
    if not found:
        st.info(f"{other.title} and {own.title} have nothing that could be compared.", icon=":material/info:")
        return
    for said in in_words(found, names, own.title, other.title):
        st.markdown(said)
    st.caption(_how(other, part.info))
    noun = {"samples": "sample"}.get(part.info.things, "image")
    if any(each.key for each in found):
        st.plotly_chart(
            drop_chart(found, names, own.title, other.title, len(own.table), len(other.predictions), noun),
            alt=f"Sensitivity of each class on {own.title} and on {other.title} with 95 % intervals; the numbers stand "
            "in the table below",
        )
    table = _table(found, names, own.title, other.title, part.info.things)
    st.dataframe(
        _with_intervals_inside(table, found, own.title, other.title),
        hide_index=True,
        placeholder="–",
        alt=f"Figures on {own.title} and on {other.title}",
    )
    st.caption(
        f"On {counted(len(own.table), part.info.things)} of {own.title} and {len(other.predictions):,} of "
        f"{other.title}. "
        "In brackets: 95 % intervals, from resampling the groups of each by themselves; those of the change of a class "
        "hold for all classes together. Balanced accuracy and macro AUC are over the classes that both have. Accuracy "
        "changes with the mix of classes, too: look at the classes first."
    )
    csv_button("Both as CSV", table, f"{part.info.run_id}-on-{other.name}.csv")


def in_words(found: list[Drop], names: dict[str, str], own: str, other: str) -> list[Markdown]:
    """The change as sentences: balanced accuracy, then each class whose sensitivity changes more than chance."""
    whole = next((each for each in found if each.metric == "balanced accuracy"), None)
    if whole is None:
        return [
            Markdown("{} and {} have no class in common: only accuracy can be set side by side.").format(
                own[:1].upper() + own[1:], other
            )
        ]
    said = [Markdown("**{}** {}").format(*change_in_words(whole, own, other))]
    moved = [each for each in found if each.metric == "sensitivity" and each.key and each.beyond_chance]
    for each in sorted(moved, key=lambda drop: drop.difference):
        said.append(
            Markdown("{}: {} are found, against {} on {} ({} points, {}).").format(
                names[each.key].capitalize(),
                percent(each.elsewhere),
                percent(each.own),
                own,
                points(each.difference),
                _points(each.limits),
            )
        )
    if not any(each.limits for each in found if each.metric == "sensitivity"):
        said.append(Markdown("Too few groups tell whether the sensitivity of a class changes by more than chance."))
    elif not moved:
        said.append(Markdown("In no class does the sensitivity change by more than chance explains."))
    return said


def _how(other: OtherResults, info: PredictorInfo) -> Markdown:
    """Which classes count as which, what was cut, and when."""
    how, said = other.how, []
    if how.shared is not None:
        said.append(
            f"{counted(how.shared.total, info.things)} that the run's own data have, too, "
            f"{'was' if how.shared.total == 1 else 'were'} found by content and cut: "
            f"{how.shared.copies:,} whole, "
            + ("changed copies could not be looked for" if how.shared.changed is None
               else f"{how.shared.changed:,} cropped, turned or brightened")
            + f", {how.shared.related:,} of the same groups."
        )  # fmt: skip
    elif other.seen is None:
        said.append(f"Whether the run has learnt from some of these {info.things} is not known.")
    else:
        near = how.near_duplicates_of_training
        said.append(
            f"The run has learnt from {other.seen:,} of these {info.things}"
            + (f", and from {near:,} more in changed copies" if near else "")
            + "; nothing was cut."
        )
    others = [f"{key} as {meant}" for key, meant in how.classes.items() if key != meant]
    if others:
        said.append(f"Counted {', '.join(others)}.")
    if how.left_out:
        said.append(f"Left out: {', '.join(f'{key} ({number:,})' for key, number in how.left_out.items())}.")
    if how.at is not None:
        said.append(f"Judged {said_at(how.at)}.")
    return Markdown("{}").format(" ".join(said))


def _table(found: list[Drop], names: dict[str, str], own: str, other: str, things: str) -> pd.DataFrame:
    rows = []
    for each in found:
        rows.append(
            {
                "class": names.get(each.key, "all"),
                "figure": each.metric,
                own: percent(each.own),
                f"{own}, 95 %": percent_limits(each.own_limits),
                other: percent(each.elsewhere),
                f"{other}, 95 %": percent_limits(each.elsewhere_limits),
                "change, points": points(each.difference),
                "change, 95 %": _points(each.limits),
                "more than chance": "not known" if each.limits is None else "yes" if each.beyond_chance else "no",
                f"{things} own": each.own_images,
                f"{things} there": each.elsewhere_images,
            }
        )
    return pd.DataFrame(rows)


def _with_intervals_inside(table: pd.DataFrame, found: list[Drop], own: str, other: str) -> pd.DataFrame:
    """The same table with each interval beside its figure instead of in a column of its own, which made it too wide."""
    changes = [points(each.difference) + (f" ({_points(each.limits)})" if each.limits else "") for each in found]
    inside = {
        own: [percent_in_short(each.own, each.own_limits) for each in found],
        other: [percent_in_short(each.elsewhere, each.elsewhere_limits) for each in found],
        "change, points": changes,
    }
    return table.assign(**inside).drop(columns=[f"{own}, 95 %", f"{other}, 95 %", "change, 95 %"])


def _points(limits: tuple[float, float] | None) -> str:
    return "" if limits is None else points_range(*limits)


def _offer(run: RunFolder, info: PredictorInfo) -> None:
    """Which data set, which class counts as which, what becomes of shared pictures, and the button."""
    choices = elsewhere_choices(info)
    if not choices:
        st.info("There is no other data set here. Add or download one on the page Data.", icon=":material/info:")
        st.page_link(page_of("data"), label="Open Data", icon=":material/database:")
        bring_folder(run, info)
        return
    first, second = st.columns(2)
    name = first.selectbox(
        "Data set", list(choices), format_func=choices.__getitem__, key=choice_of(run), persist_state="session"
    )
    ways = [Shared.CUT, Shared.REFUSE, Shared.COUNT]
    shared = second.segmented_control(
        f"{info.things.capitalize()} that the run's own data have, too",
        ways,
        default=Shared.CUT,
        required=True,
        key=f"judge-shared-{run.run_id}",
        help="They are found by what they show, whole, cropped, turned or brightened. "
        + " ".join(f"{way.capitalize()}: {way.explanation}" for way in ways),
    )
    bring_folder(run, info)
    try:
        dataset = load_either(name)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    counts = dataset.table["label"].value_counts().to_dict()
    keys = list(dict.fromkeys([*dataset.spec.class_keys, *counts]))
    proposed = propose_classes(keys, info.class_keys)
    theirs, ours = dataset.spec.class_names, {c.key: c.name for c in info.classes}
    if len(set(ours.values()) | {LEFT_OUT}) <= len(ours):  # two classes of one name are told apart by their keys
        ours = {key: key for key in ours}
    options = [*ours.values(), LEFT_OUT]
    edited = st.data_editor(
        pd.DataFrame(
            {
                "class there": [theirs.get(key, key) for key in keys],
                info.things: [counts.get(key, 0) for key in keys],
                "counts as": [ours.get(proposed.get(key, ""), LEFT_OUT) for key in keys],
            }
        ),
        key=f"judge-classes-{run.run_id}-{name}",
        column_config={"counts as": st.column_config.SelectboxColumn(options=options, required=True)},
        disabled=["class there", info.things],
        hide_index=True,
        height="content",
        alt=f"What each of {len(keys)} classes of {dataset.spec.title} counts as",
    )
    by_name = {name: key for key, name in ours.items()}
    classes = {key: by_name.get(said, "") for key, said in zip(keys, edited["counts as"], strict=True)}
    number = sum(counts.get(key, 0) for key, meant in classes.items() if meant)
    if not number:
        st.warning(f"No class of {dataset.spec.title} counts as one of the run. Choose one above.")
        return
    offer_job(
        KIND,
        f"{info.run_id} on {dataset.spec.title}",
        {"run": run.run_id, "on": name, "classes": classes, "shared": str(shared)},
        why=f"{number:,} {info.things} will be judged; those that the run's own data have are looked for first. It "
        "goes on when this page is closed, and what comes of it stays with the run and its model card.",
        label="Judge the run there",
        icon=":material/travel_explore:",
    )
