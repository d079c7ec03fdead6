"""The code that gives a network the weights that a recipe begins with: their file is an argument of the script."""

from core.export import pieces
from core.models.registry import model_spec
from core.models.weights import file_for_keras
from core.training.recipe import Recipe


def begins_with(recipe: Recipe) -> str:
    """The name of the file that the code needs; "" where the network begins with chance."""
    file = file_for_keras(model_spec(recipe.model), recipe.weights)
    return file.name if file else ""


def loading(recipe: Recipe) -> str:
    """The code that follows on the making of `model`; empty where the network begins with chance."""
    file = begins_with(recipe)
    if not file:
        return ""
    if file.endswith(".keras"):
        read = pieces.TAKE_FROM_MODEL
    elif file.endswith(".weights.h5"):
        read = pieces.READ_WEIGHTS
    else:
        read = pieces.READ_OLDER_WEIGHTS
    # The published files of this family need a hand, which stands with its network.
    mended = "normalize_as_published(trunk)\n" if "applications" in model_spec(recipe.model).builder else ""
    return f"\n\n\n{pieces.TRUNK}{read}{mended}{pieces.SEED_AGAIN}"
