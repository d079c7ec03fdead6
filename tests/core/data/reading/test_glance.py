"""A reading at one glance: examples are spread over classes, counts are by class and part, rows are not kept."""

import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.data.reading.glance import glance_at, reading_at_a_glance, spread_examples
from core.data.reading.reader import read_folder
from core.data.spec import ClassSpec, tidy


def rows_of(**counts: int) -> pd.DataFrame:
    labels = [label for label, count in counts.items() for _ in range(count)]
    ids = [f"I{number}" for number in range(len(labels))]
    return tidy(pd.DataFrame({"image_id": ids, "path": ids, "label": labels, "group_id": ids}))


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 100, "b": 100, "c": 100, "d": 100}, [3, 3, 3, 3]),
        ({"a": 1, "b": 100}, [1, 11]),
        ({"a": 2, "b": 3}, [2, 3]),
        ({"a": 50, "b": 50, "c": 50, "d": 50, "e": 50}, [3, 3, 2, 2, 2]),
        ({f"c{number:02d}": 4 for number in range(20)}, [1] * 12),
    ],
)
def test_twelve_examples_are_spread_over_the_classes(counts: dict[str, int], shown: list[int]) -> None:
    rows = rows_of(**counts)
    examples = spread_examples(rows, list(counts))
    assert examples["label"].value_counts(sort=False).tolist() == shown
    assert examples["image_id"].is_unique


def test_examples_of_a_class_reach_from_its_first_to_its_last_picture() -> None:
    assert spread_examples(rows_of(a=100), ["a"], 3)["image_id"].tolist() == ["I0", "I50", "I99"]


def test_pictures_without_a_class_are_shown_only_where_none_has_one() -> None:
    rows = rows_of(a=5, b=5).assign(label=None)
    assert len(spread_examples(rows, [])) == 10
    rows.loc[0, "label"] = "a"
    assert spread_examples(rows, ["a"])["image_id"].tolist() == ["I0"]


def test_counts_are_by_class_and_part() -> None:
    rows = rows_of(a=4, b=2).assign(split=["train", "train", "test", None, "train", "validation"])
    rows.loc[3, "label"] = None
    glance = glance_at(rows, [ClassSpec("a", "a", True), ClassSpec("b", "b", False), ClassSpec("c", "c", None)])
    assert glance.by_class.to_numpy().tolist() == [["a", 3, 2, 0, 1], ["b", 2, 1, 1, 0], ["c", 0, 0, 0, 0]]
    assert (glance.pictures, glance.unlabelled, glance.groups) == (6, 1, 6)


def test_a_glance_keeps_no_rows_and_knows_when_the_folder_changes(tmp_path) -> None:
    for label in ("benign", "malignant"):
        (tmp_path / "moles" / label).mkdir(parents=True)
        for number in range(20):
            Image.new("RGB", (8, 8)).save(tmp_path / "moles" / label / f"{label}{number}.png")
    time.sleep(2.1)  # what has changed a moment ago may change again within one tick of the clock
    shown = reading_at_a_glance(read_folder(tmp_path / "moles"))
    assert len(shown.reading.rows) == len(shown.reading.described) == 0
    assert len(shown.glance.examples) == 12
    assert shown.certain
    assert shown.holds()
    (tmp_path / "moles" / "benign" / "benign0.png").unlink()
    assert not shown.holds()


def test_three_hundred_thousand_pictures_are_counted_at_once() -> None:
    keys = [f"class {number}" for number in range(50)]
    ids = np.arange(300_000).astype(str)
    rows = tidy(pd.DataFrame({"image_id": ids, "path": ids, "label": np.tile(keys, 6000), "group_id": ids}))
    started = time.process_time()  # of this process alone, whatever else the machine does
    glance = glance_at(rows, [ClassSpec(key, key, None) for key in keys])
    assert time.process_time() - started < 5
    assert glance.by_class["pictures"].tolist() == [6000] * 50
