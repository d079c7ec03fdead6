"""Where Keras keeps published weights: addresses and checksums from the source of the Keras that is installed.

The source is read and never imported, for that would load TensorFlow, which the web process must not.
"""

import ast
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from core.base.errors import ConfigurationError
from core.models.trunks import PublishedWeights


def address(weights: PublishedWeights) -> str:
    """Where a file of Keras' own store is fetched from.

    Raises:
        ConfigurationError: the Keras that is installed does not say it.
    """
    for name in ("BASE_WEIGHTS_PATH", "BASE_WEIGHT_PATH"):
        base = _constants(weights.module).get(name)
        if isinstance(base, str):
            return base + weights.file
    raise ConfigurationError(
        f"This version of Keras does not say where to get {weights.file}. Install the version in constraints.txt."
    )


def checksum(weights: PublishedWeights) -> tuple[str, str]:
    """The kind of checksum of a file, "sha256" or "md5", and the checksum; two empty texts where nobody tells it."""
    if weights.sha256:
        return "sha256", weights.sha256
    hashes = _constants(weights.module).get("WEIGHTS_HASHES", {}) if weights.module else {}
    found = hashes[weights.key][1] if weights.key in hashes else _told_where_fetched(weights)
    return ("sha256" if len(found) == 64 else "md5", found) if found else ("", "")


def _told_where_fetched(weights: PublishedWeights) -> str:
    """The checksum in the very call that fetches the file, as in DenseNet's source."""
    for node in ast.walk(_source(weights.module)) if weights.key else ():
        if isinstance(node, ast.Call) and any(isinstance(a, ast.Name) and a.id == weights.key for a in node.args):
            for keyword in node.keywords:
                if keyword.arg == "file_hash" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
    return ""


@cache
def _source(module: str) -> ast.Module:
    keras = importlib.util.find_spec("keras")  # of a whole package, which is not imported for this
    if keras is None or keras.origin is None:
        raise ConfigurationError("Keras is not installed. Run make setup.")
    file = Path(keras.origin).parent / "src" / "applications" / f"{module}.py"
    return ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])


@cache
def _constants(module: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in _source(module).body:
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name):
            try:
                found[target.id] = ast.literal_eval(node.value)
            except ValueError:  # computed from others
                continue
    return found
