"""What runs are called, everywhere: enough to tell any two of them apart."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.runs.index import Snapshot, all_runs
from core.runs.labels import read_labels
from core.runs.run_folder import RunFolder, RunSummary, summarise
from core.training.recipe import Recipe
from dashboard.local_time import made_at
from dashboard.wording import data_name

NAMES_SECONDS = 1.0
"""How old the names that people have given runs may be."""
_TO_THE_MINUTE = len("20260101-0000")


def run_title(summary: RunSummary) -> str:
    """What a run is called wherever it stands alone; the same as in a box of many runs, `run_choices`."""
    return run_choices([summary])[summary.run.run_id]


def title_of_run(run_id: str) -> str:
    """What a run is called of which only the id is known; the id itself where it is not here any more."""
    summary = next((each.summary for each in all_runs(NAMES_SECONDS).runs if each.summary.run.run_id == run_id), None)
    return run_id if summary is None else run_title(summary)


def title_of_folder(run: RunFolder) -> str:
    """What a run is called that is in no list, such as a deleted one."""
    summary = summarise(run)
    if summary is None:
        return run.run_id
    return _title(summary, _known([summary]), read_labels(run).name)


def run_titles(summaries: Sequence[RunSummary]) -> list[str]:
    """What runs are called as columns beside each other: without the model or the data set that all share.

    A name that a person has given a run stands first. Of others with the same model and data, each has what differs
    between them (epochs, seed, split …) before its time; of those that were made within the same minute, each has the
    end of its id as well.
    """
    models, datasets = ({getattr(s.recipe, name) for s in summaries} for name in ("model", "dataset"))
    one = len(summaries) == 1
    beside = _Known.of(summaries, _known([]).given)
    shown = {"model": one or len(models) > 1, "dataset": one or len(datasets) > 1}
    return [_title(each, beside, beside.given.get(each.run.run_id, ""), **shown) for each in summaries]


def run_choices(summaries: Sequence[RunSummary]) -> dict[str, str]:
    """Titles of runs by their id, each with model and data set, and with what differs from other runs that are here.

    So a run is called the same in every box and headline. A browser names what was chosen by its title: where two were
    the same, it could be the other run.
    """
    known = _known(summaries)
    return {each.run.run_id: _title(each, known, known.given.get(each.run.run_id, "")) for each in summaries}


@dataclass(frozen=True)
class _Known:
    """What tells runs apart: settings that vary among those of one model and data set, and how many look alike."""

    given: Mapping[str, str]
    """The names that people have given runs, by id."""
    varied: Mapping[tuple[str, str], frozenset[str]]
    alike: Mapping[tuple[str, ...], int]

    @classmethod
    def of(cls, summaries: Sequence[RunSummary], given: Mapping[str, str]) -> "_Known":
        """What tells these runs apart."""
        said: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for each in summaries:
            for name, value in _settings(each.recipe).items():
                said[_kind(each.recipe)][name].add(value)
        varied = {kind: frozenset(n for n, values in of.items() if len(values) > 1) for kind, of in said.items()}
        alike = Counter(_looks(each, given.get(each.run.run_id, "")) for each in summaries)
        return cls(given, varied, alike)


_seen: tuple[Snapshot, _Known] | None = None


def _known(summaries: Sequence[RunSummary]) -> _Known:
    """What tells all runs that are here apart, and those of `summaries` that are not among them."""
    global _seen
    snapshot, seen = all_runs(NAMES_SECONDS), _seen
    if seen is None or seen[0] is not snapshot:
        given = {each.summary.run.run_id: each.labels.name for each in snapshot.runs if each.labels.name}
        seen = _seen = snapshot, _Known.of([each.summary for each in snapshot.runs], given)
    here = {each.summary.run.run_id for each in snapshot.runs}
    if new := [each for each in summaries if each.run.run_id not in here]:
        return _Known.of([*(each.summary for each in snapshot.runs), *new], seen[1].given)
    return seen[1]


def _title(summary: RunSummary, known: _Known, own: str, *, model: bool = True, dataset: bool = True) -> str:
    recipe, run_id = summary.recipe, summary.run.run_id
    names = (recipe.model if model else "", data_name(recipe) if dataset else "")
    varied = known.varied.get(_kind(recipe), frozenset())
    settings = () if own else (value for name, value in _settings(recipe).items() if name in varied)
    parts = [
        own,
        " on ".join(filter(None, names)),
        _fold(recipe),
        *settings,
        "leaking split" if summary.leaking else "",
        "" if own else made_at(run_id),
        run_id[-4:] if known.alike.get(_looks(summary, own), 0) > 1 else "",
    ]
    return " · ".join(filter(None, parts))


def _looks(summary: RunSummary, own: str) -> tuple[str, ...]:
    """The same for runs whose titles would be the same without the end of their ids."""
    recipe = summary.recipe
    apart = () if own else (*_settings(recipe).values(), summary.run.run_id[:_TO_THE_MINUTE])
    return own, *_kind(recipe), _fold(recipe), "leaks" if summary.leaking else "", *apart


def _kind(recipe: Recipe) -> tuple[str, str]:
    return recipe.model, recipe.dataset


def _settings(recipe: Recipe) -> dict[str, str]:
    """The settings by which people tell runs apart, in words."""
    return {
        "metadata": f"with {', '.join(recipe.metadata)}" if recipe.metadata else "",
        "split": f"{recipe.split} split",
        "size": f"{recipe.image_size}×{recipe.image_size}" if recipe.image_size else "",
        "epochs": f"{recipe.epochs} epoch{'s' * (recipe.epochs != 1)}",
        "seed": f"seed {recipe.seed}",
    }


def _fold(recipe: Recipe) -> str:
    """Which fold of a cross-validation a run is tested on; nothing for a single split."""
    if not recipe.folds:
        return ""
    return f"fold {recipe.fold} of {recipe.folds}" if recipe.fold else f"out-of-fold, {recipe.folds} folds"
