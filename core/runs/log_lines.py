"""Telling warnings and errors from other lines in the log of a training."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How grave a line is."""

    ERROR = "error"
    WARNING = "warning"
    OTHER = "other"


@dataclass(frozen=True)
class LogLine:
    """One line and how grave it is."""

    level: Level
    text: str


_LETTER = re.compile(r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: |)([EFWI])(?:\d{4} | )")
"""As C++ parts of TensorFlow write: `2026-01-01 12:00:00.1: W tensorflow/…` or `W0101 12:00:00 …`."""
_WORD = re.compile(
    r"^(?:\[?[\d\-:., TZ]+\]?\s+)?(?:\S+\s+)?(CRITICAL|FATAL|ERROR|WARNING|INFO|DEBUG)\b[\s:\]]", re.ASCII
)
"""As Python's logging writes, with or without a time or a name before the level."""
_WARN = re.compile(r"\b\w*Warning: ")
"""As Python's `warnings` write: `file.py:3: UserWarning: …`."""
_RAISED = re.compile(r"^[\w.]*(Error|Exception|Interrupt|Exit)\b")
_HARMLESS = re.compile(r"All log messages before absl::InitializeLog\(\)|failed call to cuInit: .*\(303\)")
"""What TensorFlow calls a warning or an error on every machine, or on every one without a GPU's driver."""
_TRACEBACK = "Traceback (most recent call last):"
_GRAVE = {"E": Level.ERROR, "F": Level.ERROR, "W": Level.WARNING} | dict.fromkeys(
    ("CRITICAL", "FATAL", "ERROR"), Level.ERROR
) | {"WARNING": Level.WARNING}  # fmt: skip


def log_lines(text: str) -> list[LogLine]:
    """The lines of a log with their levels.

    A traceback is an error from its first line to the one that names what was raised; lines that are indented go
    with the line before them.
    """
    lines: list[LogLine] = []
    level, in_traceback = Level.OTHER, False
    for line in text.splitlines():
        if line.startswith(_TRACEBACK):
            level, in_traceback = Level.ERROR, True
        elif in_traceback:
            in_traceback = not _RAISED.match(line)
        elif not line.startswith((" ", "\t")):
            level = _level(line)
        lines.append(LogLine(level, line))
    return lines


def _level(line: str) -> Level:
    if _HARMLESS.search(line):
        return Level.OTHER
    if said := _LETTER.match(line) or _WORD.match(line):
        return _GRAVE.get(said[1], Level.OTHER)
    if _RAISED.match(line):
        return Level.ERROR
    return Level.WARNING if _WARN.search(line) else Level.OTHER
