"""What the commands `sources` and `download` do."""

import argparse

from core.base.settings import configured_roots
from core.cli.commands import Answer, TerminalProgress
from core.data.download.download import download as fetch_source
from core.data.download.download import in_bytes, is_complete, require_accepted, size_in_words
from core.data.download.sources import SOURCES, find_source


def sources(_: argparse.Namespace) -> Answer:
    """`sources`."""
    root = configured_roots()[0]
    entries = [
        {
            "name": source.name,
            "title": source.title,
            "here": is_complete(source, root / source.folder),
            "bytes": source.size,
            "folder": str(root / source.folder),
            "licence": source.licence,
            "licence_url": source.licence_url,
            "citation": source.citation,
            "homepage": source.homepage,
        }
        for source in SOURCES
    ]
    lines = []
    for source, entry in zip(SOURCES, entries, strict=True):
        state = "here" if entry["here"] else "to get"
        lines.append(f"{source.name:<16} {state:<7} {source.title}, {size_in_words(source)}")
        lines.append(f"{'':<24} {source.licence} {source.licence_url}")
        lines.append(f"{'':<24} Cite: {source.citation}")
    return {"sources": entries}, lines


def download(options: argparse.Namespace) -> Answer:
    """`download SOURCE [--accept-licence]`."""
    source = find_source(options.source)
    require_accepted(source, source.licence if options.accept_licence else "")
    bar = TerminalProgress(unit="B", unit_scale=True)
    try:  # what is said while fetching is “file: so much of so much”; the bar has the figures itself
        done = fetch_source(
            source, configured_roots()[0], lambda count, total, what: bar(count, total, what.partition(":")[0])
        )
    finally:
        bar.close()
    result = {"source": source.name, **done.to_json(), "licence": source.licence, "citation": source.citation}
    return result, [f"{source.title} is in {done.folder} ({in_bytes(done.bytes)}).", f"Cite: {source.citation}"]
