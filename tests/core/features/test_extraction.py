"""Features by a frozen network: the weights are found where they may lie, and say what a picture looks like."""

from pathlib import Path

import numpy as np
import pytest

from core.base.errors import ConfigurationError, RunError
from core.data.catalog import open_dataset
from core.data.spec import Dataset
from core.features.extraction import ensure_features, feature_sources
from core.features.features import FeatureKind, FeatureSource, load_features, nearest
from core.features.frozen_network import WEIGHTS_FILE, find_weights

IMAGENET = FeatureSource(FeatureKind.IMAGENET)


@pytest.fixture
def few(demo_artifacts) -> Dataset:
    """The first 40 pictures of the demo data."""
    dataset = open_dataset("demo")
    return Dataset(dataset.spec, dataset.table.head(40), dataset.root)


def test_weights_are_found_by_the_setting_or_in_a_data_root(artifacts, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("LESIONLAB_WEIGHTS", raising=False)
    assert find_weights() is None
    in_root = tmp_path / "data" / "weights" / WEIGHTS_FILE
    in_root.parent.mkdir()
    in_root.touch()
    assert find_weights() == in_root
    named = tmp_path / "elsewhere" / WEIGHTS_FILE
    named.parent.mkdir()
    named.touch()
    monkeypatch.setenv("LESIONLAB_WEIGHTS", str(named.parent))
    assert find_weights() == named


def test_the_imagenet_network_puts_an_identical_picture_at_distance_0(few, imagenet_weights: Path) -> None:
    features = ensure_features(few, IMAGENET)
    assert features.matrix.shape == (40, 256)
    assert load_features(few).source == IMAGENET
    groups = few.table.groupby("group_id")["image_id"].apply(list)
    pair = next(ids for ids in groups if len(ids) > 1)
    assert nearest(features, pair[0], 1)[0] == (pair[-1], pytest.approx(0, abs=1e-5))


def test_without_weights_colours_and_textures_are_left(few, monkeypatch) -> None:
    monkeypatch.delenv("LESIONLAB_WEIGHTS", raising=False)
    assert feature_sources("demo") == [FeatureSource(FeatureKind.COLOUR_TEXTURE)]
    with pytest.raises(ConfigurationError, match="LESIONLAB_WEIGHTS"):
        ensure_features(few, IMAGENET)
    assert len(ensure_features(few, FeatureSource(FeatureKind.COLOUR_TEXTURE)).matrix) == 40


def test_weights_that_are_not_those_that_were_published_are_named_as_such(few, tmp_path, monkeypatch) -> None:
    (tmp_path / WEIGHTS_FILE).write_bytes(b"no weights")
    monkeypatch.setenv("LESIONLAB_WEIGHTS", str(tmp_path))
    with pytest.raises(ConfigurationError, match="is not the file that was published"):
        ensure_features(few, IMAGENET)


@pytest.mark.slow
def test_a_trained_run_gives_its_last_layer_but_one(trained, monkeypatch) -> None:
    monkeypatch.delenv("LESIONLAB_WEIGHTS", raising=False)
    source = FeatureSource(FeatureKind.RUN, trained.run_id)
    assert feature_sources("demo")[0] == source
    assert source not in feature_sources("ham10000")
    dataset = open_dataset("demo")
    features = ensure_features(dataset, source)
    assert len(features.matrix) == len(dataset.table)
    assert np.allclose(np.linalg.norm(features.matrix, axis=1), 1, atol=1e-4)
    with pytest.raises(RunError):
        ensure_features(dataset, FeatureSource(FeatureKind.RUN, "no-such-run"))
