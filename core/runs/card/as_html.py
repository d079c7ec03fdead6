"""A model card as one HTML page that stands alone and fetches nothing."""

from markupsafe import Markup

from core.runs.answers.html_page import html_page, paragraph
from core.runs.card.blocks import Block, Card, Items, Missing, Table, Text


def card_html(card: Card) -> str:
    """The whole card as a page; every text in it is escaped."""
    parts = [
        Markup('<h1>{}</h1><p class="small">Model card of run <code>{}</code></p>').format(card.title, card.run_id),
        Markup('<p class="notice"><strong>{}</strong></p>').format(card.notice),
        *map(_block, card.warnings),
    ]
    for section in card.sections:
        parts += [Markup("<h2>{}</h2>").format(section.title), *map(_block, section.blocks)]
    parts.append(Markup('<p class="notice"><strong>{}</strong></p>').format(card.notice))
    return html_page(f"Model card: {card.title}", parts)


def _block(block: Block) -> Markup:
    if isinstance(block, Text):
        return Markup("<p><strong>{}</strong></p>").format(block.text) if block.warning else paragraph(block.text)
    if isinstance(block, Items):
        return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(each) for each in block.items))
    if isinstance(block, Table):
        return _table(block)
    return _missing(block)


def _table(block: Table) -> Markup:
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row))
        for row in block.rows
    )
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(cell) for cell in block.head)
    head = Markup("<thead><tr>{}</tr></thead>").format(head) if any(block.head) else Markup("")
    return Markup('<div class="wide"><table>{}<tbody>{}</tbody></table></div>').format(head, rows)


def _missing(block: Missing) -> Markup:
    command = Markup("<br><code>{}</code>").format(block.command) if block.command else Markup("")
    return Markup('<p class="missing"><strong>Not computed: {}.</strong> {}{}</p>').format(
        block.what, block.how, command
    )
