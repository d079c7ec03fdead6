"""Names of what people make: each begins with the second in which it was made, so that a list needs no look inside."""

import contextlib
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

LONGEST_WORD = 40
_SECOND, _SECOND_LENGTH = "%Y%m%d-%H%M%S", len("20260101-000000")


def new_id(*words: str) -> str:
    """The second that it is now (UTC), the words as far as a file name can have them, and six digits by chance.

    With four, sixty trials that are launched within a second would meet a taken name one time in forty.
    """
    fitting = [re.sub(r"[^\w.-]+", "-", word)[:LONGEST_WORD] for word in words]
    return "-".join([datetime.now(UTC).strftime(_SECOND), *fitting, secrets.token_hex(3)])


def when_made(name: str, written: int) -> tuple[str, int]:
    """What goes up with each that is made: its second, within which a file of it decides that is written once.

    Args:
        name: what `new_id` gave.
        written: when that file was written, in nanoseconds since the epoch.
    """
    return name[:_SECOND_LENGTH], written


def newest_first(folders: Iterable[Path], written_once: str) -> list[Path]:
    """Folders by age, each named by `new_id` and with a file that was written once, when it was made."""

    def age(folder: Path) -> tuple[str, int]:
        with contextlib.suppress(OSError):  # it may have been deleted since it was found
            return when_made(folder.name, (folder / written_once).stat().st_mtime_ns)
        return when_made(folder.name, 0)

    return sorted(folders, key=age, reverse=True)
