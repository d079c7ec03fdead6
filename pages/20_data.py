"""Data: what is here, what is missing to use the others, adding a folder, downloading a public one, joining."""

from pathlib import Path
from textwrap import shorten

import pandas as pd
import streamlit as st

from core.base.counting import counted, plural
from core.base.errors import LesionLabError
from core.base.settings import configured_roots
from core.data.added_folders import LAYOUTS, added_folders, as_given, remove_folder, usable_folder
from core.data.catalog import CatalogEntry
from core.data.download.download import is_complete, size_in_words
from core.data.download.sources import SOURCES
from core.data.gene_catalog import is_large
from core.data.missing import list_missing
from core.data.trainable import can_be_learnt, why_not_trained
from core.jobs import JobState
from dashboard.markdown import Markdown, code, link
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state.arrival import arrival
from dashboard.state.loading import load_dataset, load_gene_description, load_gene_table
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.asks_first import asks_first
from dashboard.widgets.data.adding import ADDED, TO_ADD, show_before_adding
from dashboard.widgets.data.downloads import download_dialog, latest_downloads, show_download
from dashboard.widgets.data.joining import join_data_sets, joined_of, offer_removal, show_members
from dashboard.widgets.data.packed import packed_archives, upload_archive
from dashboard.widgets.data.reading_page import (
    READING,
    genes_button,
    is_unusable,
    near_duplicates_link,
    show_reading_of,
    understood_button,
    unsure_badge,
)
from dashboard.widgets.notices import not_here, synthetic_badge
from dashboard.widgets.page_frame import say_what_it_shows

MOST_SAID = 240
"""Characters of a caution that stand on a card; all of it stands in what was understood."""
instructor = current_role() is Role.INSTRUCTOR


