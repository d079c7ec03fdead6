"""Explaining answers of predictors whose networks are made by hand, so that the right map is known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.errors import ConfigurationError, RunError
from core.data.images.turns import Turns, turned, turned_back
from core.data.spec import ClassSpec
from core.explain.deletion import SHIFTS
from core.explain.heat_map import scaled
from core.explain.integrated_gradients import blurred
from core.explain.methods import MODEL_FREE, Method
from core.explain.randomised import copy_of, randomise, rank_correlation
from core.models.registry import list_models, model_spec
from core.serving.answer import answer_square
from core.serving.explaining import check_by_deletion, checked_methods, explain, methods_for, vary
from core.serving.predictor import Predictor, PredictorInfo

SIDE = 24
INFO = PredictorInfo(
    run_id="by-hand", model="cnn-59k", image_size=SIDE, dataset="demo", dataset_title="Demo", synthetic=True,
    classes=(ClassSpec("mel", "melanoma", True), ClassSpec("nv", "nevus", False)),
    citation="", licence="", split="grouped", leaking=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """Melanoma is how dark a corner is: rows and columns 2 to 7; all else counts for nothing."""
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 3), name="image")
    dark = layers.Conv2D(1, 1, name="darkness")(inputs)
    outputs = layers.Dense(2, activation="softmax", name="probabilities")(layers.Flatten()(dark))
    model = keras.Model(inputs, outputs, name="corner")
    model.get_layer("darkness").set_weights([np.full((1, 1, 3, 1), -1 / 765, np.float32), np.ones(1, np.float32)])
    weights = np.zeros((SIDE, SIDE, 2), np.float32)
    weights[2:8, 2:8] = [4 / 36, 0]
    model.layers[-1].set_weights([weights.reshape(-1, 2), np.array([-2, 0], np.float32)])
    file = tmp_path_factory.mktemp("by-hand") / "model.keras"
    model.save(file)
    return Predictor(file, INFO)


@pytest.fixture
def picture() -> np.ndarray:
    """Skin with a dark spot in that corner and another, paler one elsewhere."""
    pixels = np.full((SIDE, SIDE, 3), 210, np.uint8)
    pixels[2:8, 2:8] = 20
    pixels[15:20, 12:18] = 120
    return pixels


def seen_in(predictor: Predictor, turns: Turns, temperature: float = 1.0) -> Predictor:
    changed = predictor.with_model(predictor.model)
    changed.info = replace(predictor.info, test_time_augmentation=turns, temperature=temperature)
    return changed


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"image_size": 28}, r"it takes 24×24×3, and the run has pictures of 28×28\. Put back its own"),
        ({"classes": (*INFO.classes, ClassSpec("df", "dermatofibroma", False))}, "tells 2 classes apart, and .* has 3"),
    ],
)
def test_a_model_of_another_run_is_not_asked(
    predictor: Predictor, tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    file = tmp_path / "model.keras"
    predictor.model.save(file)
    with pytest.raises(RunError, match=said):
        Predictor(file, replace(INFO, **changed))


@pytest.mark.parametrize("method", [m for m in Method if m.knows_the_model and m is not Method.ROW_SALIENCY])
def test_every_method_finds_the_corner_that_decides(predictor: Predictor, picture: np.ndarray, method: Method) -> None:
    found = explain(predictor, picture, "mel", method)
    values = found.values / found.values.sum()
    if method is Method.GRAD_CAM:  # one channel alone, so that its mean gradient tells no place: it shows the darkness
        assert values[2:8, 2:8].mean() > values[15:20, 12:18].mean() > 0
    elif method is Method.INTEGRATED_FROM_BLUR:  # only the corner differs from what counts
        assert values[2:8, 2:8].sum() == pytest.approx(1, abs=1e-4)
    else:
        assert values[1:9, 1:9].sum() > 0.6
        assert values[15:20, 12:18].max() < 0.1 * values.max()
    assert found.layer == ("darkness" if method.looks_at_convolution else "")
    assert (found.values.dtype, found.values.max()) == (np.float32, pytest.approx(1))
    assert not found.empty


def test_integrated_gradients_add_up_to_the_difference_of_the_scores(predictor: Predictor, picture: np.ndarray) -> None:
    for method, baseline in (
        (Method.INTEGRATED_FROM_BLACK, np.zeros_like(picture)),
        (Method.INTEGRATED_FROM_BLUR, None),
    ):
        found = explain(predictor, picture, "mel", method).completeness
        assert found.converged
        assert found.total == pytest.approx(found.difference, rel=0.02)
        if baseline is not None:
            said = predictor.probabilities(np.stack([picture, baseline])).astype(float)
            by_hand = np.diff(np.log(said[:, 0] / said[:, 1]))[0]  # the score of the other class is always 0
            assert found.difference == pytest.approx(-by_hand, rel=1e-4)


def test_what_speaks_against_a_class_gives_an_empty_activation_map(predictor: Predictor, picture: np.ndarray) -> None:
    found = explain(predictor, picture, "nv", Method.HIRES_CAM)
    assert found.empty
    assert check_by_deletion(predictor, picture, "nv", found.values).empty


@pytest.mark.parametrize("turns", [Turns.FLIPS, Turns.FLIPS_AND_TURNS])
def test_of_a_mean_over_ways_the_map_is_the_mean_of_the_maps_turned_back(
    predictor: Predictor, picture: np.ndarray, turns: Turns
) -> None:
    found = explain(seen_in(predictor, turns), picture, "mel", Method.HIRES_CAM)
    one = explain(predictor, picture, "mel", Method.HIRES_CAM)
    assert f"mean over the {turns.ways} ways" in found.explained
    assert "ways" not in one.explained
    darkness = 1 - picture.sum(axis=2) / 765
    weights = np.zeros((SIDE, SIDE))
    weights[2:8, 2:8] = 4 / 36
    by_hand = [
        turned_back(turned(darkness[None, ..., None], way)[..., 0] * weights, way)[0] for way in range(turns.ways)
    ]
    assert found.values == pytest.approx(scaled(np.mean(by_hand, axis=0)), abs=1e-5)
    assert found.values[-8:-2, -8:-2].max() > 0  # the corner that a turned picture has there
    for method in (Method.INTEGRATED_FROM_BLACK, Method.OCCLUSION):
        assert explain(seen_in(predictor, turns), picture, "mel", method).explained


def test_turning_back_undoes_every_way() -> None:
    maps = np.random.default_rng(0).random((2, 5, 5, 3))
    assert all((turned_back(turned(maps, way), way) == maps).all() for way in range(8))


def test_the_deletion_check_is_of_the_probability_that_is_shown(predictor: Predictor, picture: np.ndarray) -> None:
    changed = seen_in(predictor, Turns.NONE, temperature=2.0)
    heat = explain(changed, picture, "mel", Method.HIRES_CAM).values
    found = check_by_deletion(changed, picture, "mel", heat)
    without = picture.copy()
    without[heat > 0] = picture.mean(axis=(0, 1)).round()
    before, after = changed.probabilities(np.stack([picture, without]))[:, 0]
    assert found.lost == pytest.approx(before - after, abs=1e-5)
    assert found.lost > 0.1
    assert found.ahead == SHIFTS


def test_variations_are_answered_as_the_predictor_answers(predictor: Predictor, picture: np.ndarray) -> None:
    for varied in vary(predictor, picture):
        assert varied.probabilities == pytest.approx(predictor.probabilities(varied.pictures), abs=1e-5)
    brightness = next(varied for varied in vary(predictor, picture) if varied.name == "Brightness")
    assert (np.diff(brightness.probabilities[:, 0]) < 0).all()  # the darker, the more a melanoma


def test_a_class_or_a_convolution_that_is_not_there_is_named(predictor: Predictor, picture: np.ndarray) -> None:
    with pytest.raises(ConfigurationError, match="knows no class “bcc”"):
        explain(predictor, picture, "bcc", Method.OCCLUSION)
    with pytest.raises(ConfigurationError, match="no convolution “conv7”"):
        explain(predictor, picture, "mel", Method.GRAD_CAM, layer="conv7")


def test_methods_fit_the_model_and_are_held_against_maps_that_know_nothing_of_it() -> None:
    for spec in list_models():
        found = methods_for(spec)
        assert (Method.GRAD_CAM in found) == (spec.convolutional and spec.takes == "pictures")
        assert not set(found) & set(MODEL_FREE)
        assert checked_methods(spec) == ((*found, *MODEL_FREE) if found else ())
    assert methods_for(model_spec("lstm-rows"))[0] is Method.ROW_SALIENCY
    assert methods_for(model_spec("majority")) == methods_for(model_spec("dense-genes")) == ()


def test_the_saliency_of_the_rows_that_decide_is_the_highest(predictor: Predictor, picture: np.ndarray) -> None:
    rows = explain(predictor, picture, "mel", Method.ROW_SALIENCY).values
    assert rows.shape == (SIDE, 1)
    assert rows[2:8, 0] == pytest.approx(1)
    assert rows[8:, 0] == pytest.approx(0)


def test_any_convolution_can_be_looked_at_and_its_own_map_is_shown(tmp_path: Path, picture: np.ndarray) -> None:
    """The first sees how dark a place is, the second moves that three columns to the right."""
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 3), name="image")
    dark = layers.Conv2D(1, 1, name="darkness")(inputs)
    moved = layers.Conv2D(1, (1, 7), padding="same", use_bias=False, name="moved")(dark)
    outputs = layers.Dense(2, activation="softmax")(layers.Flatten()(moved))
    model = keras.Model(inputs, outputs)
    model.get_layer("darkness").set_weights([np.full((1, 1, 3, 1), -1 / 765, np.float32), np.ones(1, np.float32)])
    model.get_layer("moved").set_weights([np.eye(1, 7, dtype=np.float32).reshape(1, 7, 1, 1)])
    weights = np.zeros((SIDE, SIDE, 2), np.float32)
    weights[2:8, 5:11] = [4 / 36, 0]
    model.layers[-1].set_weights([weights.reshape(-1, 2), np.zeros(2, np.float32)])
    model.save(tmp_path / "model.keras")
    predictor = Predictor(tmp_path / "model.keras", INFO)
    for layer, columns in (("darkness", slice(2, 8)), ("moved", slice(5, 11)), ("", slice(5, 11))):
        found = explain(predictor, picture, "mel", Method.HIRES_CAM, layer=layer)
        assert found.layer == (layer or "moved")
        hot = np.zeros((SIDE, SIDE), bool)
        hot[2:8, columns] = True
        assert (found.values > 0).tolist() == hot.tolist()


def test_an_lstm_over_rows_is_explained_by_its_gradients(tmp_path: Path, picture: np.ndarray) -> None:
    import keras

    from core.models.registry import build_model

    keras.utils.set_random_seed(0)
    build_model("lstm-rows", SIDE, 2, {"units": 32, "recurrent_layers": 2}).save(tmp_path / "model.keras")
    predictor = Predictor(tmp_path / "model.keras", replace(INFO, model="lstm-rows"))
    network = predictor.network
    pixels = picture[None].astype(np.float32)
    _, [gradients] = network.gradients(pixels, 0)
    by_differences = np.zeros(SIDE)
    for row in range(SIDE):
        moved = np.repeat(pixels, 2, axis=0)
        moved[0, row] += 2
        moved[1, row] -= 2
        above, below = network.gradients(moved, 0)[0]
        by_differences[row] = (above - below) / 4
    assert gradients.sum(axis=(1, 2)) == pytest.approx(by_differences, rel=0.05, abs=np.abs(by_differences).max() / 50)

    told = answer_square(predictor, picture, "mel")
    assert (told.heat_method, told.heat_class, told.heat_layer) == (Method.ROW_SALIENCY, "mel", "")
    rows = np.abs(gradients).sum(axis=(1, 2))
    assert told.heat[:, 0] == pytest.approx(rows / rows.max(), abs=1e-4)

    summed = explain(predictor, picture, "mel", Method.INTEGRATED_FROM_BLUR).completeness
    scores = network.gradients(np.stack([picture, blurred(picture)]), 0)[0]
    assert summed.converged
    assert summed.difference == pytest.approx(scores[0] - scores[1], rel=1e-3)
    assert summed.total == pytest.approx(summed.difference, rel=0.02)

    for head_alone in (False, True):
        other = predictor.with_model(copy_of(predictor.model))
        randomise(other.model, predictor.model, 1, head_alone=head_alone)
        forgot = explain(other, picture, "mel", Method.ROW_SALIENCY).values
        assert rank_correlation(told.heat, forgot) is not None
        assert np.abs(forgot - told.heat).max() > 0.01
        weights = zip(other.model.get_weights(), predictor.model.get_weights(), strict=True)
        same = [np.array_equal(one, another) for one, another in weights if np.ptp(another) > 0]
        assert any(same) == head_alone
        assert not same[-1]
