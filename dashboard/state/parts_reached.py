"""What a split reached of the fractions that were asked for, in words."""

from collections.abc import Mapping

from core.base.percents import percent
from core.data.splits.splits import Split


def parts_reached(split: Split, class_names: Mapping[str, str]) -> str:
    """Share of the pictures in each part, and where the share of a class differs most from that in the whole."""
    fractions = split.fractions()
    parts = ", ".join(f"{part} {percent(fraction)}" for part, fraction in fractions.items() if fraction)
    said = f"Of {len(split.rows):,} pictures: {parts}."
    shifts = split.class_shifts().stack()
    label, part = shifts.abs().idxmax()
    if (points := round(100 * abs(shifts[label, part]), 1)) == 0:
        return f"{said} Every class has the same share in each part."
    direction = "more" if shifts[label, part] > 0 else "less"
    return (
        f"{said} Classes differ by at most {points:.1f} percentage points from their share in the whole: "
        f"{class_names[label]} is {direction} frequent in {part}."
    )
