import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.data.splits.balance import class_weights
from tests.alike import long_but
from tests.core.training.curves import comparable_lines, lines

CLASSES = ("dark", "grey", "bright")
STILL = 1e-9
"""A learning rate at which nothing changes."""


def probabilities(model_file: Path, images: np.ndarray) -> np.ndarray:
    import keras

    import core.models.baseline  # noqa: F401 - registers the layer of `majority`

    return np.asarray(keras.models.load_model(model_file, compile=False).predict_on_batch(images), np.float64)


def judged(model_file: Path, images: np.ndarray, labels: np.ndarray) -> tuple[float, float, float]:
    """Loss, accuracy and balanced accuracy, each picture counted once and alike."""
    fractions = probabilities(model_file, images)
    hit = fractions.argmax(axis=1) == labels
    sensitivities = [hit[labels == number].mean() for number in np.unique(labels)]
    return -np.log(fractions[np.arange(len(labels)), labels]).mean(), hit.mean(), float(np.mean(sensitivities))


@pytest.mark.parametrize(
    ("balance", "learnt_from"),
    long_but([("none", 45), ("weights", 45), ("oversample", 90), ("undersample", 15)], "weights", "undersample"),
)
@pytest.mark.usefixtures("linear")
def test_balancing_changes_what_is_learnt_from_and_never_the_validation_part(
    train, material, balance: str, learnt_from: int
) -> None:
    out, files = train(material, balance=balance, batch_size=1, epochs=1)
    assert {line["steps"] for line in lines(files.metrics, "batch")} == {learnt_from}
    [epoch] = lines(files.metrics)
    images, labels = material.of_part("validation")
    assert len(labels) == 21
    by_hand = judged(files.best, images, labels)
    assert (epoch["val_loss"], epoch["val_accuracy"], epoch["val_balanced_accuracy"]) == pytest.approx(
        by_hand, abs=1e-4
    )
    assert out.best_epoch == 0


@pytest.mark.usefixtures("linear")
def test_class_weights_make_rare_classes_cost_more_in_the_training_loss_alone(train, material) -> None:
    _, files = train(material, balance="weights", batch_size=64, epochs=1, learning_rate=STILL, seed=5)
    [epoch] = lines(files.metrics)
    images, labels = material.of_part("train")
    fractions = probabilities(files.best, images)
    keys = material.split.part("train")["label"]
    weights = np.array([class_weights(keys, CLASSES)[number] for number in labels])
    loss = -np.log(fractions[np.arange(len(labels)), labels])
    # Dropout makes the loss in training a little different from that of the still model.
    weighted, plain = (weights * loss).mean(), loss.mean()
    assert abs(weighted - plain) > 0.1
    assert epoch["loss"] == pytest.approx(weighted, abs=abs(weighted - plain) / 3)


@pytest.mark.usefixtures("linear")
def test_nothing_of_the_test_part_is_looked_at(train, material) -> None:
    _, clean = train(material, seed=4)
    images = material.images.astype(np.float32)
    rows = material.rows.copy()
    test = (rows["part"] == "test").to_numpy()
    images[test] = np.nan  # one look would make every figure NaN
    rows.loc[test, "label"] = "no class at all"
    _, poisoned = train(replace(material, images=images, rows=rows), seed=4)
    assert comparable_lines(poisoned.metrics) == comparable_lines(clean.metrics)


@pytest.mark.usefixtures("linear")
def test_the_same_seed_gives_the_same_figures_and_another_seed_others(train, material) -> None:
    first, again, other = (train(material, seed=seed)[1] for seed in (7, 7, 8))
    assert comparable_lines(first.metrics) == comparable_lines(again.metrics)
    assert comparable_lines(first.metrics)[0]["loss"] != comparable_lines(other.metrics)[0]["loss"]


@pytest.mark.long  # that a seed repeats is tested above with less, and this network learns in many other tests
def test_the_small_cnn_learns_and_repeats_its_first_epoch_with_the_same_seed(train, material) -> None:
    from core.models.registry import build_model

    (out, files), (_, again) = (train(material, seed=1, epochs=epochs) for epochs in (3, 1))
    assert out.parameters == build_model("cnn-59k", 28, 3).count_params()
    assert (out.epochs, out.stopped, out.diverged) == (3, False, False)
    first, repeated = lines(files.metrics)[0], lines(again.metrics)[0]
    for name in ("loss", "accuracy", "val_loss"):
        assert first[name] == pytest.approx(repeated[name], abs=1e-3)
    assert lines(files.metrics)[-1]["loss"] < first["loss"]


