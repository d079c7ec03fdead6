"""How fast networks learn here: against plain Keras, PyTorch, and themselves without what is kept or set for speed.

Each against each is measured on the processor as it is, and as on one without AVX-512: promises hold on both.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.benchmarks.contenders import (
    NO_AVX512,
    Contender,
    Spent,
    answer_flops,
    features_kept,
    floating_point_bound,
    has_torch,
    inference,
    ours,
    plain_keras,
    torch_epoch,
    trunk_pass,
)

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
AS_IT_IS: dict[str, str | None] = {ONEDNN: None}
PROCESSORS = {"as it is": ({}, AS_IT_IS), "without AVX-512": (NO_AVX512, {**NO_AVX512, ONEDNN: "0"})}
"""By what a processor has: variables of ours, and of a process with TensorFlow's own default there."""
FASTER_THAN_PLAIN_KERAS = {"as it is": 1.1, "without AVX-512": 1.5}
"""With AVX-512 TensorFlow has oneDNN on by itself, and an epoch already does about half of what the machine can."""
on_both_processors = pytest.mark.parametrize("processor", PROCESSORS)
FASTER_THAN_KERAS_IN_A_STAGE = {"as it is": 1.3, "without AVX-512": 0.85}
"""Without AVX-512 it is about as fast: plain Keras took 0.89 to 1.33 times the processor time in seven turns."""
LITE0 = {"model": "efficientnet-lite0", "image_size": 128, "batch_size": 32, "weights": "none"}
IN_A_STAGE = {**LITE0, "stages": [{"learns": "all", "epochs": 1000}]}
UPPER = {**LITE0, "augment_flip": "turns", "stages": [{"learns": "5", "epochs": 1000}]}
"""The blocks behind stride 16 learn, in eight ways of each picture."""


def share_of_bound(
    process: Contender, pictures: int, recipe: dict[str, Any], *, epochs: int = 1, frozen: int = 0
) -> Callable[[Spent], str]:
    """Says which share of the floating-point operations that a processor can do in its time were done.

    Learning from a picture takes three times the operations of an answer, in the part that learns.

    Args:
        process: counts, and multiplies the matrices in the same minute.
        pictures: that were gone through.
        recipe: the model, its size, and what learns.
        epochs: in which it learnt from them; 0 where they were only answered.
        frozen: how often they went through the part that does not learn; where nothing learns, through all of it.
    """
    name, size = recipe["model"], recipe.get("image_size", 28)
    [stage] = recipe.get("stages", [{"learns": "all"}])

    def say(spent: Spent) -> str:
        bound = process(floating_point_bound)
        below, learning = process(answer_flops, name, size, stage["learns"])
        flops = 3 * epochs * learning + frozen * (below if epochs else below + learning)
        done = flops * pictures / spent.cpu
        return (
            f"{flops / 1e6:,.1f} million operations an image, {done / 1e9:,.1f} GFLOP a CPU second: {done / bound:.0%} "
            f"of the {bound / 1e9:,.0f} of a matrix product in the same minute"
        )

    return say


@on_both_processors
@pytest.mark.parametrize("name", ["cnn-59k", "lstm-rows"])
def test_an_epoch_against_plain_keras(name: str, processor: str, contender, ratio) -> None:
    pictures, (mine, default) = 2100, PROCESSORS[processor]
    here, plain = contender(**mine), contender(**default)
    ratio(
        lambda: plain(plain_keras, name, 28, pictures),
        lambda: here(ours, pictures, {"model": name}),
        target=FASTER_THAN_PLAIN_KERAS[processor],
        rounds=3,
        pictures=pictures,
        also=share_of_bound(here, pictures, {"model": name}),
    )


@pytest.mark.timeout(1200)
@on_both_processors
@pytest.mark.parametrize(
    ("recipe", "pictures"),
    [({"model": "cnn-59k", "batch_size": 64, "image_size": 28}, 2000), (LITE0, 192)],
    ids=["cnn-59k", "Lite0"],
)
def test_an_epoch_against_pytorch(recipe: dict[str, Any], pictures: int, processor: str, contender, ratio) -> None:
    here, torch = (contender(**PROCESSORS[processor][0]) for _ in range(2))
    if not torch(has_torch):
        pytest.skip("PyTorch is not installed; install requirements-bench.txt to compare with it")
    name, size = recipe["model"], recipe["image_size"]
    ratio(
        lambda: torch(torch_epoch, name, size, pictures, recipe["batch_size"]),
        lambda: here(ours, pictures, recipe),
        target=1,
        rounds=3,
        pictures=pictures,
        also=share_of_bound(here, pictures, recipe),
    )


