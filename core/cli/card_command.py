"""What the command `card` does."""

import argparse

from core.base.files import write_atomically
from core.cli.commands import Answer, marks_of
from core.combined.ensemble_card import members_section
from core.runs.card.as_html import card_html
from core.runs.card.as_markdown import card_markdown
from core.runs.card.making import data_of, make_card
from core.runs.run_folder import open_run

WRITERS = {"md": card_markdown, "html": card_html}
"""How a card is written, by the option `--format`."""


def card(options: argparse.Namespace) -> Answer:
    """`card RUN [--format md|html] [--out FILE]`."""
    run = open_run(options.run_id)
    members = members_section(run)
    made = make_card(run, *data_of(run), more=[members] if members else [])
    text = WRITERS[options.format](made)
    marks, said = marks_of(run)
    value = {"run_id": run.run_id, **marks, "format": options.format, "missing": [each.what for each in made.missing]}
    if options.out is None:
        return {**value, "card": text}, [text.rstrip("\n")]
    write_atomically(options.out, text)
    lines = [
        f"The model card of {run.run_id} is in {options.out}.",
        *(f"Not computed: {each.what}" for each in made.missing),
    ]
    return {**value, "file": str(options.out)}, [*lines, *said]