@pytest.mark.usefixtures("linear")
def test_every_line_of_the_curves_is_whole_and_in_order(train, material) -> None:
    out, files = train(material, epochs=3, batch_size=4)
    every = [json.loads(line) for line in files.metrics.read_text().splitlines()]
    assert files.metrics.read_text().endswith("\n")
    assert files.metrics.stat().st_mode & 0o777 == 0o600, "probabilities of pictures are in it"
    assert [line["epoch"] for line in every] == sorted(line["epoch"] for line in every)
    assert [line["time"] for line in every] == sorted(line["time"] for line in every)
    epochs = lines(files.metrics)
    assert [line["epoch"] for line in epochs] == [0, 1, 2]
    assert out.epochs == 3
    measured = {"loss", "accuracy", "balanced_accuracy"}
    for line in epochs:
        assert measured | {f"val_{name}" for name in measured} <= line.keys()
        assert line["complete"] is True
        assert line["seconds"] > 0
        assert line["images_per_second"] > 0
        assert line["learning_rate"] == pytest.approx(1e-3)
    batches = lines(files.metrics, "batch")
    assert {line["epoch"] for line in batches} == {0, 1, 2}  # each epoch shows its first figures at once
    assert all(1 <= line["step"] <= line["steps"] == 12 and measured <= line.keys() for line in batches)


