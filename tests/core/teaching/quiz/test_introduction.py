"""What is shown of a class before a series gives no answer away, and it is known why nothing can be shown."""

import pandas as pd

from core.data.splits.splits import Split
from core.teaching.quiz.introduction import ClassExamples, class_examples

TRAINED = [  # image, group, class; N1 stands twice, as oversampling leaves it
    ("N1", "free", "nv"),
    ("N1", "free", "nv"),
    ("N2", "free", "nv"),
    ("N3", "tested", "nv"),
    ("N4", "other", "nv"),
    ("D1", "tested", "df"),
    ("D2", "tested", "df"),
    ("B1", "gone", "bcc"),
]


def examples(most: int = 3) -> dict[str, ClassExamples]:
    rows = pd.DataFrame(TRAINED, columns=["image_id", "group_id", "label"]).assign(part="train")
    predictions = pd.DataFrame({"image_id": ["T1"], "group_id": ["tested"], "part": ["test"], "true": ["df"]})
    present = {"N1", "N2", "N3", "N4", "D1", "D2"}
    return class_examples(Split("random", 1, rows), predictions, present, ["nv", "df", "bcc", "mel"], most)


def test_examples_are_of_different_groups_that_are_not_in_the_test_part() -> None:
    assert examples()["nv"] == ClassExamples(("N1", "N4"), trained=4, tested_too=1)
    assert examples(most=1)["nv"].image_ids == ("N1",)


def test_a_class_without_examples_tells_a_leak_from_missing_files_and_from_no_training() -> None:
    found = examples()
    assert found["df"] == ClassExamples((), trained=2, tested_too=2)
    assert found["bcc"] == ClassExamples((), trained=1, tested_too=0)
    assert found["mel"] == ClassExamples((), trained=0, tested_too=0)
