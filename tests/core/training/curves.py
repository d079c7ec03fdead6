"""Reading what a training wrote."""

import json
from pathlib import Path
from typing import Any

CLOCK = ("time", "seconds", "images_per_second", "input_wait")


def lines(path: Path, kind: str = "epoch") -> list[dict[str, Any]]:
    """The lines of one kind."""
    return [line for line in map(json.loads, path.read_text().splitlines()) if line["kind"] == kind]


def comparable_lines(path: Path, *kinds: str) -> list[dict[str, Any]]:
    """Lines of these kinds, epochs alone if none is named, less what the clock decides."""
    every = map(json.loads, path.read_text().splitlines())
    return [{k: v for k, v in line.items() if k not in CLOCK} for line in every if line["kind"] in (kinds or "epoch")]