@pytest.mark.parametrize("batch_size", [1, 45])
@pytest.mark.usefixtures("linear")
def test_steps_never_exceed_their_number_however_batches_are_bundled(train, material, batch_size: int) -> None:
    _, files = train(material, epochs=1, batch_size=batch_size)
    steps = -(-45 // batch_size)
    assert all(line["step"] <= line["steps"] == steps for line in lines(files.metrics, "batch"))
    assert [line["complete"] for line in lines(files.metrics)] == [True]


@pytest.mark.usefixtures("linear")
def test_the_events_of_tensorboard_are_written_for_both_parts(train, material) -> None:
    _, files = train(material)
    for part in ("train", "validation"):
        [events] = (files.tensorboard / part).glob("events.out.tfevents.*")
        assert events.stat().st_size > 100


@pytest.mark.usefixtures("linear")
def test_training_stops_early_when_nothing_gets_better(train, material) -> None:
    out, files = train(material, epochs=20, monitor="val_accuracy", learning_rate=STILL, early_stopping_patience=2)
    assert len(lines(files.metrics)) == out.epochs == 3
    assert out.best_epoch == 0
    assert not out.stopped  # nobody asked


@pytest.mark.usefixtures("linear")
def test_the_learning_rate_falls_on_a_plateau_down_to_its_floor(train, material) -> None:
    out, files = train(
        material,
        epochs=5,
        monitor="val_accuracy",
        learning_rate=STILL,
        reduce_lr_patience=1,
        reduce_lr_factor=0.5,
        min_learning_rate=STILL / 4,
    )
    rates = [line["learning_rate"] / STILL for line in lines(files.metrics)]
    assert rates == pytest.approx([1, 1, 0.5, 0.25, 0.25], rel=1e-4)
    assert (out.epochs, out.best_epoch) == (5, 0)  # without early stopping it goes on all the same


@pytest.mark.parametrize("monitor", long_but(["val_loss", "val_balanced_accuracy"], "val_balanced_accuracy"))
@pytest.mark.usefixtures("linear")
def test_the_epoch_that_is_kept_is_the_best_by_the_figure_asked_for(train, material, monitor: str) -> None:
    out, files = train(material, epochs=6, monitor=monitor, learning_rate=0.3, batch_size=8)
    values = [line[monitor] for line in lines(files.metrics)]
    best = min(values) if monitor == "val_loss" else max(values)
    assert values[out.best_epoch] == best
    assert out.best_epoch == values.index(best)  # the first of several that are as good
    names = ("val_loss", "val_accuracy", "val_balanced_accuracy")
    kept = dict(zip(names, judged(files.best, *material.of_part("validation")), strict=True))
    assert kept[monitor] == pytest.approx(best, abs=1e-4)


@pytest.mark.usefixtures("linear")
@pytest.mark.parametrize("averaged", [0.0, 0.5])
def test_the_last_epoch_is_kept_where_that_is_asked_for_though_others_were_better(train, material, averaged) -> None:
    rough = {"learning_rate": 0.3, "batch_size": 8, "ema_momentum": averaged}
    out, files = train(material, epochs=4, keep="last", **rough)
    losses = [line["val_loss"] for line in lines(files.metrics)]
    assert out.best_epoch == 3
    assert min(losses) < losses[-1]
    assert judged(files.best, *material.of_part("validation"))[0] == pytest.approx(losses[-1], abs=1e-4)


@pytest.mark.usefixtures("linear")
def test_a_stage_begins_with_the_last_epoch_where_that_is_kept(train, material) -> None:
    stages = [
        {"learns": "all", "epochs": 4, "learning_rate": 0.3},
        {"learns": "all", "epochs": 1, "learning_rate": STILL},
    ]
    out, files = train(material, batch_size=8, keep="last", stages=stages)
    losses = [line["val_loss"] for line in lines(files.metrics)]
    assert min(losses[:4]) < losses[3]
    assert losses[4] == pytest.approx(losses[3], abs=1e-4)
    assert out.best_epoch == 4


@pytest.mark.usefixtures("linear")
def test_a_loss_that_is_no_number_ends_the_training_at_once_as_diverged(train, material) -> None:
    images = material.images.astype(np.float32)
    images[(material.rows["part"] == "train").to_numpy()] = np.nan
    out, files = train(replace(material, images=images), epochs=50)
    assert out.diverged
    assert out.epochs == 1
    assert out.best_epoch is None
    assert lines(files.metrics)[0]["loss"] is None  # JSON has no NaN


@pytest.mark.usefixtures("linear")
def test_a_request_to_stop_ends_the_training_within_the_epoch_and_keeps_what_was_learnt(train, material) -> None:
    out, files = train(material, epochs=500, batch_size=1, stop_requested=lambda: True)
    assert (out.stopped, out.diverged, out.epochs) == (True, False, 1)
    [epoch] = lines(files.metrics)
    assert epoch["complete"] is False
    assert probabilities(files.best, material.images[:2]).shape == (2, 3)


@pytest.mark.usefixtures("linear")
def test_progress_is_told_in_epochs_and_reaches_the_end(train, material) -> None:
    told: list[tuple[float, int, float | None]] = []
    train(material, epochs=3, report=lambda *what: told.append(what))
    done = [what[0] for what in told]
    assert done == sorted(done)
    assert {what[1] for what in told} == {3}
    assert told[0][2] is None  # no epoch has been timed yet
    assert told[-1][:2] == (3, 3)
    assert told[-1][2] >= 0  # the evaluation that follows


def test_the_majority_model_is_the_class_shares_of_the_training_part(train, material) -> None:
    out, files = train(material, model="majority", balance="none")
    assert (out.epochs, out.parameters, out.stopped, out.diverged) == (0, 3, False, False)
    answers = probabilities(files.best, material.images[:4])
    assert answers == pytest.approx(np.array([[30 / 45, 10 / 45, 5 / 45]] * 4), abs=1e-6)


def test_many_small_batches_run_in_bundles_that_still_report_eight_times() -> None:
    from core.training.learner import steps_per_execution

    assert steps_per_execution(1, (28, 28, 3), 1000) == 16
    assert steps_per_execution(1, (28, 28, 3), 40) == 5
    assert steps_per_execution(1, (28, 28, 3), 3) == 1
    assert steps_per_execution(128, (224, 224, 3), 1000) == 1


@pytest.mark.parametrize(("examples", "size"), [(1, 16), (600, 16), (1054, 32), (2048, 64), (46_935, 64)])
def test_a_small_training_part_gets_smaller_batches_so_that_an_epoch_has_steps_enough(examples: int, size: int) -> None:
    from core.training.learner import suitable_batch_size

    assert suitable_batch_size(examples) == size
