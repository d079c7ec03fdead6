"""Runs that begin with weights say where those come from, and what they had learnt from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import ConfigurationError
from core.base.files import read_json, write_json
from core.base.settings import artifacts_dir, settings_for_processes
from core.data.catalog import open_dataset
from core.data.splits.splits import TEST, TRAIN, Split, SplitKind, make_split
from core.engine.supervise import supervise
from core.models.registry import build_model, model_spec
from core.models.weights import WeightsOrigin, weights_origin
from core.runs.judging.known_to_trunk import known_to_trunk
from core.runs.judging.results import load_leakage_of
from core.runs.run_folder import RunFolder
from core.runs.run_states import ErrorKind, State
from core.serving.predictor import Predictor, PredictorInfo
from tests.conftest import train_here

MOBILENET = "mobilenet-0.25"
SIZE = 32


@pytest.fixture
def dataset(tiny_data):
    return open_dataset("ham10000")


def earlier_run(dataset, split: Split, run_id: str = "earlier", *, model: bytes = b"a model") -> RunFolder:
    """A run that is said to have learnt from a split."""
    run = RunFolder(artifacts_dir() / "runs" / run_id)
    run.path.mkdir(parents=True)
    spec = dataset.spec
    PredictorInfo(
        run_id,
        MOBILENET,
        SIZE,
        spec.classes,
        spec.name,
        spec.title,
        False,
        spec.citation,
        spec.licence,
        "grouped",
        False,
    ).save(run.predictor_file)
    split.save(run.split_file)
    run.model_file.write_bytes(model)
    return run


def split_of(dataset, seed: int, kind: SplitKind = SplitKind.GROUPED) -> Split:
    return make_split(dataset.table, kind, seed, (0.7, 0.15, 0.15))


def origin_of(run: RunFolder) -> WeightsOrigin:
    return weights_origin(model_spec(MOBILENET), run.run_id)


def test_pictures_of_the_test_part_that_the_weights_have_learnt_from_are_counted_with_their_groups(dataset) -> None:
    ours, theirs = split_of(dataset, 0), split_of(dataset, 1)
    test, learnt = ours.part(TEST), theirs.part(TRAIN)
    shared = int(test["group_id"].isin(learnt["group_id"]).sum())
    assert 0 < shared < len(test)
    run = earlier_run(dataset, theirs)
    assert known_to_trunk(origin_of(run), dataset, ours) == shared
    same = earlier_run(dataset, ours, "same-split")
    assert known_to_trunk(origin_of(same), dataset, ours) == 0
    # one picture of a lesion in training: the other one of its group is known, too
    one_each = Split(theirs.kind, 1, learnt.drop_duplicates("group_id").assign(part=TRAIN))
    assert known_to_trunk(origin_of(earlier_run(dataset, one_each, "one-each")), dataset, ours) == shared


def test_what_weights_had_learnt_from_before_counts_through_every_run_between(dataset) -> None:
    ours = split_of(dataset, 0)
    first = earlier_run(dataset, split_of(dataset, 1), "first")
    second = earlier_run(dataset, ours, "second")
    write_json(second.weights_file, origin_of(first).to_json())
    assert known_to_trunk(origin_of(second), dataset, ours) == known_to_trunk(origin_of(first), dataset, ours) > 0
    write_json(first.weights_file, origin_of(second).to_json())  # in a circle
    assert known_to_trunk(origin_of(second), dataset, ours) is None


def test_where_it_cannot_be_told_that_is_said_and_imagenet_has_learnt_none(dataset, tmp_path: Path) -> None:
    ours = split_of(dataset, 0)
    run = earlier_run(dataset, ours)
    elsewhere = tmp_path / "model.keras"
    elsewhere.write_bytes(run.model_file.read_bytes())
    assert known_to_trunk(weights_origin(model_spec(MOBILENET), str(elsewhere)), dataset, ours) is None
    run.split_file.write_bytes(b"damaged")
    assert known_to_trunk(origin_of(run), dataset, ours) is None
    published = weights_origin(model_spec("efficientnet-lite0"), "")
    assert known_to_trunk(published, dataset, ours) == 0


@pytest.mark.slow
def test_a_run_begins_with_the_weights_of_another_and_says_so_on_card_and_report(dataset, queue, tmp_path) -> None:
    build_model(MOBILENET, SIZE, len(dataset.spec.classes)).save(tmp_path / "model.keras")
    earlier = earlier_run(dataset, split_of(dataset, 1), model=(tmp_path / "model.keras").read_bytes())
    run = queue(
        model=MOBILENET,
        weights=earlier.run_id,
        image_size=SIZE,
        stages=[{"learns": "head", "epochs": 1}],
        learning_rate=1e-9,
        seed=0,
        monitor="val_loss",
    )
    assert train_here(str(run.path)) == State.FINISHED, run.log_tail()
    begun = WeightsOrigin.from_json(read_json(run.weights_file))
    assert (begun.source, begun.file) == ("the run earlier", str(earlier.model_file))
    leakage = load_leakage_of(run)
    assert leakage.trunk == begun.sentence
    assert leakage.known_to_trunk == known_to_trunk(begun, dataset, Split.load(run.split_file)) > 0
    assert leakage.leaking
    assert PredictorInfo.load(run.predictor_file).leaking
    card = (run.path / "card.md").read_text()
    assert "**This split leaks.**" in card
    assert f"the network began with the weights of {begun.sentence}" in card
    assert f"| Began with | {begun.sentence} |" in card
    before, after = (Predictor.of_run(each.path).model.get_layer("conv_pw_13").kernel for each in (earlier, run))
    np.testing.assert_allclose(before, after, atol=1e-5)
    clean = replace(leakage, known_to_trunk=0)
    assert not clean.leaking


@pytest.mark.slow
def test_a_run_whose_published_weights_have_gone_since_fails_and_says_how_to_get_them(
    dataset, queue, monkeypatch
) -> None:
    monkeypatch.delenv("LESIONLAB_WEIGHTS", raising=False)
    with pytest.raises(ConfigurationError, match=r"python -m core weights mobilenet-0\.5 --download"):
        queue(model="mobilenet-0.5", image_size=SIZE)
    with monkeypatch.context() as patch:
        patch.setattr("core.training.recipe.weights_path", lambda *_: None)  # as long as it waits they are there
        run = queue(model="mobilenet-0.5", image_size=SIZE)
    assert supervise(str(run.path), settings_for_processes()) == State.FAILED
    status = run.status()
    assert status.error_kind is ErrorKind.CONFIGURATION
    assert "python -m core weights mobilenet-0.5 --download" in status.message
