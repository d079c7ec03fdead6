"""What a model card is made of, whatever it is written as: Markdown, HTML, or a page."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.base.printable import one_line


@dataclass(frozen=True)
class Text:
    """A paragraph; `warning` where nobody is to overlook it."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Texts in rows under a head; a head of empty texts is none."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Missing:
    """What was not computed, why or how to have it, and the command for that, "" where there is none."""

    what: str
    how: str
    command: str = ""


Block = Text | Items | Table | Missing


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Card:
    """A model card: its title, what must be known first, and its sections."""

    run_id: str
    title: str
    notice: str
    sections: tuple[Section, ...]
    warnings: tuple[Text, ...] = field(default=())

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What was not computed, in the order of the sections."""
        return tuple(block for section in self.sections for block in section.blocks if isinstance(block, Missing))


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table of what can be written, each cell in one line."""
    return Table(tuple(map(one_line, head)), tuple(tuple(one_line(cell) for cell in row) for row in rows))
