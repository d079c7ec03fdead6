"""Keras Tuner's oracles, asked and told directly; importing this imports TensorFlow.

The one place that touches what Keras Tuner and scikit-learn keep to themselves: `_seed_state`, `_random_state`,
`_duplicate`, `_random_populate_space`, `_save_trial`. `tests/core/searches/test_oracles.py` fails where a new version
changes them.
"""

from typing import Any

import numpy as np
from keras_tuner import HyperParameters, Objective, Oracle, oracles
from keras_tuner.engine.trial import Trial, TrialStatus
from threadpoolctl import threadpool_limits

from core.base.errors import SearchError
from core.base.random_streams import Stream, random_stream
from core.models.parameters import Parameter
from core.searches.hyperband import Played, next_trial, sweep
from core.searches.journal import Journal
from core.searches.search_config import OracleKind, SearchConfig
from core.searches.space import combinations, every_combination

_LISTED = 10_000
"""Spaces of up to so many combinations are listed, so that the last new one is found as well."""


class Numbered(Oracle):
    """What all our oracles have in common: what is drawn by chance follows from the seed and the trial's number.

    So nothing but the order of what was asked and told is needed to bring one back, and nothing is saved.
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next values, or that there are none."""
        number = len(self.trials)
        self._seed_state = int(random_stream(self.seed, Stream.PROPOSALS, number).integers(2**32))
        return super().populate_space(trial_id)

    def save(self) -> None:
        """Nothing: the journal of the search is enough."""

    def _save_trial(self, trial: Trial) -> None:
        pass


class Random(Numbered, oracles.RandomSearchOracle):
    """Random search."""


class Grid(Numbered, oracles.GridSearchOracle):
    """Every combination, in order."""


class Hyperband(Oracle):
    """Successive halving in brackets, one sweep after another, as `core.searches.hyperband` decides.

    Not Keras Tuner's own, which ends as soon as chance proposes nothing new, with its brackets half played.
    """

    def __init__(self, space: tuple[Parameter, ...], max_epochs: int, **options: Any):
        super().__init__(**options)
        self.space = space
        self.brackets = sweep(max_epochs, combinations(space))
        self.known: dict[str, dict[str, Any]] = {}
        """Values by trial that were proposed before."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next values, or that other trials have to end first."""
        if trial_id in self.known:
            return {"status": TrialStatus.RUNNING, "values": self.known[trial_id]}
        played = [
            Played(
                trial.trial_id,
                trial.hyperparameters.values.get("tuner/trial_id"),
                trial.status != TrialStatus.RUNNING,
                trial.score if trial.status == TrialStatus.COMPLETED else None,
            )
            for trial in self.trials.values()
        ]
        step = next_trial(played, self.brackets, largest_is_best=self.objective.direction == "max")
        if step is None:
            return {"status": TrialStatus.IDLE, "values": None}
        values = self._own(self.trials[step.goes_on_from]) if step.goes_on_from else self._drawn(step.beside)
        values |= {"tuner/epochs": step.epochs, "tuner/initial_epoch": step.initial_epoch}
        values |= {"tuner/bracket": step.bracket, "tuner/round": step.rung}
        if step.goes_on_from:
            values["tuner/trial_id"] = step.goes_on_from
        return {"status": TrialStatus.RUNNING, "values": values}

    def save(self) -> None:
        """Nothing: the journal of the search is enough."""

    def _save_trial(self, trial: Trial) -> None:
        pass

    def _drawn(self, beside: tuple[str, ...]) -> dict[str, Any]:
        """Values by chance: new ones if there are any, else such as no trial `beside` has."""
        rng = random_stream(self.seed, Stream.PROPOSALS, len(self.trials))
        tried = [self._own(trial) for trial in self.trials.values()]
        if combinations(self.space) <= _LISTED:
            near = [self._own(self.trials[trial_id]) for trial_id in beside]
            every = every_combination(self.space)
            left = [each for each in every if each not in tried] or [each for each in every if each not in near]
            return left[rng.integers(len(left))]
        while True:
            values = {each.name: each.random_sample(int(rng.integers(2**32))) for each in self.hyperparameters.space}
            if values not in tried:
                return values

    def _own(self, trial: Trial) -> dict[str, Any]:
        return {parameter.name: trial.hyperparameters.values[parameter.name] for parameter in self.space}


