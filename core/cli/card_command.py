"""What the command `card` does."""

import argparse

from core.base.errors import ConfigurationError
from core.base.files import write_atomically
from core.cli.commands import Answer, marks_of
from core.combined.ensemble_card import whole_card
from core.runs.card.as_html import card_html
from core.runs.card.as_markdown import card_markdown
from core.runs.run_folder import open_run
from core.serving.printing import html_as_pdf

WRITERS = {"md": card_markdown, "html": card_html}
"""How a card is written as text, by the option `--format`."""
PDF = "pdf"
FORMATS = (*WRITERS, PDF)


def card(options: argparse.Namespace) -> Answer:
    """`card RUN [--format md|html|pdf] [--out FILE]`."""
    run = open_run(options.run_id)
    if options.format == PDF and options.out is None:
        raise ConfigurationError("A PDF cannot be shown in the terminal. Name a file: --out card.pdf")
    made = whole_card(run)
    text = html_as_pdf(card_html(made)) if options.format == PDF else WRITERS[options.format](made)
    marks, said = marks_of(run)
    value = {"run_id": run.run_id, **marks, "format": options.format, "missing": [each.what for each in made.missing]}
    if options.out is None:
        return {**value, "card": str(text)}, [str(text).rstrip("\n")]
    write_atomically(options.out, text)
    lines = [
        f"The model card of {run.run_id} is in {options.out}.",
        *(f"Not computed: {each.what}" for each in made.missing),
    ]
    return {**value, "file": str(options.out)}, [*lines, *said]
