"""How much of its learning time a run waited for input, from the lines of its metrics."""

from collections.abc import Iterable, Mapping
from typing import Any

INPUT_IS_BOUND = 0.25
"""From this share on, input is what limits the speed: without the waiting it would be a third faster or more."""

WORTH_A_WORD = 1.0
"""Seconds of waiting an epoch; less is gained by no faster disk, as where a head learns on features for a moment."""


def input_wait(lines: Iterable[Mapping[str, Any]]) -> float | None:
    """Share of the learning time in which a run waited for its next batch, 0…1, over lines of one kind.

    Each line tells of as many examples, so its time is one over its speed. None where no line has it: the run learnt on
    a GPU, on several devices, or before it was measured.
    """
    known = [
        (line["input_wait"], 1 / line["images_per_second"])
        for line in lines
        if "input_wait" in line and line.get("images_per_second", 0) > 0
    ]
    return sum(share * time for share, time in known) / sum(time for _, time in known) if known else None


def input_is_bound(share: float | None, epoch_seconds: float) -> bool:
    """Whether reading the examples, and not the network, limits the speed of epochs that take so long."""
    return share is not None and share >= INPUT_IS_BOUND and share * epoch_seconds >= WORTH_A_WORD
