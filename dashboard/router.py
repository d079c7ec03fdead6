"""The navigation, built from the files in `pages/`."""

import ast
from functools import lru_cache
from pathlib import Path

import streamlit as st

from core.base.settings import PROJECT_ROOT

PAGES = PROJECT_ROOT / "pages"


SECTIONS = {2: "Data", 3: "Models", 4: "Lessons"}
"""Headings in the navigation, by the tens of a page's number; other pages stand above them."""


def navigation_pages() -> dict[str, list[st.Page]]:
    """One page per file `pages/<number>_<name>.py`, by section, in the order of the numbers; the first is the default.

    The title is the file's docstring up to the first colon, the icon its constant `ICON`.
    """
    sections: dict[str, list[st.Page]] = {}
    for path in _page_files():
        number, _, name = path.stem.partition("_")
        sections.setdefault(SECTIONS.get(int(number) // 10, ""), []).append(page_of(name))
    return sections


def page_of(name: str) -> st.Page:
    """The page of a name such as "train", to link or switch to.

    Raises:
        KeyError: there is no such page.
    """
    files = {path.stem.partition("_")[2]: path for path in _page_files()}
    path = files[name]
    title, icon = _title_and_icon(path)
    first = next(iter(files)) == name
    return st.Page(str(path), title=title, icon=icon, url_path=None if first else name, default=first)


@lru_cache
def _page_files() -> tuple[Path, ...]:
    return tuple(sorted(PAGES.glob("[0-9]*_*.py"), key=lambda path: int(path.stem.partition("_")[0])))


@lru_cache
def _title_and_icon(path: Path) -> tuple[str, str | None]:
    module = ast.parse(path.read_text(encoding="utf-8"))
    title = (ast.get_docstring(module) or path.stem).partition(":")[0]
    for node in module.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ICON":
            return title, ast.literal_eval(node.value)
    return title, None
