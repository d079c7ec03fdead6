"""What the lines of a training say, and that the clock decides nothing but times."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.core.training.curves import lines

CLASSES = ("dark", "grey", "bright")


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def batch_lines(path: Path, clock: Clock, steps: int, bundle: int = 1, seconds: float = 0.1) -> list[dict]:
    from core.training.callbacks import MetricsLog
    from core.training.keras_metrics import BalancedAccuracy

    log = MetricsLog(path, steps * 8 - 3, 8, BalancedAccuracy(3), lambda: np.empty((0, 3)), clock)
    log.set_params({"steps": steps})
    log.on_train_begin()
    log.on_epoch_begin(0)
    for end in range(bundle - 1, steps + bundle - 1, bundle):
        clock.now += seconds
        log.on_train_batch_end(end, {"loss": 1.0})
    log.on_train_end()
    return lines(path, "batch")


def test_an_epoch_gets_a_line_after_its_first_step_and_about_a_hundred_at_fixed_steps(tmp_path, clock: Clock) -> None:
    long = batch_lines(tmp_path / "long", clock, 1234)
    assert [line["step"] for line in long] == [1, *range(12, 1234, 12)]
    assert [line["step"] for line in batch_lines(tmp_path / "short", clock, 7)] == [1, 2, 3, 4, 5, 6, 7]
    bundled = batch_lines(tmp_path / "bundled", clock, 50, bundle=6)
    assert [line["step"] for line in bundled] == [6, 12, 18, 24, 30, 36, 42, 48, 50]


def test_the_lines_stand_at_the_same_steps_however_fast_it_goes(tmp_path, clock: Clock) -> None:
    fast, slow = (batch_lines(tmp_path / str(pace), clock, 300, seconds=pace) for pace in (0.001, 3.0))
    assert [line["step"] for line in fast] == [line["step"] for line in slow]


def test_the_speed_of_a_line_is_that_since_the_line_before(tmp_path, clock: Clock) -> None:
    of_batches = batch_lines(tmp_path / "log", clock, 4, seconds=0.5)
    assert [line["images_per_second"] for line in of_batches] == [16, 16, 16, 10]  # the last step has five pictures


@pytest.mark.usefixtures("linear")
def test_the_confusion_matrix_of_a_line_is_that_of_the_model_on_the_validation_part(train, material) -> None:
    import keras

    fitted, files = train(material, epochs=8, learning_rate=0.02, batch_size=4)
    line = lines(files.metrics)[fitted.best_epoch]
    images, labels = material.of_part("validation")
    predicted = np.asarray(keras.models.load_model(files.best, compile=False).predict_on_batch(images)).argmax(axis=1)
    expected = np.zeros((3, 3), int)
    np.add.at(expected, (labels, predicted), 1)
    assert line["confusion"] == expected.tolist()
    assert len(set(predicted)) > 1
    fractions = np.diag(expected) / expected.sum(axis=1)
    assert line["val_balanced_accuracy"] == pytest.approx(fractions.mean(), abs=1e-6)


@pytest.mark.usefixtures("linear")
def test_the_sensitivity_in_training_has_a_place_for_each_class_and_none_where_it_does_not_occur(
    train, material
) -> None:
    absent = (material.rows["part"] == "train") & (material.rows["label"] == "grey")
    fewer = type(material)(material.images[~absent], material.rows[~absent].reset_index(drop=True))
    _, files = train(fewer, epochs=1, learning_rate=0.05, batch_size=8)
    [line] = lines(files.metrics)
    dark, grey, bright = line["train_sensitivity"]
    assert grey is None
    assert line["balanced_accuracy"] == pytest.approx((dark + bright) / 2, abs=1e-5)
    assert line["accuracy"] == pytest.approx((30 * dark + 5 * bright) / 35, abs=1e-5)


@pytest.mark.usefixtures("linear")
def test_watched_pictures_are_followed_by_the_model_as_it_is_after_each_epoch_without_augmentation(
    train, material
) -> None:
    import keras

    _, files = train(material, epochs=2, learning_rate=0.05, augment_brightness=0.9)
    watched = json.loads(files.watched.read_text())
    assert watched["classes"] == list(CLASSES)
    keys = [picture["image_id"] for picture in watched["pictures"]]
    rows = material.rows.set_index("image_id").loc[keys]
    assert (rows["part"] == "validation").all()
    assert rows["label"].tolist() == [picture["label"] for picture in watched["pictures"]]
    first, last = (line["pictures"] for line in lines(files.metrics))
    assert np.shape(first) == np.shape(last) == (6, 3)
    assert first != last
    best = int(np.argmin([line["val_loss"] for line in lines(files.metrics)]))
    images = material.images[material.rows.index[material.rows["image_id"].isin(keys)]]
    order = np.argsort([keys.index(each) for each in material.rows["image_id"] if each in keys])
    answers = np.asarray(keras.models.load_model(files.best, compile=False).predict_on_batch(images[order]))
    np.testing.assert_allclose((first, last)[best], answers, atol=1e-5)


def test_six_pictures_of_as_many_classes_as_possible_are_watched_and_the_seed_chooses_them() -> None:
    from core.training.watched_pictures import watched_pictures

    keys = tuple("abcdefgh")
    labels = ["a"] * 90 + list("bcdefgh")
    rows = pd.DataFrame({"image_id": [f"i{n}" for n in range(len(labels))], "label": labels})
    rows = pd.concat([rows, rows])  # an oversampled part
    chosen = watched_pictures(rows, keys, 1)
    assert len(chosen) == chosen["label"].nunique() == chosen["image_id"].nunique() == 6
    assert chosen["label"].is_monotonic_increasing
    assert chosen.equals(watched_pictures(rows, keys, 1))
    assert len({tuple(watched_pictures(rows, keys, seed)["image_id"]) for seed in range(5)}) > 1
    few = watched_pictures(rows[rows["label"].isin(["a", "b"])], keys, 1)
    assert few["label"].tolist() == ["a"] * 5 + ["b"]
    assert len(watched_pictures(rows.iloc[:2], keys, 1)) == 2


def told_of(
    clock: Clock, pace: list[tuple[float, float]], epochs: int, fraction: float, saving: float = 0.0
) -> list[tuple]:
    """What is told at the end of each epoch and halfway, with the seconds of learning and validation of each.

    Other callbacks save for so many seconds after each epoch.
    """
    from core.training.callbacks import ReportProgress

    told: list[tuple] = []
    progress = ReportProgress(lambda *what: told.append(what), fraction, clock)
    progress.set_params({"steps": 10, "epochs": epochs})
    progress.on_train_begin()
    for epoch, (learning, validation) in enumerate(pace):
        progress.on_epoch_begin(epoch)
        clock.now += learning / 2
        progress.on_train_batch_end(4)
        clock.now += learning / 2
        progress.on_test_begin()
        clock.now += validation
        progress.on_epoch_end(epoch)
        clock.now += saving
    return told


def test_time_left_leaves_out_the_first_epoch_and_adds_the_evaluation(clock: Clock) -> None:
    """The first epoch traces: 20 s of 30 in learning, 4 of 6 in validation. The test part is as large again."""
    told = told_of(clock, [(30.0, 6.0), (10.0, 2.0), (10.0, 2.0)], epochs=5, fraction=2.0)
    evaluation = 4.0 + 2 * 2.0  # it traces too
    assert told[0] == (0.5, 5, None)  # nothing has been timed yet
    ends = [left for done, _, left in told if done == int(done)]
    assert ends[1:] == pytest.approx([3 * 12 + evaluation, 2 * 12 + evaluation])
    halfway = next(left for done, _, left in told if done == 2.5)
    assert halfway == pytest.approx(5 + 2 + 2 * 12 + evaluation)


def test_time_left_counts_what_is_saved_after_each_epoch(clock: Clock) -> None:
    told = told_of(clock, [(10.0, 2.0)] * 3, epochs=5, fraction=2.0, saving=3.0)
    ends = {done: left for done, _, left in told if done == int(done)}
    assert ends[2.0] == pytest.approx(3 + 3 * (12 + 3) + 2 * 2.0)
    assert ends[3.0] == pytest.approx(3 + 2 * (12 + 3) + 2 * 2.0)


def test_time_left_counts_every_way_in_which_a_held_out_picture_is_judged(material) -> None:
    from core.training.fit import predicted_at_the_end
    from core.training.recipe import make_recipe

    parts = material.rows["part"].value_counts()
    once = (parts["validation"] + parts["test"]) / parts["validation"]
    for ways, name in ((1, "none"), (4, "flips"), (8, "flips-and-turns")):
        recipe = make_recipe(dataset="demo", model="cnn-59k", test_time_augmentation=name)
        assert predicted_at_the_end(recipe, material.split) == pytest.approx(ways * once)


def test_time_left_follows_a_machine_that_gets_busy(clock: Clock) -> None:
    told = told_of(clock, [(10.0, 2.0)] * 20 + [(20.0, 4.0)] * 8, epochs=40, fraction=0.0)
    assert told[-1][2] == pytest.approx(12 * 24)


def test_time_left_is_right_within_a_fifth_from_the_third_epoch_on_when_epochs_vary(clock: Clock) -> None:
    rng = np.random.default_rng(0)
    pace = [(25.0, 5.0), *zip(10 * rng.uniform(0.85, 1.15, 11), 2 * rng.uniform(0.85, 1.15, 11), strict=True)]
    told = told_of(clock, pace, epochs=12, fraction=2.0)
    for done, _, left in told[4:]:
        epoch, into = divmod(done, 1)
        true = sum(map(sum, pace[int(epoch) + bool(into) :])) + 3 + 2 * 2
        true += pace[int(epoch)][0] / 2 + pace[int(epoch)][1] if into else 0
        assert left == pytest.approx(true, rel=0.2), done
