"""Integrity: which pictures are duplicates, and which are hardly usable."""

from typing import Any

import pandas as pd
import streamlit as st

from core.base.counting import counted, plural
from core.base.errors import PictureError
from core.data.splits.merged_groups import chained, list_merges, merge_groups, undo_merges
from core.data.statistics.picture_statistics import open_statistics
from core.features.features import FeatureKind
from core.integrity.integrity import IDENTICAL, hardly_usable, open_duplicates, with_metadata
from core.jobs import JobState
from dashboard.charts.integrity import threshold_chart
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state.loading import load_dataset, thumbnail
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.data.job_progress import newest_job, offer_job, show_unless_done
from dashboard.widgets.data.planted import offer_planted, show_planted
from dashboard.widgets.notices import source_line
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import pick_dataset_beside
from dashboard.widgets.pictures.duplicate_pair import show_pair
from dashboard.widgets.pictures.gallery import link_to_picture
from dashboard.widgets.whole_cards import CARD

PER_PAGE = 24
MOST_MERGES = 20
"""Merges that are listed, the newest first."""

spec = pick_dataset_beside("Can the pictures be trusted?")
say_what_it_shows("integrity")
dataset = load_dataset(spec.name)
may_change = current_role() is Role.INSTRUCTOR
job = newest_job("integrity", spec.name)
duplicates, statistics = open_duplicates(dataset), open_statistics(dataset)
state = job.status().state if job is not None else None
active = state is not None and state.active
if job is not None and (active or duplicates is None):
    show_unless_done(job)
if duplicates is None or statistics is None:
    if not active:
        lacking = "changed since they were checked" if state is JobState.FINISHED else "not been checked yet"
        offer_job(
            "integrity",
            f"Integrity of {spec.title}",
            {"dataset": spec.name},
            why=f"The {len(dataset.table):,} pictures have {lacking}. Every file is compared with every other, "
            "turned, mirrored and cropped as well; ten thousand pictures take several minutes, in the background.",
            label="Check the pictures",
            icon=":material/fact_check:",
        )
    offer_planted(spec)
    source_line(spec)
    st.stop()

pairs = with_metadata(duplicates.pairs, dataset)
across = pairs[pairs["across_groups"]]
unreadable = statistics[statistics["reason"].notna()]
row = st.grid(4, min_column_width=150)
note: dict[str, Any] = {"delta_arrow": "off", "delta_color": "off", "border": True, "height": "stretch"}
row.metric("Pictures compared", f"{duplicates.pictures:,}", f"in {duplicates.seconds:,.0f} s", **note)
row.metric("Identical files", f"{(pairs['kind'] == IDENTICAL).sum():,}", "pairs, byte for byte", **note)
row.metric("Duplicates across groups", f"{len(across):,}", f"a split can tear a {spec.group} apart", **note)
row.metric("Unreadable", f"{len(unreadable):,}", "left out everywhere", **note)
show_planted(spec, pairs)
offer_planted(spec)
by = {FeatureKind.IMAGENET: "the small ImageNet network", FeatureKind.COLOUR_TEXTURE: "colours and textures"}
st.caption(
    "Pairs were proposed by a perceptual hash"
    + (f" and by {by[FeatureKind(duplicates.features)]}" if duplicates.features else "")
    + ", then laid over each other and compared detail by detail."
)
if not duplicates.crops:
    st.caption("The data set is so large that cropped copies were not looked for.")

duplicate_tab, quality_tab, unreadable_tab = st.tabs(
    ["Duplicates", "Dark, blurred, tiny", "Unreadable"], key="integrity-view", on_change="rerun", bind="query-params"
)


def table_of_pairs(shown: pd.DataFrame) -> pd.DataFrame:
    """Pairs as people read them."""
    names = spec.class_names
    return pd.DataFrame(
        {
            "picture": shown["image_id"],
            "other picture": shown["other_id"],
            "kind": shown["kind"],
            "alike": shown["agreement"],
            "diagnosis": shown["label"].map(names),
            "other diagnosis": shown["other_label"].map(names),
            spec.group: shown["group_id"],
            f"other {spec.group}": shown["other_group_id"],
        }
    )


