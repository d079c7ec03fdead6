"""The navigation is one table: every page file stands in it once, with title, icon and section."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.router import PAGES, page_of, pages_folder, says


def script() -> None:
    """Says what is known of every page; pages know it only while a script runs."""
    import streamlit as st

    from dashboard.router import navigation_pages

    sections = navigation_pages()
    st.session_state["sections"] = {name: [page.title for page in pages] for name, pages in sections.items()}
    st.session_state["pages"] = [(p.title, p.icon, p.url_path) for pages in sections.values() for p in pages]


@pytest.fixture(scope="module")
def navigation() -> AppTest:
    """A script that has built the navigation."""
    test = AppTest.from_function(script, default_timeout=120).run()
    assert not test.exception
    return test


def test_every_page_file_stands_in_the_table_once_and_in_its_order() -> None:
    files = [entry.file for entry in PAGES]
    assert files == sorted(path.name for path in pages_folder().glob("*.py"))


def test_every_page_has_a_title_an_icon_and_an_address_of_its_own(navigation: AppTest) -> None:
    for column in zip(*navigation.session_state["pages"], strict=True):
        assert len(set(column)) == len(PAGES)
    assert all(icon.startswith(":material/") for _, icon, _ in navigation.session_state["pages"])


def test_the_first_page_is_at_the_root_and_the_others_under_their_names(navigation: AppTest) -> None:
    addresses = [address for _, _, address in navigation.session_state["pages"]]
    assert addresses == ["", *(entry.name for entry in PAGES[1:])]


def test_pages_stand_under_the_headings_of_their_sections(navigation: AppTest) -> None:
    sections = navigation.session_state["sections"]
    assert list(sections) == ["", "Data", "Models", "Lessons"]
    assert sections[""] == ["Home"]
    assert sum(map(len, sections.values())) == len(PAGES)


def test_every_page_says_in_a_line_what_one_looks_at() -> None:
    said = {entry.name: says(entry.name) for entry in PAGES}
    assert {name for name, line in said.items() if not line} == {"home", "presenter"}
    assert max(map(len, said.values())) < 170


def test_an_unknown_page_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        page_of("nowhere")
