"""One way to report progress, whoever shows it: a terminal, a page or nobody."""

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called as `progress(done, total, what)`; `what` is a short phrase such as "Decoding images"."""


def silent(done: int, total: int, what: str) -> None:
    """Report to nobody."""
