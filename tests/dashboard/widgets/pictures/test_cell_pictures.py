"""The pictures of a cell: exactly its rows, the most confident first, whatever is missing on the disk."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.data.adapters.ham10000 import HAM10000_SPEC
from core.data.spec import Dataset
from dashboard.widgets.pictures.cell_pictures import PER_PAGE, cell_rows, clicked_cell


@pytest.fixture
def predictions() -> pd.DataFrame:
    """Five pictures of two classes with their probabilities."""
    return pd.DataFrame(
        {
            "image_id": list("abcde"),
            "true": ["mel", "mel", "mel", "nv", "nv"],
            "p_mel": [0.9, 0.2, 0.3, 0.6, 0.1],
            "p_nv": [0.1, 0.8, 0.7, 0.4, 0.9],
        }
    )


@pytest.fixture
def taken_for() -> pd.Series:
    """The most probable class of each."""
    return pd.Series(["mel", "nv", "nv", "mel", "nv"])


def test_a_cell_has_its_rows_the_most_confident_first(predictions, taken_for) -> None:
    rows = cell_rows(predictions, taken_for, "mel", "nv")
    assert rows["image_id"].tolist() == ["b", "c"]
    assert rows["confidence"].tolist() == [0.8, 0.7]


def test_confidence_is_that_of_the_predicted_class_not_of_the_true_one(predictions, taken_for) -> None:
    [confidence] = cell_rows(predictions, taken_for, "nv", "mel")["confidence"]
    assert confidence == 0.6


def test_a_click_on_the_matrix_names_its_cell_and_taking_it_back_names_none() -> None:
    assert clicked_cell({"points": [{"customdata": ["mel", "nv", 7], "x": "nv", "y": "mel"}]}) == ("mel", "nv")
    assert clicked_cell({"points": []}) is None


def test_an_empty_cell_has_no_rows(predictions, taken_for) -> None:
    nevi = predictions["true"] == "nv"
    assert cell_rows(predictions[nevi], taken_for[nevi], "mel", "nv").empty


def page(rows, dataset) -> None:
    from dashboard.widgets.pictures.cell_pictures import show_cell

    show_cell(rows, dataset, "cell")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Thirty pictures, of which the first is broken and of the second nothing is known."""
    ids = [f"i{number:02d}" for number in range(30)]
    for name in ids[1:]:
        Image.new("RGB", (40, 30), "pink").save(tmp_path / f"{name}.jpg")
    (tmp_path / "i00.jpg").write_bytes(b"no picture")
    table = pd.DataFrame(
        {
            "image_id": ids,
            "path": [str(tmp_path / f"{name}.jpg") for name in ids],
            "age": [50.0, np.nan, *[60.0] * 28],
            "sex": ["male", None, *["female"] * 28],
            "site": ["back", np.nan, *["face"] * 28],
        }
    )
    return Dataset(HAM10000_SPEC, table, tmp_path)


def shown(ids: list[str], dataset: Dataset) -> AppTest:
    rows = pd.DataFrame({"image_id": ids, "confidence": np.linspace(0.99, 0.5, len(ids))})
    test = AppTest.from_function(page, default_timeout=120, args=(rows, dataset)).run()
    assert not test.exception
    return test


def captions(test: AppTest) -> list[str]:
    return [caption.value for caption in test.caption]


def test_each_picture_stands_with_confidence_id_and_what_is_known_of_the_person(dataset: Dataset) -> None:
    test = shown(["i05"], dataset)
    assert captions(test) == ["**99\u00a0%** · i05  \n60 years, female, face"]
    assert len(test.image) == 1


def test_what_is_not_known_of_a_person_is_left_out(dataset: Dataset) -> None:
    [caption] = captions(shown(["i01"], dataset))
    assert caption.split("·")[1].split() == ["i01"]
    assert "nan" not in caption.lower()
    assert "none" not in caption.lower()


def test_a_broken_picture_leaves_a_sentence_and_the_others_stay(dataset: Dataset) -> None:
    test = shown(["i00", "i02"], dataset)
    assert "i00.jpg" in captions(test)[0]
    assert "not a picture" in captions(test)[0]
    assert len(test.image) == 1


def test_a_picture_that_left_the_data_set_is_said_to_have_left(dataset: Dataset) -> None:
    test = shown(["gone", "i02"], dataset)
    assert captions(test)[0] == "gone is no longer in the data set."
    assert len(test.image) == 1


def test_many_pictures_are_divided_into_pages(dataset: Dataset) -> None:
    ids = [f"i{number:02d}" for number in range(2, 2 + 2 * PER_PAGE + 1)]
    test = shown(ids, dataset)
    seen = []
    for number in (1, 2, 3):
        test.pagination[0].set_value(number).run()
        seen += [caption.split(" · ")[1].split()[0] for caption in captions(test)]
    assert seen == ids


def test_a_page_that_holds_all_has_no_page_numbers(dataset: Dataset) -> None:
    assert not shown(["i02", "i03"], dataset).pagination


def test_a_picture_that_oversampling_repeated_is_shown_as_often(dataset: Dataset) -> None:
    assert len(shown(["i02", "i02", "i02"], dataset).image) == 3
