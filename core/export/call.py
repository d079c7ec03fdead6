"""A call with named arguments, as source text."""

from dataclasses import dataclass
from typing import Any

WIDEST = 116


@dataclass(frozen=True)
class Call:
    """`function(name=value, …)`; values stand as `repr` writes them, so they have to be plain."""

    function: str
    arguments: dict[str, Any]

    def __str__(self) -> str:
        return called(self.function, [f"{name}={value!r}" for name, value in self.arguments.items()])


def called(function: str, arguments: list[str]) -> str:
    """`function(…)` of arguments that are source text, on one line if it is not too wide."""
    line = f"{function}({', '.join(arguments)})"
    return line if len(line) <= WIDEST else "\n".join([f"{function}(", *indented(arguments), ")"])


def listed(name: str, entries: list[str]) -> str:
    """`name = […]` with one entry a line."""
    return "\n".join([f"{name} = [", *indented(entries), "]"])


def indented(entries: list[str]) -> list[str]:
    """Entries of a list or call, each on lines of its own, with their commas."""
    return ["    " + entry.replace("\n", "\n    ") + "," for entry in entries]
