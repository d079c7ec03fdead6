"""One trained model on the demo, asked for in one click, so that every page has something to show."""

from filelock import FileLock

from core.base.settings import artifacts_dir
from core.data.demo.demo import DEMO_SPEC
from core.engine.launch import launch, resume
from core.runs.index import all_runs
from core.runs.run_folder import RunFolder, RunSummary
from core.runs.run_states import State
from core.training.presets import preset
from core.training.recipe import Recipe, make_recipe

PRESET = "fifteen-seconds"
"""The preset that learns all of the demo within a minute on two cores."""
WITHIN_A_MINUTE = {"augment_flip": "horizontal"}
"""What differs from the preset: the frozen part looks at each picture in two ways, not in eight, which would be most of
the time on a data set that small."""


def demo_recipe() -> Recipe:
    """What is trained."""
    return make_recipe(dataset=DEMO_SPEC.name, **{**preset(PRESET).fields, **WITHIN_A_MINUTE})


def demo_training() -> RunSummary | None:
    """The run of `demo_recipe`: a finished one, else one that is queued or at work, else the newest; None without."""
    recipe = demo_recipe()
    runs = [each.summary for each in all_runs().runs if each.summary.recipe == recipe]
    return min(runs, key=_rank, default=None)


def train_on_demo(owner: str = "") -> RunFolder:
    """Hand the training to the engine; returns as soon as it is queued.

    One that is finished, queued or at work is returned instead of starting another, and one that ended before it was
    finished goes on, so that two who ask at the same time train once.

    Raises:
        EngineError: the engine cannot be reached.
        RunError: a process still holds the run that is to go on.
    """
    folder = artifacts_dir() / "lessons"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "demo-training.lock"):
        known = demo_training()
        if known is None:
            return launch(demo_recipe(), owner=owner)
        if known.run.resumable():
            resume(known.run)
        return known.run


def _rank(summary: RunSummary) -> int:
    state = summary.status.state
    if state is State.FINISHED:
        return 0
    return 1 if state.active or state is State.QUEUED else 2
