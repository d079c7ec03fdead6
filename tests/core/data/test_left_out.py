"""What is left out is told in few lines, however much it is."""

from core.data.left_out import MOST_NAMED, lines_of_left_out
from core.data.spec import Skip


def absent(number: int) -> Skip:
    return Skip(f"a{number}", f"a{number}.jpg", f"No file a{number}.jpg is here.")


def test_few_are_named_each_with_its_reason() -> None:
    assert lines_of_left_out([absent(1), Skip("b\n", "", "It is cut off.")]) == [
        "a1: No file a1.jpg is here.",
        "b\\n: It is cut off.",
    ]


def test_many_are_counted_by_reason_with_some_names_the_most_frequent_first() -> None:
    skipped = [Skip("b", "", "It is cut off."), *map(absent, range(1_200)), Skip("", "", "3 ages are none.")]
    first, second, third = lines_of_left_out(skipped)
    assert first == "1,200 (a0, a1, a2, …): No file ….jpg is here."
    assert second == "1 (b): It is cut off."
    assert third == "1: 3 ages are none."


def test_more_reasons_than_lines_are_counted_together() -> None:
    lines = lines_of_left_out([Skip("x", "", f"Reason {number}.") for number in range(MOST_NAMED + 7)])
    assert len(lines) == MOST_NAMED + 1
    assert lines[-1] == "7 for other reasons"
