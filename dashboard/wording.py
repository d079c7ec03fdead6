"""How runs and durations are said, on pages as in answers to the browser."""

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
