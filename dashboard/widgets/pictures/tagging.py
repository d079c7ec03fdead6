"""Tags of pictures: seen by everybody, given and taken away by instructors, to several pictures at once."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.base.errors import LesionLabError
from core.base.signature import who
from core.data.picture_tags import LONGEST_TAG, Tags, tag_pictures, tags_of, tags_table, untag_pictures
from dashboard.local_time import said_at
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.csv_button import csv_button

TAG, SEVERAL = "picture-tag", "tag-several"
"""Keys of the tag that is written and of the switch that chooses several pictures."""


def tag_line(image_id: str, tags: Tags) -> str:
    """The tags of a picture as a line of Markdown; empty where it has none."""
    given = [tag for tag, pictures in tags.items() if image_id in pictures]
    return Markdown(":small[:material/sell: {}]").format(", ".join(given)) if given else ""


def pick_several(dataset: str, shown: Sequence[str]) -> Callable[[str], object] | None:
    """A switch by which instructors choose several pictures of a page, and what is done with them.

    Args:
        dataset: whose pictures they are.
        shown: ids of the pictures on the page.

    Returns:
        What draws the box that chooses one picture, given its id; None while nothing is to be chosen.
    """
    tags = tags_of(dataset)
    instructor = current_role() is Role.INSTRUCTOR
    if not instructor and not tags:
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        several = instructor and st.toggle("Choose pictures to tag", key=SEVERAL)
        if tags:
            csv_button(
                "Tags as CSV",
                lambda: tags_table(dataset) if instructor else tags_table(dataset).drop(columns="by"),
                f"{dataset}_tags.csv",
            )
    if not several:
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("All on this page", icon=":material/select_all:", on_click=_choose, args=(dataset, shown, True))
        st.button("None", icon=":material/deselect:", on_click=_choose, args=(dataset, shown, False))
        tag = _pick_tag(tags, "gallery")
        chosen = [image_id for image_id in shown if st.session_state.get(_box_key(dataset, image_id))]
        how_many = f"{len(chosen):,} picture{'s' * (len(chosen) != 1)}"
        nothing = not chosen or not tag
        st.button(
            f"Tag {how_many}", icon=":material/sell:", type="primary", disabled=nothing, key="tag-give",
            on_click=_give, args=(dataset, tag, chosen),
        )  # fmt: skip
        asks_first(
            "Take the tag away", f"Who gave it to the {how_many}, and when, is forgotten.", f"Take it from {how_many}",
            icon=":material/label_off:", disabled=nothing or tag not in tags, key="tag-take",
            on_click=_take, args=(dataset, tag, chosen),
        )  # fmt: skip
    return lambda image_id: st.checkbox(
        f"Choose {image_id}", key=_box_key(dataset, image_id), label_visibility="collapsed"
    )


def offer_to_tag(dataset: str, image_ids: Sequence[str]) -> None:
    """For instructors: a tag for pictures that were chosen elsewhere, by which everybody finds them again."""
    if current_role() is not Role.INSTRUCTOR:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tag = _pick_tag(tags_of(dataset), "chosen")
        st.button(
            f"Tag these {len(image_ids):,}", icon=":material/sell:", disabled=not tag, key="tag-give-chosen",
            on_click=_give, args=(dataset, tag, image_ids),
            help="They are then filtered by the tag, which stands in the address and can be sent.",
        )  # fmt: skip


def show_tags(dataset: str, image_id: str) -> None:
    """The tags of one picture with who gave them, and for instructors the way to give it another."""
    tags = tags_of(dataset)
    given = {tag: pictures[image_id] for tag, pictures in tags.items() if image_id in pictures}
    instructor = current_role() is Role.INSTRUCTOR
    if not given and not instructor:
        return
    st.subheader("Tags", anchor=False)
    for tag, tagging in given.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(tag, icon=":material/sell:")
            at = said_at(tagging.when)
            st.caption(f"{who(tagging.by)}, {at}" if instructor else at)
            if instructor:
                asks_first(
                    "Take it away", "Who gave it, and when, is forgotten.", "Take the tag away",
                    key=f"tag-take-{tag}", icon=":material/close:", type="tertiary",
                    on_click=_take, args=(dataset, tag, [image_id]),
                )  # fmt: skip
    if instructor:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            tag = _pick_tag(tags, "one")
            st.button(
                "Tag it", icon=":material/sell:", disabled=not tag, key="tag-give-one",
                on_click=_give, args=(dataset, tag, [image_id]),
            )  # fmt: skip


def _pick_tag(tags: Tags, where: str) -> str:
    """A box with the tags that there are, into which another one can be written."""
    tag = st.selectbox(
        "Tag",
        list(tags),
        index=None,
        placeholder="Choose a tag or write one",
        accept_new_options=True,
        key=f"{TAG}-{where}",
        width=260,
        help=f"A word or a few, of at most {LONGEST_TAG} characters. Everybody sees it and can filter by it.",
    )
    return (tag or "").strip()


def _box_key(dataset: str, image_id: str) -> str:
    return f"tag-box-{dataset}-{image_id}"


def _choose(dataset: str, shown: Sequence[str], whether: bool) -> None:
    for image_id in shown:
        st.session_state[_box_key(dataset, image_id)] = whether


def _give(dataset: str, tag: str, image_ids: Sequence[str]) -> None:
    _do(lambda: tag_pictures(dataset, tag, image_ids, by=current_person()))
    _choose(dataset, image_ids, False)


def _take(dataset: str, tag: str, image_ids: Sequence[str]) -> None:
    _do(lambda: untag_pictures(dataset, tag, image_ids))
    _choose(dataset, image_ids, False)


def _do(action: Callable[[], object]) -> None:
    """Do it if the person may; says why where it cannot be done."""
    try:
        require_instructor()
        action()
    except LesionLabError as error:
        st.toast(str(error), icon=":material/error:")
