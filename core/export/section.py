"""A step of exported code."""

from dataclasses import dataclass

from core.export.source import Gathered


@dataclass(frozen=True)
class Section:
    """One step of the code: what it is, why it is so, the code, and what that imports by bound name."""

    title: str
    text: str
    code: str
    imports: dict[str, str]


def section(title: str, text: str, code: str, source: Gathered | None = None) -> Section:
    """A step whose code imports what its source imports."""
    return Section(title, text, code.strip("\n"), source.imports if source else {})
