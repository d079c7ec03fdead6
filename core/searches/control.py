"""What a person can do with searches, for pages and command line alike. Doing it twice does no harm."""

import contextlib
import time
from dataclasses import replace

from core.base.errors import ConfigurationError, SearchError
from core.base.files import folder_built_aside, write_json
from core.base.ids import new_id
from core.base.schema import SEARCH
from core.data.catalog import trainable_spec
from core.searches.revive import start_driver
from core.searches.search_config import (
    MOST_TRIALS,
    OracleKind,
    SearchConfig,
    make_search_config,
    read_search_config,
)
from core.searches.search_folder import SearchFolder, SearchStatus, Wanted, active_searches, searches_folder
from core.searches.search_states import SearchState
from core.training.recipe import OF_STAGES, changed_fields, refuse_other_examples

STOP_SECONDS = 120.0
"""How long searches that are stopped before the engine may take for it."""


def start_search(config: SearchConfig) -> SearchFolder:
    """Make a search and start the process that drives it; returns at once.

    Raises:
        DatasetNotFoundError: the data set is not known.
        DataError: it is not trained on as it is, such as while nobody has agreed to how it is read.
        ConfigurationError: the model is for pictures and the data set holds genes, or the other way round; or what is
            searched does nothing, because the recipe has stages.
        DiskFullError: no search was made.
    """
    refuse_other_examples(config.recipe, trainable_spec(config.recipe.dataset))
    if config.recipe.stages:
        _refuse_idle_space(config)
    search = SearchFolder(searches_folder() / new_id(config.recipe.model, config.recipe.dataset, config.oracle))
    with folder_built_aside(search.path) as aside:
        built = SearchFolder(aside)
        write_json(built.config_file, SEARCH.stamped(config.model_dump(mode="json")), durable=True)
        built.want(Wanted(SearchState.RUNNING, config.trials))
        built.write_status(SearchStatus(SearchState.RUNNING, created=time.time()))
    with search.control_lock:
        start_driver(search)
    return search


def _refuse_idle_space(config: SearchConfig) -> None:
    """Raise where trials would not differ: each stage has its own learning rate, its schedule and its epochs."""
    idle = [each.name for each in config.space if each.name in OF_STAGES]
    if idle:
        raise ConfigurationError(
            f"space: the recipe has stages, each with its own {' and '.join(idle)}, so searching for {idle[0]} would "
            "change nothing. Name what is to be searched without it, or search without stages."
        )
    if config.oracle is OracleKind.HYPERBAND:
        raise ConfigurationError(
            "stages: Hyperband changes the number of epochs, and each stage has its own. Choose another search method, "
            "or search without stages."
        )


def stop(search: SearchFolder) -> SearchState:
    """Have the running trials stopped and the search end; resumed, it goes on with them. Returns its state now."""
    return _want(search, SearchState.STOPPED)


def pause(search: SearchFolder) -> SearchState:
    """Start no new trials, and let those that run go on. Returns its state now."""
    return _want(search, SearchState.PAUSED)


def resume(search: SearchFolder) -> SearchState:
    """Go on after a pause, a stop or a failure; what was stopped goes on from its last epoch. Returns its state now."""
    return _want(search, SearchState.RUNNING)


def extend(search: SearchFolder, trials: int) -> SearchState:
    """Ask for so many trials more and go on, also after the search has ended. Returns its state now.

    Raises:
        ConfigurationError: not a number that makes sense.
    """
    if trials < 1 or search.wanted().trials + trials > MOST_TRIALS:
        raise ConfigurationError(f"A search can be extended by 1 trial or more, up to {MOST_TRIALS:,} in all.")
    return _want(search, SearchState.RUNNING, trials)


def clone(search: SearchFolder, *, owner: str = "", **changes: object) -> SearchFolder:
    """Start a new search that asks for the same, but for what is changed: fields of the configuration or of its recipe.

    Raises:
        ConfigurationError: a change cannot be used.
    """
    config = read_search_config(search)
    of_the_config = {name: changes.pop(name) for name in list(changes) if name in SearchConfig.model_fields}
    recipe = changed_fields(config.recipe.model_dump(), changes)
    return start_search(
        make_search_config(**{**config.model_dump(), "owner": owner, **of_the_config, "recipe": recipe})
    )


def stop_all() -> int:
    """Stop every search that is driven, and wait until none is; for whoever is about to stop the engine.

    Returns the number of searches that were stopped; one that is damaged is none.
    """
    driven = []
    for search in active_searches():
        with contextlib.suppress(SearchError, OSError):
            if search.status().state.active:
                stop(search)
                driven.append(search)
    deadline = time.monotonic() + STOP_SECONDS
    while any(_driven(search) for search in driven) and time.monotonic() < deadline:
        time.sleep(0.1)
    return len(driven)


def _driven(search: SearchFolder) -> bool:
    try:
        return search.status().state.active
    except (SearchError, OSError):  # deleted since, or damaged
        return False


def _want(search: SearchFolder, state: SearchState, more: int = 0) -> SearchState:
    """Write down what is wanted, and see to it that somebody brings it about.

    A driver decides under the same lock that it has nothing left to do, so none ends without having seen this.
    """
    with search.control_lock:
        search.want(Wanted(state, search.wanted().trials + more))
        status = search.written_status()
        if status.state.active:
            if search.status().state is SearchState.LOST:
                start_driver(search)
        elif state is SearchState.RUNNING:
            search.write_status(replace(status, state=SearchState.RUNNING, ended=None, message=""))
            start_driver(search)
        elif state is SearchState.STOPPED and status.state is SearchState.PAUSED:
            search.write_status(replace(status, state=state, ended=time.time()))
    return search.status().state
