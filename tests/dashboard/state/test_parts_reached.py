import pandas as pd

from core.data.splits.splits import Split, SplitKind
from dashboard.state.parts_reached import parts_reached

NAMES = {"mel": "melanoma", "nv": "nevus"}


def of(train: str, validation: str, test: str = "") -> Split:
    """A split of pictures whose classes are the letters m and n."""
    parts = {"train": train, "validation": validation, "test": test}
    rows = [(part, {"m": "mel", "n": "nv"}[letter]) for part, letters in parts.items() for letter in letters]
    table = pd.DataFrame(rows, columns=["part", "label"])
    return Split(SplitKind.GROUPED, 0, table.assign(image_id=table.index.astype(str), group_id="g"))


def test_shares_of_the_parts_and_the_class_that_is_furthest_from_its_share_are_said() -> None:
    assert parts_reached(of("mn" * 6 + "n" * 4, "nnm", "m"), NAMES) == (
        "Of 20 pictures: train 80.0\u00a0%, validation 15.0\u00a0%, test 5.0\u00a0%. Classes differ by at most 60.0 "
        "percentage points from their share in the whole: melanoma is more frequent in test."
    )


def test_a_part_that_nobody_asked_for_is_not_spoken_of_and_exact_shares_are_called_so() -> None:
    said = parts_reached(of("mnmn", "mn"), NAMES)
    assert (
        said == "Of 6 pictures: train 66.7\u00a0%, validation 33.3\u00a0%. Every class has the same share in each part."
    )
