"""What the command `weights` does."""

import argparse

from core.base.errors import ConfigurationError
from core.cli.commands import Answer, TerminalProgress
from core.models.trunks import TRUNKS, Trunk
from core.models.weights import find_published, how_to_get
from core.training.weights_download import download_weights, trunk_named


def weights(options: argparse.Namespace) -> Answer:
    """`weights [NAME] [--download]`."""
    if options.download:
        if options.name is None:
            raise ConfigurationError("Name the model whose weights are to be downloaded; `weights` lists them.")
        return _downloaded(trunk_named(options.name))
    chosen = [trunk_named(options.name)] if options.name else TRUNKS
    entries = [
        {
            "name": trunk.name,
            "title": trunk.title,
            "file": str(file) if (file := find_published(trunk)) else None,
            "licence": trunk.weights.licence,
            "source": trunk.source,
            "how_to_get": how_to_get(trunk),
        }
        for trunk in chosen
    ]
    lines = []
    for entry in entries:
        where = entry["file"] or f"{entry['how_to_get']}."
        lines.append(f"{entry['name']:<20} {'here' if entry['file'] else 'to get':<7} {entry['licence']:<13} {where}")
    return {"weights": entries}, lines


def _downloaded(trunk: Trunk) -> Answer:
    bar = TerminalProgress(unit="B", unit_scale=True)
    try:
        file = download_weights(trunk, lambda count, total, what: bar(count, total, what.partition(":")[0]))
    finally:
        bar.close()
    result = {"name": trunk.name, "file": str(file), "licence": trunk.weights.licence, "source": trunk.source}
    return result, [f"The ImageNet weights of {trunk.title} are in {file}, licence {trunk.weights.licence}."]