def merge(chosen: pd.DataFrame) -> None:
    """Let the groups of the chosen pairs count as one."""
    require_instructor()
    merge_groups(dataset, list(zip(chosen["image_id"], chosen["other_id"], strict=True)), "confirmed as duplicates")


def merge_all(sets: list[tuple[str, ...]]) -> None:
    """Let the groups of each set of pictures count as one."""
    require_instructor()
    merge_groups(dataset, sets, "near-duplicates, all at once")


def undo(undone: list[tuple[str, ...]]) -> None:
    """Take merges back."""
    require_instructor()
    undo_merges(spec.name, undone)


with duplicate_tab:
    within = pairs[~pairs["across_groups"]]
    kinds = {"across": across, "within": within}
    titles = {"across": f"Across {plural(spec.group)}", "within": f"Within one {spec.group}"}
    where = st.segmented_control(
        "Duplicates",
        list(kinds),
        default="across",
        required=True,
        format_func=lambda kind: f"{titles[kind]} ({len(kinds[kind]):,})",
        key="integrity-duplicates",
        bind="query-params",
    )
    shown = kinds[where].reset_index(drop=True)
    st.caption(
        f"Duplicates filed under different {plural(spec.group)} are the problem: a grouped split may put one into "
        f"training and the other into the test. Those within one {spec.group} always stay together."
    )
    if shown.empty:
        st.success("No such pair was found.", icon=":material/verified:")
    else:
        listed = table_of_pairs(shown)
        event = st.dataframe(
            listed,
            hide_index=True,
            height=min(300, 40 + 35 * len(shown)),
            on_select="rerun",
            selection_mode="multi-row",
            column_config={"alike": st.column_config.NumberColumn(format="%.3f")},
            key=f"pairs-{spec.name}-{where}",
            alt=f"{counted(len(shown), 'pairs')} of duplicates",
        )
        marked = [number for number in event.selection.rows if number < len(shown)]
        chosen = shown.iloc[marked or [0]]
        if len(chosen) > 1:
            number = st.pagination(len(chosen), key=f"pair-page-{spec.name}")
            pair = chosen.iloc[number - 1]
        else:
            pair = chosen.iloc[0]
        show_pair(pair, dataset)
        with st.container(horizontal=True):
            if where == "across":
                what = "this pair" if len(chosen) == 1 else f"these {len(chosen)} pairs"
                st.button(
                    f"Merge {what} into one group for splitting",
                    type="primary",
                    icon=":material/merge:",
                    disabled=not may_change,
                    on_click=merge,
                    args=(chosen,),
                    help=f"All pictures of both {plural(spec.group)} then stay in one part of every new split. "
                    "Can be undone.",
                )
                sets = chained(list(zip(shown["image_id"], shown["other_id"], strict=True)))
                most = max(map(len, sets))
                st.button(
                    "Make a group of the pair" if len(shown) == 1 else f"Make groups of all {len(shown):,} pairs",
                    icon=":material/groups:",
                    disabled=not may_change,
                    on_click=merge_all,
                    args=(sets,),
                    help=f"{sum(map(len, sets)):,} pictures come into {counted(len(sets), 'groups')}, "
                    f"the largest of {most:,}, and every new split keeps each together. Look at some pairs "
                    "first; it can be undone.",
                )
            csv_button(f"Download {counted(len(shown), 'pairs')} as CSV", listed, f"{spec.name}_duplicates.csv")
    merges = list_merges(spec.name)
    if merges:
        st.subheader(f"Merged so far: {len(merges):,}", anchor=False)
        st.caption("New splits keep them together; the leakage report on the page Train uses these groups.")
        if len(merges) > 1:
            every = [merged.image_ids for merged in merges]
            label = f"Undo all {len(every):,}"
            st.button(label, icon=":material/undo:", disabled=not may_change, on_click=undo, args=(every,))
        for merged in merges[: -MOST_MERGES - 1 : -1]:
            with st.container(horizontal=True, vertical_alignment="center"):
                more = f" and {len(merged.image_ids) - 4:,} more" if len(merged.image_ids) > 4 else ""
                st.markdown(Markdown("{}{}: {}").format(" and ".join(merged.image_ids[:4]), more, merged.why),
                            width="content")  # fmt: skip
                st.button("Undo", key=f"undo-{merged.image_ids}", icon=":material/undo:", disabled=not may_change,
                          on_click=undo, args=([merged.image_ids],))  # fmt: skip
        if len(merges) > MOST_MERGES:
            st.caption(f"The newest {MOST_MERGES} of {len(merges):,} are listed.")
        st.page_link(page_of("train"), label="See the split on Train", icon=":material/call_split:")


