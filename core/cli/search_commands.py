"""What the command `search` does: starting hyperparameter searches, and steering them."""

import argparse
from typing import Any

from core.base.errors import ConfigurationError, LesionLabError
from core.models.registry import list_models
from core.searches import control
from core.searches.journal import Trial
from core.searches.presets import presets_of, search_preset
from core.searches.search_config import OracleKind, SearchConfig, make_search_config, read_search_config, usual_trials
from core.searches.search_folder import SearchFolder, list_searches, open_search
from core.searches.space import narrowed_space
from core.searches.trial_runs import shown_state
from core.training.recipe import make_recipe, parse_settings

Answer = tuple[dict[str, Any], list[str]]
_STEERED = {
    "stop": (control.stop, "stop a search and its running trials; resumed, it goes on with them"),
    "pause": (control.pause, "start no new trials, and let those that run go on"),
    "resume": (control.resume, "go on after a pause, a stop or a failure"),
}


def add_commands(search: argparse.ArgumentParser, parents: list[argparse.ArgumentParser]) -> None:
    """Add what can be searched and what can be done with searches to the command `search`.

    Args:
        search: the parser of the command.
        parents: options that every command has.
    """
    add = search.add_subparsers(dest="what", required=True, metavar="MODEL|ACTION").add_parser

    def action(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        sub = add(name, help=text, description=text[0].upper() + text[1:] + ".", parents=parents)
        sub.set_defaults(run=run)
        return sub

    for model in (*list_models(), *list_models("genes")):
        if model.gradient_trained:
            begun = action(model.name, start, f"search the hyperparameters of {model.name}")
            begun.add_argument("--dataset", required=True, metavar="D")
            presets = [preset.name for preset in presets_of(model.name)]
            if presets:
                begun.add_argument("--preset", choices=presets, help="a search by its name; other options change it")
            else:
                begun.set_defaults(preset=None)
            _add_ask(begun)
    for name, (_, text) in _STEERED.items():
        action(name, steer, text).add_argument("search_id", metavar="SEARCH")
    extended = action("extend", extend, "ask for more trials and go on, also after a search has ended")
    extended.add_argument("search_id", metavar="SEARCH")
    extended.add_argument("--trials", type=int, required=True, metavar="N", help="how many more")
    cloned = action("clone", clone, "start a new search like another one, with changes")
    cloned.add_argument("search_id", metavar="SEARCH")
    _add_ask(cloned)
    action("status", status, "tell how a search stands, trial by trial").add_argument("search_id", metavar="SEARCH")
    action("list", searches, "list the searches, newest first")


def _add_ask(sub: argparse.ArgumentParser) -> None:
    explained = {name: field.description for name, field in SearchConfig.model_fields.items()}
    sub.add_argument("--oracle", choices=[str(kind) for kind in OracleKind], help=explained["oracle"])
    sub.add_argument("--trials", type=int, metavar="N", help=explained["trials"])
    sub.add_argument("--parallel", type=int, metavar="K", help=explained["parallel"])
    sub.add_argument("--epochs", metavar="N", help="epochs of a trial; the most that Hyperband gives one")
    sub.add_argument("--seed", metavar="N", help="fixes what is proposed, the split and the first weights")
    sub.add_argument(
        "--objective", choices=["val_loss", "val_accuracy", "val_balanced_accuracy"], help="what trials are compared by"
    )
    sub.add_argument(
        "--tune",
        action="append",
        default=[],
        metavar="NAME[=RANGE]",
        help="search this alone, and within LOW:HIGH or A,B,C; can be given several times",
    )
    sub.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a field of every trial's recipe")


def start(options: argparse.Namespace) -> Answer:
    """`search MODEL --dataset D [--preset NAME] …`."""
    changes = _changes(options)
    preset = search_preset(options.what, options.preset) if options.preset else None
    asked = {**(preset.recipe if preset else {}), **changes.pop("recipe")}
    recipe = make_recipe(model=options.what, dataset=options.dataset, **asked)
    oracle = OracleKind(changes.pop("oracle", preset.oracle if preset else OracleKind.RANDOM))
    space = narrowed_space(recipe.model, options.tune or (preset.tune if preset else ()))
    trials = preset.trials if preset else usual_trials(oracle, recipe.epochs, space)
    config = make_search_config(**{"trials": trials, **changes}, oracle=oracle, recipe=recipe, space=space)
    return _begun(control.start_search(config))


def clone(options: argparse.Namespace) -> Answer:
    """`search clone SEARCH …`."""
    search = open_search(options.search_id)
    changes = _changes(options)
    if options.tune:
        changes["space"] = narrowed_space(read_search_config(search).recipe.model, options.tune)
    return _begun(control.clone(search, **changes.pop("recipe"), **changes))


def steer(options: argparse.Namespace) -> Answer:
    """`search stop|pause|resume SEARCH`."""
    return _stands(open_search(options.search_id), _STEERED[options.what][0](open_search(options.search_id)))


def extend(options: argparse.Namespace) -> Answer:
    """`search extend SEARCH --trials N`."""
    search = open_search(options.search_id)
    return _stands(search, control.extend(search, options.trials))


def status(options: argparse.Namespace) -> Answer:
    """`search status SEARCH`."""
    search = open_search(options.search_id)
    config, now, trials = read_search_config(search), search.status(), search.trials()
    best = config.best(trials)
    result = {
        "search_id": search.search_id,
        "state": str(now.state),
        "message": now.message,
        "wanted_trials": search.wanted().trials,
        "objective": config.objective,
        "best": None if best is None else best.trial_id,
        "trials": [_as_json(trial) for trial in trials],
    }
    lines = [f"{search.search_id} is {now.state}: {now.message or now.state.meaning}"]
    lines += [_line(config, trial, trial == best) for trial in trials]
    return result, lines


def searches(_: argparse.Namespace) -> Answer:
    """`search list`."""
    entries, damaged = [], []
    for search in list_searches():
        try:
            entries.append(_standing(search))
        except LesionLabError as error:
            damaged.append({"search_id": search.search_id, "reason": str(error)})
    lines = [
        f"{e['search_id']}  {e['state']:<9} {e['trials']} of {e['wanted_trials']} trials"
        + (f", best {e['objective']} {e['best']:.4f}" if e["best"] is not None else "")
        for e in entries
    ]
    lines += [f"{each['search_id']}  {each['reason']}" for each in damaged]
    return {"searches": entries, "damaged": damaged}, lines or [
        "There is no search yet. Start one: python -m core search cnn-59k --dataset demo"
    ]


def _standing(search: SearchFolder) -> dict[str, Any]:
    config, trials = read_search_config(search), search.trials()
    best = config.best(trials)
    return {
        "search_id": search.search_id,
        "state": str(search.status().state),
        "oracle": str(config.oracle),
        "trials": len(trials),
        "wanted_trials": search.wanted().trials,
        "objective": config.objective,
        "best": None if best is None else best.score,
    }


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    """What was typed: fields of the configuration, and under `recipe` those of the recipe."""
    fields = {"epochs": options.epochs, "seed": options.seed, "monitor": options.objective}
    recipe = {name: value for name, value in fields.items() if value is not None}
    settings = parse_settings(options.set)
    if both := sorted(settings.keys() & {*recipe, "model", "dataset"}):
        raise ConfigurationError(f"{', '.join(both)} cannot be given after --set here.")
    values = {name: getattr(options, name) for name in ("oracle", "trials", "parallel")}
    return {name: value for name, value in values.items() if value is not None} | {"recipe": {**recipe, **settings}}


def _begun(search: SearchFolder) -> Answer:
    config = read_search_config(search)
    result = {
        "search_id": search.search_id,
        "state": str(search.status().state),
        "oracle": str(config.oracle),
        "trials": config.trials,
        "parallel": config.parallel,
        "objective": config.objective,
        "space": [parameter.to_json() for parameter in config.space],
    }
    lines = [
        f"{search.search_id} is {result['state']}: {config.trials} trials, {config.parallel} at once, "
        f"by {config.objective}",
        *(f"  {parameter.name}: {parameter.range}" for parameter in config.space),
        f"See it on the page Search, or with: python -m core search status {search.search_id}",
    ]
    return result, lines


def _stands(search: SearchFolder, state: str) -> Answer:
    trials = search.wanted().trials
    result = {"search_id": search.search_id, "state": str(state), "wanted_trials": trials}
    return result, [f"{search.search_id} is {state}, {trials} trials wanted"]


def _as_json(trial: Trial) -> dict[str, Any]:
    return {**trial.__dict__, "state": shown_state(trial)}


def _line(config: SearchConfig, trial: Trial, best: bool) -> str:
    values = ", ".join(f"{name} {value}" for name, value in trial.values.items() if "/" not in name)
    score = f"  {config.objective} {trial.score:.4f}" if trial.score is not None else ""
    mark = "  BEST" if best else ""
    return f"{trial.number:>4} {trial.state:<9}{score}{mark}  {values}  {trial.reason}".rstrip()
