"""How long a training is going to take, before it is started."""

import streamlit as st

from core.models.registry import model_spec
from core.runs.pace import images_per_second
from core.training.recipe import Recipe
from dashboard.wording import in_words


def say_how_long(recipe: Recipe, pictures: int, trainings: int = 1) -> None:
    """A line with the time that learning takes, as far as earlier runs tell; nothing where nothing is learnt in steps.

    Args:
        recipe: what is trained.
        pictures: how many an epoch learns from.
        trainings: how many there are of it, as with folds.
    """
    if not model_spec(recipe.model).gradient_trained:
        return
    speed = _speed(recipe.model_dump_json())
    if not speed:
        st.caption(
            "How long it takes is not known: no run of this model at this size has ended yet. The run says so after "
            "its first batches."
        )
        return
    at_most = "At most about" if any(stage.early_stopping_patience for stage in recipe.as_stages) else "About"
    of_each = " for each training" if trainings > 1 else ""
    time = in_words(recipe.epochs * pictures / speed)
    st.caption(
        f"{at_most} {time}{of_each}: {recipe.epochs:,} epochs of {pictures:,} pictures, at the {speed:,.0f} pictures/s "
        "of an earlier run. Judging comes on top."
    )


@st.cache_data(ttl="30s", max_entries=100, show_spinner=False)
def _speed(recipe: str) -> float | None:
    return images_per_second(Recipe.model_validate_json(recipe))
