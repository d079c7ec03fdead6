"""The panel with the code of a training: written when it is opened, packed when it is downloaded."""

import io
import zipfile

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from core.base.errors import DataError
    from core.data.catalog import open_dataset
    from core.export.package import Package, package_of_recipe
    from core.training.recipe import make_recipe
    from dashboard.widgets.runs.show_code import show_code

    def made() -> Package:
        st.session_state["made"] = st.session_state.get("made", 0) + 1
        recipe = make_recipe(dataset="demo", model="cnn-59k", split="random")
        return package_of_recipe(recipe, open_dataset("demo"))

    def gone() -> Package:
        raise DataError("Its pictures are no longer there.")

    show_code(made, "there")
    show_code(gone, "gone")


@pytest.fixture
def closed(demo_artifacts) -> AppTest:
    return AppTest.from_function(page, default_timeout=120).run()


def opened(test: AppTest, key: str) -> AppTest:
    test.session_state[f"code-{key}"] = True
    test.run()
    assert not test.exception
    return test


def test_nothing_is_written_before_the_panel_is_opened(closed: AppTest) -> None:
    assert not closed.exception
    assert [panel.label for panel in closed.expander] == ["Show me the code"] * 2
    assert "made" not in closed.session_state
    assert not closed.code


def test_the_script_is_shown_whole_and_the_notebook_cell_by_cell(closed: AppTest) -> None:
    test = opened(closed, "there")
    script, *cells = [code.value for code in test.code]
    compile(script, "train.py", "exec")
    assert "THE SPLIT LEAKS" in script
    assert len(cells) > 5
    assert all(cell in script for cell in cells)
    assert any("THE SPLIT LEAKS" in text.value for text in test.markdown)


def test_the_download_is_packed_when_it_is_pressed(closed: AppTest, pressed, monkeypatch) -> None:
    packed = []
    real = zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda *given: packed.append(1) or real(*given))
    test = opened(closed, "there")
    assert packed == []
    with real(io.BytesIO(pressed["train-cnn-59k.zip"]())) as archive:
        names = archive.namelist()
        script = archive.read("train-cnn-59k/train.py").decode()
    assert packed == [1]
    assert {name.partition("/")[2] for name in names} == {"train.py", "train.ipynb", "split.csv", "README.txt"}
    assert script.strip() == test.code[0].value


def test_what_cannot_be_handed_over_says_why(closed: AppTest) -> None:
    test = opened(closed, "gone")
    assert [info.value for info in test.info] == ["Its pictures are no longer there."]
    assert not test.code
