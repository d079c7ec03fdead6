"""What is chosen on a map: ids from an event, counts, and a run's answers."""

from dataclasses import replace

import pandas as pd

from core.data.demo.demo import DEMO_SPEC
from core.data.spec import ClassSpec
from dashboard.state.map_selection import chosen_ids, correctness, counts_by_class, in_order, malignancy


def test_ids_come_from_the_custom_data_of_the_points_each_once() -> None:
    points = [{"customdata": ["a", "melanoma"]}, {"customdata": {"0": "b"}}, {"customdata": ["a"]}, {"x": 1}]
    assert chosen_ids({"selection": {"points": points}}) == ["a", "b"]
    assert chosen_ids({"selection": {"points": []}}) == []
    assert chosen_ids(None) == []


def test_counts_compare_the_choice_with_the_whole_map() -> None:
    table = pd.DataFrame({"label": ["mel"] * 2 + ["nv"] * 8})
    counts = counts_by_class(table.iloc[:3], table, DEMO_SPEC)
    assert counts["diagnosis"].tolist() == ["melanoma", "melanocytic nevus"]
    assert counts["images"].tolist() == [2, 1]
    assert counts["on the map"].tolist() == [0.2, 0.8]


def test_chosen_pictures_stand_by_diagnosis_as_in_the_table_and_then_by_id() -> None:
    rows = pd.DataFrame({"image_id": ["d", "c", "b", "a"], "label": ["mel", "nv", "nv", "mel"]})
    rows.loc[4] = ["e", "nv"]
    assert in_order(rows)["image_id"].tolist() == ["b", "c", "e", "a", "d"]
    assert list(in_order(rows)) == ["image_id", "label"]


def test_a_class_of_which_nobody_said_whether_it_is_malignant_is_not_called_benign() -> None:
    spec = replace(DEMO_SPEC, classes=(*DEMO_SPEC.classes, ClassSpec("type 3", "type 3", malignant=None)))
    found = malignancy(pd.Series(["mel", "nv", "type 3"]), spec)
    assert found[:2].tolist() == ["malignant", "benign"]
    assert found.isna().tolist() == [False, False, True]
    assert malignancy(pd.Series(["type 3"]), spec).isna().all()


def test_an_answer_is_right_if_the_likeliest_class_is_the_true_one() -> None:
    predictions = pd.DataFrame(
        {"image_id": ["a", "b"], "true": ["mel", "mel"], "p_mel": [0.7, 0.2], "p_nv": [0.3, 0.8]}
    )
    assert correctness(predictions, ("mel", "nv")).to_dict() == {"a": "right", "b": "wrong"}
