"""Fractions of the parts of a split on a slider in whole per cent, without changing those that nobody has moved."""

Fractions = tuple[float, float, float]
"""Of training, validation and test; they sum to 1."""

LEAST, MOST = 5, 100
"""Ends of the slider."""


def shown(fractions: Fractions) -> tuple[int, int]:
    """Where the handles stand: training reaches up to the first, the test part from the second one on."""
    train, validation, _ = fractions
    first, second = (min(max(round(100 * end), LEAST), MOST) for end in (train, train + validation))
    return first, second


def chosen(handles: tuple[int, int], start: Fractions) -> Fractions:
    """What the handles say: `start` itself where they still stand as it is shown, else whole per cent."""
    if handles == shown(start):
        return start
    train, test_from = handles
    return round(train / 100, 2), round((test_from - train) / 100, 2), round(1 - test_from / 100, 2)