def test_an_epoch_with_flips_rotation_and_zoom_against_one_without(contender, ratio) -> None:
    still, turning = contender(), contender()
    drawn = {"model": "cnn-59k", "augment_flip": "both", "augment_rotation": 180, "augment_zoom": 0.1}
    ratio(
        lambda: still(ours, 2100, {"model": "cnn-59k"}),
        lambda: turning(ours, 2100, drawn),
        target=0.4,
        rounds=3,
        pictures=2100,
        also=share_of_bound(turning, 2100, drawn),
    )


@pytest.mark.timeout(1200)
def test_ten_epochs_of_a_head_with_its_features_against_one_pass_through_the_trunk(contender, ratio) -> None:
    """Promised: at most 1.3 times as long, what the trunk gives being computed and kept in that time."""
    pictures = 1000
    trunk, head = contender(), contender()
    recipe = {**LITE0, "stages": [{"learns": "head", "epochs": 1000}]}

    def features_and_head() -> Spent:
        features, epochs = trunk(features_kept, "efficientnet-lite0", 128, pictures), head(ours, pictures, recipe, 10)
        return Spent(features.wall + epochs.wall, features.cpu + epochs.cpu)

    ratio(
        lambda: trunk(trunk_pass, "efficientnet-lite0", 128, pictures),
        features_and_head,
        target=1 / 1.3,
        rounds=3,
        pictures=pictures,
        also=share_of_bound(head, pictures, recipe, epochs=10, frozen=1),
    )


@pytest.mark.timeout(1200)
@on_both_processors
def test_fine_tuning_in_a_stage_against_the_same_as_keras_computes_it(processor: str, contender, ratio) -> None:
    """Normalization in one operation, and gradients of wide depthwise kernels without oneDNN."""
    here, by_keras = (contender(**PROCESSORS[processor][0]) for _ in range(2))
    ratio(
        lambda: by_keras(ours, 192, LITE0),
        lambda: here(ours, 192, IN_A_STAGE),
        target=FASTER_THAN_KERAS_IN_A_STAGE[processor],
        rounds=3,
        pictures=192,
        also=share_of_bound(here, 192, IN_A_STAGE),
    )


@pytest.mark.timeout(1200)
@on_both_processors
def test_upper_stages_on_a_cached_lower_trunk_against_fine_tuning_of_the_same_layers(
    processor: str, contender, ratio
) -> None:
    here, plain = (contender(**PROCESSORS[processor][0]) for _ in range(2))
    not_kept = {**UPPER, "augment_brightness": 0.01}  # drawn anew for each picture, so the trunk is run each time
    ratio(
        lambda: plain(ours, 192, not_kept),
        lambda: here(ours, 192, UPPER),
        target=3,
        rounds=3,
        pictures=192,
        also=share_of_bound(here, 192, UPPER),
    )


SMALL = {name: ({"model": name, "batch_size": 64}, 1000) for name in ("cnn-59k", "cnn-pyramid", "lstm-rows")}
WITH_AND_WITHOUT_ONEDNN = {**SMALL, "Lite0": (LITE0, 192), "Lite0 in a stage": (IN_A_STAGE, 192)}
"""What is compared, and on how many pictures. In a stage, gradients of wide depthwise kernels do without oneDNN."""


@pytest.mark.timeout(1200)
@on_both_processors
@pytest.mark.parametrize("of", WITH_AND_WITHOUT_ONEDNN)
def test_onednn_is_never_slower_in_training(of: str, processor: str, contender, ratio) -> None:
    limits, (recipe, pictures) = PROCESSORS[processor][0], WITH_AND_WITHOUT_ONEDNN[of]
    off, on = contender(**limits, **{ONEDNN: "0"}), contender(**limits)
    ratio(
        lambda: off(ours, pictures, recipe),
        lambda: on(ours, pictures, recipe),
        target=0.95,
        rounds=3,
        pictures=pictures,
        also=share_of_bound(on, pictures, recipe),
    )


@on_both_processors
@pytest.mark.parametrize(("name", "size"), [("efficientnet-lite0", 128), ("patch-cnn-relu", 96)])
def test_onednn_is_never_slower_in_answering(name: str, size: int, processor: str, contender, ratio) -> None:
    limits = PROCESSORS[processor][0]
    off, on = contender(**limits, **{ONEDNN: "0"}), contender(**limits)
    ratio(
        lambda: off(inference, name, size, 256),
        lambda: on(inference, name, size, 256),
        target=0.95,
        rounds=3,
        pictures=256,
        also=share_of_bound(on, 256, {"model": name, "image_size": size}, epochs=0, frozen=1),
    )
