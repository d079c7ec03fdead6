"""One way to report progress, whoever shows it: a terminal, a page or nobody."""

from collections.abc import Callable, Mapping

from core.base.errors import CancelledError

Progress = Callable[[int, int, str], None]
"""Called as `progress(done, total, what)`; `what` is a short phrase such as "Decoding images"."""


def silent(done: int, total: int, what: str) -> None:
    """Report to nobody."""


def until_cancelled(progress: Progress, cancelled: Callable[[], bool]) -> Progress:
    """The same progress, which ends the work with a `CancelledError` once somebody asked for that."""

    def report(done: int, total: int, what: str) -> None:
        if cancelled():
            raise CancelledError("Stopped by a person.")
        progress(done, total, what)

    return report


def in_steps(progress: Progress, steps: Mapping[str, float]) -> Progress:
    """The same progress over several steps as one: how far all of them are, and which of how many it is.

    Args:
        progress: told so many thousandths of the whole, with "Step 2 of 3: Decoding images".
        steps: how long each takes beside the others, by what it calls itself, in their order. One that has nothing to
            do is passed over; what is none of them is told as it is.
    """
    names, whole = list(steps), sum(steps.values())
    furthest = 0

    def report(done: int, total: int, what: str) -> None:
        if what not in steps:
            progress(done, total, what)
            return
        nonlocal furthest
        place = names.index(what)
        before = sum(steps[name] for name in names[:place])
        reached = before + steps[what] * min(done / total, 1.0) if total else before
        furthest = max(furthest, round(1000 * reached / whole))  # a step may come a second time
        progress(furthest, 1000, f"Step {place + 1} of {len(names)}: {what}")

    return report
