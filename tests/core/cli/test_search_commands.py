"""The command `search`: what is typed is what is asked, and what is answered can be relied on by a script."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.__main__ import main
from core.searches.journal import Journal
from core.searches.search_config import OracleKind, hyperband_trials, read_search_config
from core.searches.search_folder import list_searches, open_search
from core.searches.search_states import SearchState, TrialState


@pytest.fixture
def say(demo_artifacts, capfd: pytest.CaptureFixture[str], monkeypatch) -> Callable[..., tuple[int, str, str]]:
    """A function that runs a command, whose searches nobody drives: exit code, what it printed, what it said."""
    monkeypatch.setattr("core.searches.control.start_driver", lambda _: True)

    def say(*arguments: Any) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return say


@pytest.fixture
def ask(say) -> Callable[..., tuple[int, dict[str, Any]]]:
    """The same with `--json`: exit code and the one object on stdout."""

    def ask(*arguments: Any) -> tuple[int, dict[str, Any]]:
        code, out, _ = say(*arguments, "--json")
        assert len(out.splitlines()) == 1
        return code, json.loads(out)

    return ask


def test_what_is_typed_is_what_is_asked(ask) -> None:
    typed = "cnn-59k --dataset demo --oracle bayesian --trials 7 --parallel 2 --epochs 3 --seed 0 --objective val_loss"
    tuned = "--tune dropout=0.1:0.3 --tune optimizer=adam --tune learning_rate"
    fixed = "--set split=random --set architecture.width=0.5"
    code, value = ask("search", *typed.split(), *tuned.split(), *fixed.split())
    assert (code, value["state"], value["oracle"], value["trials"]) == (0, "running", "bayesian", 7)
    found = read_search_config(open_search(value["search_id"]))
    assert (found.oracle, found.trials, found.parallel, found.objective) == ("bayesian", 7, 2, "val_loss")
    assert [(p.name, p.low, p.high) for p in found.space][:2] == [("dropout", 0.1, 0.3), ("learning_rate", 1e-5, 1e-1)]
    assert found.space[2].choices == ("adam",)
    assert [p["name"] for p in value["space"]] == ["dropout", "learning_rate", "optimizer"]
    recipe = found.recipe
    assert (recipe.epochs, recipe.seed, recipe.split, recipe.architecture) == (3, 0, "random", {"width": 0.5})


def test_a_published_search_is_started_by_its_name_and_can_be_changed(ask) -> None:
    code, value = ask("search", "patch-cnn-tuned", "--dataset", "demo", "--preset", "published")
    assert (code, value["oracle"], value["trials"], value["objective"]) == (0, "random", 10, "val_accuracy")
    found = read_search_config(open_search(value["search_id"]))
    assert [(p.name, p.low, p.high, p.step) for p in found.space] == [
        (f"filters_{n}", 32, 512, 32) for n in range(1, 5)
    ]
    assert (found.recipe.epochs, found.recipe.batch_size, found.recipe.learning_rate) == (10, 50, 1e-3)
    typed = "--trials 3 --epochs 2 --oracle grid --tune filters_1"
    _, value = ask("search", "patch-cnn-tuned", "--dataset", "demo", "--preset", "published", *typed.split())
    found = read_search_config(open_search(value["search_id"]))
    assert (found.trials, found.recipe.epochs, found.oracle, len(found.space)) == (3, 2, OracleKind.GRID, 1)


def test_hyperband_has_the_trials_of_one_sweep_unless_told_otherwise(ask) -> None:
    _, value = ask("search", "cnn-59k", "--dataset", "demo", "--oracle", "hyperband", "--epochs", 9)
    assert value["trials"] == hyperband_trials(9)
    assert ask("search", "cnn-59k", "--dataset", "demo")[1]["trials"] == 20


def test_a_search_is_steered_by_its_id(ask, say) -> None:
    name = ask("search", "cnn-59k", "--dataset", "demo", "--trials", 2)[1]["search_id"]
    search = open_search(name)
    for action, wanted in (("pause", SearchState.PAUSED), ("stop", SearchState.STOPPED), ("resume", "running")):
        code, value = ask("search", action, name)
        assert (code, value["search_id"], search.wanted().state) == (0, name, wanted)
    assert ask("search", "extend", name, "--trials", 5)[1]["wanted_trials"] == 7
    assert "7 trials wanted" in say("search", "resume", name)[1]


def test_a_clone_takes_over_what_is_not_changed(ask) -> None:
    name = ask("search", "cnn-59k", "--dataset", "demo", "--tune", "dropout", "--epochs", 3, "--seed", 4)[1][
        "search_id"
    ]
    code, value = ask(
        "search", "clone", name, "--trials", 3, "--oracle", "grid", "--seed", 0, "--set", "balance=weights"
    )
    assert code == 0
    found, before = read_search_config(open_search(value["search_id"])), read_search_config(open_search(name))
    assert (found.trials, found.oracle, found.space) == (3, OracleKind.GRID, before.space)
    assert found.recipe == before.recipe.model_copy(update={"seed": 0, "balance": found.recipe.balance})
    assert found.recipe.balance == "weights"
    first = ask("search", "clone", name, "--set", "architecture.width=2")[1]["search_id"]
    second = ask("search", "clone", first, "--set", "architecture.dense=64")[1]["search_id"]
    assert read_search_config(open_search(second)).recipe.architecture == {"width": 2, "dense": 64}


def test_the_status_has_every_trial_with_its_state_its_reason_and_the_best(ask, say) -> None:
    name = ask("search", "cnn-59k", "--dataset", "demo", "--objective", "val_accuracy")[1]["search_id"]
    journal = Journal(open_search(name).trials_file)
    for number, (state, score, reason) in enumerate(
        [
            (TrialState.FINISHED, 0.5, ""),
            (TrialState.INVALID, None, "It cannot be built."),
            (TrialState.FINISHED, 0.75, ""),
            (TrialState.FAILED, None, "out of memory: No memory is left."),
        ]
    ):
        journal.propose(f"{number:04d}", {"dropout": 0.1 * number, "tuner/round": 0})
        journal.end(f"{number:04d}", state, score, None if score is None else 1, reason)
    code, value = ask("search", "status", name)
    assert (code, value["best"], value["wanted_trials"]) == (0, "0002", 20)
    assert [trial["state"] for trial in value["trials"]] == ["finished", "invalid", "finished", "failed"]
    assert [trial["reason"] for trial in value["trials"]][1] == "It cannot be built."
    out = say("search", "status", name)[1]
    assert "val_accuracy 0.7500  BEST" in out
    assert "No memory is left." in out
    assert "tuner/" not in out
    _, listed = ask("search", "list")
    assert [(e["search_id"], e["trials"], e["best"]) for e in listed["searches"]] == [(name, 4, 0.75)]
    assert "4 of 20 trials, best val_accuracy 0.7500" in say("search", "list")[1]


def test_without_a_search_the_list_says_how_to_start_one(ask, say) -> None:
    assert ask("search", "list") == (0, {"searches": [], "damaged": []})
    assert "python -m core search cnn-59k" in say("search", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("cnn-59k --dataset nowhere", "No data set is called “nowhere”"),
        ("cnn-59k --dataset demo --trials 0", "trials"),
        ("cnn-59k --dataset demo --tune bogus", "no “bogus” to search"),
        ("cnn-59k --dataset demo --oracle hyperband --epochs 2", "Hyperband needs at least 3"),
        ("cnn-59k --dataset demo --set seed=1 --seed 2", "seed cannot be given after --set here"),
        ("cnn-59k --dataset demo --set model=lstm-rows", "model cannot be given"),
        ("stop nothing", "There is no search “nothing”"),
        ("extend ../x --trials 3", "A search id has"),
    ],
)
def test_a_mistake_ends_with_1_and_a_sentence_that_names_it(say, arguments: str, words: str) -> None:
    code, out, err = say("search", *arguments.split())
    assert (code, out) == (1, "")
    assert words in err
    assert not list_searches()


@pytest.mark.parametrize("arguments", ["", "majority --dataset demo", "resnet-9000", "stop", "cnn-59k", "extend x"])
def test_what_cannot_be_understood_ends_with_2(say, arguments: str) -> None:
    with pytest.raises(SystemExit) as end:
        say("search", *arguments.split())
    assert end.value.code == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tune", "learning_rate"], "so searching for learning_rate would change nothing"),
        (["--tune", "dropout", "--oracle", "hyperband"], "Hyperband changes the number of epochs"),
    ],
)
def test_a_search_in_which_all_trials_would_be_the_same_is_refused(options: list[str], said: str, ask) -> None:
    stages = 'stages=[{"learns": "head", "epochs": 3}]'
    code, value = ask(
        "search", "mobilenet-0.25", "--dataset", "demo", "--set", stages, "--set", "weights=none", *options
    )
    assert code == 1
    assert said in value["error"]
