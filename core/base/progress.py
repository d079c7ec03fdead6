"""One way to report progress, whoever shows it: a terminal, a page or nobody."""

from collections.abc import Callable

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
