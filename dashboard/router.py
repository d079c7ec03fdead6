"""The navigation: every page stands here with its file, title, icon and section."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st


@dataclass(frozen=True)
class PageEntry:
    """A page as the navigation shows it.

    `name` is its path in the address and what `page_of` takes; `file` lies in `pages_folder()`.
    """

    name: str
    file: str
    title: str
    icon: str
    section: str = ""
    """Heading above it in the navigation; without one it stands above all sections."""


DATA, MODELS, LESSONS = "Data", "Models", "Lessons"
PAGES = (
    PageEntry("home", "10_home.py", "Home", ":material/home:"),
    PageEntry("data", "20_data.py", "Data", ":material/database:", DATA),
    PageEntry("explore", "21_explore.py", "Explore", ":material/query_stats:", DATA),
    PageEntry("pictures", "22_pictures.py", "Pictures", ":material/photo_library:", DATA),
    PageEntry("genes", "23_genes.py", "Genes", ":material/genetics:", DATA),
    PageEntry("integrity", "24_integrity.py", "Integrity", ":material/fact_check:", DATA),
    PageEntry("map", "25_map.py", "Map", ":material/scatter_plot:", DATA),
    PageEntry("train", "30_train.py", "Train", ":material/model_training:", MODELS),
    PageEntry("runs", "31_runs.py", "Runs", ":material/monitoring:", MODELS),
    PageEntry("results", "32_results.py", "Results", ":material/grid_on:", MODELS),
    PageEntry("predict", "33_predict.py", "Predict", ":material/image_search:", MODELS),
    PageEntry("compare", "34_compare.py", "Compare", ":material/compare_arrows:", MODELS),
    PageEntry("presenter", "35_presenter.py", "Presenter view", ":material/present_to_all:", MODELS),
    PageEntry("search", "36_search.py", "Search", ":material/manage_search:", MODELS),
    PageEntry("engine", "37_engine.py", "Engine", ":material/memory:", MODELS),
    PageEntry("references", "38_references.py", "Reference systems", ":material/balance:", MODELS),
    PageEntry("card", "39_card.py", "Model card", ":material/description:", MODELS),
    PageEntry("explain", "39_explain.py", "Explain", ":material/lightbulb:", MODELS),
    PageEntry("handover", "39_handover.py", "Hand over", ":material/output:", MODELS),
    PageEntry("many", "39_many.py", "Predict many", ":material/burst_mode:", MODELS),
    PageEntry("review", "39_review.py", "Review", ":material/rate_review:", MODELS),
    PageEntry("leakage", "40_leakage.py", "Leakage", ":material/water_drop:", LESSONS),
    PageEntry("augmentation", "41_augmentation.py", "Augmentation", ":material/flip:", LESSONS),
    PageEntry("quiz", "42_quiz.py", "You against the model", ":material/swords:", LESSONS),
    PageEntry("source", "43_source.py", "Sources", ":material/photo_camera:", LESSONS),
)
"""Every page in the order of the navigation; the first one is shown at the root of the server."""
_BY_NAME = {entry.name: entry for entry in PAGES}


def pages_folder() -> Path:
    """Where the page files lie: beside this package, in a checkout as in an installed wheel."""
    return Path(__file__).resolve().parents[1] / "pages"


def navigation_pages() -> dict[str, list[st.Page]]:
    """All pages by section, as `st.navigation` takes them."""
    sections: dict[str, list[st.Page]] = {}
    for entry in PAGES:
        sections.setdefault(entry.section, []).append(page_of(entry.name))
    return sections


def page_of(name: str) -> st.Page:
    """The page of a name such as "train", to link or switch to.

    Raises:
        KeyError: there is no such page.
    """
    entry = _BY_NAME[name]
    first = entry is PAGES[0]
    return st.Page(
        str(pages_folder() / entry.file),
        title=entry.title,
        icon=entry.icon,
        url_path=None if first else name,
        default=first,
    )
