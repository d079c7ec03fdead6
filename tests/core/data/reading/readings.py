"""What tests of readings ask of the object that `inspect_folder` gives."""

import json
import re
from pathlib import Path
from typing import Any

from core.data.diagnoses.diagnoses import diagnosis
from core.data.inspect import inspect_folder

KEYS = frozenset("kind pictures classes malignant parts group columns table left_out cautions certain".split())
Reading = dict[str, Any]


def meant(reading: Reading) -> dict[str, int]:
    """Counts by the usual key of each class, whether the reading writes keys, labels of the file or full names."""
    counts = {diagnosis(name).key.lower(): count for name, count in reading["classes"].items()}
    assert len(counts) == len(reading["classes"])
    return counts


def malignant(reading: Reading) -> dict[str, bool | None]:
    return {diagnosis(name).key.lower(): called for name, called in reading["malignant"].items()}


def part(reading: Reading, name: str) -> int:
    return reading["parts"].get(name) or 0


def said(reading: Reading, words: str) -> bool:
    """Whether a caution, a question or the reason why it is unusable matches a regular expression."""
    texts = [*reading["cautions"], *reading.get("questions", []), reading.get("problem", "")]
    return any(re.search(words, text, re.IGNORECASE) for text in texts)


def left_out(reading: Reading, words: str) -> int:
    """How many were left out for reasons that match a regular expression."""
    return sum(count for reason, count in reading["left_out"].items() if re.search(words, reason, re.IGNORECASE))


def in_columns(reading: Reading, words: str) -> bool:
    return re.search(words, json.dumps(reading["columns"]), re.IGNORECASE) is not None


def read(folder: Path, **choices: str) -> Reading:
    """The reading of a folder of pictures, with what always holds of one."""
    reading = inspect_folder(folder, choices)
    json.dumps(reading, allow_nan=False)
    assert reading.keys() >= KEYS
    assert reading["kind"] == "pictures"
    assert reading["malignant"].keys() == reading["classes"].keys()
    assert all(isinstance(count, int) and count > 0 for count in reading["left_out"].values())
    assert sum(reading["classes"].values()) <= reading["pictures"]
    assert reading["pictures"] - sum(reading["classes"].values()) <= part(reading, "unlabelled")
    return reading
