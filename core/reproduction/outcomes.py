"""How a row of the table stands: the runs of its trainings, and what they found."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.base.errors import LesionLabError
from core.data.catalog import Catalog
from core.evaluation.paired import Difference
from core.evaluation.seeds import mean_difference
from core.models.registry import model_spec
from core.reproduction.planning import PROTOCOLS, Planned, counted, examples_of, plan
from core.reproduction.systems import System
from core.runs.index import all_runs
from core.runs.judging.results import headline_metrics, load_leakage_of
from core.runs.run_folder import RunFolder, RunSummary
from core.runs.run_states import State
from core.runs.trained import read_trained
from core.serving.predictor import PredictorInfo
from core.training.recipe import Recipe

_SECONDS_BESIDE = 20.0
"""What a run takes beside its epochs: loading TensorFlow, reading pictures, judging."""
FEWEST_GROUPS = 5
"""Drawing whole groups again tells nothing where there are fewer: such a figure has no interval."""
_RANK = (State.FINISHED, State.EVALUATING, State.RUNNING, State.STARTING, State.QUEUED)


class Progress(StrEnum):
    """How far a row is."""

    DONE = "done"
    TRAINING = "training"
    FAILED = "failed"
    PARTLY = "partly done"
    OPEN = "not started"
    IMPOSSIBLE = "not possible here"

    @property
    def meaning(self) -> str:
        """One line for people."""
        return {
            Progress.DONE: "Everything that the data here allow has been trained.",
            Progress.TRAINING: "A training of it is queued or being trained.",
            Progress.FAILED: "A training of it ended before it was finished; started again, it goes on.",
            Progress.PARTLY: "Some of its trainings are done.",
            Progress.OPEN: "Nothing of it has been trained yet.",
            Progress.IMPOSSIBLE: "What it needs is not here; the row says what.",
        }[self]


@dataclass(frozen=True)
class Training:
    """One training of a row, and the run that has its very recipe, where there is one."""

    recipe: Recipe
    run: RunFolder | None = None
    state: State | None = None
    eta_seconds: float | None = None

    @property
    def done(self) -> bool:
        """True once it is judged."""
        return self.state is State.FINISHED

    @property
    def active(self) -> bool:
        """True while it is queued or worked on."""
        return self.state is not None and not self.state.over


@dataclass(frozen=True)
class Figure:
    """What one run found on the part that speaks for it; fractions are 0…1, and what is undefined is None.

    `copied` and `related` are the shares of the judged pictures that training has in copy or in another photo of their
    group. `majority_class` is a name for people. `seconds` counts learning alone.
    """

    run_id: str
    part: str
    accuracy: float | None
    interval: tuple[float, float] | None
    balanced_accuracy: float | None
    macro_auc: float | None
    log_loss: float | None
    floor: float | None
    majority_class: str
    pictures: int
    groups: int
    leaking: bool
    copied: float
    related: float
    seconds: float | None
    hardware: str


@dataclass(frozen=True)
class Claim:
    """Two networks over several seeds: accuracy of each, by how much the first is ahead, and its interval."""

    seeds: tuple[int, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    difference: Difference
    seconds: float
    hardware: str


@dataclass(frozen=True)
class Half:
    """A row under one protocol: what is planned, its trainings by seed and network, and what they found."""

    planned: Planned
    trainings: tuple[tuple[Training, ...], ...] = ()
    figure: Figure | None = None
    claim: Claim | None = None
    problem: str = ""

    @property
    def each(self) -> tuple[Training, ...]:
        """All trainings, seed after seed."""
        return tuple(training for of_seed in self.trainings for training in of_seed)


@dataclass(frozen=True)
class Standing:
    """A row of the table as it is now."""

    system: System
    theirs: Half
    honest: Half

    @property
    def halves(self) -> tuple[Half, Half]:
        """Under their protocol, and under the honest one."""
        return self.theirs, self.honest

    @property
    def trainings(self) -> tuple[Training, ...]:
        """All trainings, in the order in which they are done."""
        return (*self.theirs.each, *self.honest.each)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        states = self.trainings
        if not states:
            return Progress.IMPOSSIBLE
        if any(each.active for each in states):
            return Progress.TRAINING
        if all(each.done for each in states):
            return Progress.DONE
        if any(each.run is not None and not each.done for each in states):
            return Progress.FAILED
        return Progress.PARTLY if any(each.done for each in states) else Progress.OPEN


def standings(systems: Iterable[System], catalog: Catalog, quick: bool = False) -> list[Standing]:
    """How rows stand: nothing is trained, and what earlier runs of the same recipes found is taken."""
    runs = _best_runs()
    return [
        Standing(system, *(_half(plan(system, protocol, catalog, quick), runs) for protocol in PROTOCOLS))
        for system in systems
    ]


def seconds_left(standing: Iterable[Standing], catalog: Catalog) -> tuple[float, int]:
    """About how long the trainings that are not done take, and for how many of them nothing tells.

    Told from how many pictures a second the newest run of the same network and picture size has learnt from.
    """
    known, unknown = 0.0, 0
    paces = _paces()
    waiting = {training.recipe: training for each in standing for training in each.trainings if not training.done}
    for recipe, training in waiting.items():
        pace = paces.get((recipe.model, recipe.image_size))
        if training.eta_seconds is not None:
            known += training.eta_seconds
        elif not model_spec(recipe.model).gradient_trained:
            known += _SECONDS_BESIDE
        elif pace:
            known += _SECONDS_BESIDE + recipe.epochs * examples_of(recipe, counted(recipe.dataset, catalog)) / pace
        else:
            unknown += 1
    return known, unknown


def figure_of(run: RunFolder) -> Figure:
    """What a run found.

    Raises:
        RunError: it is not evaluated, or its files are damaged.
    """
    part, metrics = headline_metrics(run)
    leakage, trained = load_leakage_of(run), read_trained(run)
    names = {c.key: c.name for c in PredictorInfo.load(run.predictor_file).classes}
    judged = max(leakage.held_out, 1)
    return Figure(
        run_id=run.run_id,
        part=part,
        accuracy=metrics.accuracy,
        interval=metrics.intervals.get("accuracy") if metrics.groups >= FEWEST_GROUPS else None,
        balanced_accuracy=metrics.balanced_accuracy,
        macro_auc=metrics.macro_auc,
        log_loss=metrics.log_loss,
        floor=metrics.majority_accuracy,
        majority_class=names.get(metrics.majority_class, metrics.majority_class),
        pictures=sum(map(sum, metrics.confusion)),
        groups=metrics.groups,
        leaking=leakage.leaking,
        copied=leakage.with_copy_in_train / judged,
        related=leakage.with_group_in_train / judged,
        seconds=trained.seconds if trained else None,
        hardware=trained.hardware if trained else "",
    )


def _half(planned: Planned, runs: dict[Recipe, RunSummary]) -> Half:
    trainings = tuple(tuple(_training(recipe, runs) for recipe in of_seed) for of_seed in planned.recipes)
    half = Half(planned, trainings)
    if not half.each or not all(training.done for training in half.each):
        return half
    try:
        figures = [[figure_of(training.run) for training in of_seed if training.run] for of_seed in trainings]
        if len(figures[0]) == 1:
            return Half(planned, trainings, figures[0][0])
        return Half(planned, trainings, claim=_claim(planned, figures))
    except LesionLabError as error:
        return Half(planned, trainings, problem=str(error))


def _claim(planned: Planned, figures: list[list[Figure]]) -> Claim:
    first, second = (tuple(float(of_seed[side].accuracy or 0.0) for of_seed in figures) for side in (0, 1))
    return Claim(
        tuple(of_seed[0].seed for of_seed in planned.recipes),
        first,
        second,
        mean_difference(first, second),
        sum(figure.seconds or 0.0 for of_seed in figures for figure in of_seed),
        figures[0][0].hardware,
    )


def _training(recipe: Recipe, runs: dict[Recipe, RunSummary]) -> Training:
    found = runs.get(recipe)
    if found is None:
        return Training(recipe)
    return Training(recipe, found.run, found.status.state, found.status.eta_seconds)


def _best_runs() -> dict[Recipe, RunSummary]:
    """By recipe the run that is furthest, the newest of equals."""
    found: dict[Recipe, RunSummary] = {}
    for indexed in all_runs().runs:
        new = indexed.summary
        old = found.get(new.recipe)
        if old is None or _rank(new) < _rank(old):
            found[new.recipe] = new
    return found


def _rank(summary: RunSummary) -> int:
    state = summary.status.state
    return _RANK.index(state) if state in _RANK else len(_RANK)


def _paces() -> dict[tuple[str, int], float]:
    """Pictures a second that the newest run of each network and picture size has learnt from."""
    paces: dict[tuple[str, int], float] = {}
    for indexed in all_runs().runs:
        recipe = indexed.summary.recipe
        key = (recipe.model, recipe.image_size)
        if key not in paces and indexed.summary.status.state is State.FINISHED:
            trained = read_trained(indexed.summary.run)
            if trained is not None and trained.images_per_second:
                paces[key] = trained.images_per_second
    return paces
