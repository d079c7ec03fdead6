"""Training on pictures and metadata: with frozen parts, mixed pictures, and after a break."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.metadata_encoding import EncodedMetadata, MetadataEncoding
from tests.core.training.conftest import Material, network
from tests.core.training.curves import comparable_lines, lines
from tests.core.training.test_stages import TRUNK, Live


@pytest.fixture
def known(material: Material) -> EncodedMetadata:
    """An age for each picture but every fifth, which has to do with its class."""
    ages = material.rows["label"].map({"dark": 30.0, "grey": 50.0, "bright": 70.0}).astype(float)
    rows = pd.DataFrame({"age": ages.mask(np.arange(len(ages)) % 5 == 0)})
    encoding = MetadataEncoding.fitted(rows, ("age",))
    return EncodedMetadata(encoding, encoding.encoded(rows))


@pytest.mark.slow
def test_a_frozen_trunk_is_computed_once_and_metadata_stay_beside_it(train, pictures, known, monkeypatch) -> None:
    import keras

    stages = [{"learns": "head", "epochs": 2, "learning_rate": 0.002}]
    fields = {**TRUNK, "augment_flip": "horizontal", "stages": stages, "metadata": "age"}
    _, kept = train(pictures, known=known, **fields)
    monkeypatch.setattr("core.training.fit.frozen_outputs", lambda frozen, cache, ways, _: Live(frozen, cache, ways))
    _, live = train(pictures, known=known, **fields)
    for one, other in zip(lines(kept.metrics), lines(live.metrics), strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=0.01)
        assert one["val_loss"] == pytest.approx(other["val_loss"], rel=0.01)
    saved = keras.models.load_model(kept.best, compile=False)
    keras.utils.set_random_seed(0)
    fresh = network()
    for name in ("block1a_conv", "block2a_conv"):
        assert np.array_equal(saved.get_layer(name).get_weights()[0], fresh.get_layer(name).get_weights()[0])
    assert saved.get_layer("head_metadata").get_weights()[1].any(), "its bias began with zeros"


@pytest.mark.slow
@pytest.mark.long  # what is hidden in an epoch depends on its number alone, below; the rest is that of any run
def test_going_on_after_a_break_ends_as_one_that_was_left_alone(train: Callable, pictures, known) -> None:
    fields = {**TRUNK, "augment_flip": "turns", "augment_brightness": 0.1, "mixup": 0.2, "epochs": 2, "metadata": "age"}
    whole, at_once = train(pictures, known=known, **fields)
    asked = iter([True, False])
    _, broken = train(pictures, known=known, finish_requested=lambda: next(asked, False), **fields)
    assert len(lines(broken.metrics)) == 1
    out, _ = train(pictures, known=known, files=broken, **fields)
    assert out.epochs == whole.epochs == 2
    assert comparable_lines(broken.metrics) == comparable_lines(at_once.metrics)


def test_a_batch_has_metadata_beside_its_pictures_and_each_epoch_hides_some(known: EncodedMetadata, material) -> None:
    from core.data.images.pipeline import EpochOrder, batches

    rows, labels = np.arange(60), np.arange(60) % 3
    [((pictures, shown), given)] = batches(material.images, rows, labels, 60, metadata=known)
    assert np.array_equal(shown.numpy(), known.values[:60])
    assert np.array_equal(pictures.numpy(), material.images[:60])
    order, seen = EpochOrder(3), []
    dataset = batches(material.images, rows, labels, 60, order=order, metadata=known)
    for epoch in (0, 1, 0):
        order.epoch = epoch
        [((pictures, shown), given)] = dataset
        place = {picture.tobytes(): row for row, picture in enumerate(material.images[:60])}
        rows_shown = [place[picture.tobytes()] for picture in pictures.numpy()]
        assert given.numpy().tolist() == labels[rows_shown].tolist()
        hidden = (shown.numpy() == known.encoding.unknown).all(axis=1)
        assert np.array_equal(shown.numpy()[~hidden], known.values[rows_shown][~hidden])
        assert hidden.sum() > (known.values[:60] == known.encoding.unknown).all(axis=1).sum()
        seen.append(json.dumps(shown.numpy().tolist()))
    assert seen[0] == seen[2] != seen[1]


def test_mixing_blends_metadata_in_the_proportion_of_the_labels(material, known: EncodedMetadata) -> None:
    from core.data.images.pipeline import EpochOrder, batches
    from core.training.mixing import mixed_batches
    from core.training.recipe import make_recipe

    one_hot = np.eye(3, dtype=np.float32)[np.arange(60) % 3]
    same = EncodedMetadata(replace(known.encoding, columns=("sex",), sexes=("a", "b")), one_hot)
    recipe = make_recipe(dataset="demo", model="cnn-59k", mixup=0.5, cutmix=0.5)
    given = batches(material.images, np.arange(60), np.arange(60) % 3, 15, metadata=same)
    for (_, shown), shares in mixed_batches(given, 3, recipe, EpochOrder(0)):
        assert shown.numpy() == pytest.approx(shares.numpy(), abs=1e-6)
        assert len(np.unique(shares.numpy().round(3))) > 3
