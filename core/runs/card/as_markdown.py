"""A model card as Markdown, in which nothing that comes from others is markup."""

import re

from core.base.printable import one_line
from core.runs.card.blocks import Block, Card, Items, Missing, Table, Text

# What marks up within a line (CommonMark 0.31, GitHub's tables and strikethrough, formulas); an underscore between
# letters or digits does not, as in most ids of pictures.
_MARKUP = re.compile(r"[\\`*\[\]~$|]|(?<![^\W_])_|_(?![^\W_])|<|&(?=#?\w+;)|^[-+#>=](?=.)")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_ADDRESS = re.compile(r"(?i)(?<=http)(?=://)|(?<=https)(?=://)|(?<=www)(?=\.)|(?<=[\w.+-])(?=@\w)")
_WORD_JOINER = "\u2060"


def card_markdown(card: Card) -> str:
    """The whole card as Markdown."""
    lines = [f"# {escaped(card.title)}", "", f"**{escaped(card.notice)}**", ""]
    for warning in card.warnings:
        lines += [f"> {_marked(warning)}", ""]
    for section in card.sections:
        lines += [f"## {escaped(section.title)}", ""]
        for block in section.blocks:
            lines += [*_lines(block), ""]
    return "\n".join(lines).rstrip() + "\n"


def escaped(text: str) -> str:
    """A text in one line in which nothing is markup, no HTML, and no address becomes a link."""
    line = _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", one_line(text).strip()))
    return _ADDRESS.sub(_WORD_JOINER, line)


def _lines(block: Block) -> list[str]:
    if isinstance(block, Text):
        return [_marked(block)]
    if isinstance(block, Items):
        return [f"- {escaped(item)}" for item in block.items]
    if isinstance(block, Table):
        head = [_row(block.head), _row(["---"] * len(block.head), plain=True)]
        return [*head, *map(_row, block.rows)]
    return [f"- **Not computed: {escaped(block.what)}.** {escaped(block.how)}{_command(block)}"]


def _marked(text: Text) -> str:
    return f"**{escaped(text.text)}**" if text.warning else escaped(text.text)


def _row(cells, plain: bool = False) -> str:
    return f"| {' | '.join(cells if plain else map(escaped, cells))} |"


def _command(block: Missing) -> str:
    return f" `{one_line(block.command).replace('`', '')}`" if block.command else ""
