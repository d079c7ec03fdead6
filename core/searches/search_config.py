"""What a search is asked to do: immutable once the search exists."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.base.errors import ConfigurationError
from core.base.files import read_json
from core.base.numbers import Whole
from core.base.schema import SEARCH
from core.models.parameters import Parameter
from core.searches.hyperband import FACTOR, hyperband_trials
from core.searches.journal import Trial
from core.searches.search_folder import SearchFolder
from core.searches.space import combinations, search_space, trial_recipe
from core.training.recipe import Recipe, problems_named

MOST_TRIALS = 10_000


class OracleKind(StrEnum):
    """Who proposes the next trial."""

    RANDOM = "random"
    GRID = "grid"
    BAYESIAN = "bayesian"
    HYPERBAND = "hyperband"

    @property
    def meaning(self) -> str:
        """One line for people."""
        return _MEANINGS[self]


_MEANINGS = {
    OracleKind.RANDOM: "Every trial is drawn at random.",
    OracleKind.GRID: "Goes through all combinations in order; a number without steps is tried at ten places.",
    OracleKind.BAYESIAN: "Starts with a few random trials, then tries where a Gaussian process expects the best.",
    OracleKind.HYPERBAND: "Trains many for few epochs, and only the best third of them for three times as many.",
}


class SearchConfig(BaseModel):
    """What was asked. Field descriptions are shown to people."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    recipe: Recipe = Field(
        description="What all trials share. Its seed also fixes what is proposed, its `monitor` is the objective."
    )
    oracle: OracleKind = Field(default=OracleKind.RANDOM, description="Search method: how the next trial is chosen.")
    trials: Whole = Field(
        default=20, ge=1, le=MOST_TRIALS, description="How many trials, those that are invalid included."
    )
    parallel: Whole = Field(default=1, ge=1, le=64, description="How many trials may run or wait for a device at once.")
    space: tuple[Parameter, ...] = Field(default=(), description="What is searched; empty means everything.")
    owner: str = Field(default="", max_length=200, description="Who asked.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        known = search_space(self.recipe.model)
        if not self.space:
            object.__setattr__(self, "space", known)
        names = [parameter.name for parameter in self.space]
        unknown = set(names) - {parameter.name for parameter in known}
        if unknown or len(set(names)) < len(names):
            wrong = ", ".join(sorted(unknown)) or "something twice"
            raise ConfigurationError(f"The space of {self.recipe.model} cannot have {wrong}.")
        if self.oracle is OracleKind.HYPERBAND and self.recipe.epochs < FACTOR:
            raise ConfigurationError(f"epochs: Hyperband needs at least {FACTOR}, for it starts with fewer.")
        return self

    @property
    def objective(self) -> str:
        """Validation metric by which trials are compared."""
        return self.recipe.monitor

    @property
    def direction(self) -> str:
        """ "min" for a loss, "max" for everything else."""
        return "min" if self.objective.endswith("loss") else "max"

    def better(self, score: float, than: float | None) -> bool:
        """True if a score is better than another, or there is no other."""
        return than is None or (score < than if self.direction == "min" else score > than)

    def best(self, trials: Iterable[Trial]) -> Trial | None:
        """The trial with the best score, the first of equals; None where none has a score."""
        found: Trial | None = None
        for trial in trials:
            if trial.score is not None and self.better(trial.score, found.score if found else None):
                found = trial
        return found

    def recipe_of(self, values: dict[str, Any]) -> Recipe:
        """The recipe of a trial with these values.

        Raises:
            ConfigurationError: they do not go together.
        """
        return trial_recipe(self.recipe, self.space, values)


def make_search_config(**values: Any) -> SearchConfig:
    """Validate values into a configuration; text is converted where the field is a number.

    Raises:
        ConfigurationError: names every field that is wrong, and how.
    """
    with problems_named("The search cannot be started"):
        return SearchConfig(**values)


def read_search_config(search: SearchFolder) -> SearchConfig:
    """What a search was asked to do.

    Raises:
        SearchError: the file cannot be read.
        ConfigurationError: it asks for what is not known here any more.
    """
    with search.unreadable_named(search.config_file.name):
        value = SEARCH.current(read_json(search.config_file))
        known = {name: each for name, each in value.items() if name in SearchConfig.model_fields}
        return SearchConfig(**{**known, "recipe": Recipe.from_json(value["recipe"])})


def usual_trials(oracle: OracleKind, epochs: int, space: Iterable[Parameter]) -> int:
    """How many trials are asked for where nobody says: one sweep of Hyperband, else 20."""
    if oracle is OracleKind.HYPERBAND:
        return hyperband_trials(epochs, combinations(space))
    return SearchConfig.model_fields["trials"].default
