"""Of pictures of tissue no page speaks as if they were of skin."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from core.runs.run_folder import RunFolder
from core.training.recipe import Recipe
from dashboard.router import PAGES
from tests.core.reproduction.conftest import draw_patches
from tests.pages.test_references_page import finished
from tests.tabs import texts

OF_SKIN = re.compile(r"\b(?:skin|dermat\w+|dermosc\w+)\b", re.IGNORECASE)
SHOW_OTHERS = ("home", "data", "genes", "references", "engine", "quiz")
"""Pages that show all data sets, or none."""
TAKE_ONE = [entry for entry in PAGES if entry.name not in SHOW_OTHERS]


@pytest.fixture
def of_tissue(artifacts: Path) -> RunFolder:
    """A run on breast tissue, as its files would say."""
    draw_patches(artifacts.parent / "data" / "breast_histopathology")
    run = finished(Recipe(dataset="breast_histopathology", model="cnn-59k", image_size=32), 0.8)
    run.model_file.touch()
    return run


def shown(test: AppTest) -> Iterator[str]:
    """All texts of a page but what can be chosen, where other data sets and models stand, too."""
    for each in test.main:
        proto: Message | None = each.proto
        if proto is None:
            continue
        for name in ("options", "format"):
            if name in proto.DESCRIPTOR.fields_by_name:
                proto.ClearField(name)
        yield texts([proto])


def test_no_page_on_tissue_speaks_of_skin(of_tissue: RunFolder, open_page) -> None:
    found, about_it = {}, set()
    for entry in TAKE_ONE:
        test = open_page(entry.file, dataset="breast_histopathology", run=of_tissue.run_id)
        assert not test.exception, entry.name
        found[entry.name] = [line for text in shown(test) for line in text.splitlines() if OF_SKIN.search(line)]
        if any("breast" in text.lower() or of_tissue.run_id in text for text in shown(test)):
            about_it.add(entry.name)
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert {"explore", "train", "runs", "results", "predict", "card"} <= about_it
