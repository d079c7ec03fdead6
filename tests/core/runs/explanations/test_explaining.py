"""The checks of a run's explanations: resumable, kept for one state of the model, and judged by what they say."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from PIL import Image

from core.base.errors import CancelledError, ConfigurationError, RunError
from core.data.catalog import open_dataset
from core.data.splits.splits import Split
from core.evaluation.predictions import load_predictions, predicted_labels
from core.explain.methods import MODEL_FREE, Method
from core.runs.explanations import explanation_checks
from core.runs.explanations.explaining import check_explanations, run_explain_job
from core.runs.explanations.explanation_checks import MAP_SIDE, load_pictures, maps_of
from core.runs.explanations.explanation_summary import average_maps, load_checks, summarise
from core.runs.explanations.explanation_words import of_run
from core.runs.explanations.training_bank import bank_file, keep_bank, load_bank
from core.runs.run_folder import RunFolder
from core.serving.concepts import PROTOTYPES, nearest_in
from core.serving.predictor import Predictor, PredictorInfo

PICTURES = 7


@pytest.fixture
def few(trained: RunFolder, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """The finished run, of which seven pictures are checked, two of them with random weights; all is saved at once."""
    monkeypatch.setattr(explanation_checks, "MOST_PICTURES", PICTURES)
    monkeypatch.setattr(explanation_checks, "RANDOMISED_PICTURES", 2)
    monkeypatch.setattr(explanation_checks, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(explanation_checks, "explain", partial(explanation_checks.explain, most_steps=16))
    return trained


def test_a_run_is_checked_goes_on_after_a_break_and_is_not_checked_twice(few: RunFolder, tmp_path: Path) -> None:
    told = []

    def until_the_third(done: int, total: int, what: str) -> None:
        told.append((done, total, what))
        if (done, what) == (3, "Explaining pictures"):
            raise CancelledError("Stopped by a person.")

    with pytest.raises(CancelledError):
        check_explanations(few, progress=until_the_third)
    assert load_checks(few) is None
    begun = load_pictures(few)
    assert begun["image_id"].nunique() == 3

    checks = run_explain_job({"run": few.run_id}, lambda *_: None, lambda: False)
    assert checks == {"run": few.run_id, "methods": 7}
    table = load_pictures(few)
    pd.testing.assert_frame_equal(table.head(len(begun)), begun)

    methods = [Method.HIRES_CAM, Method.GRAD_CAM, Method.INTEGRATED_FROM_BLUR, Method.INTEGRATED_FROM_BLACK]
    methods += [Method.OCCLUSION, *MODEL_FREE]
    assert set(table["method"]) == set(methods)
    assert (table.groupby("method")["image_id"].nunique() == PICTURES).all()
    parts = Split.load(few.split_file).rows.set_index("image_id")["part"]
    assert set(parts.loc[table["image_id"]]) == {"test"}
    assert table["true"].nunique() == 7  # dealt evenly over the classes
    assert table["ahead"].between(0, 20).all()
    assert maps_of(table).shape == (len(table), MAP_SIDE, MAP_SIDE)
    with_model = ~table["method"].isin(MODEL_FREE)
    known = table["whole"].notna()
    assert known[with_model & (table["image_id"].isin(table["image_id"].unique()[:2]))].any()
    assert not known[~with_model].any()
    assert table["converged"].notna().sum() == 2 * PICTURES

    found = load_checks(few)
    assert [check.method for check in found] == [each for each in Method if each in methods]
    assert all(check.pictures == PICTURES and not check.judged for check in found)
    rows = table[table["method"] == Method.OCCLUSION]
    occlusion = next(check for check in found if check.method is Method.OCCLUSION)
    assert occlusion.gain.mean == pytest.approx((rows["lost"] - rows["shifted"]).mean())
    assert occlusion.gain.lower <= occlusion.gain.mean <= occlusion.gain.upper

    def never(done: int, total: int, what: str) -> None:
        assert what != "Looking at the training pictures"

    with FileLock(few.path / "explanations" / "lock"), pytest.raises(RunError, match="are being checked already"):
        check_explanations(few)
    before = (few.path / "explanations" / "pictures.parquet").stat().st_mtime_ns
    check_explanations(few, progress=never)
    assert (few.path / "explanations" / "pictures.parquet").stat().st_mtime_ns == before

    masks = drawn_masks(table, tmp_path / "masks")
    half = check_explanations(few, masks)
    occlusion = next(check for check in half if check.method is Method.OCCLUSION)
    assert occlusion.masked == (~rows["empty"]).sum()
    assert occlusion.area == pytest.approx(0.5, abs=0.02)
    assert occlusion.times_chance.mean == pytest.approx(occlusion.inside / occlusion.area)
    assert occlusion.times_chance.lower <= occlusion.times_chance.mean <= occlusion.times_chance.upper
    assert occlusion.inside_limits[0] <= occlusion.inside <= occlusion.inside_limits[1]
    assert check_explanations(few) == load_checks(few) == half, "masks are kept for the data set"
    heat = maps_of(rows[~rows["empty"]])
    assert occlusion.inside == pytest.approx((heat[:, :, :14].sum((1, 2)) / heat.sum((1, 2))).mean(), abs=0.03)

    its_bank(few)
    with FileLock(few.path / "explanations" / "concepts.lock"), pytest.raises(RunError, match="looked at already"):
        keep_bank(few)

    # Another model, other checks.
    info = PredictorInfo.load(few.predictor_file)
    replace(info, temperature=info.temperature + 0.5).save(few.predictor_file)
    assert load_checks(few) is load_pictures(few) is load_bank(few) is None


def test_a_run_that_is_told_of_people_is_checked_with_what_is_known_of_them(
    ages: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explanation_checks, "MOST_PICTURES", 9)
    monkeypatch.setattr(explanation_checks, "RANDOMISED_PICTURES", 0)
    run = ages[0]
    check_explanations(run, wanted=[Method.HIRES_CAM])
    table = load_pictures(run).drop_duplicates("image_id").set_index("image_id")["explained"]
    judged = load_predictions(run.evaluation / "predictions.parquet").set_index("image_id").loc[table.index]
    keys = PredictorInfo.load(run.predictor_file).class_keys
    assert table.nunique() > 1, "its pictures are all alike: without an age it has one answer for all"
    assert table.tolist() == predicted_labels(judged, keys).tolist()


def drawn_masks(table: pd.DataFrame, folder: Path) -> Path:
    """For each picture a mask that is white on the left half, with a name as archives have it."""
    folder.mkdir()
    mask = np.zeros((60, 80), np.uint8)
    mask[:, :40] = 255
    for name in table["image_id"].unique():
        Image.fromarray(mask).save(folder / f"{name}_segmentation.png")
    return folder


def its_bank(run: RunFolder) -> None:
    """The bank holds the training part, and each of its pictures is nearest to itself."""
    from core.data.images.cache import ensure_cache

    bank, predictor = load_bank(run), Predictor.of_run(run.path)
    rows = Split.load(run.split_file).rows.set_index("image_id")
    assert set(rows.loc[bank.image_ids, "part"]) == {"train"}
    assert rows.loc[bank.image_ids, "label"].tolist() == bank.labels.tolist()
    assert bank_file(run).is_file()
    for row in (0, 17):
        name = bank.image_ids[row]
        cache = ensure_cache(open_dataset("demo"), 28)
        [picture] = np.asarray(cache.images[cache.rows(pd.Series([name]))])
        near = nearest_in(bank, predictor, picture, len(bank.labels))
        assert next(each for each in near if each.image_id == name).similarity == pytest.approx(1, abs=5e-3)
        assert [each.similarity for each in near] == sorted((each.similarity for each in near), reverse=True)
    counts = pd.Series(bank.labels).value_counts()
    prototypes = pd.Series(bank.labels[bank.prototypes]).value_counts()
    assert (prototypes <= PROTOTYPES).all()
    assert set(prototypes.index) == set(counts.index)
    for key, count in counts.items():
        assert bank.stands_for[bank.labels[bank.prototypes] == key].sum() == count


def rows_of(method: Method, gains: list[float], **columns) -> pd.DataFrame:
    """Rows as they are kept, a picture of its own group each."""
    number = len(gains)
    fixed = {"group_id": [f"g{n}" for n in range(number)], "true": "mel", "explained": "mel", "empty": False}
    heat = np.zeros((MAP_SIDE, MAP_SIDE), np.uint8)
    heat[:, :7] = 200
    values = {"image_id": [f"p{n}" for n in range(number)], "method": str(method), "lost": gains, "shifted": 0.0}
    unknown = {"converged": np.nan, "whole": np.nan, "head": np.nan}
    return pd.DataFrame({**fixed, **values, **unknown, "ahead": 19, "map": heat.tobytes(), **columns})


NOISE = np.random.default_rng(0).normal(0, 0.05, 120)


def table_of(gain: float, darkness: float, **columns) -> pd.DataFrame:
    return pd.concat(
        [
            rows_of(Method.HIRES_CAM, (gain + NOISE).tolist(), **columns),
            rows_of(Method.DARKNESS, (darkness + NOISE[::-1]).tolist()),
            rows_of(Method.EDGES, NOISE[::-1].tolist()),
        ],
        ignore_index=True,
    )


def test_a_method_that_beats_the_shifts_darkness_and_edges_has_no_fault() -> None:
    method, darkness, _ = summarise(table_of(0.3, 0.1, whole=0.1, head=0.2))
    assert (method.method, method.judged, method.faults) == (Method.HIRES_CAM, True, ())
    assert method.gain.mean == pytest.approx(0.3 + NOISE.mean())
    assert method.over_darkness.mean == pytest.approx(0.2, abs=0.02)
    assert method.over_darkness.lower > 0.15
    assert method.far_ahead == 1
    assert darkness.over_darkness is None
    assert darkness.faults == ()


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (table_of(0.1, 0.3), "not shown to be better than darkness"),
        (table_of(0.1, 0.1), "not shown to be better than darkness"),
        (table_of(-0.1, -0.5), "matters no more than the same shape elsewhere"),
        (table_of(0.3, 0.1, whole=0.8), "hardly changes when all weights are random"),
        (table_of(0.3, 0.1, head=0.6), "hardly changes when the last layer alone is random"),
        (table_of(0.3, 0.1, converged=0.2), "does not add up"),
    ],
)
def test_a_method_that_fails_a_check_is_told_why(table: pd.DataFrame, fault: str) -> None:
    [method, *_] = summarise(table)
    assert any(fault in each for each in method.faults)


def test_a_method_is_judged_on_a_hundred_pictures_and_on_fewer_nothing_is_claimed() -> None:
    assert explanation_checks.MOST_PICTURES >= explanation_checks.FEWEST_PICTURES == 100, "as many are looked at"
    table = table_of(0.3, 0.1, whole=0.1, head=0.2)
    few, enough = (summarise(table[table["image_id"].isin([f"p{n}" for n in range(count)])])[0] for count in (99, 100))
    assert (few.pictures, few.judged, enough.pictures, enough.judged) == (99, False, 100, True)
    assert of_run(few) == (None, "This run has 99 checked pictures, too few to judge the method by.")
    assert of_run(enough).good
    assert "On 100 pictures of this run it beats its shifted copies" in of_run(enough).sentence


def test_intervals_are_over_groups_and_not_over_pictures() -> None:
    table = table_of(0.3, 0.1)
    alone = summarise(table)[0].gain
    together = summarise(table.assign(group_id=table["image_id"].map(lambda name: int(name[1:]) // 30)))[0].gain
    assert alone.mean == together.mean
    assert together.upper - together.lower != pytest.approx(alone.upper - alone.lower)
    one = summarise(table.assign(group_id="all"))[0]
    assert one.gain.lower is None
    assert one.faults  # nothing is shown by a single lesion


def test_the_average_map_of_a_class_leaves_out_empty_maps() -> None:
    table = table_of(0.3, 0.1)
    table.loc[0, "empty"] = True
    table.loc[1, "explained"] = "nv"
    found = average_maps(table, Method.HIRES_CAM)
    assert {key: count for key, (_, count) in found.items()} == {"mel": 118, "nv": 1}
    assert found["mel"][0][:, :7] == pytest.approx(200 / 255)
    assert found["mel"][0][:, 7:].max() == 0


def test_a_model_on_which_no_answer_hangs_is_refused(trained: RunFolder) -> None:
    replace(PredictorInfo.load(trained.predictor_file), model="majority").save(trained.predictor_file)
    with pytest.raises(ConfigurationError, match="majority cannot be explained"):
        check_explanations(trained)