def card(entry: CatalogEntry) -> None:
    """One data set that is here: what it is, how many pictures, its licence, and the way to explore it."""
    spec, joined = entry.spec, joined_of(entry)
    with st.container(border=True, height="stretch", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(spec.title, anchor=False, width="content")
            synthetic_badge(spec.synthetic)
            unsure_badge(spec)
        st.markdown(spec.description)
        if entry.note:
            st.caption(entry.note)
        else:
            try:
                table = load_dataset(spec.name).table
                groups = (
                    f" of {counted(table['group_id'].nunique(), plural(spec.group))}" if spec.group != "picture" else ""
                )
                st.markdown(
                    Markdown("**{}**{}, {}").format(
                        counted(len(table), "pictures"), groups, counted(table["label"].nunique(), "classes")
                    )
                )
            except LesionLabError as error:
                st.warning(str(error), icon=":material/warning:")
        lacking = "" if spec.problem or can_be_learnt(spec) else why_not_trained(spec)
        for said in filter(None, (lacking, spec.caution)):
            st.caption(Markdown(":material/warning: {}").format(shorten(said, MOST_SAID, placeholder=" …")))
        st.caption(f"Licence: {spec.licence}")
        if joined:
            show_members(joined)
        elif instructor:
            st.markdown(Markdown(":small[Folder: {}]").format(code(as_given(entry.folder))))
        st.space("stretch")
        with st.container(horizontal=True, vertical_alignment="center"):
            explore = page_of("explore")
            st.page_link(explore, label="Explore", icon=":material/search:", query_params={"dataset": spec.name})
            if joined:
                offer_removal(joined)
            else:
                understood_button(entry)
                if spec.group == "picture" and not spec.synthetic:
                    near_duplicates_link(spec.name)


def unusable(entry: CatalogEntry) -> None:
    """A folder that cannot be used as it is, with the reason and what was understood of it."""
    with st.container(border=True, height="stretch", gap="small"):
        st.subheader(entry.spec.title, anchor=False)
        st.markdown(Markdown(":material/error: {}").format(shorten(entry.note, MOST_SAID, placeholder=" …")))
        joined = joined_of(entry)
        if joined:
            show_members(joined)
        st.space("stretch")
        if joined:
            offer_removal(joined)
        else:
            understood_button(entry)


def gene_card(name: str, folder: Path) -> None:
    """A gene-expression table that is here."""
    with st.container(border=True, height="stretch", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(name, anchor=False)
        st.markdown("A gene-expression table: samples with the expression of many genes, and a class for each.")
        st.caption(load_gene_description(name))
        asks = False
        if not is_large(folder):
            try:
                table = load_gene_table(name)
                asks = not table.certain
                samples, genes = table.expression.shape
                text = Markdown("**{:,} samples**, {:,} genes, {} classes, {}")
                scale = "a logarithmic scale" if table.scale.logarithmic else "intensities"
                st.markdown(text.format(samples, genes, table.labels.nunique(), scale))
                for told in table.told:
                    st.caption(Markdown(":material/warning: {}").format(told))
            except LesionLabError as error:
                st.warning(str(error), icon=":material/warning:")
        if instructor:
            st.markdown(Markdown(":small[Folder: {}]").format(code(as_given(folder))))
        st.space("stretch")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(page_of("genes"), label="Genes", icon=":material/genetics:", query_params={"gene-table": name})
            genes_button(name, asks=asks)


def downloads_under_way() -> None:
    """Downloads that work, broke off, or ended while this session watched."""
    watched: set[str] = st.session_state.setdefault("watched-downloads", set())
    latest = latest_downloads()
    for source in SOURCES:
        job = latest.get(source.name)
        if job is None:
            continue
        state = job.status().state
        if state.active:
            watched.add(job.job_id)
        complete = is_complete(source, configured_roots()[0] / source.folder)
        # One that finished is news to who watched it; one that broke off is until its files have come otherwise.
        if job.job_id in watched if state is JobState.FINISHED else not complete:
            show_download(source, job)


def public_sources() -> None:
    """The list of public data sets to download."""
    latest = latest_downloads()
    for source in SOURCES:
        job = latest.get(source.name)
        working = job is not None and job.status().state.active
        complete = is_complete(source, configured_roots()[0] / source.folder)
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"source-{source.name}"):
            with st.container(width="stretch", gap="xsmall"):
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(Markdown("**{}**").format(source.title), width="content")
                    if source.name in names_here:
                        st.badge("here", color="green", icon=":material/check:")
                st.caption(source.description)
                links = [link(source.licence, source.licence_url), link("home page", source.homepage)]
                # A caption makes links too pale to read.
                st.markdown(Markdown(":small[{} · {} · {}]").format(size_in_words(source), *links))
                with st.expander("How to cite", type="compact"):
                    st.caption(source.citation)
            if not complete and st.button(
                "Downloading …" if working else "Download",
                key=f"download-{source.name}",
                icon=":material/download:",
                disabled=working or not instructor,
            ):
                download_dialog(source)


def own_folders() -> None:
    """Adding a folder by path, and the folders that were added."""
    st.markdown(f"A folder on the machine that runs the dashboard. {LAYOUTS} Nothing is copied or changed.")
    with st.form("add-folder", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input("Path of the folder", placeholder="/data/skin", disabled=not instructor)
        pressed = st.form_submit_button("Look into it", icon=":material/folder_open:", disabled=not instructor)
    if pressed:
        require_instructor()
        try:
            usable_folder(path)
        except LesionLabError as error:
            st.error(str(error), icon=":material/folder_off:")
        else:
            st.session_state[TO_ADD] = path
            st.rerun()
    for added in added_folders() if instructor else ():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(code(added.folder), width="stretch")
            if asks_first(
                "Remove",
                "The folder and its files stay where they are, and so do the runs that learnt from it.",
                "Remove it from here",
                key=f"remove-{added.link or added.folder}",
                icon=":material/folder_delete:",
            ):
                require_instructor()
                remove_folder(added)
                st.rerun()


if arrival().new_page:
    st.session_state.pop(TO_ADD, None)
if instructor and (path := st.session_state.get(TO_ADD)):
    show_before_adding(path)
    st.stop()
if (name := st.query_params.get(READING)) and show_reading_of(name):
    st.stop()

st.title("Data")
say_what_it_shows("data")
if name:
    not_here("data set", name, "These are those that are.")
catalog = current_catalog()
here, missing = [e for e in catalog.entries if e.present], list_missing(catalog)
names_here = {e.spec.name for e in here}
trained = sum(not why_not_trained(e.spec) for e in here)
use = "explore and train on" if trained == len(here) else f"explore, {trained} of them also to train on"
st.markdown(
    f"{len(here)} data set{'s are' if len(here) != 1 else ' is'} here to {use}. Others can be downloaded, or added "
    "from a folder."
)
if not instructor:
    st.info("Only instructors can add and download data.", icon=":material/lock:")
if (content := st.session_state.pop(ADDED, None)) is not None:
    st.success(f"Added {', '.join(content.titles)} from {content.folder}.", icon=":material/check:")
    for problem in content.problems:
        st.warning(problem, icon=":material/warning:")
for problem in catalog.problems if instructor else ():
    st.warning(problem, icon=":material/folder_off:")
downloads_under_way()
packed_archives(catalog)

with st.grid(3, min_column_width=300):
    for entry in here:
        card(entry)
    for name, folder in catalog.gene_tables:
        gene_card(name, folder)
    for entry in catalog.entries:
        if is_unusable(entry):
            unusable(entry)

download, own, join, others = st.tabs(
    [
        Markdown(":material/download: Download"),
        Markdown(":material/create_new_folder: Add a folder"),
        Markdown(":material/merge: Join data sets"),
        Markdown(":material/help: What is missing"),
    ]
)
with download:
    public_sources()
with own:
    own_folders()
    upload_archive()
with join:
    join_data_sets()
with others:
    st.markdown("Data sets that are known but not here, and what to do to use them.")
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "data set": each.spec.title,
                    "what to do": each.what_to_do + (" Or get it in the tab Download." if each.downloadable else ""),
                    "licence": each.spec.licence,
                    "home page": each.spec.homepage,
                }
                for each in missing
            ],
            columns=["data set", "what to do", "licence", "home page"],
        ),
        column_config={
            "what to do": st.column_config.TextColumn(width="large"),
            "home page": st.column_config.LinkColumn(),
        },
        hide_index=True,
        height="content",
        row_height=84,  # what to do takes up to four lines
        placeholder="–",
        alt="Data sets that are not here, with what is missing to use them",
    )
