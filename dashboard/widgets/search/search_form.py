"""The form that starts a search: what is searched, by whom, how long."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import streamlit as st

from core.base.counting import counted
from core.base.errors import LesionLabError
from core.engine.engine import devices
from core.engine.engine_settings import load_engine_settings
from core.models.parameters import Parameter, Value
from core.models.registry import list_models, model_spec
from core.searches.control import start_search
from core.searches.cost import epoch_seconds
from core.searches.presets import SearchPreset, presets_of
from core.searches.search_config import MOST_TRIALS, OracleKind, SearchConfig, make_search_config, usual_trials
from core.searches.space import combinations, narrowed_space, search_space, values_without_network
from core.training.recipe import make_recipe
from dashboard.charts.search import words
from dashboard.markdown import Markdown
from dashboard.roles import current_person, require_instructor
from dashboard.widgets.notices import training_refusal
from dashboard.widgets.pickers import pick_dataset
from dashboard.wording import in_words

BEGUN = "search-begun"
"""In the session's state from the press that starts a search until the page has taken it in."""
OBJECTIVE_NAMES = {
    "val_accuracy": "validation accuracy",
    "val_balanced_accuracy": "validation balanced accuracy",
    "val_loss": "validation loss",
}


_BIND: Literal["query-params"] = "query-params"
"""What is chosen stands in the address: it is still there after a look at another page, and can be sent."""


def search_form() -> None:
    """Everything that a search is asked, what it will cost, and the button that starts it."""
    left, right = st.columns(2, gap="large")
    with left:
        spec = pick_dataset()
        names = [model.name for model in list_models() if model.gradient_trained]
        model = st.selectbox(
            "Model", names, format_func=lambda name: model_spec(name).title, key="search-model", bind=_BIND
        )
        preset = _pick_preset(model)
        oracle = OracleKind(
            st.segmented_control(
                "Search method",
                list(map(str, OracleKind)),
                default="random",
                required=True,
                key="search-method",
                bind=_BIND,
            )
        )
        st.caption(oracle.meaning)
        first, second = st.columns(2)
        epochs = first.number_input(
            "Most epochs of a trial" if oracle is OracleKind.HYPERBAND else "Epochs of a trial",
            3 if oracle is OracleKind.HYPERBAND else 1,
            1000,
            10,
            key=f"search-epochs{'-most' * (oracle is OracleKind.HYPERBAND)}",
            bind=_BIND,
        )
        with right:
            space = _pick_space(model, spec.name, preset)
        usual = preset.trials if preset else usual_trials(oracle, epochs, space)
        trials = second.number_input(
            "Trials",
            1,
            MOST_TRIALS,
            usual,
            key=f"search-trials-{oracle}-{usual}",
            help=_explained("trials"),
            bind=_BIND,
        )
        parallel = first.number_input(
            "At once", 1, 64, min(len(devices()), 64), help=_explained("parallel"), key="search-at-once", bind=_BIND
        )
        seed = second.number_input(
            "Seed",
            0,
            2**31 - 1,
            0,
            help="Fixes the proposed trials, the split and the first weights.",
            key="search-seed",
            bind=_BIND,
        )
        objectives = list(OBJECTIVE_NAMES)
        usual_objective = preset.recipe["monitor"] if preset else "val_balanced_accuracy"
        objective = st.selectbox(
            "Trials are compared by",
            objectives,
            index=objectives.index(usual_objective),
            format_func=lambda name: OBJECTIVE_NAMES[name],
            key=f"search-objective-{usual_objective}",
            bind=_BIND,
        )
    if not space:
        return
    try:
        asked = {"dataset": spec.name, "model": model, "epochs": epochs, "seed": seed, "monitor": objective}
        recipe = make_recipe(**{**(preset.recipe if preset else {}), **asked})
        config = make_search_config(
            recipe=recipe, oracle=oracle, trials=trials, parallel=parallel, space=space, owner=current_person()
        )
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.caption(_cost(config))
    if without := values_without_network(config.recipe, config.space):
        named = ", ".join(f"{words(name)} {' or '.join(map(str, values))}" for name, values in without.items())
        st.warning(
            f"At {recipe.image_size}×{recipe.image_size} pixels no network can be built with {named}. Such trials are "
            "invalid and train nothing, but they count.",
            icon=":material/warning:",
        )
    refused = training_refusal(spec)
    if st.button("Start the search", type="primary", icon=":material/play_arrow:", disabled=refused):
        require_instructor()
        with st.spinner("Starting …"):
            search = start_search(config)
        st.query_params["search"] = search.search_id
        st.session_state[BEGUN] = True
        st.rerun()


