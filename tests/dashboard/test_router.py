"""The navigation follows from the files in `pages/`: their numbers, names, docstrings and icons."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import router
from dashboard.router import page_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of pages in the place of the real one."""
    monkeypatch.setattr(router, "PAGES", tmp_path)
    router._page_files.cache_clear()
    yield tmp_path
    router._page_files.cache_clear()


def script() -> None:
    """Says what is known of every page; pages know it only while a script runs."""
    import streamlit as st

    from dashboard.router import navigation_pages

    sections = navigation_pages()
    st.session_state["sections"] = {name: [page.title for page in pages] for name, pages in sections.items()}
    st.session_state["pages"] = [(p.title, p.icon, p.url_path) for pages in sections.values() for p in pages]


def pages(what: str = "pages") -> list[tuple[str, str, str]]:
    """Title, icon and address of every page, in order; or the titles by section."""
    test = AppTest.from_function(script, default_timeout=120).run()
    assert not test.exception
    return test.session_state[what]


def test_every_real_page_has_a_title_an_icon_and_an_address_of_its_own() -> None:
    titles, icons, addresses = zip(*pages(), strict=True)
    assert len(set(titles)) == len(titles)
    assert len(set(addresses)) == len(addresses)
    assert all(icon.startswith(":material/") for icon in icons)
    assert len(set(icons)) == len(icons)


def test_pages_stand_in_the_order_of_their_numbers_not_of_their_letters(folder: Path) -> None:
    for name in ("10_tenth", "9_ninth", "2_second"):
        (folder / f"{name}.py").write_text('"""Page: of no use."""\n')
    assert [address for _, _, address in pages()] == ["", "ninth", "tenth"]


def test_the_title_is_the_docstring_up_to_the_colon_and_the_icon_a_constant(folder: Path) -> None:
    (folder / "1_first.py").write_text('"""Compare: two runs side by side."""\nICON = ":material/compare:"\n')
    (folder / "2_bare.py").write_text('"""Bare: has no icon."""\n')
    assert pages() == [("Compare", ":material/compare:", ""), ("Bare", "", "bare")]


def test_reading_a_title_runs_nothing_of_the_page(folder: Path) -> None:
    (folder / "1_first.py").write_text('"""First: fails when run."""\nraise SystemExit\n')
    assert [title for title, _, _ in pages()] == ["First"]


def test_files_that_are_no_pages_are_passed_over(folder: Path) -> None:
    for name in ("1_first.py", "notes.md", "shared.py", "2_second.txt"):
        (folder / name).write_text('"""First: the only one."""\n')
    assert [title for title, _, _ in pages()] == ["First"]


def test_pages_stand_under_the_heading_of_their_tens(folder: Path) -> None:
    for name in ("10_home", "20_table", "21_pictures", "30_train", "40_lesson", "95_else"):
        (folder / f"{name}.py").write_text(f'"""{name[3:].capitalize()}: of no use."""\n')
    sections = {"": ["Home", "Else"], "Data": ["Table", "Pictures"], "Models": ["Train"], "Lessons": ["Lesson"]}
    assert pages("sections") == sections


def test_an_unknown_page_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        page_of("nowhere")
