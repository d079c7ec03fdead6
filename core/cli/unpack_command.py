"""What the command `unpack` does."""

import argparse

from core.cli.commands import Answer, TerminalProgress
from core.data.packed import data_sets_in, unpack_left


def unpack(options: argparse.Namespace) -> Answer:
    """`unpack ARCHIVE`."""
    bar = TerminalProgress(unit="B", unit_scale=True)
    try:
        folder = unpack_left(options.archive, bar)
    finally:
        bar.close()
    titles = data_sets_in(folder)
    said = f"A data set is there: {', '.join(titles)}." if titles else "No data set was recognised in it."
    result = {"archive": str(options.archive), "folder": str(folder), "data_sets": list(titles)}
    return result, [f"{options.archive.name} is unpacked in {folder}.", said]