def _pick_preset(model: str) -> SearchPreset | None:
    """A published search of the model that the form starts with, where there is one and it is wanted."""
    presets = {preset.title: preset for preset in presets_of(model)}
    if not presets:
        return None
    title = st.segmented_control(
        "Start with",
        ["My own", *presets],
        default="My own",
        required=True,
        key=f"search-preset-{model}",
        bind=_BIND,
    )
    preset = presets.get(title)
    if preset:
        st.caption(preset.meaning)
    return preset


def _pick_space(model: str, dataset: str, preset: SearchPreset | None) -> tuple[Parameter, ...]:
    """The parameters that are searched, each as far as it is left; none while that is not settled.

    They start with those of a preset, and without the values with which no network can be built.
    """
    whole = {parameter.name: parameter for parameter in search_space(model)}
    without = values_without_network(make_recipe(dataset=dataset, model=model), whole.values())
    structure = [parameter.name for parameter in model_spec(model).architecture]
    published = [parameter.name for parameter in narrowed_space(model, preset.tune)] if preset else []
    chosen = st.multiselect(
        "What is searched",
        list(whole),
        default=published or [*structure, "learning_rate"],
        format_func=words,
        key=f"search-space-{model}-{preset.name if preset else ''}",
        bind=_BIND,
        help=Markdown("\n\n").join(Markdown("**{}**: {}").format(words(p.name), p.meaning) for p in whole.values()),
    )
    asked = [_narrow(model, whole[name], without.get(name, [])) for name in whole if name in chosen]
    narrowed = [parameter for parameter in asked if parameter is not None]
    if not chosen or len(narrowed) < len(asked):
        st.warning("Choose at least one parameter, and leave each at least one value.", icon=":material/warning:")
        return ()
    return tuple(narrowed)


def _narrow(model: str, parameter: Parameter, without: Sequence[Value]) -> Parameter | None:
    """One parameter with a widget that narrows it, at first to what is not `without`; None while nothing is left."""
    look: dict[str, Any] = {"key": f"search-{model}-{parameter.name}", "help": parameter.meaning, "bind": _BIND}
    if parameter.kind in ("choice", "bool"):
        values = parameter.values or ()
        options = list(map(str, values))
        default = [str(value) for value in values if value not in without]
        left = st.pills(words(parameter.name), options, selection_mode="multi", default=default, **look)
        return parameter.narrowed(values=tuple(left)) if left else None
    steps = parameter.values or _decades(*parameter.ends)
    usable = [value for value in steps if value not in without]
    low, high = st.select_slider(words(parameter.name), steps, (usable[0], usable[-1]), format_func=_in_digits, **look)
    return parameter.narrowed(low=low, high=high)


def _in_digits(value: float) -> str:
    """A number without an exponent: 0.00001, not 1e-05."""
    return f"{value:.10f}".rstrip("0").rstrip(".")


def _decades(low: float, high: float) -> tuple[float, ...]:
    """1, 2 and 5 of each power of ten between two ends, the ends included."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = {float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)}
    return (low, *sorted(each for each in found if low < each < high), high)


def _cost(config: SearchConfig) -> str:
    """What the search will take, as far as that is known."""
    many = combinations(config.space)
    limit = load_engine_settings().per_person if config.owner else 0
    places = min(len(devices()), limit or len(devices()))
    parts = []
    if math.isfinite(many):
        parts.append(f"There are {many:,.0f} combinations.")
    seconds = epoch_seconds(config.recipe)
    if seconds is None:
        parts.append("Time per trial unknown: no run of this model on these data has ended yet.")
    elif config.oracle is OracleKind.HYPERBAND:
        parts.append(f"An epoch took {in_words(seconds)} in an earlier run; most trials have few epochs.")
    else:
        one = seconds * config.recipe.epochs
        at_once = min(config.parallel, places)
        parts.append(
            f"In an earlier run {counted(config.recipe.epochs, 'epochs')} took {in_words(one)}, so "
            f"{counted(config.trials, 'trials')} take about {in_words(one * config.trials / at_once)}; "
            "structure and batch size change that."
        )
    if config.parallel > places:
        whom = "One person may train" if places < len(devices()) else "This machine trains"
        parts.append(f"{whom} {places} at once, so the others wait.")
    return " ".join(parts)


def _explained(field: str) -> str:
    return SearchConfig.model_fields[field].description or ""
