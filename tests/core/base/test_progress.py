"""Progress of several steps as one."""

from core.base.progress import in_steps


def test_several_steps_are_one_bar_that_never_goes_back_and_say_which_of_how_many_they_are() -> None:
    told: list[tuple[int, int, str]] = []
    report = in_steps(lambda *now: told.append(now), {"Reading": 1, "Comparing": 3})
    for now in ((0, 10, "Reading"), (10, 10, "Reading"), (1, 2, "Comparing"), (3, 10, "Reading"), (0, 0, "Comparing")):
        report(*now)
    report(5, 7, "Unpacking")
    assert told == [
        (0, 1000, "Step 1 of 2: Reading"),
        (250, 1000, "Step 1 of 2: Reading"),
        (625, 1000, "Step 2 of 2: Comparing"),
        (625, 1000, "Step 1 of 2: Reading"),
        (625, 1000, "Step 2 of 2: Comparing"),
        (5, 7, "Unpacking"),
    ]
