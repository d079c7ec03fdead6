"""What the command `inspect` does."""

import argparse

from core.base.files import with_home
from core.cli.commands import Answer
from core.data.catalog import look
from core.data.inspect import decide, inspect_folder, lines_of
from core.data.reading.choices import Choices, choices_file, keep_choices


def inspect(options: argparse.Namespace) -> Answer:
    """`inspect FOLDER [--set WHAT=COLUMN …] [--agree] [--forget]`."""
    folder = with_home(options.folder)
    if not folder.is_dir() and (entry := look().entry(options.folder)) is not None:
        folder = entry.folder
    if options.forget:
        keep_choices(folder, Choices())
    if not options.set and not options.agree:
        value = inspect_folder(folder)
        return value, lines_of(value)
    value = decide(folder, options.set, agree=options.agree)
    return value, [*lines_of(value), f"Kept in {choices_file(folder)}."]