@st.fragment
def quality() -> None:
    """Thresholds with the distributions they cut, and the pictures below them."""
    assert statistics is not None  # else the page has ended above
    readable = statistics[statistics["reason"].isna()]
    first, second, third = st.columns(3, gap="large")
    low = float(readable["sharpness"].quantile(0.01))
    darkest = first.slider("Dark below (mean grey level)", 0, 255, 60, key=f"dark-{spec.name}", bind="query-params")
    chart = threshold_chart(readable["brightness"], darkest, title="Brightness", axis="mean grey level, 0–255")
    first.plotly_chart(chart.figure, alt=chart.alt, config={"displayModeBar": False})
    blurriest = second.number_input(
        "Blurred below (variance of the Laplacian)",
        0.0,
        value=round(low, 1),
        help="Starts so that 1 % of the pictures count as blurred. Sharpness also depends on size and subject.",
        key=f"blurred-{spec.name}",
        bind="query-params",
    )
    chart = threshold_chart(
        readable["sharpness"], blurriest, title="Sharpness", axis="grey levels², logarithmic", logarithmic=True
    )
    second.plotly_chart(chart.figure, alt=chart.alt, config={"displayModeBar": False})
    smallest = third.slider(
        "Tiny below (pixels of the shorter side)", 0, 512, 64, key=f"tiny-{spec.name}", bind="query-params"
    )
    sides = readable[["width", "height"]].min(axis=1)
    chart = threshold_chart(sides, smallest, title="Shorter side", axis="pixels")
    third.plotly_chart(chart.figure, alt=chart.alt, config={"displayModeBar": False})
    found = hardly_usable(readable, darkest, blurriest, smallest)
    metadata = dataset.table.drop_duplicates("image_id").set_index("image_id")
    found = found[found.index.isin(metadata.index)]
    st.markdown(
        Markdown("**{:,}** of {:,} pictures: {:,} dark, {:,} blurred, {:,} tiny.").format(
            len(found), len(readable), found["dark"].sum(), found["blurred"].sum(), found["tiny"].sum()
        )
    )
    listed = found[["dark", "blurred", "tiny", "brightness", "sharpness", "width", "height"]].reset_index()
    page = st.pagination(-(-len(found) // PER_PAGE), key=f"quality-{spec.name}") if len(found) > PER_PAGE else 1
    with st.grid(min_column_width=130):
        for number, (image_id, of) in enumerate(found.iloc[(page - 1) * PER_PAGE : page * PER_PAGE].iterrows()):
            why = ", ".join(name for name in ("dark", "blurred", "tiny") if of[name])
            card = st.container(gap="xsmall", key=f"{CARD}quality-{number}")
            with card:
                try:
                    st.image(
                        thumbnail(metadata.at[image_id, "path"]), width="stretch", alt=f"Picture {image_id}, {why}"
                    )
                except PictureError as error:
                    st.caption(str(error))
                st.caption(Markdown("{}  \n{}").format(image_id, why))
                link_to_picture(card, str(image_id), spec)
    csv_button(f"Download {counted(len(listed), 'rows')} as CSV", listed, f"{spec.name}_hardly_usable.csv")


with quality_tab:
    quality()
with unreadable_tab:
    if unreadable.empty:
        st.success("Every picture can be read.", icon=":material/verified:")
    else:
        st.dataframe(
            unreadable[["reason"]].reset_index(names="picture"),
            hide_index=True,
            alt="Pictures that cannot be read, with the reason for each",
        )
source_line(spec)
