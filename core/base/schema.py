"""Versions of the files in which records are kept: how what an older version wrote becomes what this one reads.

Version 1 is what Lesion Lab 0.1.0 wrote, which did not say so. A change that older files cannot be read with as they
are (a field renamed, a unit changed) adds one step here. A new field with a default needs none, and neither does one
that is left out: whoever reads takes the fields that it knows.
"""

from collections.abc import Callable, Mapping
from typing import Any

Value = dict[str, Any]
VERSION = "schema"
"""Name of the field that says the version."""


class Schema:
    """All versions of one kind of file; each of the `steps` turns a value of one version into one of the next."""

    def __init__(self, *steps: Callable[[Value], Value]):
        self._steps = steps

    @property
    def version(self) -> int:
        """The version that is written."""
        return 1 + len(self._steps)

    def stamped(self, value: Value) -> Value:
        """The value with its version, as it is written."""
        return {VERSION: self.version, **value}

    def current(self, value: Any) -> Value:
        """What a file of any version says, without its version; one of a newer version as it stands.

        Raises:
            ValueError: it is no object, or its version is no number.
        """
        if not isinstance(value, dict):
            raise ValueError("This is not a JSON object.")
        value = dict(value)
        version = value.pop(VERSION, 1)
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise ValueError(f"{version!r} is not a version.")
        for step in self._steps[version - 1 :]:
            value = step(value)
        return value


def _renamed(names: Mapping[str, str]) -> Callable[[Value], Value]:
    return lambda value: {names.get(name, name): each for name, each in value.items()}


RUN_STATUS = Schema(_renamed({"fruitless": "failed_restarts"}))
SEARCH_STATUS = Schema()
JOB_STATUS = Schema()
RECIPE = Schema()
SEARCH = Schema()
SEARCH_WANTED = Schema()
JOB = Schema()
PREDICTOR = Schema()
CAUTION = Schema()
REVIEW = Schema()
THRESHOLD = Schema()
DRIFT = Schema()
CARD_NOTES = Schema()
FAST_ANSWERS = Schema()
