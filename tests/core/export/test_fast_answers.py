"""ONNX Runtime answers for a run where it says what Keras says in less time, and Keras wherever anything is amiss."""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import ConfigurationError, DataError, RunError
from core.base.files import read_json, write_json
from core.data.images.turns import Turns
from core.export import conversion, fast_answers
from core.export.fast_answers import ensure_fast_answers, judged, run_fast_answers_job
from core.jobs import list_jobs
from core.models.registry import build_model
from core.runs.run_folder import RunFolder, list_runs
from core.serving import fast_network, pool, who_answers
from core.serving.fast_network import FILE, FOLDER, RECORD, FastNetwork, FastRecord, Spent, record_of
from core.serving.pool import PredictionPool
from core.serving.predictor import Predictor, PredictorInfo

PICTURES = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 3), np.uint8)
FASTER, SLOWER = Spent(0.02, 0.01), Spent(0.01, 0.02)


@pytest.fixture(scope="module")
def measured_root(trained_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder with the finished run, whose ONNX file answers; read only."""
    root = tmp_path_factory.mktemp("fast") / "artifacts"
    root.mkdir()
    (root / "data").symlink_to(trained_root / "data", target_is_directory=True)
    for name in ("runs", "cache"):
        shutil.copytree(trained_root / name, root / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESIONLAB_ARTIFACTS", str(root))
        patch.setenv("LESIONLAB_DATA", str(root / "no-data"))
        patch.setattr(fast_answers, "spent", lambda *_: FASTER)
        ensure_fast_answers(list_runs()[-1])
    return root


@pytest.fixture
def run(measured_root: Path, artifacts: Path) -> RunFolder:
    """The run that ONNX Runtime answers for, to be written into."""
    (artifacts / "data").symlink_to(measured_root / "data", target_is_directory=True)
    for name in ("runs", "cache"):
        shutil.copytree(measured_root / name, artifacts / name)
    return list_runs()[-1]


@pytest.fixture
def converted(measured_root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`converted(file)`: from then on a conversion gives another file: the run's own again, or what is no network."""
    [kept] = (measured_root / "runs").glob(f"*/{FOLDER}/{FILE}")

    def write(content: bytes) -> Callable[..., Path]:
        def written(network: object, form: object, folder: Path, *_: object) -> Path:
            (folder / "model.onnx").write_bytes(content)
            return folder / "model.onnx"

        return written

    def now(what: str) -> None:
        monkeypatch.setattr(conversion, "write_model", write(kept.read_bytes() if what == "itself" else b"broken"))

    monkeypatch.setattr(fast_answers, "spent", lambda *_: FASTER)
    now("itself")
    return now


@pytest.fixture
def warned(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """What the log says of who answers."""
    with caplog.at_level(logging.WARNING, "core.serving"):
        yield lambda: caplog.text


def test_onnx_runtime_answers_the_same_and_keras_is_not_loaded_until_a_gradient_is_asked_for(run: RunFolder) -> None:
    record = record_of(run.path)
    assert record is not None
    assert record.pictures == 100
    assert record.largest_difference < 1e-5
    assert {"onnxruntime", "tf2onnx", "keras"} <= set(record.versions)
    by_keras, fast = Predictor.of_run(run.path), Predictor.to_answer(run.path)
    assert (by_keras.answers_fast, fast.answers_fast) == (False, True)
    np.testing.assert_allclose(fast.probabilities(PICTURES), by_keras.probabilities(PICTURES), atol=1e-5)
    assert not fast._loaded, "the Keras model was loaded for an answer"
    number = 1
    ours, theirs = (each.network.gradients(PICTURES[:1], number)[1] for each in (fast, by_keras))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert fast.answers_fast


def test_with_every_way_of_looking_and_another_temperature_answers_are_the_same(run: RunFolder) -> None:
    info = replace(PredictorInfo.load(run.predictor_file), test_time_augmentation=Turns.FLIPS_AND_TURNS)
    info.save(run.predictor_file)
    fast = Predictor.to_answer(run.path)
    assert fast.answers_fast
    expected = Predictor.of_run(run.path).probabilities(PICTURES)
    np.testing.assert_allclose(fast.probabilities(PICTURES), expected, atol=1e-5)
    assert not fast._loaded


@pytest.mark.long
@pytest.mark.slow
def test_a_run_that_is_told_age_and_site_is_answered_the_same(ages: list[RunFolder], monkeypatch) -> None:
    from core.data.metadata_encoding import Patient

    monkeypatch.setattr(fast_answers, "spent", lambda *_: FASTER)
    record = ensure_fast_answers(ages[0])
    assert record.why_not == ""
    fast, by_keras = Predictor.to_answer(ages[0].path), Predictor.of_run(ages[0].path)
    assert fast.answers_fast
    side = fast.info.image_size
    pictures = np.full((2, side, side, 3), 128, np.uint8)
    for patient in (None, Patient(age=80), Patient(age=20, site="back")):
        given = [each.about(patient).probabilities(pictures) for each in (fast, by_keras)]
        np.testing.assert_allclose(*given, atol=1e-5)
    young, old = (fast.about(Patient(age=age)).probabilities(pictures)[0] for age in (20, 80))
    assert np.abs(young - old).max() > 0.3, "what is known beside the picture does not count"


@pytest.mark.long
def test_a_network_that_reads_row_by_row_is_answered_the_same(trained: RunFolder, monkeypatch) -> None:
    monkeypatch.setattr(fast_answers, "spent", lambda *_: FASTER)
    info = PredictorInfo.load(trained.predictor_file)
    build_model("lstm-rows", info.image_size, len(info.classes)).save(trained.model_file)
    replace(info, model="lstm-rows").save(trained.predictor_file)
    assert ensure_fast_answers(trained).why_not == ""
    fast = Predictor.to_answer(trained.path)
    assert fast.answers_fast
    expected = Predictor.of_run(trained.path).probabilities(PICTURES)
    np.testing.assert_allclose(fast.probabilities(PICTURES), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        ("file damaged", "missing or damaged"),
        ("file gone", "missing or damaged"),
        ("model changed", "is another than when both were compared"),
        ("temperature", "is another than when both were compared"),
        ("runtime gone", "not installed any more"),
        ("another runtime", "is another than when both were compared"),
        ("another size", "something else than the run says"),
        ("record damaged", ""),
        ("no record", ""),
    ],
)
def test_keras_answers_where_anything_is_amiss_and_the_log_says_why(
    run: RunFolder, harm: str, why: str, warned: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run.path / FOLDER
    info = PredictorInfo.load(run.predictor_file)
    content = bytearray((made / FILE).read_bytes())
    if harm == "file damaged":
        content[len(content) // 2] ^= 1
        (made / FILE).write_bytes(content)
    elif harm == "file gone":
        (made / FILE).unlink()
    elif harm == "model changed":
        build_model("cnn-59k", info.image_size, len(info.classes)).save(run.model_file)
    elif harm == "temperature":
        replace(info, temperature=3.0).save(run.predictor_file)
    elif harm == "runtime gone":
        monkeypatch.setattr(fast_network, "find_spec", lambda _: None)
    elif harm == "another runtime":
        monkeypatch.setattr(fast_network, "version", lambda _: "0.1")
    elif harm == "another size":
        monkeypatch.setattr(PredictorInfo, "shapes", [(32, 32, 3), (7,)])
    elif harm == "record damaged":
        (made / RECORD).write_text('{"model_sha256": 3')
    else:
        (made / RECORD).unlink()
    predictor = Predictor.to_answer(run.path)
    assert not predictor.answers_fast
    np.testing.assert_array_equal(predictor.probabilities(PICTURES), Predictor.of_run(run.path).probabilities(PICTURES))
    assert why in warned()
    assert bool(warned()) == bool(why)


def broken(*_: object) -> np.ndarray:
    raise DataError("ONNX Runtime cannot answer: out of memory")


def test_one_that_fails_while_it_answers_is_left_and_keras_answers(
    run: RunFolder, warned: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = Predictor.to_answer(run.path)
    monkeypatch.setattr(FastNetwork, "predict_on_batch", broken)
    said = fast.about(None).probabilities(PICTURES)
    np.testing.assert_array_equal(said, Predictor.of_run(run.path).probabilities(PICTURES))
    assert not fast.answers_fast
    assert "out of memory" in warned()


def test_who_answers_is_said_on_pages_and_to_programs(run: RunFolder) -> None:
    from dashboard.rest.run_entries import models

    info = PredictorInfo.load(run.predictor_file)
    fast, told = who_answers.who_answers(run.path, info)
    assert fast
    assert told.startswith("Answered by ONNX Runtime, equal within 0.00000")
    assert "2.0 times as fast as Keras" in told
    [entry] = [each for each in models()["models"] if each["run"] == run.run_id]
    assert (entry["answered_by"], entry["answered_by_note"]) == ("ONNX Runtime", told)
    shutil.rmtree(run.path / FOLDER)
    [entry] = [each for each in models()["models"] if each["run"] == run.run_id]
    assert entry["answered_by"] == "Keras"
    assert "not measured yet" in entry["answered_by_note"]


def test_what_is_no_faster_or_says_something_else_does_not_answer_and_the_record_says_why(
    run: RunFolder, converted: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def again() -> FastRecord:
        shutil.rmtree(run.path / FOLDER)
        record = ensure_fast_answers(run)
        assert read_json(run.path / FOLDER / RECORD)["why_not"] == record.why_not
        assert [each.name for each in (run.path / FOLDER).iterdir()] == [RECORD]
        assert not Predictor.to_answer(run.path).answers_fast
        told = who_answers.who_answers(run.path, PredictorInfo.load(run.predictor_file))
        assert told == (False, f"Answered by Keras. {record.why_not}")
        return record

    monkeypatch.setattr(fast_answers, "spent", lambda *asked: SLOWER if asked[3] == 1 else FASTER)
    assert "takes 20.0 ms of the processors for one picture, Keras 10.0 ms" in again().why_not
    monkeypatch.setattr(fast_answers, "spent", lambda *_: FASTER)
    for difference, why in ((2e-4, "a probability differs by 0.0002."), (float("nan"), "no numbers")):
        with monkeypatch.context() as patch:
            patch.setattr(fast_answers, "largest_difference", lambda *_, told=difference: told)
            record = again()
        assert why in record.why_not
        assert record.one is None
    with monkeypatch.context() as patch:
        patch.setattr(FastNetwork, "predict_on_batch", broken)
        assert "cannot answer with the converted network" in again().why_not
    converted("broken")
    assert "ONNX Runtime cannot load the model" in again().why_not


def test_several_together_are_asked_of_keras_where_that_is_faster_with_them(
    run: RunFolder, converted: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(run.path / FOLDER)
    monkeypatch.setattr(fast_answers, "spent", lambda *asked: FASTER if asked[3] == 1 else SLOWER)
    record = ensure_fast_answers(run)
    assert (record.why_not, record.faster_with_many) == ("", False)
    assert "Several pictures together, heat maps and explanations are by Keras." in record.in_words
    predictor = Predictor.to_answer(run.path)
    alone = np.concatenate([predictor.probabilities(PICTURES[n : n + 1]) for n in range(len(PICTURES))])
    assert not predictor._loaded
    together = predictor.probabilities(PICTURES)
    assert predictor._loaded
    np.testing.assert_array_equal(together, Predictor.of_run(run.path).probabilities(PICTURES))
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_the_difference_is_that_of_the_pictures_and_both_are_measured(run: RunFolder) -> None:
    from core.base.progress import silent
    from core.export.parity import compared_examples

    by_keras = Predictor.of_run(run.path)
    compared, _ = compared_examples(run, by_keras, None, 20, silent)

    class Shifted(FastNetwork):
        many = True

        def __init__(self) -> None: ...
        def predict_on_batch(self, given) -> np.ndarray:
            said = np.asarray(by_keras.model.predict_on_batch(given[0]))
            return said + np.where(np.arange(said.shape[1]) == 0, 0.25, 0).astype(np.float32)

    other = by_keras.answering_with(Shifted())
    assert fast_answers.largest_difference(by_keras, other, compared) >= 0.25
    measured = fast_answers.spent(by_keras, other, compared, 32, 2)
    assert min(measured.keras, measured.onnx) > 0
    assert judged(FastRecord("", 1.0, {}, one=FASTER, many=FASTER)).why_not == ""


def test_a_measurement_that_is_killed_leaves_keras_answering_and_is_made_anew(
    run: RunFolder, converted: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(run.path / FOLDER)
    half = (run.path / FOLDER).with_name(".made.building-0123")  # as a process leaves it that is killed while it writes
    half.mkdir()
    (half / FILE).write_bytes(b"half a netw")
    assert not Predictor.to_answer(run.path).answers_fast

    def stopped(*_: object) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(conversion, "write_model", stopped)
        with pytest.raises(KeyboardInterrupt):
            ensure_fast_answers(run)
    assert [each.name for each in (run.path / FOLDER).parent.iterdir()] == ["lock"]
    assert not Predictor.to_answer(run.path).answers_fast
    assert ensure_fast_answers(run).why_not == ""
    assert Predictor.to_answer(run.path).answers_fast


def test_what_is_known_is_not_measured_again_until_the_model_changes(
    run: RunFolder, converted: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = (run.path / FOLDER / RECORD).stat().st_mtime_ns
    ensure_fast_answers(run)
    assert (run.path / FOLDER / RECORD).stat().st_mtime_ns == written
    replace(PredictorInfo.load(run.predictor_file), temperature=1.5).save(run.predictor_file)
    assert ensure_fast_answers(run).temperature == 1.5
    assert Predictor.to_answer(run.path).answers_fast


def test_models_that_it_is_not_for_are_refused_in_a_sentence(run: RunFolder, monkeypatch) -> None:
    info = PredictorInfo.load(run.predictor_file)
    replace(info, takes="genes").save(run.predictor_file)
    with pytest.raises(ConfigurationError, match="models of pictures"):
        ensure_fast_answers(run)
    assert who_answers.who_answers(run.path, replace(info, takes="genes")) == (False, "")
    info.save(run.predictor_file)
    run.predictor_file.rename(run.path / "elsewhere.json")
    with pytest.raises(RunError, match="no trained model"):
        ensure_fast_answers(run)


@pytest.fixture
def asked_here(monkeypatch: pytest.MonkeyPatch) -> PredictionPool:
    """A pool whose questions are answered in this process."""
    asking = PredictionPool()
    monkeypatch.setattr(asking.answering, "ask", lambda function, *question, **_: function(*question))
    return asking


def test_the_first_answer_without_a_heat_map_has_it_measured_and_the_next_one_is_by_onnx_runtime(
    run: RunFolder,
    converted: Callable[[str], None],
    asked_here: PredictionPool,
    jobs_done_here: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.rmtree(run.path / FOLDER)
    asked_here.answer(run.path, PICTURES[0])
    assert list_jobs(who_answers.KIND) == [], "the setting is off"
    monkeypatch.setenv("LESIONLAB_FAST_ANSWERS", "yes")
    asked_here.answer(run.path, PICTURES[0], "")
    assert list_jobs(who_answers.KIND) == [], "an answer with its heat map is Keras' own"
    before = asked_here.answer(run.path, PICTURES[0]).probabilities
    [job] = list_jobs(who_answers.KIND)
    assert (job.result() or {})["answers"] is True
    assert pool._predictor(run.path, pool._written(run.path)).answers_fast
    assert not pool._loaded(run.path).answers_fast, "explanations are Keras' own"
    assert asked_here.answer(run.path, PICTURES[0]).probabilities == pytest.approx(before, abs=1e-5)
    assert len(list_jobs(who_answers.KIND)) == 1


def test_a_job_that_ends_badly_is_not_started_with_every_answer(
    run: RunFolder, asked_here: PredictionPool, jobs_done_here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(run.path / FOLDER)
    monkeypatch.setenv("LESIONLAB_FAST_ANSWERS", "yes")
    monkeypatch.setattr(fast_answers, "compared_examples", lambda *_: (_ for _ in ()).throw(DataError("none here")))
    for _ in range(3):
        asked_here.answer(run.path, PICTURES[0])
    assert [job.status().message for job in list_jobs(who_answers.KIND)] == ["none here"]


def test_a_job_stops_when_it_is_cancelled(run: RunFolder, converted: Callable[[str], None], monkeypatch) -> None:
    from core.base.errors import CancelledError

    shutil.rmtree(run.path / FOLDER)
    with pytest.raises(CancelledError):
        run_fast_answers_job({"run": run.run_id}, lambda *_: None, lambda: True)
    assert record_of(run.path) is None


@pytest.mark.parametrize(
    ("difference", "told"),
    [(0.0, "0.0000001"), (3e-9, "0.0000001"), (1e-6, "0.000001"), (1.2e-6, "0.000002"), (9.7e-5, "0.0001")],
)
def test_a_difference_is_said_with_one_digit_and_never_too_small(difference: float, told: str) -> None:
    record = FastRecord("", 1.0, {}, 100, difference, FASTER, FASTER)
    assert f"equal within {told} on 100" in record.in_words


def test_a_record_of_fields_of_another_type_is_none(run: RunFolder) -> None:
    told = read_json(run.path / FOLDER / RECORD)
    write_json(run.path / FOLDER / RECORD, told | {"one": {"keras": "quick", "onnx": 0.1}})
    assert record_of(run.path) is None
