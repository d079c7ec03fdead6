"""What runs are called where they stand beside each other: enough to tell any two of them apart."""

from collections import Counter
from collections.abc import Sequence

from core.runs.index import all_runs
from core.runs.run_folder import RunSummary
from core.training.recipe import Recipe
from dashboard.local_time import made_at
from dashboard.wording import data_name

NAMES_SECONDS = 1.0
"""How old the names that people have given runs may be."""


def run_title(summary: RunSummary) -> str:
    """What a run is called in a list: model, data set, whether its split leaks, and when it was made."""
    return run_titles([summary])[0]


def run_titles(summaries: Sequence[RunSummary]) -> list[str]:
    """What runs are called beside each other: as in a list, but without the model or the data set that all share.

    A name that a person has given a run stands first. Of others with the same model and data, each has what differs
    between them (epochs, seed, split …) before its time; of those that were made within the same minute, each has the
    end of its id as well.
    """
    models, datasets = ({getattr(s.recipe, name) for s in summaries} for name in ("model", "dataset"))
    one = len(summaries) == 1
    return _titles(summaries, model=one or len(models) > 1, dataset=one or len(datasets) > 1)


def run_choices(summaries: Sequence[RunSummary]) -> dict[str, str]:
    """Titles of runs by their id, for a box to choose from; as `run_titles`, but each with model and data set.

    A browser names what was chosen by its title: where two were the same, it could be the other run.
    """
    titles = _titles(summaries, model=True, dataset=True)
    return {summary.run.run_id: title for summary, title in zip(summaries, titles, strict=True)}


def _titles(summaries: Sequence[RunSummary], *, model: bool, dataset: bool) -> list[str]:
    alike: dict[tuple[str, str], list[Recipe]] = {}
    for each in summaries:
        alike.setdefault((each.recipe.model, each.recipe.dataset), []).append(each.recipe)
    titles, given = [], _given_names()
    for each in summaries:
        recipe, own = each.recipe, given.get(each.run.run_id, "")
        names = (recipe.model if model else "", data_name(recipe) if dataset else "")
        parts = [
            own,
            " on ".join(filter(None, names)),
            _fold(recipe),
            *([] if own else _what_differs(recipe, alike[recipe.model, recipe.dataset])),
            "leaking split" if each.leaking else "",
            "" if own else made_at(each.run.run_id),
        ]
        titles.append(" · ".join(filter(None, parts)))
    often = Counter(titles)
    return [
        title if often[title] == 1 else f"{title} · {each.run.run_id[-4:]}"
        for title, each in zip(titles, summaries, strict=True)
    ]


def _given_names() -> dict[str, str]:
    """The names that people have given runs, by id."""
    return {each.summary.run.run_id: each.labels.name for each in all_runs(NAMES_SECONDS).runs if each.labels.name}


def _what_differs(recipe: Recipe, alike: list[Recipe]) -> list[str]:
    """What a recipe says of each of the settings that are not the same in all that are `alike`."""
    said = [_settings(other) for other in alike]
    return [value for name, value in _settings(recipe).items() if value and len({each[name] for each in said}) > 1]


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
