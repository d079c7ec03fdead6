"""The training that is likely to be launched next, so that a waiting process can build its network beforehand."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import LesionLabError
from core.base.files import read_json, write_json
from core.engine.engine_folder import engine_folder

if TYPE_CHECKING:
    from core.training.recipe import Recipe


@dataclass(frozen=True)
class Expected:
    """A recipe, the number of classes and the number of examples that an epoch goes through."""

    recipe: "Recipe"
    classes: int
    examples: int


def expect(recipe: "Recipe", classes: int, examples: int) -> None:
    """Say what is likely to be launched next; what was said before is forgotten.

    Raises:
        DiskFullError: what was said before still stands.
    """
    value = {"recipe": recipe.model_dump(mode="json"), "classes": classes, "examples": examples}
    with contextlib.suppress(OSError, ValueError):
        if read_json(_file()) == value:
            return
    write_json(_file(), value)


def expected(known: int) -> tuple[Expected | None, int]:
    """What was said since the moment `known`, None if nothing that can be used, and the moment of the last word."""
    try:
        said = _file().stat().st_mtime_ns
    except OSError:
        return None, known
    if said == known:
        return None, known
    try:
        from core.training.recipe import Recipe

        value = read_json(_file())
        return Expected(Recipe(**value["recipe"]), int(value["classes"]), int(value["examples"])), said
    except (OSError, ValueError, KeyError, TypeError, LesionLabError):  # such as a model that is not known here
        return None, said


def _file() -> Path:
    return engine_folder() / "expected.json"
