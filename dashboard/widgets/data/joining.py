"""Joining data sets on the Data page: which, what each class becomes, what comes of it; joined ones on their cards."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import DataError, LesionLabError
from core.data.catalog import Catalog, CatalogEntry
from core.data.joined_sets import (
    JoinedSet,
    Member,
    join_sets,
    joined_classes,
    joined_sets,
    propose_mapping,
    remove_joined,
)
from core.data.spec import ClassSpec, DatasetSpec, unlike
from core.data.trainable import why_not_used
from dashboard.markdown import Markdown
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state.loading import load_dataset
from dashboard.state.rerun_catalog import current_catalog, look_again
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.data.reading_view import malignancy_in_words

_SAID, _NUMBER, _STARTED, _CHANGED = "join-said", "join-number", "join-started", "join-changed"
Rows = list[tuple[DatasetSpec, ClassSpec]]
"""Every class of the data sets that are chosen, in the order of the table."""
Decided = dict[tuple[str, str], str]
"""What a class, by the names of data set and class, becomes where somebody has changed it; "" is left out."""


@st.fragment
def join_data_sets() -> None:
    """Join data sets of pictures: nothing is kept before the button is pressed. Viewers cannot change anything."""
    catalog, locked = current_catalog(), current_role() is not Role.INSTRUCTOR
    st.markdown(
        "Several data sets as one to learn from: classes that mean the same become one, and the source of each picture "
        "is a column. Nothing is copied."
    )
    _say_what_came(catalog)
    _hidden(catalog)
    specs = _to_join(catalog)
    if len(specs) < 2:
        st.info("Two data sets of pictures must be here to be joined. Add or download one.", icon=":material/info:")
        return
    number = st.session_state.setdefault(_NUMBER, 0)  # other fields, which are empty, after each joining
    with st.container(horizontal=True):
        name = st.text_input("Name", key=f"join-name-{number}", max_chars=80, disabled=locked, width=260)
        chosen = st.multiselect(
            "Data sets to join",
            list(specs),
            format_func=lambda each: specs[each].title,
            key=f"join-sets-{number}",
            disabled=locked,
            placeholder="two or more",
        )
        test = st.multiselect(
            "For testing only",
            chosen,
            format_func=lambda each: specs[each].title,
            key=f"join-test-{number}",
            disabled=locked or len(chosen) < 2,
            placeholder="none",
            help="No model learns from these. Pictures that are also in the others are left out of the test part.",
        )
    if len(chosen) < 2:
        return
    here = [specs[each] for each in chosen]
    try:
        counts = {spec.name: _counts(spec) for spec in here}
    except LesionLabError as error:
        st.error(str(error), icon=":material/warning:")
        return
    becomes = _map_classes(here, counts, locked)
    members = [Member(each, becomes[each], each in test) for each in chosen]
    _preview(members, specs, counts)
    if st.button("Join", type="primary", icon=":material/merge:", disabled=locked or not name.strip()):
        _join(name.strip(), members, specs, catalog)


def joined_of(entry: CatalogEntry) -> JoinedSet | None:
    """The joined set that stands in the catalog as an entry; None for any other."""
    return next((each for each in joined_sets() if _is(entry, each)), None)


def show_members(joined: JoinedSet) -> None:
    """What a joined set is made of, on its card."""
    catalog = current_catalog()
    with st.expander(f"Joined from {len(joined.members)} data sets", icon=":material/merge:", type="compact"):
        st.markdown(Markdown("\n").join(_member_line(each, catalog) for each in joined.members))


def offer_removal(joined: JoinedSet) -> None:
    """A button that forgets a joined set once it is confirmed; for instructors."""
    if current_role() is not Role.INSTRUCTOR:
        return
    stays = "Its data sets stay, and so do the runs that learnt from it."
    if asks_first("Remove", stays, "Remove it", key=f"remove-joined-{joined.name}"):
        require_instructor()
        remove_joined(joined.name)
        st.rerun(scope="app")


def _to_join(catalog: Catalog) -> dict[str, DatasetSpec]:
    joined = {each.name for each in joined_sets()}
    return {
        entry.spec.name: entry.spec
        for entry in catalog.entries
        if entry.present and entry.spec.name not in joined and not why_not_used(entry.spec)
    }


def _counts(spec: DatasetSpec) -> Mapping[str, int]:
    dataset = load_dataset(spec.name)
    if dataset.spec.unpictured:
        raise DataError(why_not_used(dataset.spec))
    return dataset.table["label"].value_counts().to_dict()


def _map_classes(
    here: list[DatasetSpec], counts: Mapping[str, Mapping[str, int]], locked: bool
) -> dict[str, dict[str, str]]:
    """A table in which each class says what it becomes; by data set and class, without those that are left out."""
    rows: Rows = [(spec, each) for spec in here for each in spec.classes]
    proposed = propose_mapping(here)
    shown = tuple((spec.name, each.key) for spec, each in rows)
    kept = st.session_state
    if kept.get(_STARTED, ((), {}))[0] != shown:  # what was changed stays when a data set comes or goes
        kept[_STARTED] = shown, dict(kept.get(_CHANGED, {}))
    started: Decided = kept[_STARTED][1]
    st.subheader("What each class becomes", anchor=False)
    table = st.data_editor(
        pd.DataFrame(
            {
                "data set": [spec.title for spec, _ in rows],
                "class": [each.key for _, each in rows],
                "full name": [each.name for _, each in rows],
                "pictures": [counts[spec.name].get(each.key, 0) for spec, each in rows],
                "becomes": [started.get((spec.name, each.key), proposed[spec.name][each.key]) for spec, each in rows],
            }
        ),
        key=f"join-mapping-{hash(shown)}",
        column_order=["data set", "class", "becomes", "full name", "pictures"],
        column_config={"becomes": st.column_config.TextColumn(help="Empty: these pictures are left out.")},
        disabled=True if locked else ["data set", "class", "full name", "pictures"],
        hide_index=True,
        height="content",
        alt=f"What each of {len(rows)} classes becomes",
    )
    st.caption("Click into “becomes” to write another class; empty leaves the class out.")
    said = [value.strip() if isinstance(value, str) else "" for value in table["becomes"]]
    kept[_CHANGED] = {
        (spec.name, each.key): value
        for (spec, each), value in zip(rows, said, strict=True)
        if value != proposed[spec.name][each.key].strip()
    }
    mapping: dict[str, dict[str, str]] = {spec.name: {} for spec in here}
    for (spec, each), value in zip(rows, said, strict=True):
        if value:
            own = proposed[spec.name][each.key]
            mapping[spec.name][each.key] = own if value == own.strip() else value
    return mapping


def _preview(members: list[Member], specs: Mapping[str, DatasetSpec], counts: Mapping[str, Mapping[str, int]]) -> None:
    """The classes that come of it, with pictures by source, before what is shared is found."""
    classes = joined_classes(members, specs)
    columns: dict[str, list] = {
        "class": [each.name for each in classes],
        "malignant": [malignancy_in_words(each) for each in classes],
        "pictures": [0] * len(classes),
    }
    place = {each.key: number for number, each in enumerate(classes)}
    for member in members:
        title = specs[member.dataset].title + (" (test)" if member.test else "")
        column = columns.setdefault(unlike(title, columns, "data set"), [0] * len(classes))
        for key, becomes in member.classes.items():
            count = counts[member.dataset].get(key, 0)
            column[place[becomes]] += count
            columns["pictures"][place[becomes]] += count
    total = sum(columns["pictures"])
    st.subheader("The joined data set", anchor=False)
    st.markdown(Markdown("**{}**, {}").format(counted(total, "pictures"), counted(len(classes), "classes")))
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height="content",
        placeholder="–",
        alt=f"Pictures of each of {len(classes)} classes by data set",
    )
    st.caption("Pictures that lie in two of the data sets are found when they are joined, and count once.")


def _join(name: str, members: list[Member], specs: Mapping[str, DatasetSpec], catalog: Catalog) -> None:
    """Keep the joined set and read it once; one of which nothing can be read is let go of again."""
    require_instructor()
    try:
        join_sets(name, members, specs, catalog.names)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    bar = st.progress(0.0, text="Comparing the pictures …")

    def show(done: int, total: int, what: str) -> None:
        bar.progress(done / max(total, 1), text=f"{what}: {done:,} of {total:,}")

    try:
        dataset = look_again().open(name, show)
    except LesionLabError as error:
        remove_joined(name)
        look_again()
        bar.empty()
        st.error(str(error), icon=":material/error:")
        return
    kept = st.session_state
    kept[_SAID] = name, len(dataset.table), [skip.reason for skip in dataset.skipped if not skip.image_id]
    kept[_NUMBER] += 1
    kept.pop(_STARTED, None)
    kept.pop(_CHANGED, None)
    st.rerun()


def _say_what_came(catalog: Catalog) -> None:
    name, pictures, reasons = st.session_state.pop(_SAID, ("", 0, []))
    if catalog.entry(name) is None:
        return
    st.success(f"{name} is joined: {counted(pictures, 'pictures')}.", icon=":material/check:")
    for reason in reasons:
        st.caption(reason)
    with st.container(horizontal=True):
        for page, label, icon in (("explore", "Explore", "search"), ("train", "Train", "play_arrow")):
            st.page_link(page_of(page), label=label, icon=f":material/{icon}:", query_params={"dataset": name})


def _hidden(catalog: Catalog) -> None:
    """Joined sets whose name something else has taken since: no card shows them."""
    for joined in joined_sets():
        entry = catalog.entry(joined.name)
        if entry is None or not _is(entry, joined):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(
                    f"The joined set “{joined.name}” is not shown: another data set has its name.", width="content"
                )
                offer_removal(joined)


def _is(entry: CatalogEntry, joined: JoinedSet) -> bool:
    return entry.spec.name == joined.name and entry.folder == joined.file.parent


def _member_line(member: Member, catalog: Catalog) -> Markdown:
    entry = catalog.entry(member.dataset)
    keys = entry.spec.class_keys if entry is not None and entry.present else tuple(member.classes)
    classes = [f"{key} → {member.classes[key]}" if key in member.classes else f"{key} left out" for key in keys]
    title = entry.spec.title if entry is not None else member.dataset
    line = Markdown("- **{}**{}: {}") if classes else Markdown("- **{}**{}{}")
    return line.format(title, ", for testing alone" if member.test else "", ", ".join(classes))
