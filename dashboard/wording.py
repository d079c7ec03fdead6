"""How runs and durations are said, on pages as in answers to the browser."""

from core.base.percents import percent
from core.data.catalog import is_synthetic
from core.training.recipe import Recipe


def in_words(seconds: float) -> str:
    """A duration in seconds as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def data_name(recipe: Recipe) -> str:
    """What a run learns from, in a list: the name of the data set, and that it is synthetic."""
    return f"{recipe.dataset} (synthetic)" if is_synthetic(recipe.dataset) else recipe.dataset


def input_bound(share: float, things: str) -> str:
    """What to know and to do where a run waits for its examples: `share` of its learning time, 0…1."""
    faster = (
        "put the artifacts folder on a faster disk, choose a smaller image size, or " if things == "pictures" else ""
    )
    return (
        f"Reading the {things} limits the speed: {percent(share, 0)} of the learning time was waiting for them. "
        f"To make it faster, {faster}let less else run on this machine."
    )