class Bayesian(Numbered, oracles.BayesianOptimizationOracle):
    """A Gaussian process (Matérn 5/2) with an upper confidence bound, after some trials by chance."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.known: dict[str, dict[str, Any]] = {}
        """Values by trial that were proposed before, so that the process need not be fitted again for each."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next values; by chance also where the process proposes what was tried already."""
        if trial_id in self.known:
            return {"status": TrialStatus.RUNNING, "values": self.known[trial_id]}
        self._random_state = np.random.RandomState([self.seed, len(self.trials)])
        response = super().populate_space(trial_id)
        tried = response["values"] is not None and self._duplicate(response["values"])
        return self._random_populate_space() if tried else response


class Proposer:
    """The oracle of one search, brought to where its journal ends."""

    def __init__(self, config: SearchConfig, journal: Journal):
        self.config = config
        self.oracle = _oracle(config)
        if isinstance(self.oracle, Bayesian | Hyperband):
            self.oracle.known = {trial.trial_id: dict(trial.values) for trial in journal.trials.values()}
        for line in journal.lines:
            if line["kind"] == "proposed":
                again = self.oracle.create_trial(line["trial"])
                if again.trial_id != line["trial"] or again.status != TrialStatus.RUNNING:
                    raise SearchError(
                        "This search cannot go on: its method now proposes other trials than before, perhaps because "
                        "Keras Tuner was updated. Clone the search to start again."
                    )
                again.hyperparameters.values = dict(line["values"])
            elif line["kind"] == "ended":
                self.tell(line["trial"], line["score"], line["best_epoch"])

    def ask_next(self) -> tuple[str, dict[str, Any]] | None:
        """Id and values of the next trial; None while the oracle waits for others to end, or has no more."""
        with threadpool_limits(1):  # the matrices of the Gaussian process are so small that threads only wait
            trial = self.oracle.create_trial(f"{len(self.oracle.trials):04d}")
        if trial.status != TrialStatus.RUNNING:
            return None
        return trial.trial_id, {name: _plain(value) for name, value in trial.hyperparameters.values.items()}

    def tell(self, trial_id: str, score: float | None, best_epoch: int | None) -> None:
        """How a trial ended: with its score, or without one because it failed."""
        trial = self.oracle.trials[trial_id]
        if score is None:
            trial.status = TrialStatus.FAILED
        else:
            self.oracle.update_trial(trial_id, {self.config.objective: score}, step=best_epoch or 0)
            trial.status = TrialStatus.COMPLETED
        self.oracle.end_trial(trial)


def _oracle(config: SearchConfig) -> Oracle:
    """The oracle that a configuration names, before its first trial.

    Trials are counted by the driver, which may be asked for more later, so the oracle knows no maximum; nor does it
    count failures, for Keras Tuner counts invalid trials among them.
    """
    options = {
        "objective": Objective(config.objective, config.direction),
        "hyperparameters": hyperparameters(config.space),
        "seed": config.recipe.seed + 1,  # Keras Tuner takes 0 for no seed
        "max_consecutive_failed_trials": None,
        "allow_new_entries": False,
    }
    if config.oracle is OracleKind.HYPERBAND:
        oracle: Oracle = Hyperband(config.space, config.recipe.epochs, **options)
    elif config.oracle is OracleKind.BAYESIAN:
        by_chance = min(3 * len(config.space), max(3, config.trials // 3))
        oracle = Bayesian(max_trials=None, num_initial_points=by_chance, **options)
    else:
        oracle = {OracleKind.RANDOM: Random, OracleKind.GRID: Grid}[config.oracle](max_trials=None, **options)
    oracle.verbose = 0
    return oracle


def hyperparameters(space: tuple[Parameter, ...]) -> HyperParameters:
    """The space as Keras Tuner has it; what has only one value left is fixed."""
    found = HyperParameters()
    for p in space:
        if p.combinations == 1:
            found.Fixed(p.name, p.default)
        elif p.kind == "int":
            found.Int(p.name, *map(int, p.ends), step=int(p.step or 1), default=p.default)
        elif p.values is None:
            sampling = "log" if p.log else "linear"
            found.Float(p.name, *p.ends, sampling=sampling, default=p.default)
        else:  # a number with a fraction in steps too: Keras Tuner would miss 0.3 between 0.1 and 0.3
            ordered = p.kind == "float"
            found.Choice(p.name, list(p.values), ordered=ordered, default=p.default)
    return found


def _plain(value: Any) -> Any:
    """A number of NumPy's as one of Python's own."""
    return value.item() if isinstance(value, np.generic) else value
