"""Sentences about gaps say what the figures say and no more."""

from dataclasses import replace

import pytest

from core.evaluation.paired import Difference
from core.reproduction.gaps import gap
from core.reproduction.outcomes import Claim, Figure, Half, Standing
from core.reproduction.planning import Planned
from core.reproduction.systems import system_named

FIGURE = Figure(
    run_id="r", part="test", accuracy=0.714, interval=(0.69, 0.74), balanced_accuracy=0.25, macro_auc=0.8, log_loss=0.9,
    floor=0.67, majority_class="nv", pictures=1500, groups=1100, leaking=False, copied=0.0, related=0.0, seconds=60.0,
    hardware="2 cores",
)  # fmt: skip
PLANNED = Planned("as they did", "ham10000", "HAM10000", "lesion", 10_015)


def told(name: str, theirs: Figure | None = None, honest: Figure | None = None, planned: Planned = PLANNED) -> str:
    halves = (Half(planned, figure=figure) for figure in (theirs, honest))
    return gap(Standing(system_named(name), *halves))


def test_a_figure_that_comes_out_again_is_said_to_be_reproduced() -> None:
    assert told("cnn-59k", FIGURE) == "Trained as they did it gives 71.4\u00a0%: the published figure is reproduced."


def test_a_figure_that_does_not_come_out_is_given_with_its_distance() -> None:
    less = replace(FIGURE, accuracy=0.65)
    assert told("cnn-59k", less) == "Trained as they did it gives 65.0\u00a0%: 6.6 points less than published."


@pytest.mark.parametrize(
    ("changed", "how"),
    [
        (("cut short",), "cut short"),
        (("cut short", "on other data than theirs"), "cut short and on other data than theirs"),
    ],
)
def test_what_was_trained_otherwise_reproduces_nothing_even_if_the_figure_is_alike(changed, how: str) -> None:
    said = told("cnn-59k", FIGURE, planned=replace(PLANNED, otherwise=changed))
    assert said == f"Trained as they did, {how}, it gives 71.4\u00a0%: about what was published."


def test_copies_in_training_are_counted_before_photos_of_the_same_lesion() -> None:
    leaking = replace(FIGURE, accuracy=0.951, related=0.9, copied=0.857)
    assert "85.7\u00a0% of the pictures judged there are in training as the very same picture." in told(
        "cnn-pyramid-oversampled", leaking
    )
    related = told("cnn-pyramid", replace(FIGURE, related=0.387))
    assert "38.7\u00a0% of the pictures judged there have another one of their lesion in training." in related


def test_an_honest_figure_stands_beside_its_floor_and_what_was_lost() -> None:
    theirs = replace(FIGURE, accuracy=0.951, copied=0.857)
    said = told("cnn-pyramid-oversampled", theirs, replace(FIGURE, accuracy=0.72, interval=(0.70, 0.74)))
    assert "On lesions that training has not seen it is 72.0\u00a0% (70.0–74.0\u00a0%), 23.1 points less" in said
    assert said.endswith("always answering nv gives 67.0\u00a0%, 5.0 points less.")


@pytest.mark.parametrize("interval", [(0.66, 0.70), (0.67, 0.70)])
def test_a_figure_whose_interval_holds_the_floor_is_not_told_apart_from_it(interval) -> None:
    said = told("cnn-59k", honest=replace(FIGURE, accuracy=0.68, interval=interval))
    assert said.endswith("always answering nv gives 67.0\u00a0%, which the interval does not tell apart.")


def test_what_rests_on_few_groups_is_said_to() -> None:
    said = told("cnn-59k", honest=replace(FIGURE, groups=1, interval=None))
    assert "it is 71.4\u00a0%; always answering nv gives 67.0\u00a0%, 4.4 points less." in said
    assert said.endswith("That rests on one lesion, so nothing tells how it would be on others.")
    assert "That rests on 2 lesions" in told("cnn-59k", honest=replace(FIGURE, groups=2, interval=None))


def test_a_figure_that_is_that_of_the_floor_is_called_the_same() -> None:
    assert told("cnn-59k", honest=replace(FIGURE, accuracy=0.67, interval=None)).endswith(
        "gives 67.0\u00a0%, the same."
    )


def test_nothing_is_said_of_what_has_not_been_trained() -> None:
    assert told("cnn-59k") == ""


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (Difference(0.02, 0.01, 0.03), "patch-cnn-softmax is better than patch-cnn-relu, so the claim holds"),
        (Difference(-0.02, -0.03, -0.01), "patch-cnn-relu is better than patch-cnn-softmax, so the claim is refuted"),
        (Difference(0.02, -0.01, 0.05), "interval −1.0 to +5.0 points: neither is shown to be better."),
        (Difference(0.02, None, None), "with one seed, which proves nothing."),
    ],
)
def test_a_claim_is_answered_by_the_interval_of_the_paired_difference(difference, verdict: str) -> None:
    claim = Claim((0, 1, 2, 3, 4), (0.8,) * 5, (0.8,) * 5, difference, 10.0, "2 cores")
    standing = Standing(system_named("softmax-against-relu"), Half(PLANNED, claim=claim), Half(PLANNED))
    assert verdict in gap(standing)
