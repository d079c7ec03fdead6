"""The navigation: every page stands here with its file, title, icon and section."""

from dataclasses import dataclass
from functools import cache
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
    says: str = ""
    """What one looks at there, in a line under its title; Home tells more, and the presenter view is for a class."""
    section: str = ""
    """Heading above it in the navigation; without one it stands above all sections."""


DATA, MODELS, LESSONS = "Data", "Models", "Lessons"
PAGES = (
    PageEntry("home", "10_home.py", "Home", ":material/home:"),
    PageEntry(
        "data",
        "20_data.py",
        "Data",
        ":material/database:",
        "The data sets that are here, and how to get others: download them, add a folder, or join several.",
        DATA,
    ),
    PageEntry(
        "explore",
        "21_explore.py",
        "Explore",
        ":material/query_stats:",
        "Who is in the pictures: diagnoses, ages, sexes, body sites. Click anything to see only these images.",
        DATA,
    ),
    PageEntry(
        "pictures",
        "22_pictures.py",
        "Pictures",
        ":material/photo_library:",
        "The pictures themselves: sort, filter and open them. What could a network learn instead of the disease?",
        DATA,
    ),
    PageEntry(
        "genes",
        "23_genes.py",
        "Genes",
        ":material/genetics:",
        "Gene expression instead of pictures: which genes differ between the classes, and can a classifier use them?",
        DATA,
    ),
    PageEntry(
        "integrity",
        "24_integrity.py",
        "Integrity",
        ":material/fact_check:",
        "Duplicates, unreadable files and poor pictures. A lesion in training and test makes a model look too good.",
        DATA,
    ),
    PageEntry(
        "map",
        "25_map.py",
        "Map",
        ":material/scatter_plot:",
        "Each point is a picture. Pictures that look alike to a network lie near each other.",
        DATA,
    ),
    # Another page on data has its place here.
    PageEntry(
        "train",
        "30_train.py",
        "Train",
        ":material/model_training:",
        "Choose the data, a model and how the pictures are divided. It trains in the background: you can "
        "leave this page.",
        MODELS,
    ),
    PageEntry(
        "runs",
        "31_runs.py",
        "Runs",
        ":material/monitoring:",
        "Every training, with its curves while it learns, and its settings.",
        MODELS,
    ),
    PageEntry(
        "results",
        "32_results.py",
        "Results",
        ":material/grid_on:",
        "How good a run is on what it has not learnt from, for which classes, and where it is wrong.",
        MODELS,
    ),
    PageEntry(
        "predict",
        "33_predict.py",
        "Predict",
        ":material/image_search:",
        "Give a model a picture: it says what that can be, how sure it is, and what in the picture speaks for it.",
        MODELS,
    ),
    PageEntry(
        "compare",
        "34_compare.py",
        "Compare",
        ":material/compare_arrows:",
        "Runs side by side: what differs in their settings, their curves and their results.",
        MODELS,
    ),
    PageEntry("presenter", "35_presenter.py", "Presenter view", ":material/present_to_all:", section=MODELS),
    PageEntry(
        "search",
        "36_search.py",
        "Search",
        ":material/manage_search:",
        "Tries many settings of a model, each as a run, to find those that do best on the validation part.",
        MODELS,
    ),
    PageEntry(
        "engine",
        "37_engine.py",
        "Engine",
        ":material/memory:",
        "What trains now, what waits, and how busy this machine is.",
        MODELS,
    ),
    PageEntry(
        "references",
        "38_references.py",
        "Reference systems",
        ":material/balance:",
        "What student reports have published, trained again: as they did it, and on lesions or patients that "
        "the training has not seen.",
        MODELS,
    ),
    PageEntry(
        "card",
        "39_card.py",
        "Model card",
        ":material/description:",
        "What a model is for, what it was trained and tested on, for whom it works, and where it fails.",
        MODELS,
    ),
    PageEntry(
        "explain",
        "39_explain.py",
        "Explain",
        ":material/lightbulb:",
        "Which parts of a picture a model looks at, and how far its heat maps can be believed.",
        MODELS,
    ),
    PageEntry(
        "handover",
        "39_handover.py",
        "Hand over",
        ":material/output:",
        "Take a trained model to other programs, or bring one from outside and test it here.",
        MODELS,
    ),
    PageEntry(
        "many",
        "39_many.py",
        "Predict many",
        ":material/burst_mode:",
        "A whole folder, zip or table of pictures at once, answered in a table that can be filtered and downloaded.",
        MODELS,
    ),
    PageEntry(
        "review",
        "39_review.py",
        "Review",
        ":material/rate_review:",
        "Pictures that a model left for a person to look at, what the person said, and what models are asked about.",
        MODELS,
    ),
    PageEntry(
        "leakage",
        "40_leakage.py",
        "Leakage",
        ":material/water_drop:",
        "A test is honest if its pictures are new to the network. Three ways to divide the same data: how "
        "much does each leak, and how much does that inflate the accuracy?",
        LESSONS,
    ),
    PageEntry(
        "augmentation",
        "41_augmentation.py",
        "Augmentation",
        ":material/flip:",
        "One picture as training would see it again and again: turned, shifted, lighter. Is it still the "
        "same diagnosis?",
        LESSONS,
    ),
    PageEntry(
        "quiz",
        "42_quiz.py",
        "You against the model",
        ":material/swords:",
        "Label pictures that a model was tested on. At the end you see who did better, by the same measures.",
        LESSONS,
    ),
    PageEntry(
        "source",
        "43_source.py",
        "Sources",
        ":material/photo_camera:",
        "Where each hospital sends mostly one diagnosis, a network can learn the camera instead of the disease.",
        LESSONS,
    ),
)
"""Every page in the order of the navigation; the first one is shown at the root of the server."""
_BY_NAME = {entry.name: entry for entry in PAGES}


@cache
def pages_folder() -> Path:
    """Where the page files lie: beside this package, in a checkout as in an installed wheel."""
    return Path(__file__).resolve().parents[1] / "pages"


def navigation_pages() -> dict[str, list[st.Page]]:
    """All pages by section, as `st.navigation` takes them."""
    sections: dict[str, list[st.Page]] = {}
    for entry in PAGES:
        sections.setdefault(entry.section, []).append(page_of(entry.name))
    return sections


def title_of(name: str) -> str:
    """The title of the page of a name; empty for that of the first page, which is called as the whole."""
    return _BY_NAME[name].title if name in _BY_NAME and name != PAGES[0].name else ""


def says(name: str) -> str:
    """What one looks at on the page of a name, in a line.

    Raises:
        KeyError: there is no such page.
    """
    return _BY_NAME[name].says


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
